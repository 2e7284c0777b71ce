import ast
import csv
import shutil
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.categories import MAX_HITS, PACKAGED, CategoryHit, Lexicon, LexiconError
from edge_agent.lexicon.files import ACCUSING, TONELESS_ALLOWED, read_folder
from edge_agent.lexicon.words import words_of
from schemas.interaction import ROLE_NEUTRAL
from schemas.vocabulary import Category, Language, Role

VI, EN = Language.VIETNAMESE, Language.ENGLISH
S, C = Role.STAFF, Role.CITIZEN
COMMENTS = Path(__file__).parents[2] / "../shared/data/text/vihos/dev.csv"
LEXICON = Lexicon.load()

# The seed phrases, word for word: (kind, speaker, phrase).
SEEDS = [
    (Category.GREETING, S, "cháu chào bác ạ"),
    (Category.GREETING, S, "em chào chị ạ"),
    (Category.GREETING, S, "chào anh, mời anh ngồi"),
    (Category.GREETING, S, "dạ, anh cần hỗ trợ gì ạ"),
    (Category.GREETING, S, "bác đến làm thủ tục gì ạ"),
    (Category.GREETING, S, "dạ con chào cô"),
    (Category.GREETING, S, "dạ cháu chào o"),
    (Category.GREETING, S, "dạ cháu chào mệ"),
    (Category.GREETING, S, "mình làm thủ tục gì ạ"),
    (Category.THANKS, S, "cảm ơn bác đã chờ ạ"),
    (Category.CLOSING, S, "xong rồi ạ, bác giữ giấy hẹn giúp cháu"),
    (Category.CLOSING, S, "hồ sơ đủ rồi, đến ngày hẹn chị nhận kết quả ạ"),
    (Category.CLOSING, S, "cần gì bác gọi 19001009 ạ"),
    (Category.CLOSING, S, "dạ rồi nha chị, xong rồi nghen"),
    (Category.CLOSING, S, "rứa là xong rồi nghe"),
    (Category.APOLOGY, S, "em xin lỗi, chị chờ em một chút"),
    (Category.APOLOGY, S, "bác thông cảm, hôm nay đông quá"),
    (Category.EXPLAINS_WAIT, S, "bác chờ cháu quét hồ sơ một lát ạ"),
    (Category.EXPLAINS_WAIT, S, "hệ thống đang tải, chị đợi em mấy phút"),
    (Category.EXPLANATION, S, "chị cần ba giấy tờ, thứ nhất là tờ khai"),
    (Category.EXPLANATION, S, "em nhắc lại để chị nắm nhé"),
    (Category.EXPLANATION, S, "để em viết ra giấy cho bác"),
    (Category.HEARING_HELP, S, "bác nghe rõ không ạ"),
    (Category.HEARING_HELP, S, "cháu nói to hơn nhé"),
    *[
        (Category.BACKCHANNEL, Role.UNKNOWN, text)
        for text in ("dạ", "dạ vâng", "vâng vâng", "đúng rồi", "thế à", "rứa à", "vậy hả", "ừ")
    ],
    (Category.MAY_TAO, S, "mày đi hỏi tao làm gì"),
    (Category.MAY_TAO, S, "mi hỏi tau làm chi"),
    *[
        (Category.DISRESPECT, S, text)
        for text in (
            "ông kia, ra đây",
            "bà kia, ra đây",
            "ê, này, đằng kia",
            "thằng kia, con kia",
            "điếc à",
            "mù à",
            "không có mắt à",
            "không biết đọc à",
            "nói mãi không hiểu à",
            "hỏi lắm thế",
            "có làm không thì bảo",
            "thích thì đi mà kiện",
            "già rồi còn lẩm cẩm",
            "đồ nhà quê",
            "đã bảo rồi còn gì",
        )
    ],
    *[
        (Category.ABUSIVE, S, text)
        for text in (
            "đồ mất dạy",
            "đồ vô học",
            "ngu thế",
            "ngu như bò",
            "câm mồm",
            "cút, biến đi",
            "đồ điên",
            "hâm à",
            "đ.m.",
            "địt",
            "đéo",
            "lồn",
            "cặc",
            "buồi",
            "đụ",
            "đồ chó",
        )
    ],
    *[
        (Category.CITIZEN_ABUSE, C, text)
        for text in ("mày biết tao là ai không", "liệu hồn", "coi chừng đó", "bố mày", "bà mày")
    ],
    *[
        (Category.GRIEVANCE, C, text)
        for text in (
            "ăn lương của dân mà thế à",
            "hành là chính",
            "hành dân",
            "đi lại lần thứ ba rồi đấy",
            "hôm nọ bảo thế này, hôm nay bảo thế khác",
        )
    ],
    (Category.ESCALATION, C, "tôi muốn gặp lãnh đạo"),
    (Category.ESCALATION, C, "tôi sẽ phản ánh lên iHanoi"),
    *[
        (Category.MONEY_HINT, S, text)
        for text in (
            "bồi dưỡng cho anh em chút",
            "tiền cà phê",
            "tiền trà nước",
            "tiền nước nôi",
            "muốn nhanh thì phải có chi phí",
            "chị phải biết điều một chút",
            "có qua có lại",
            "phong bì",
            "lót tay",
            "lại quả",
            "đút lót",
            "lo lót",
            "bôi trơn",
            "chung chi",
            "phải làm luật",
            "để anh lo cho",
            "anh lo được",
            "hồ sơ này khó, phải có người lo",
            "đừng đưa ở đây, có camera",
            "không lấy biên lai thì bớt",
            "tùy tâm chị thôi",
        )
    ],
    (Category.BROKER, S, "ra chỗ làm dịch vụ cho nhanh"),
    (Category.OFF_CHANNEL, S, "ra ngoài mình nói chuyện riêng"),
    (Category.OFF_CHANNEL, S, "kết bạn Zalo riêng với em"),
    *[
        (Category.GIFT_OFFER, C, text)
        for text in (
            "em gửi chị uống nước",
            "em gửi chị cà phê",
            "em có chút quà",
            "chút lòng thành",
            "anh cầm lấy giúp em",
            "có gì em hậu tạ",
            "có gì em cảm ơn sau",
            "khỏi thối",
            "khỏi trả lại",
        )
    ],
    (Category.GIFT_REFUSAL, S, "bác cất đi ạ, cháu không nhận đâu"),
    (Category.GIFT_REFUSAL, S, "quy định không cho nhận ạ"),
    (Category.GIFT_REFUSAL, S, "lệ phí chỉ có thế, theo biên lai ạ"),
    *[
        (Category.COME_BACK, S, text)
        for text in (
            "mai chị quay lại nhé",
            "mai ghé lại nghen",
            "mai lên lại nghe",
            "hết giờ rồi",
            "hết số rồi",
            "bây giờ không tiếp nhận nữa",
            "nhiều hồ sơ quá, không làm kịp",
            "mạng lag, hệ thống đang lỗi",
            "cán bộ phụ trách đi họp",
            "cán bộ phụ trách đi vắng",
            "sếp chưa ký",
            "cứ về đi, có gì em gọi",
            "cứ để đấy xem đã",
            "luật mới, chờ hướng dẫn",
        )
    ],
    *[
        (Category.REDIRECT, S, text)
        for text in (
            "chị sang hỏi chị bên kia",
            "lên Sở mà hỏi",
            "ra phường mà hỏi",
            "không phải việc của em",
            "lên mạng mà xem",
            "đọc bảng kia kìa",
            "nộp trực tuyến đi, ở đây không nhận",
        )
    ],
    (Category.DOCUMENT_MISSING, S, "thiếu giấy xác nhận rồi"),
    (Category.DOCUMENT_MISSING, S, "sai mẫu rồi, mẫu cũ rồi"),
    (Category.DOCUMENT_MISSING, S, "về xin lại dấu"),
    (Category.DOCUMENT_LIST_GIVEN, S, "em in phiếu yêu cầu bổ sung cho chị"),
    (Category.POSITIVE, C, "nhanh thế, cảm ơn em nhé"),
    (Category.POSITIVE, C, "tưởng lâu, hóa ra nhanh"),
    (Category.POSITIVE, C, "khiếp, nhanh thế"),
    (Category.POSITIVE, C, "lẹ ghê"),
    (Category.RESIGNED, C, "thôi cũng được"),
    (Category.RESIGNED, C, "thế thì thôi ạ"),
    (Category.NEGATIVE, C, "sao lâu thế"),
    (Category.NEGATIVE, C, "răng lâu rứa"),
    (Category.NEGATIVE, C, "sao lâu dữ vậy"),
    (Category.RATING_SOLICITED, S, 'chị bấm "rất hài lòng" giúp em nhé'),
    (Category.RATING_SOLICITED, S, "để em bấm hộ cho"),
]

