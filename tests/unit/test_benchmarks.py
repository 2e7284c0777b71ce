"""The result files fit their form, the printer tells what was missed, the statistics are
right, the made-up media is what it says.
"""

import json
from datetime import datetime

import numpy as np
import pytest

from benchmarks import machine
from benchmarks.edge import media
from benchmarks.edge.figures import Found, figures, notes
from benchmarks.edge.latency import quantile
from benchmarks.edge.memory import theil_sen
from benchmarks.edge.plan import QUICK
from benchmarks.machine import Figure
from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, VideoFrame

RESULTS = sorted(path.stem for path in machine.RESULTS.glob("*.json"))


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_file_fits_the_form(name):
    result = machine.read(name)
    assert datetime.fromisoformat(result.date).tzinfo is not None
    assert result.commit
    assert {"cpu", "cores", "memory_gb", "python"} <= set(result.machine)
    names = [figure.name for figure in result.figures]
    assert names
    assert len(set(names)) == len(names)
    for figure in result.figures:
        assert figure.better in {"higher", "lower"}
        for number in (figure.value, figure.goal, *figure.peers.values()):
            assert number is None or (isinstance(number, int | float) and np.isfinite(number))


def test_what_is_written_is_read_again(tmp_path):
    made = [
        Figure("cost", 0.123456, "core", goal=0.35, peers={"other": 1.0}),
        Figure("lost", None, "s", goal=3.0),
    ]
    machine.write("some", made, machine=machine.describe(), notes=["a note"], folder=tmp_path)
    found = machine.read("some", tmp_path)
    assert found.figures == [
        Figure("cost", 0.1235, "core", goal=0.35, peers={"other": 1.0}),
        Figure("lost", None, "s", goal=3.0),
    ]
    assert list(found.notes) == ["a note"]
    assert found.machine["cores"] >= 1


def test_another_form_is_refused(tmp_path):
    (tmp_path / "odd.json").write_text(json.dumps({"date": "2026-01-01", "figures": []}))
    with pytest.raises(TypeError):
        machine.read("odd", tmp_path)


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("f", 0.35, "core", goal=0.35), True),
        (Figure("f", 0.36, "core", goal=0.35), False),
        (Figure("f", 0.90, "", goal=0.9, better="higher"), True),
        (Figure("f", 0.89, "", goal=0.9, better="higher"), False),
        (Figure("f", None, "core", goal=0.35), False),
        (Figure("f", 1.0, "core"), None),
    ],
)
def test_a_goal_is_met_missed_or_not_set(figure, met):
    assert figure.met is met


def test_each_goal_stands_beside_its_figure_and_the_missed_are_told(capsys):
    machine.show(
        machine.result(
            [
                Figure("cheap", 0.2, "core", goal=0.35, peers={"other": 0.5}),
                Figure("slow", 5.0, "s", goal=3.0),
                Figure("lost", None, "MB", goal=700.0),
                Figure("free", 7.0, "s"),
            ],
            notes=["told plainly"],
        )
    )
    lines = capsys.readouterr().out.splitlines()
    by_name = {line.split()[0]: line for line in lines}
    assert by_name["cheap"].endswith("goal <= 0.35: met")
    assert by_name["other"].endswith("2.50 times ours")
    assert by_name["slow"].endswith("goal <= 3: MISSED")
    assert by_name["lost"].endswith("goal <= 700: MISSED")
    assert "goal" not in by_name["free"]
    assert "1 of 3 goals met" in lines
    assert lines[-1] == "note: told plainly"


def test_a_run_of_which_everything_failed_still_tells_every_goal():
    found = Found(
        costs={"busy": None, "quiet": None},
        peers={},
        counters=None,
        latencies={4: None},
        settled=None,
        growth=None,
        failed=["cost busy failed: KeyError"],
    )
    goals = [figure for figure in figures(found) if figure.goal is not None]
    assert len(goals) == 7
    assert not any(figure.met for figure in goals)
    assert "cost busy failed: KeyError" in notes(found, QUICK)


