"""Words -> numbers: what is missing and why, law 2, and that no failure tells what was said."""

import gc
import logging
import traceback
import warnings
from dataclasses import replace

import numpy as np
import pytest

from edge_agent.guard import Guard, Outcome
from edge_agent.loudness import Loudness
from edge_agent.models.base import Transcript
from edge_agent.turn import SpokenTurn
from edge_agent.words import MIN_CONFIDENCE, WordReader, count_syllables
from schemas.vocabulary import Category, Language, Missing, Role
from tests.fakes import ScriptedAbuse, ScriptedLexicon, ScriptedSentiment

PHRASE = "con rồng cháu tiên bay qua cầu Long Biên"


class Says:
    model_id = "says:1"

    def __init__(self, *answers):
        self.answers = list(answers)
        self.hints = []

    def transcribe(self, samples, hint, *, beam_size=None):
        self.hints.append(hint)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Breaks:
    """A lexicon or a sentiment model that fails with what it was given in its hands."""

    model_id = "breaks:1"

    def match(self, text, role, language):
        raise ValueError(f"cannot match {text!r}")

    def is_backchannel(self, text, language):
        return False

    def confirms(self, text, language):
        raise ValueError(f"cannot confirm {text!r}")

    def score(self, text, language):
        try:
            return {}[text]
        except KeyError as error:
            raise RuntimeError(f"no score for {text}") from error


def said(text="words", language=Language.VIETNAMESE, probability=0.99, confidence=0.9):
    return Transcript(text, language, probability, confidence)


def turn(role=Role.STAFF):
    sound = np.zeros(16_000, np.float32)
    loudness = Loudness(-30.0, None, (), has_baseline=False)
    return SpokenTurn(0, role, 1.0, 50.0, 54.0, ((50.0, 54.0),), False, loudness, sound, 50.0)


def reader(*answers, lexicon=None, sentiment=None, abuse=None, guard=None):
    return WordReader(
        Says(*answers),
        lexicon or ScriptedLexicon(),
        sentiment or ScriptedSentiment(),
        abuse or ScriptedAbuse(),
        guard or Guard(),
    )


def test_what_is_left_of_words_is_numbers_and_categories():
    words = reader(said("xin greeting bác")).read(turn())
    assert (words.missing, words.language, words.confidence) == (None, Language.VIETNAMESE, 0.9)
    assert words.syllables == 3
    (hit,) = words.hits
    assert hit.category is Category.GREETING
    assert hit.at_s == pytest.approx(50 + 4 * 4 / 16)


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (None, Missing.LOW_CONFIDENCE),
        (said(confidence=MIN_CONFIDENCE - 0.01), Missing.LOW_CONFIDENCE),
        (said(language=Language.OTHER), Missing.OTHER_LANGUAGE),
        (said(probability=0.79), Missing.OTHER_LANGUAGE),
        (RuntimeError("no"), Missing.MODEL_FAILED),
    ],
)
def test_what_cannot_be_trusted_is_missing_with_its_reason(answer, missing):
    words = reader(answer).read(turn())
    assert words.missing is missing
    assert (words.hits, words.syllables, words.polarity) == ((), None, None)


def test_sentiment_is_never_asked_about_staff_or_an_unknown_voice():
    sentiment = ScriptedSentiment()
    words = reader(said("happy"), said("happy"), said("happy"), sentiment=sentiment)
    assert words.read(turn(Role.STAFF)).polarity is None
    assert words.read(turn(Role.UNKNOWN)).polarity is None
    assert sentiment.texts == []
    assert words.read(turn(Role.CITIZEN)).polarity == 0.5


def categories(text, role=Role.STAFF, **said_how):
    return [h.category for h in reader(said(text, **said_how)).read(turn(role)).hits]


def test_abuse_needs_the_models_yes():
    assert categories("abusive") == [Category.ABUSIVE]
    assert categories("abusive quoted") == []
    assert categories("greeting abusive quoted") == [Category.GREETING]


def test_two_hits_of_such_words_bear_each_other_out():
    assert categories("abusive abusive quoted") == [Category.ABUSIVE] * 2
    # A hint at money says nothing about abuse.
    assert categories("money_hint abusive quoted") == [Category.MONEY_HINT]