ENGLISH_SEEDS = [
    (Category.GREETING, S, "good morning, how can I help you"),
    (Category.GREETING, S, "please have a seat"),
    (Category.APOLOGY, S, "I am sorry to keep you waiting"),
    (Category.EXPLAINS_WAIT, S, "please wait a moment while I scan the documents"),
    (Category.EXPLANATION, S, "you need three papers, first the form and second your card"),
    (Category.EXPLANATION, S, "let me write it down for you"),
    (Category.ABUSIVE, S, "you are an idiot"),
    (Category.ABUSIVE, S, "are you stupid"),
    (Category.ABUSIVE, S, "shut up"),
    (Category.DISRESPECT, S, "are you deaf"),
    (Category.COME_BACK, S, "come back tomorrow"),
    (Category.DOCUMENT_MISSING, S, "you are missing a paper"),
    (Category.DOCUMENT_MISSING, S, "the form is missing"),
    (Category.DOCUMENT_LIST_GIVEN, S, "here is the list of documents you need"),
    (Category.ESCALATION, C, "I want to speak to the manager"),
    (Category.ESCALATION, C, "I want to speak to your supervisor"),
    (Category.POSITIVE, C, "thank you, that was fast"),
    (Category.NEGATIVE, C, "why does it take so long"),
]

