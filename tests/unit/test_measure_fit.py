"""A stay too long for one message: figures stay whole, lists are cut, coverage says so."""

from datetime import UTC, datetime

import pytest

from edge_agent.fit import BUDGET_BYTES, fit
from edge_agent.measure import Measured
from edge_agent.message import Origin, interaction_draft
from edge_agent.words import TurnWords, WordHit
from schemas.envelope import MAX_BYTES, SIGNATURE_BYTES, seal
from schemas.registry import CURRENT, Body
from schemas.vocabulary import Category, Language, Missing, Role, SourceKind, SpanKind
from tests.unit.test_measure import ZERO, take, turn, words


def long_stay(count, *, hit_every=50):
    """Short turns of both roles by turns, each half a second into the one before."""
    abusive = words(Category.ABUSIVE)
    turns = [
        turn(
            ("staff", "citizen")[i % 2],
            2.0 * i,
            2.0 * i + 2.5,
            abusive if i % hit_every == 0 else words(polarity=0.1),
        )
        for i in range(count)
    ]
    return take(turns, length_s=2.0 * count + 10)


def test_an_ordinary_stay_is_left_as_it_is():
    measured = long_stay(60)
    assert fit(measured) is measured


@pytest.mark.parametrize("count", [1500, 6000])
def test_a_very_long_one_fits_and_says_what_it_left_out(count):
    measured = long_stay(count)
    fitted = fit(measured)
    assert len(fitted.turns) < len(measured.turns)
    assert len(fitted.spans) <= 2000
    assert sum(len(t.model_dump_json(exclude_none=True)) for t in fitted.turns) < BUDGET_BYTES
    assert fitted.measurements == measured.measurements
    assert list(fitted.turns) == sorted(fitted.turns, key=lambda t: t.start_s)
    assert sum(len(t.hits) for t in fitted.turns) == count // 50
    kept = sum(t.speech_s for t in fitted.turns if t.role is Role.STAFF)
    whole_s = sum(t.speech_s for t in measured.turns if t.role is Role.STAFF)
    assert fitted.coverage.text_staff == pytest.approx(kept / whole_s, abs=0.01)
    assert Missing.OVERLOAD in fitted.coverage.missing
    assert fitted.coverage.audio == measured.coverage.audio


def test_evidence_goes_before_mere_overlap():
    measured = long_stay(4000)
    loud = [
        *measured.spans,
        measured.spans[0].model_copy(update={"kind": SpanKind.RAISED_VOICE, "role": Role.STAFF}),
    ]
    fitted = fit(Measured(measured.turns, tuple(loud), measured.measurements, measured.coverage))
    assert len(fitted.spans) < len(loud)
    assert any(s.kind is SpanKind.RAISED_VOICE for s in fitted.spans)


def test_the_sealed_message_is_within_the_wires_limit():
    many = tuple(WordHit(Category.DOCUMENT_LIST_GIVEN, ZERO + 1, 0.9) for _ in range(32))
    said = TurnWords(language=Language.VIETNAMESE, confidence=0.9, syllables=99, hits=many)
    turns = [turn("staff", 3.0 * i, 3.0 * i + 2, said) for i in range(4000)]
    measured = take(turns, length_s=13_000)
    origin = Origin("d", "ab" * 32, SourceKind.LIVE, datetime(2026, 3, 10, tzinfo=UTC), ("m:1",))
    from edge_agent.interaction import Closed
    from schemas.vocabulary import EndReason

    stay = Closed(ZERO, ZERO + 13_000, EndReason.CITIZEN_ABSENT, True, (), ())
    draft = interaction_draft(origin, stay, measured)
    body = Body(
        kind="interaction",
        schema_version=CURRENT["interaction"],
        message_id=draft.message_id,
        device_id="d",
        stream="0" * 32,
        sequence=1,
        captured_at=draft.captured_at,
        payload=draft.payload,
    )
    message = seal("hailong/v1/b/c/interaction", body.encode(), lambda _: bytes(SIGNATURE_BYTES))
    assert len(message) <= MAX_BYTES
