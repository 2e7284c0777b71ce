"""The two n-gram models as they ship: what they read, what they say, what they cost."""

import shutil
import time
import unicodedata

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.categories import Lexicon
from edge_agent.errors import ModelError
from edge_agent.models import catalog
from edge_agent.models.text_ngrams import Branch, NgramModel, Plan, features
from edge_agent.words import CONFIRMED
from schemas.vocabulary import Language, Role
from training.clean_talk import turns
from training.corpus import ABUSE, read, split, without_marks
from training.vihos import DATA, vihos

VI, EN = Language.VIETNAMESE, Language.ENGLISH
SENTIMENT, TONES = catalog.load_sentiment(), catalog.load_abuse()
LEXICON = Lexicon.load()
FILES = catalog.resources.files("edge_agent.models") / "data"
PLAN = Plan((Branch("words", (1, 2), False, 1.0), Branch("letters", (2, 3), True, 0.5)), 16)


def polarity(text, language=VI):
    found = SENTIMENT.score(text, language)
    return None if found is None else found.polarity


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("Nhanh thế, cảm ơn em nhé.", 0.5, 1),
        ("Tưởng lâu, hóa ra nhanh.", 0.5, 1),
        ("Không phiền gì đâu, các em chu đáo quá.", 0.5, 1),
        ("May quá, thế là kịp rồi.", 0.5, 1),
        ("Sao lâu thế?", -1, -0.5),
        ("Răng lâu rứa?", -1, -0.5),
        ("Sao lâu dữ vậy?", -1, -0.5),
        ("Cảm ơn em, nhưng chị đi bốn lần rồi mà vẫn chưa xong, mệt lắm.", -1, -0.3),
        ("Thế thì thôi ạ.", -1, -0.1),
        # Sad subjects, facts, ages and courtesies are no complaint and no praise.
        ("Bố em mất tháng trước.", -0.2, 0.2),
        ("Chồng tôi mất rồi, tôi đi khai tử cho anh ấy.", -0.2, 0.2),
        ("Vợ chồng em làm thủ tục ly hôn.", -0.2, 0.2),
        ("Nhà tôi đang tranh chấp đất với ông anh.", -0.3, 0.3),
        ("Em muốn làm lại căn cước.", -0.2, 0.2),
        ("Bà cụ nhà tôi chín mươi tuổi rồi.", -0.2, 0.2),
        ("Chết rồi, em quên bản chính.", -0.2, 0.2),
        ("Dạ vâng.", -0.2, 0.2),
    ],
)
def test_what_a_citizen_says(text, low, high):
    assert low <= polarity(text) <= high
    assert SENTIMENT.score(unicodedata.normalize("NFD", text), VI) == SENTIMENT.score(text, VI)


def test_english():
    assert polarity("That was fast. Thank you very much.", EN) > 0.5
    assert polarity("I have been waiting for hours, this is ridiculous.", EN) < -0.5
    assert abs(polarity("My father passed away last month.", EN)) < 0.3


def test_lost_marks_keep_the_direction():
    assert polarity(without_marks("Cảm ơn em nhiều lắm, nhanh quá.")) > 0.3
    assert polarity(without_marks("Chờ lâu quá, bực cả mình.")) < -0.3


def test_unsure_is_missing_and_another_language_too():
    assert SENTIMENT.score("", VI) is None
    assert SENTIMENT.score("... ?", VI) is None
    assert SENTIMENT.score("merci beaucoup", Language.OTHER) is None
    unsure = [u for u in read() if SENTIMENT.score(u.text, Language(u.language)) is None]
    assert 0 < len(unsure) < 0.15 * len(read())
    for u in unsure[:5]:
        assert SENTIMENT.probabilities(u.text, Language(u.language)).max() < 0.5


def held_out(language):
    return [u for u in split(read(), "held_out") if u.language == language]


@pytest.mark.parametrize(
    ("language", "spoil", "least"),
    # Measured .74, .68 and .60 (benchmarks/results/text.json); the weighed words alone .42.
    [("vi", str, 0.70), ("vi", without_marks, 0.63), ("en", str, 0.55)],
)
def test_macro_f1_on_held_out_utterances(language, spoil, least):
    rows = held_out(language)
    wanted = [u.label for u in rows]
    got = []
    for u in rows:
        found = SENTIMENT.probabilities(spoil(u.text), Language(language))
        got.append(SENTIMENT.classes[int(found.argmax())])
    scores = []
    for label in ("negative", "neutral", "positive"):
        right = sum(w == g == label for w, g in zip(wanted, got, strict=True))
        scores.append(2 * right / (wanted.count(label) + got.count(label)))
    assert sum(scores) / 3 >= least


def kept(text, role):
    """How words.py keeps a hit, two hits aside."""
    found = any(h.category in CONFIRMED for h in LEXICON.match(text, role, VI))
    return found and TONES.confirms(text, VI)


def test_no_false_hit_on_clean_turns_of_counter_talk():
    # 6,000 of the 36,000 of benchmarks/text.py, where the lexicon alone has none either.
    clean = list(turns(LEXICON, read(), 6_000))
    assert [t.text for t in clean if kept(t.text, t.role)] == []
    # The model alone would not do: that is why a hit needs both.
    alone = sum(bool(TONES.confirms(text, VI)) for text in {t.text for t in clean})
    assert 0 < alone < 0.01 * len(clean)