# The traps, word for word: (kind that must not fire, speaker or None for anybody, phrase).
TRAPS = [
    (Category.GREETING, None, "mời công dân số 205 đến quầy số 7"),
    (Category.APOLOGY, None, "phiếu xin lỗi"),
    (Category.APOLOGY, C, "xin lỗi, cho em hỏi"),
    *[
        (kind, None, text)
        for kind in (Category.MAY_TAO, Category.DISRESPECT)
        for text in (
            "máy",
            "mấy phút nữa",
            "may quá",
            "tạo tài khoản",
            "đào tạo",
            "con chị mấy tuổi",
        )
    ],
    (Category.DISRESPECT, C, "bà kia bảo tôi"),
    (Category.DISRESPECT, None, "ký ở đây nè chị"),
    (Category.DISRESPECT, None, "khuyết tật nghe"),
    (Category.DISRESPECT, None, "câm điếc"),
    (Category.DISRESPECT, None, "Hội Người mù"),
    (Category.DISRESPECT, None, "bác không biết đọc ạ, để cháu đọc"),
    (Category.DISRESPECT, None, "đơn khiếu kiện"),
    (Category.DISRESPECT, C, "bác lẩm cẩm quá"),
    (Category.DISRESPECT, None, "quê quán"),
    (Category.DISRESPECT, None, "về quê"),
    *[
        (Category.ABUSIVE, None, text)
        for text in (
            "mất giấy khai sinh",
            "cho con vô học lớp một",
            "nơi cư ngụ",
            "đội ngũ",
            "ngôn ngữ",
            "cầm giấy hẹn",
            "cấm hút thuốc",
            "biến động đất đai",
            "biên lai",
            "biển số",
            "điền tờ khai",
            "bệnh tâm thần",
            "đeo thẻ",
            "nộp lộn",
            "lớn tuổi",
            "các giấy tờ",
            "buổi chiều",
            "hồ sơ đã đủ",
            "cho chờ ở chỗ này",
        )
    ],
    (Category.CITIZEN_ABUSE, None, "họ tên bố, mẹ"),
    (Category.GRIEVANCE, None, "thủ tục hành chính"),
    *[
        (Category.MONEY_HINT, None, text)
        for text in (
            "bồi dưỡng nghiệp vụ",
            "lớp bồi dưỡng",
            "bồi dưỡng bằng hiện vật",
            "hộ kinh doanh quán cà phê",
            "hóa đơn tiền nước",
            "người nước ngoài",
            "phí, lệ phí theo quy định",
            "chi nhánh",
            "không biết điều này",
            "biết điều kiện",
            "đi qua đi lại",
            "phong bì bưu điện",
            "phong bì đựng kết quả",
            "kinh doanh dầu bôi trơn",
            "chung cư",
            "làm luật sư",
            "Luật Đất đai",
            "bác đừng lo",
            "ở đây có camera ạ",
            "biên lai điện tử",
            "tùy chị chọn",
        )
    ],
    (Category.MONEY_HINT, C, "chỗ kia người ta đòi phong bì"),
    (Category.BROKER, None, "dịch vụ công"),
    (Category.BROKER, None, "có"),
    (Category.BROKER, None, "cò"),
    (Category.OFF_CHANNEL, None, "phòng riêng"),
    (Category.OFF_CHANNEL, None, "Zalo chính thức"),
    *[
        (Category.GIFT_OFFER, None, text)
        for text in (
            "em gửi chị tờ khai",
            "em gửi chị lệ phí",
            "quà Tết người có công",
            "chị cầm giấy hẹn",
            "cảm ơn",
            "chị tạo điều kiện giúp em với",
        )
    ],
    (Category.GIFT_REFUSAL, None, "không nhận hồ sơ"),
    (Category.COME_BACK, None, "quay lại nhận kết quả"),
    (Category.COME_BACK, None, "quay lại màn hình trước"),
    (Category.COME_BACK, C, "hết giờ chưa"),
    (Category.REDIRECT, None, "chị sang quầy thu phí"),
    (Category.REDIRECT, None, "để em mở cho bác xem"),
    (Category.RATING_SOLICITED, None, "mời bác đánh giá ạ"),
    *[
        (kind, None, text)
        for kind in (Category.RESIGNED, Category.NEGATIVE)
        for text in (
            "không sao đâu",
            "chết rồi, em quên bản chính",
            "bố em mất tháng trước",
        )
    ],
]

