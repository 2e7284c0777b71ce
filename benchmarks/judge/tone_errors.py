"""What becomes of words: the project's transcriber on the real clips, counted by kind of mistake.

    python -m benchmarks.judge.tone_errors

reads each Vietnamese clip of the test data (HAILONG_TEST_DATA) in the copies of
benchmarks/transcription_clips.py and writes benchmarks/judge/tone_errors.json: how many words kept,
lost or changed which part of a syllable, what each part became, and the confidences of the
readings. Nothing of the clips stands there but counts and parts of syllables.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.judge.syllables import PARTS, aligned, changed, syllable, words
from benchmarks.transcription_clips import clips, copies
from edge_agent.models import catalog
from edge_agent.models.base import Transcriber
from schemas.vocabulary import Language

FILE = Path(__file__).with_name("tone_errors.json")
VERSION = 1


def main() -> int:
    found = [clip for clip in clips() if clip.name != "jfk.flac"]
    if not found:
        print("skipped: the test speech is absent; name its folder by HAILONG_TEST_DATA")
        return 0
    folder = catalog.whisper_folder(None, lambda line: print(line, file=sys.stderr))
    transcriber = catalog.load_whisper(folder, beam_size=1, threads=1)
    counts = Counted(transcriber)
    for number, clip in enumerate(found):
        for copy, sound in copies(clip).items():
            counts.add(copy, clip.said, sound)
        print(f"{number + 1} of {len(found)} clips", file=sys.stderr, flush=True)
    FILE.write_text(
        json.dumps(counts.as_json(len(found)), ensure_ascii=False, indent=1, sort_keys=True) + "\n",
        "utf-8",
    )
    return 0


class Counted:
    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber
        self._readings: list[Mapping[str, Any]] = []
        self._kinds: Counter[str] = Counter()
        self._parts: dict[str, Counter[str]] = {part: Counter() for part in PARTS}

    def add(self, copy: str, said: str, sound: Any) -> None:
        heard = self._transcriber.transcribe(sound, None)
        reading: dict[str, Any] = {"copy": copy, "words": len(words(said))}
        if heard is None:
            reading["outcome"] = "no text"
        elif heard.language is not Language.VIETNAMESE:
            reading["outcome"] = "other language"
        else:
            reading["outcome"] = "read"
            reading["confidence"] = round(heard.confidence, 3)
            reading["language_probability"] = round(heard.language_probability, 3)
            reading |= self._words(words(said), words(heard.text))
        self._readings.append(reading)

    def _words(self, said: list[str], heard: list[str]) -> dict[str, int]:
        ended: Counter[str] = Counter()
        for one, other in aligned(said, heard):
            if one is None:
                ended["put in"] += 1
            elif other is None:
                ended["dropped"] += 1
            elif one != other:
                ended["changed"] += 1
                self._change(one, other)
            else:
                ended["kept"] += 1
        return dict(ended)

    def _change(self, said: str, heard: str) -> None:
        one, other = syllable(said), syllable(heard)
        if one is None or other is None:
            self._kinds["no syllable"] += 1
            return
        parts = changed(one, other)
        self._kinds["+".join(parts) or "spelling"] += 1
        for part in parts if len(parts) < 3 else ():
            self._parts[part][f"{getattr(one, part)}>{getattr(other, part)}"] += 1

    def as_json(self, clip_count: int) -> dict[str, Any]:
        return {
            "version": VERSION,
            "model": self._transcriber.model_id,
            "clips": clip_count,
            "readings": self._readings,
            "kinds": dict(self._kinds),
            "parts": {part: dict(found) for part, found in self._parts.items()},
        }


if __name__ == "__main__":
    sys.exit(main())