def test_the_model_is_asked_about_nothing_but_abuse():
    abuse = ScriptedAbuse()
    words = reader(said("greeting money_hint quoted"), said("words"), abuse=abuse)
    assert len(words.read(turn()).hits) == 2
    words.read(turn())
    assert abuse.texts == []


@pytest.mark.parametrize(("confidence", "kept"), [(0.9, 1), (0.7, 0)])
def test_in_english_a_confident_phrase_stands_alone(confidence, kept):
    class Sure(ScriptedLexicon):
        def match(self, text, role, language):
            return [replace(h, confidence=confidence) for h in super().match(text, role, language)]

    words = reader(said("abusive", language=Language.ENGLISH), lexicon=Sure())
    assert len(words.read(turn()).hits) == kept


def test_an_unknown_voice_gets_no_hit():
    assert reader(said("abusive money_hint")).read(turn(Role.UNKNOWN)).hits == ()


def test_the_language_is_that_of_this_interaction():
    words = reader(*[said(language=Language.ENGLISH)] * 2, None)
    for _ in range(2):
        words.read(turn())
    words.new_interaction()
    words.read(turn())
    assert words._transcriber.hints == [None, Language.ENGLISH, None]


def held_in_memory():
    """Whether any exception object still holds the phrase, or a frame that does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # other tests' garbage goes, too
        gc.collect()
    return [e for e in gc.get_objects() if isinstance(e, BaseException) and PHRASE in str(e.args)]


@pytest.mark.parametrize("broken", ["transcriber", "lexicon", "sentiment", "abuse"])
def test_a_failure_that_holds_a_phrase_is_counted_and_tells_nothing(broken, caplog, capfd):
    guard = Guard()
    answer = RuntimeError(f"decoder state: {PHRASE}") if broken == "transcriber" else said(PHRASE)
    if broken == "abuse":
        answer = said(f"abusive {PHRASE}")
    words = reader(
        answer,
        abuse=Breaks() if broken == "abuse" else None,
        lexicon=Breaks() if broken == "lexicon" else None,
        sentiment=Breaks() if broken == "sentiment" else None,
        guard=guard,
    )
    del answer
    with caplog.at_level(logging.DEBUG):
        read = words.read(turn(Role.CITIZEN))
    assert read.missing is Missing.MODEL_FAILED
    assert guard.failures == 1
    (record,) = caplog.records
    assert record.exc_info is None
    shown = caplog.text + record.getMessage() + repr(record.__dict__) + "".join(capfd.readouterr())
    for word in PHRASE.split():
        assert word not in shown
    assert "Error at test_words.py:" in record.getMessage()
    words._transcriber.answers.clear()
    assert held_in_memory() == []


def test_an_error_raised_afterwards_has_no_such_context():
    guard = Guard()

    def fail():
        raise ValueError(PHRASE)

    outcome = guard.run("transcribe", fail)
    assert (outcome.value, outcome.failed) == (None, True)
    with pytest.raises(LookupError) as caught:
        raise LookupError("later")
    assert caught.value.__context__ is None
    assert PHRASE not in "".join(traceback.format_exception(caught.value))


def test_the_log_gets_the_1st_10th_100th_failure_of_a_stage(caplog):
    guard = Guard()
    with caplog.at_level(logging.ERROR):
        for _ in range(150):
            guard.run("one", lambda: 1 / 0)
        guard.run("other", lambda: 1 / 0)
    assert guard.failures == 151
    assert [r.args[0] for r in caplog.records] == ["one", "one", "one", "other"]


def test_only_errors_are_caught_not_the_wish_to_stop():
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Guard().run("transcribe", stop)


def test_reprs_hide_what_was_said():
    assert PHRASE not in repr(said(PHRASE)) + str(said(PHRASE))
    assert PHRASE not in repr(Outcome(said(PHRASE)))
    assert PHRASE not in repr(Outcome(PHRASE))
    assert PHRASE not in repr(reader(said(PHRASE)).read(turn()))


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("Dạ, cháu chào bác ạ!", Language.VIETNAMESE, 5),
        ("số 205", Language.VIETNAMESE, 4),
        ("please wait a moment", Language.ENGLISH, 5),
        ("the", Language.ENGLISH, 1),
        ("12", Language.ENGLISH, 2),
        ("", Language.VIETNAMESE, 0),
    ],
)
def test_syllables(text, language, count):
    assert count_syllables(text, language) == count