ENGLISH_TRAPS = [
    (Category.MONEY_HINT, None, "the fee is ten thousand dong according to the receipt"),
    (Category.COME_BACK, None, "come back to the previous screen"),
    (Category.COME_BACK, None, "come back to collect the result on Friday"),
    (Category.DISRESPECT, None, "the deaf association"),
    *[
        (kind, None, text)
        for kind in (Category.RESIGNED, Category.NEGATIVE, Category.GRIEVANCE)
        for text in ("my father passed away last month", "the machine is slow")
    ],
]


def kinds(text: str, role: Role, language: Language = VI) -> set[Category]:
    return {hit.category for hit in LEXICON.match(text, role, language)}


@pytest.mark.parametrize(
    ("kind", "role", "text", "language"),
    [(*seed, VI) for seed in SEEDS] + [(*seed, EN) for seed in ENGLISH_SEEDS],
)
def test_each_seed_fires_for_its_speaker_and_nobody_else(kind, role, text, language):
    assert kind in kinds(text, role, language)
    if kind not in ROLE_NEUTRAL:
        assert kind not in kinds(text, C if role is S else S, language)
        assert not kinds(text, Role.UNKNOWN, language) - ROLE_NEUTRAL


@pytest.mark.parametrize(
    ("kind", "role", "text", "language"),
    [(*trap, VI) for trap in TRAPS] + [(*trap, EN) for trap in ENGLISH_TRAPS],
)
def test_no_trap_fires(kind, role, text, language):
    for speaker in [role] if role else list(Role):
        found = kinds(text, speaker, language)
        assert kind not in found
        if role is None:
            assert not found & ACCUSING


@pytest.mark.parametrize("category", list(Category))
def test_each_example_does_what_its_file_says(category):
    wrong = []
    for example in (e for e in LEXICON.examples if e.category is category):
        for role in example.roles:
            found = kinds(example.text, role, example.language)
            bad = found & (ACCUSING | {category})
            if (category not in found) if example.fires else bad:
                wrong.append((example.file, example.line, role))
        if example.fires and category not in ROLE_NEUTRAL:
            other = C if example.roles == (S,) else S
            if category in kinds(example.text, other, example.language):
                wrong.append((example.file, example.line, other))
            if kinds(example.text, Role.UNKNOWN, example.language) - ROLE_NEUTRAL:
                wrong.append((example.file, example.line, Role.UNKNOWN))
    assert not wrong