def test_recall_on_abuse_that_was_never_trained_on():
    roles = {"staff": Role.STAFF, "citizen": Role.CITIZEN}
    said = split(read(ABUSE), "held_out")
    assert sum(bool(kept(u.text, roles[u.kind])) for u in said) / len(said) >= 0.65
    assert sum(bool(TONES.confirms(u.text, VI)) for u in said) / len(said) >= 0.85


@pytest.mark.skipif(not DATA.exists(), reason="needs the ViHOS comments (shared data)")
def test_abusive_comments_that_were_never_trained_on():
    # Measured: the model alone .86 of 537 (38 of 569 clean ones), with the lexicon .25 (0).
    comments = vihos("dev")
    bad = [text for text, abusive in comments if abusive]
    clean = [text for text, abusive in comments if not abusive]
    assert sum(bool(TONES.confirms(t, VI)) for t in bad) / len(bad) > 0.8
    assert sum(bool(kept(t, Role.STAFF)) for t in bad) / len(bad) > 0.2
    assert sum(bool(kept(t, Role.STAFF)) for t in clean) == 0


def test_abuse_is_tone_exact_and_knows_no_english():
    assert TONES.confirms("Đồ mất dạy, câm mồm!", VI)
    for text in ("Hồ sơ đã đủ rồi ạ.", "Các giấy tờ nộp buổi chiều.", "Bác lớn tuổi rồi."):
        assert not TONES.confirms(text, VI)
    of = [TONES.probability(f"Anh {word} thẻ vào.", VI) for word in ("đéo", "đeo")]
    assert of[0] > 0.5 > of[1]
    assert TONES.confirms("you are an idiot", EN) is None
    assert TONES.confirms("?", VI) is None


def test_each_costs_under_a_millisecond_a_sentence_and_8_mb():
    # CPU time of this thread. The median of rounds: another process may hold the caches.
    rows = [u.text for u in held_out("vi")[:100]]
    for call in (lambda t: SENTIMENT.score(t, VI), lambda t: TONES.confirms(t, VI)):
        spent = []
        for _ in range(5):
            began = time.thread_time()
            for text in rows:
                call(text)
            spent.append((time.thread_time() - began) / len(rows))
        # Measured .8 and .2 ms; twice the goal only where the machine is slower.
        assert sorted(spent)[1] < 0.002
    assert all((FILES / f"{n}_ngrams.onnx").stat().st_size < 8e6 for n in ("sentiment", "abuse"))


def test_features_are_bounded_distinct_and_of_unit_length_a_branch():
    indices, values = features("Bác ơi bác ơi, bác ơi.", VI, PLAN)
    assert indices.dtype == np.int64
    assert 0 <= indices.min() <= indices.max() < 2**16
    words = values == values[0]
    assert len(set(indices[words].tolist())) == words.sum()
    assert np.sum(values[words] ** 2) == pytest.approx(1, abs=1e-5)
    assert np.sum(values[~words] ** 2) == pytest.approx(0.25, abs=1e-5)
    assert len(features("", VI, PLAN)[0]) == 0


def test_features_are_those_the_shipped_files_were_trained_with():
    # A change here makes every shipped model wrong: train them again.
    indices, values = features("Sao lâu thế?", VI, PLAN)
    assert indices.tolist()[:4] == [836, 1195, 3618, 10287]
    assert len(values) == 32


def test_the_marks_make_a_difference_and_the_bare_branch_does_not_see_them():
    of = [set(features(t, VI, PLAN)[0].tolist()) for t in ("đủ", "đụ")]
    assert of[0] != of[1]
    bare = Plan((Branch("words", (1,), True, 1.0),), 16)
    assert features("đủ", VI, bare)[0].tolist() == features("đụ", VI, bare)[0].tolist()
    assert set(features("me", VI, bare)[0]) != set(features("me", EN, bare)[0])


@given(st.text(max_size=200), st.sampled_from([VI, EN]))
def test_any_text_is_borne(text, language):
    found = SENTIMENT.score(text, language)
    assert found is None or (-1 <= found.polarity <= 1 and 0 <= found.confidence <= 1)
    assert TONES.confirms(text, language) in {None, True, False}


def test_nothing_shows_the_text():
    SENTIMENT.score("chuỗi canh gác", VI)
    assert "canh" not in repr(SENTIMENT) + repr(TONES) + repr(vars(SENTIMENT))


def test_another_file_is_refused(tmp_path, monkeypatch):
    other = tmp_path / "models" / "data"
    shutil.copytree(FILES, other)
    raw = bytearray((other / "abuse_ngrams.onnx").read_bytes())
    raw[5000] ^= 1
    (other / "abuse_ngrams.onnx").write_bytes(bytes(raw))
    monkeypatch.setattr(catalog.resources, "files", lambda _: tmp_path / "models")
    with pytest.raises(ModelError, match="abuse-ngrams: sha256"):
        catalog.load_abuse()
    assert catalog.load_sentiment().model_id == SENTIMENT.model_id


def test_a_model_of_another_format_is_refused(tmp_path):
    blaze = FILES / "blaze_full.onnx"
    with pytest.raises(ModelError, match="format None, expected hailong-ngrams-1"):
        NgramModel(blaze)


def test_the_file_alone_is_the_model():
    meta = onnxruntime.InferenceSession(str(FILES / "sentiment_ngrams.onnx")).get_modelmeta()
    assert {"format", "plan", "classes", "settings", "corpus_sha256"} <= set(
        meta.custom_metadata_map
    )
