import shutil
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.categories import LexiconError
from edge_agent.models.base import Sentiment
from edge_agent.models.sentiment_lexicon import PACKAGED, LexiconSentiment
from schemas.vocabulary import Language

VI, EN = Language.VIETNAMESE, Language.ENGLISH
MODEL = LexiconSentiment.load()


def polarity(text: str, language: Language = VI) -> float:
    found = MODEL.score(text, language)
    assert found is not None
    return found.polarity


@pytest.mark.parametrize(
    "text",
    [
        "Nhanh thế, cảm ơn em nhé.",
        "Tưởng lâu, hóa ra nhanh.",
        "Khiếp, nhanh thế!",
        "Lẹ ghê.",
        "Không tệ.",
        "Hơi lâu nhưng các em nhiệt tình.",
    ],
)
def test_pleased(text):
    assert polarity(text) > 0.15


@pytest.mark.parametrize(
    "text",
    [
        "Sao lâu thế?",
        "Răng lâu rứa?",
        "Sao lâu dữ vậy?",
        "Không tốt.",
        "Chẳng nhiệt tình gì cả.",
        "Tưởng nhanh, hóa ra lâu quá.",
        "Đồ mất dạy.",
    ],
)
def test_displeased(text):
    assert polarity(text) < -0.15


@pytest.mark.parametrize("text", ["Thôi cũng được.", "Thế thì thôi ạ.", "Đành vậy."])
def test_resigned_is_mildly_negative(text):
    assert -0.5 < polarity(text) < -0.1
    assert polarity(text) > polarity("Sao lâu thế?")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Không sao đâu.", VI),
        ("Bố em mất tháng trước.", VI),
        ("Em mất giấy khai sinh.", VI),
        ("Chết rồi, em quên bản chính.", VI),
        ("Có lâu không ạ?", VI),
        ("Em làm thủ tục ly hôn.", VI),
        ("Phiền chị xem giúp em.", VI),
        ("My father passed away last month.", EN),
        ("I lost my birth certificate.", EN),
        ("No problem.", EN),
        ("My husband died, we come for the certificate.", EN),
    ],
)
def test_sad_subjects_and_polite_words_are_neutral(text, language):
    assert abs(polarity(text, language)) < 0.15


def test_english():
    assert polarity("Thank you, that was fast.", EN) > 0.5
    assert polarity("Not bad.", EN) > 0.15
    assert polarity("I'm not happy with this.", EN) < -0.15
    assert polarity("Why does it take so long?", EN) < -0.4


def test_degrees_make_stronger_and_weaker():
    assert polarity("Rất nhiệt tình.") > polarity("Nhiệt tình.") > polarity("Hơi nhiệt tình.")


def test_negation_stays_in_its_sentence_and_near():
    assert polarity("Không. Em nhiệt tình.") > 0
    assert polarity("Em không nhiệt tình.") < 0


def test_lost_marks_are_borne_with_less_confidence():
    with_marks, without = (
        MODEL.score(t, VI) for t in ("Nhiệt tình lắm, cảm ơn em.", "nhiet tinh lam, cam on em")
    )
    assert with_marks is not None
    assert without is not None
    assert without.polarity > 0.3
    assert without.confidence < with_marks.confidence
    # "chấm" and "lau" must not turn into "chậm" and "lâu".
    assert abs(polarity("em cham diem roi lau bang")) < 0.15


def test_a_wrong_tone_in_a_phrase_of_several_words_is_borne():
    assert polarity("phiên phưc quá, mất thơi gian") < -0.15


@pytest.mark.parametrize("text", ["", "   ", "...", "205", "?!"])
def test_nothing_to_go_on_is_missing(text):
    assert MODEL.score(text, VI) is None


def test_another_language_is_missing():
    assert MODEL.score("C'est très bien, merci.", Language.OTHER) is None


def test_an_ordinary_sentence_is_neutral_with_little_confidence():
    found = MODEL.score("Em muốn làm lại căn cước.", VI)
    assert found == Sentiment(0.0, 0.3)
    pleased = MODEL.score("Nhanh thế, cảm ơn em.", VI)
    assert pleased is not None
    assert pleased.confidence > found.confidence


def test_mixed_words_have_less_confidence():
    mixed = MODEL.score("Nhiệt tình, phiền phức.", VI)
    clear = MODEL.score("Nhiệt tình, tận tình.", VI)
    assert mixed is not None
    assert clear is not None
    assert mixed.confidence < clear.confidence


def test_nothing_shows_the_text():
    assert "canh" not in repr(MODEL)
    assert "canh" not in repr(MODEL.score("canh gác tốt", VI))


@given(st.text(max_size=120), st.sampled_from(list(Language)))
def test_any_text_is_borne_and_its_normal_form_does_not_matter(text, language):
    found = MODEL.score(text, language)
    for form in ("NFC", "NFD"):
        assert MODEL.score(unicodedata.normalize(form, text), language) == found
    if found is not None:
        assert -1 <= found.polarity <= 1
        assert 0 < found.confidence <= 1


@pytest.fixture
def folder(tmp_path):
    for name in ("words.yaml", "sentiment.yaml"):
        shutil.copy(PACKAGED / name, tmp_path / name)
    return tmp_path


def test_the_version_follows_the_files(folder):
    assert LexiconSentiment.load(folder).version == MODEL.version
    path = folder / "sentiment.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert LexiconSentiment.load(folder).version != MODEL.version


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("    2:\n", "    two:\n", "two"),
        ("    2:\n", "    7:\n", "7"),
        ("      - tuyệt vời\n", "      - (tuyệt vời\n", "2"),
        ("      - Thôi cũng được.\n", "      - Tuyệt vời.\n", "resigned"),
        ("      - Thôi cũng được.\n", "      - '205'\n", "resigned"),
        ("  contrasts:", "  contrast:", "contrast"),
        ("      - xuất sắc\n", "      - [xuất sắc]\n", "2"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_field(folder, old, new, field):
    path = folder / "sentiment.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LexiconError) as caught:
        LexiconSentiment.load(folder)
    assert caught.value.file == "sentiment.yaml"
    assert caught.value.field == field
    changed = text.count("\n", 0, text.index(old)) + 1
    assert abs(caught.value.line - changed) <= 1