def test_every_kind_has_examples_in_vietnamese_and_all_but_one_in_english():
    fires = {(e.category, e.language) for e in LEXICON.examples if e.fires}
    assert {kind for kind, language in fires if language is VI} == set(Category)
    # English has one "you".
    assert set(Category) - {kind for kind, language in fires if language is EN} == {
        Category.MAY_TAO
    }


def test_only_harmless_kinds_are_matched_without_tones():
    toneless = {rule.category for rule in read_folder(PACKAGED).rules if rule.toneless}
    assert toneless == TONELESS_ALLOWED
    assert kinds("em chao chi a", S) == {Category.GREETING}
    assert kinds("cam on bac da cho", S) == {Category.THANKS}
    exact = LEXICON.match("em chào chị ạ", S, VI)[0].confidence
    assert LEXICON.match("em chao chi a", S, VI)[0].confidence < exact


def without_marks(text: str) -> str:
    parts = unicodedata.normalize("NFD", text).replace("đ", "d").replace("Đ", "D")
    return "".join(c for c in parts if not unicodedata.combining(c))


@pytest.mark.parametrize(
    "text", [text for kind, _, text in SEEDS if kind in ACCUSING and not text.isascii()]
)
def test_an_accusing_phrase_without_its_tones_accuses_nobody(text):
    assert not (kinds(without_marks(text), S) | kinds(without_marks(text), C)) & ACCUSING


def test_a_turn_that_lost_all_its_marks_accuses_nobody():
    assert Category.MONEY_HINT in kinds("chung chi", S)
    assert not kinds("cho em xem chung chi nghe", S) & ACCUSING
    assert Category.MONEY_HINT in kinds("ai cũng phải chung chi hết", S)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"),
        ("thuỷ", "thủy"),
        ("khoẻ", "khỏe"),
        ("kí", "ký"),
        ("lí", "lý"),
        ("quí", "quý"),
        ("Đ", "đ"),
        (unicodedata.normalize("NFD", "đặng"), "đặng"),
    ],
)
def test_two_spellings_of_one_syllable_are_one(one, other):
    assert [w.key for w in words_of(one, VI)] == [w.key for w in words_of(other, VI)]


@pytest.mark.parametrize(
    ("one", "other"),
    [("mày", "máy"), ("đủ", "đụ"), ("thúy", "thúi"), ("thế", "thể"), ("cặc", "các"), ("mù", "mũ")],
)
def test_different_syllables_stay_different(one, other):
    assert [w.key for w in words_of(one, VI)] != [w.key for w in words_of(other, VI)]


def test_spelling_variants_match_alike():
    for text in ("Sếp chưa ký.", "SẾP CHƯA KÍ", "sếp, chưa ký!", "  sếp   chưa ký"):
        assert Category.COME_BACK in kinds(text, S)
    assert kinds("Tuỳ tâm chị thôi", S) == kinds("Tùy tâm chị thôi", S) == {Category.MONEY_HINT}
    for text in ("I'm sorry to keep you waiting", "I’m sorry to keep you waiting"):
        assert Category.APOLOGY in kinds(text, S, EN)


def test_a_phrase_does_not_reach_over_the_end_of_a_sentence():
    assert Category.ABUSIVE in kinds("đồ mất dạy", S)
    assert Category.ABUSIVE not in kinds("Giấy bị mất. Dạy nghề ở tầng hai.", S)


def test_a_syllable_within_a_word_is_no_hit():
    assert not kinds("the bitcheno shutuply", S, EN)
    assert not kinds("địtx xlồn", S)


def test_protected_names_are_taken_out_before_matching():
    assert kinds("Điếc à?", S) == {Category.DISRESPECT}
    assert not kinds("Trẻ câm điếc à?", S)


def test_each_pronoun_is_a_hit_because_the_rule_counts_them():
    hits = LEXICON.match("Mày nói tao nghe xem.", S, VI)
    assert [hit.category for hit in hits] == [Category.MAY_TAO] * 2
    assert hits[0].position == 0
    assert 0.3 < hits[1].position < 0.5


