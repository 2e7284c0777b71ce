"""The committed recording against the truth beside it, by its bytes and its energy alone."""

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from statistics import median

import av
import numpy as np
import pytest
import yaml

import demo
from demo import make_recording
from demo.recording_script import Line, read_script
from schemas.vocabulary import Category

HERE = Path(demo.__file__).parent
RULES = HERE.parent / "hub" / "scoring" / "rules"
ROLES = ("staff", "citizen")
STEP_S = 0.02
EDGE_TOLERANCE_S = 0.12


@pytest.fixture(scope="module")
def truth():
    return json.loads((HERE / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def recording(truth):
    return HERE / truth["recording"]


@pytest.fixture(scope="module")
def sound(recording):
    """(2, samples) in [-1, 1]."""
    with av.open(str(recording)) as container:
        stream = container.streams.audio[0]
        assert (stream.rate, stream.channels) == (16_000, 2)
        frames = [frame.to_ndarray() for frame in container.decode(stream)]
    return np.concatenate(frames, axis=1)


@pytest.fixture(scope="module")
def levels(sound):
    """(2, steps) dBFS over 40 ms, every 20 ms."""
    step = round(STEP_S * 16_000)
    power = np.mean(sound[:, : sound.shape[1] // step * step].reshape(2, -1, step) ** 2, axis=2)
    power = (power + np.roll(power, -1, axis=1)) / 2
    return 10 * np.log10(power + 1e-12)


@pytest.fixture(scope="module")
def speaking(levels):
    """Own speech, not the other's bleed, which lies about 20 dB under it."""
    return (levels > -47) & (levels > levels[::-1] - 10)


def in_media_time(truth):
    """All turns as (role, start_s, end_s, turn), of the interactions and outside of them."""
    outside = [("outside", 0.0, truth["outside"])]
    inside = [(one["name"], one["start_s"], one["turns"]) for one in truth["interactions"]]
    return [
        (
            turn["role"],
            origin + turn["start_s"],
            origin + turn["start_s"] + turn["duration_s"],
            turn,
        )
        for _, origin, turns in outside + inside
        for turn in turns
    ]


def rms_dbfs(samples):
    return 10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-12)


def alone(turn, turns):
    _, start_s, end_s, _ = turn
    return not any(s < end_s and e > start_s for r, s, e, _ in turns if r != turn[0])


def test_the_file_is_the_one_the_truth_was_written_for(truth, recording):
    assert hashlib.sha256(recording.read_bytes()).hexdigest() == truth["sha256"]
    assert recording.stat().st_size < 5_000_000


def test_shape(truth, recording, sound):
    with av.open(str(recording)) as container:
        video = container.streams.video[0]
        assert (video.width, video.height) == (truth["width"], truth["height"]) == (640, 480)
        assert float(video.average_rate) == truth["frames_per_second"]
        assert float(video.duration * video.time_base) == pytest.approx(
            truth["duration_s"], abs=0.5
        )
    assert sound.shape[1] / 16_000 == pytest.approx(truth["duration_s"], abs=0.1)
    assert truth["channels"] == list(ROLES)


def test_the_sound_never_clips_and_its_room_is_quiet(truth, sound, levels):
    assert np.abs(sound).max() < 0.99
    before_anybody = levels[:, : round((truth["interactions"][0]["start_s"] - 1) / STEP_S)]
    assert np.all(np.abs(np.median(before_anybody, axis=1) + 60) < 2)


def test_every_turn_begins_and_ends_where_the_truth_says(truth, speaking):
    for role, start_s, end_s, _ in in_media_time(truth):
        first = round((start_s - 0.4) / STEP_S)
        heard = np.flatnonzero(speaking[ROLES.index(role), first : round((end_s + 0.4) / STEP_S)])
        heard_from_s = (first + heard[0]) * STEP_S
        heard_to_s = (first + heard[-1] + 1) * STEP_S
        assert heard_from_s == pytest.approx(start_s, abs=EDGE_TOLERANCE_S)
        assert heard_to_s == pytest.approx(end_s, abs=EDGE_TOLERANCE_S)


def test_nobody_speaks_but_in_turns(truth, speaking):
    for channel, role in enumerate(ROLES):
        unexplained = speaking[channel].copy()
        for one, start_s, end_s, _ in in_media_time(truth):
            if one == role:
                margin = EDGE_TOLERANCE_S
                unexplained[
                    round((start_s - margin) / STEP_S) : round((end_s + margin) / STEP_S)
                ] = False
        assert not unexplained.any()


def test_talk_time_is_the_energy_on_the_own_channel(truth, speaking):
    for one in truth["interactions"]:
        span = slice(round(one["start_s"] / STEP_S), round(one["end_s"] / STEP_S))
        for channel, role in enumerate(ROLES):
            # Dips within words count as speech; they are shorter than 0.2 s.
            active = np.flatnonzero(speaking[channel, span]) * STEP_S
            held = np.diff(active)
            heard_s = held[held < 0.2].sum()
            assert heard_s == pytest.approx(one["talk_time_s"][role], rel=0.06)


def test_the_channels_stay_apart_through_the_encoder(truth, sound):
    turns = in_media_time(truth)
    apart = []
    for turn in turns:
        if alone(turn, turns):
            own = ROLES.index(turn[0])
            part = sound[:, round(turn[1] * 16_000) : round(turn[2] * 16_000)]
            apart.append(rms_dbfs(part[own]) - rms_dbfs(part[1 - own]))
    assert min(apart) > 17
    assert median(apart) == pytest.approx(19.5, abs=1.5)


def test_only_the_marked_turn_is_raised_and_by_then_there_is_a_baseline(truth, sound):
    turns = in_media_time(truth)
    spoken = {
        turn[1]: rms_dbfs(
            sound[ROLES.index(turn[0]), round(turn[1] * 16_000) : round(turn[2] * 16_000)]
        )
        for turn in turns
    }
    raised = [turn for turn in turns if turn[3]["raised"]]
    assert [turn[0] for turn in raised] == ["citizen"]
    for role in ROLES:
        own = [turn for turn in turns if turn[0] == role]
        usual = median(spoken[turn[1]] for turn in own)
        for turn in own:
            above = spoken[turn[1]] - usual
            assert above > 13 if turn[3]["raised"] else above < 4
        before_s = sum(turn[3]["speech_s"] for turn in own if turn[2] < raised[0][1])
        assert before_s > 60
    assert 2 <= raised[0][3]["duration_s"] <= 3


def grid(one):
    """(2, steps of 10 ms) whether each role speaks, over the interaction."""
    talk = np.zeros((2, round((one["end_s"] - one["start_s"]) * 100)), bool)
    for turn in one["turns"]:
        begin = round(turn["start_s"] * 100)
        talk[ROLES.index(turn["role"]), begin : begin + round(turn["duration_s"] * 100)] = True
    return talk


def test_the_truths_sums_follow_from_its_turns(truth):
    for one in truth["interactions"]:
        talk = grid(one)
        assert one["overlap_s"] == pytest.approx(talk.all(axis=0).sum() / 100, abs=0.05)
        quiet = np.flatnonzero(np.diff(np.concatenate(([0], ~talk.any(axis=0), [0])).astype(int)))
        silences = []
        for begin, end in quiet.reshape(-1, 2):
            last = [t for t in one["turns"] if t["start_s"] * 100 < begin]
            excused = last and "explains_wait" in last[-1]["categories"]
            if end - begin > 500 and not excused:
                silences.append((end - begin) / 100)
        assert one["dead_air_s"] == pytest.approx(sum(silences), abs=0.05)
        assert one["longest_dead_air_s"] == pytest.approx(max(silences, default=0), abs=0.05)
        away_s = sum(absence["duration_s"] for absence in one["staff_absent"])
        assert one["unattended_s"] == pytest.approx(away_s, abs=0.01)
        assert one["handling_s"] == pytest.approx(one["end_s"] - one["start_s"], abs=0.01)


def test_the_three_interactions_are_what_they_are_meant_to_be(truth):
    good, bad, sad = truth["interactions"]
    assert [one["name"] for one in (good, bad, sad)] == ["good", "bad", "sad"]
    assert [one["language"] for one in (good, bad, sad)] == ["en", "en", "vi"]
    assert (good["flags"], sad["flags"], len(bad["flags"])) == ([], [], 5)
    for one in (good, bad, sad):
        assert 60 <= one["handling_s"] <= 180
        assert sum(turn["role"] == "citizen" for turn in one["turns"]) >= 8
        assert all(turn["duration_s"] < 28 for turn in one["turns"])
    for calm in (good, sad):
        assert calm["interruptions"] == {"staff": 0, "citizen": 0}
        assert calm["raised_voice_s"] == {"staff": 0, "citizen": 0}
        assert calm["overlap_s"] == calm["dead_air_s"] == calm["unattended_s"] == 0
    silences = [
        after["start_s"] - before["start_s"] - before["duration_s"]
        for before, after in pairwise(good["turns"])
    ]
    assert max(silences) == pytest.approx(8.0, abs=0.1)
    assert bad["overlap_s"] == pytest.approx(1.0, abs=0.1)
    assert bad["dead_air_s"] == pytest.approx(7.0, abs=0.1)
    assert 10 <= bad["unattended_s"] <= 15
    assert bad["interruptions"] == {"staff": 1, "citizen": 0}
    assert sum("abusive" in turn["categories"] for turn in bad["turns"]) >= 2


def test_nobody_is_at_the_counter_long_enough_between_them(truth):
    stays = [(one["start_s"], one["end_s"]) for one in truth["interactions"]]
    edges = [*stays, (truth["duration_s"], None)]
    assert all(after[0] - before[1] >= 23 for before, after in pairwise(edges))
    for turn in truth["outside"]:
        left_s = max(end_s for _, end_s in stays if end_s < turn["start_s"])
        enters_s = min(start_s for start_s, _ in stays if start_s > turn["start_s"])
        assert turn["role"] == "staff"
        assert turn["start_s"] - left_s > 20
        assert enters_s - turn["start_s"] - turn["duration_s"] > 4
    assert truth["outside"]


def test_flags_and_categories_are_words_of_the_project(truth):
    kinds = {}
    for path in RULES.glob("*.yaml"):
        rule = yaml.safe_load(path.read_text(encoding="utf-8"))
        kinds[rule["rule"]] = rule["kind"]
    known = {category.value for category in Category}
    for one in truth["interactions"]:
        assert all(kinds[flag["rule"]] == flag["kind"] for flag in one["flags"])
        assert {name for turn in one["turns"] for name in turn["categories"]} <= known
        understood = {name for names in one["categories"].values() for name in names}
        assert bool(understood) == one["words_understood"]


def test_the_truth_holds_no_word_that_is_spoken(truth):
    written = json.dumps(truth, ensure_ascii=False).casefold()
    spoken = [
        item.words.casefold()
        for interaction in read_script().interactions
        for item in interaction.timeline
        if isinstance(item, Line)
    ]
    assert len(spoken) > 40
    for words in spoken:
        run = words.replace(",", "").replace(".", "").split()
        assert not any(
            " ".join(four) in written for four in zip(*(run[n:] for n in range(4)), strict=False)
        )


def test_the_script_says_what_the_truth_was_made_from(truth):
    for interaction, one in zip(read_script().interactions, truth["interactions"], strict=True):
        lines = [item for item in interaction.timeline if isinstance(item, Line)]
        assert [line.role for line in lines] == [turn["role"] for turn in one["turns"]]
        assert [list(line.categories) for line in lines] == [
            turn["categories"] for turn in one["turns"]
        ]


def test_the_picture_is_never_frozen_and_changes_where_the_citizen_comes(truth, recording):
    half = truth["width"] // 2
    before = None
    empty, seen = [], []
    with av.open(str(recording)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            luma = frame.to_ndarray(format="gray")[::4, ::4].astype(np.int16)
            if before is not None:
                assert np.abs(luma - before).mean() > 0.2
            before = luma
            citizen = luma[:, half // 4 + 4 :]
            here = any(
                one["start_s"] + 1 < frame.time < one["end_s"] - 1 for one in truth["interactions"]
            )
            away = all(
                frame.time < one["start_s"] - 1 or frame.time > one["end_s"] + 1
                for one in truth["interactions"]
            )
            if here:
                seen.append(citizen.std())
            if away:
                empty.append(citizen.std())
    assert len(seen) + len(empty) > truth["frames_per_second"] * truth["duration_s"] * 0.95
    assert max(empty) + 5 < min(seen)


def test_without_espeak_it_says_so_in_one_line_and_writes_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    out = ["--recording", str(tmp_path / "a.mp4"), "--truth", str(tmp_path / "a.json")]
    assert make_recording.main(out) == 2
    said = capsys.readouterr().err
    assert "espeak-ng is not installed" in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