def test_theil_sen_finds_a_slope_through_jumps_and_bounds_it():
    chance = np.random.default_rng(3)
    xs = list(range(60))
    ys = [0.5 * x + float(chance.normal(0, 0.3)) for x in xs]
    ys[10] += 100.0
    low, middle, high = theil_sen(xs, ys)
    assert low < 0.5 < high
    assert middle == pytest.approx(0.5, abs=0.02)
    assert high - low < 0.05


def test_theil_sen_bounds_hold_no_slope_in_nineteen_of_twenty_runs_of_noise():
    chance = np.random.default_rng(4)
    runs = [theil_sen(range(30), list(chance.normal(0, 1, 30))) for _ in range(300)]
    inside = sum(low <= 0 <= high for low, _, high in runs) / len(runs)
    assert 0.92 <= inside <= 0.98


def test_memory_that_does_not_move_has_no_slope():
    assert theil_sen(range(10), [5.0] * 10) == (0.0, 0.0, 0.0)


def test_too_few_points_have_no_slope():
    with pytest.raises(ValueError, match="got 3 points"):
        theil_sen([1, 2, 3], [1, 2, 3])


def test_quantiles_are_values_that_were_measured():
    hundred = [float(n) for n in range(1, 101)]
    assert [quantile(hundred, share) for share in (0.5, 0.95, 1.0)] == [50.0, 95.0, 100.0]
    assert quantile([4.0], 0.95) == 4.0
    assert quantile([1.0, 2.0, 3.0], 0.5) == 2.0


@pytest.fixture(scope="module")
def stock():
    """As made for a benchmark, but of tones, which need neither test data nor espeak-ng."""
    chance = np.random.default_rng(0)
    tone = np.sin(np.arange(2 * SAMPLE_RATE) * 0.1).astype(np.float32) * 0.1
    picture = chance.integers(4, 252, (48, 64, 3)).astype(np.uint8)
    return media.Stock(
        voices=(tone, tone[: SAMPLE_RATE * 3 // 2]),
        noise=chance.normal(0, 1e-3, (2, 3 * SAMPLE_RATE + media.BLOCK)).astype(np.float32),
        there=(picture,),
        empty=(255 - picture,),
        grain=chance.integers(-2, 3, (112, 64, 3)).astype(np.int8).view(np.uint8),
        real=False,
    )


def test_media_has_no_holes_and_pictures_come_before_the_sound_of_their_time(stock):
    sound = pictures = 0
    for frame in media.frames(stock, media.BUSY, 20.0, seed=5):
        if isinstance(frame, VideoFrame):
            assert frame.at_s == pytest.approx(pictures / 3)
            assert frame.at_s <= (sound + media.BLOCK) / SAMPLE_RATE
            pictures += 1
        else:
            assert round(frame.start_s * SAMPLE_RATE) == sound
            assert frame.samples.shape == (2, media.BLOCK)
            sound += media.BLOCK
    assert pictures == pytest.approx(60, abs=2)
    assert sound >= 20 * SAMPLE_RATE


def test_the_same_seed_gives_the_same_media_and_no_two_pictures_are_alike(stock):
    first, again = ([*media.frames(stock, media.MIXED, 6.0, seed=5)] for _ in range(2))
    for one, other in zip(first, again, strict=True):
        if isinstance(one, AudioFrame):
            assert np.array_equal(one.samples, other.samples)
        else:
            assert np.array_equal(one.picture, other.picture)
    pictures = [f.picture for f in first if isinstance(f, VideoFrame)]
    assert any(not np.array_equal(pictures[0], other) for other in pictures[1:])
    base = stock.empty[0].astype(int)
    assert np.abs(pictures[0].astype(int) - base).max() <= 2


@pytest.mark.parametrize("kind", [media.BUSY, media.MIXED, media.QUIET])
def test_a_kind_of_counter_has_its_share_of_speech(stock, kind):
    """Loud on either channel, in blocks of 96 ms."""
    seconds = 1800.0
    blocks = [
        float(np.abs(frame.samples).max()) > 0.05
        for frame in media.frames(stock, kind, seconds, seed=2)
        if isinstance(frame, AudioFrame)
    ]
    assert np.mean(blocks) == pytest.approx(kind.speech, abs=0.06)