def test_weak_phrases_have_less_confidence():
    weak = LEXICON.match("đã bảo rồi còn gì", S, VI)[0].confidence
    assert weak < 0.5 < LEXICON.match("điếc à", S, VI)[0].confidence


def test_the_position_is_where_the_hit_begins():
    text = "Bác ơi, giấy này sai mẫu rồi."
    (hit,) = LEXICON.match(text, S, VI)
    assert hit == CategoryHit(Category.DOCUMENT_MISSING, 0.9, text.index("sai") / len(text))


def test_hits_stay_within_the_wires_limit_and_keep_every_kind():
    text = "Em chào chị ạ. " * 60 + "Điếc à?"
    hits = LEXICON.match(text, S, VI)
    assert len(hits) == MAX_HITS
    assert hits[-1].category is Category.DISRESPECT


@pytest.mark.parametrize("text", ["Dạ.", "dạ vâng ạ", "Vâng, vâng, vâng.", "ừ", "Thế à? Vậy hả?"])
def test_backchannels_alone(text):
    assert LEXICON.is_backchannel(text, VI)
    assert kinds(text, Role.UNKNOWN) == {Category.BACKCHANNEL}


@pytest.mark.parametrize("text", ["", "...", "dạ em nộp hồ sơ", "không", "dạ không", "205"])
def test_not_backchannels_alone(text):
    assert not LEXICON.is_backchannel(text, VI)


def test_an_english_backchannel():
    assert LEXICON.is_backchannel("Yes, okay.", EN)
    assert not LEXICON.is_backchannel("Yes, tomorrow.", EN)


def test_another_language_has_no_hits():
    for role in Role:
        assert LEXICON.match("điếc à, you are an idiot", role, Language.OTHER) == []
    assert not LEXICON.is_backchannel("oui", Language.OTHER)


def test_a_missing_particle_is_never_scored():
    for text in ("Chị ký vào đây.", "Giấy đây.", "Chờ."):
        assert not kinds(text, S) & (ACCUSING | {Category.NEGATIVE, Category.RESIGNED})


def test_nothing_shows_the_text():
    text = "chuỗi canh gác không được lộ"
    words = words_of(text, VI)
    assert "canh" not in repr(words)
    assert "canh" not in repr(LEXICON)
    assert "canh" not in repr(LEXICON.match(text + ", điếc à", S, VI))
    assert all(e.text not in repr(e) for e in LEXICON.examples)


SYLLABLES = st.sampled_from(
    [
        *"^$<>~.",
        "mày",
        "tao",
        "chào",
        "bác",
        "điếc",
        "à",
        "...",
        "you",
        "are",
        "deaf",
        "?",
        "\n",
        "ạ",
    ]
)


