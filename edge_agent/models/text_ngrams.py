"""Text as hashed n-grams, and the small linear models that read them.

A model is one ONNX file: a table with a row a bucket and a column a class, gathered, weighed,
summed, softmaxed. What the rows mean (branches, sizes, buckets) stands in the file's metadata,
so the file alone is the model. Training uses this same code (training/).

Nothing here is cached: a cache would keep words after their turn is dropped.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge_agent.errors import ModelError
from edge_agent.lexicon.words import END, START, Line, words_of
from schemas.vocabulary import Language

FORMAT = "hailong-ngrams-1"
_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)

Indices = NDArray[np.int64]
Floats = NDArray[np.float32]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Branch:
    """One view of a text, of unit length before its weight."""

    unit: str
    """words or letters."""
    sizes: tuple[int, ...]
    """Lengths of the n-grams."""
    bare: bool
    """Without tones and marks: what is left when the transcriber loses them."""
    weight: float


@dataclass(frozen=True, slots=True)
class Plan:
    branches: tuple[Branch, ...]
    bits: int
    """2**bits buckets."""

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        raw = json.loads(text)
        branches = [Branch(**{**b, "sizes": tuple(b["sizes"])}) for b in raw["branches"]]
        return cls(tuple(branches), int(raw["bits"]))


def features(text: str, language: Language, plan: Plan) -> tuple[Indices, Floats]:
    """Buckets, ascending and distinct within a branch, and their weights; both shape (n,), of
    length 0 where there is no word.
    """
    words = words_of(text, language)
    if not words:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    line = Line(words)
    # Another language's buckets are others: "me" is not "me".
    seed = np.uint64(zlib.crc32(language.value.encode()))
    indices: list[Hashes] = []
    values: list[Floats] = []
    for number, branch in enumerate(plan.branches):
        form = line.text(bare=branch.bare)
        hashes = _words(form) if branch.unit == "words" else _letters(form)
        found = [
            _bucket(_runs(hashes, size), seed + np.uint64(1000 * number + size), plan.bits)
            for size in branch.sizes
        ]
        distinct = np.unique(np.concatenate(found))
        indices.append(distinct)
        share = branch.weight / np.sqrt(max(1, len(distinct)))
        values.append(np.full(len(distinct), share, np.float32))
    return np.concatenate(indices).astype(np.int64), np.concatenate(values)


def _words(form: str) -> Hashes:
    """Sentence marks are words, so that "^ sao" is not "sao"."""
    return np.array([zlib.crc32(w.encode()) for w in form.split()], np.uint64)


def _letters(form: str) -> Hashes:
    text = form.replace(f" {END} {START} ", " . ").replace(f" {START} ", " ")
    text = text.replace(f" {END} ", " ")
    return np.frombuffer(text.encode("utf-32-le"), "<u4").astype(np.uint64)


def _runs(hashes: Hashes, size: int) -> Hashes:
    """A hash of each run of `size`; arrays of unsigned integers wrap, on purpose."""
    count = len(hashes) - size + 1
    if count <= 0:
        return np.zeros(0, np.uint64)
    total = np.zeros(count, np.uint64)
    for offset in range(size):
        total = total * _PRIME + hashes[offset : offset + count] + np.uint64(1)
    return total


def _bucket(hashes: Hashes, salt: np.uint64, bits: int) -> Hashes:
    mixed = (hashes ^ (salt * np.uint64(0x51_7C_C1B7))) * _MIX
    mixed = (mixed ^ (mixed >> _HALF)) * _MIX
    return mixed >> np.uint64(64 - bits)


class NgramModel:
    """A linear model over `features`, run by ONNX Runtime on one thread."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        meta = self._session.get_modelmeta().custom_metadata_map
        if meta.get("format") != FORMAT:
            raise ModelError(
                f"model {path.name}: format {meta.get('format')}, expected {FORMAT}; "
                "install the package again"
            )
        self.plan = Plan.from_json(meta["plan"])
        self.classes: Sequence[str] = tuple(json.loads(meta["classes"]))
        self.settings: dict[str, float] = json.loads(meta["settings"])
        """Thresholds, chosen in training and part of the file."""
        self.meta = dict(meta)

    def probabilities(self, text: str, language: Language) -> Floats | None:
        """One a class, shape (classes,); None where there is no word."""
        indices, values = features(text, language, self.plan)
        if not len(indices):
            return None
        (out,) = self._session.run(None, {"indices": indices, "values": values})
        return np.asarray(out, np.float32)