@given(
    st.one_of(st.text(max_size=120), st.lists(SYLLABLES, max_size=60).map(" ".join)),
    st.sampled_from(list(Role)),
    st.sampled_from(list(Language)),
)
def test_any_text_is_borne_and_its_normal_form_does_not_matter(text, role, language):
    hits = LEXICON.match(text, role, language)
    assert all(0 <= hit.position <= 1 and 0 < hit.confidence <= 1 for hit in hits)
    assert len(hits) <= MAX_HITS
    if role is Role.UNKNOWN:
        assert {hit.category for hit in hits} <= ROLE_NEUTRAL
    for form in ("NFC", "NFD"):
        assert LEXICON.match(unicodedata.normalize(form, text), role, language) == hits
    LEXICON.is_backchannel(text, language)


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "lists"
    shutil.copytree(PACKAGED, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copy


def test_a_copy_of_the_folder_has_the_same_version_and_a_change_another(folder):
    assert Lexicon.load(folder).version == LEXICON.version
    path = folder / "thanks.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert Lexicon.load(folder).version != LEXICON.version


def line_of(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "says"),
    [
        ("abusive.yaml", "mode: tone_exact", "mode: toneless", "mode", "write tone_exact"),
        ("abusive.yaml", "role: S", "role: any", "role", "says nothing about a person"),
        ("abusive.yaml", "role: S", "role: clerk", "role", "got clerk, expected S, C or any"),
        ("abusive.yaml", "category: abusive", "category: abuse", "category", "expected abusive"),
        ("abusive.yaml", "mode: tone_exact", "mode: loud", "mode", "expected tone_exact or"),
        ("abusive.yaml", "      - mất dạy\n", "      - dạy\n", "say", "two or more"),
        ("abusive.yaml", "      - mất dạy\n", "      - (mất dạy\n", "say", "bracket closed"),
        ("abusive.yaml", "      - mất dạy\n", "      - mất dạy)\n", "say", "opening bracket"),
        ("abusive.yaml", "      - mất dạy\n", "      - mất {kyn}\n", "say", "expected one of"),
        ("abusive.yaml", "      - mất dạy\n", "      - mất | dạy\n", "say", "outside brackets"),
        ("abusive.yaml", "      - mất dạy\n", "      - mất > dạy < à\n", "say", "another order"),
        ("abusive.yaml", "      - mất dạy\n", "      - mất dạy {à\n", "say", "does not know"),
        ("abusive.yaml", "      - mất dạy\n", '      - "[mất dạy]"\n', "say", "may be empty"),
        ("abusive.yaml", "      - Đồ mất dạy!\n", "      - Đồ dạy!\n", "fires", "expected one"),
        (
            "abusive.yaml",
            "      - Sổ hộ khẩu bị mất thì làm đơn.",
            "      - Cái đồ mất dạy.",
            "innocent",
            "expected none",
        ),
        ("greeting.yaml", "name: chào", "title: chào", "title", "expected one of"),
        ("disrespect.yaml", "confidence: 0.4", "confidence: 4", "confidence", "from 0.05 to 1"),
        ("abusive.yaml", "single_word: yes", "single_word: maybe", "single_word", "yes or no"),
        ("thanks.yaml", "role: S", "role: [S", "file", "no valid YAML"),
        ("thanks.yaml", "role: S", "role: S\nrole: S", "role", "twice"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_field(folder, file, old, new, field, says):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LexiconError, match=r"line \d+") as caught:
        Lexicon.load(folder)
    assert caught.value.file == file
    assert caught.value.field == field
    assert says in str(caught.value)
    expected = line_of(path, new.splitlines()[-1].strip())
    assert abs(caught.value.line - expected) <= 1


def test_too_few_innocents_are_refused(folder):
    path = folder / "may_tao.yaml"
    text = path.read_text(encoding="utf-8")
    at = text.index("      - Bác tạo tài khoản chưa ạ?")
    path.write_text(text[:at] + "en: []\n", encoding="utf-8")
    with pytest.raises(LexiconError, match="got 1 innocent sentences, expected 3"):
        Lexicon.load(folder)


def test_a_phrase_without_an_example_is_refused(folder):
    path = folder / "thanks.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("      - many thanks\n", "      - warm thanks\n"), encoding="utf-8"
    )
    with pytest.raises(LexiconError, match="warm thanks"):
        Lexicon.load(folder)


@pytest.mark.parametrize("name", ["words.yaml", "protected.yaml", "money_hint.yaml"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(LexiconError, match=f"{name}, line 1, field file: got no such file"):
        Lexicon.load(folder)


def test_a_stray_file_is_named(folder):
    (folder / "greetings.yaml").write_text("category: greeting\n", encoding="utf-8")
    with pytest.raises(LexiconError, match=r"greetings\.yaml.*names no category"):
        Lexicon.load(folder)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"- a\n", b"text", b"a: \x00"])
def test_a_damaged_file_is_named(folder, content):
    (folder / "thanks.yaml").write_bytes(content)
    with pytest.raises(LexiconError, match=r"thanks\.yaml, line 1"):
        Lexicon.load(folder)


@pytest.mark.skipif(not COMMENTS.exists(), reason="needs the ViHOS comments (shared data)")
def test_ordinary_comments_are_not_taken_for_abuse():
    # Measured: 0 of 569 clean comments, 135 of 537 abusive ones (precision 1, recall .25).
    # Recall is low on purpose: written slang is not what is said at a counter.
    clean = abusive = false_hits = true_hits = 0
    with COMMENTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            hit = Category.ABUSIVE in kinds(row["content"], S)
            if ast.literal_eval(row["index_spans"]):
                abusive += 1
                true_hits += hit
            else:
                clean += 1
                false_hits += hit
    assert clean > 500
    assert false_hits <= 1
    assert true_hits / abusive > 0.2
