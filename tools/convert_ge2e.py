"""Converts the GE2E speaker encoder from PyTorch to the ONNX file that the agent ships.

Run by `make models` in an environment of its own (requirements/convert.txt), without PyTorch:
the checkpoint is of its old format, five pickles in a row and then the raw numbers of each
storage, and the pickles are read with nothing in reach but ordered dictionaries and tensors'
descriptions. The result is the same to the byte each time; its sha256 is pinned in
edge_agent/models/catalog.py.

Three LSTM layers, the last state projected, rectified and brought to length 1:
mel (windows, frames, 40) -> embed (windows, 256).
"""

import hashlib
import io
import pickle
import struct
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SOURCE_SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
_LAYERS = 3
_UNITS = 256
_FLOAT_BYTES = 4


class _Reader(pickle.Unpickler):
    """Runs no code of the file: a tensor is kept as its arguments, a storage as its key."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda *arguments: arguments
        if module == "torch" and name.endswith("Storage"):
            return name
        raise pickle.UnpicklingError(f"{module}.{name}; expected tensors alone")

    def persistent_load(self, pid: Any) -> str:
        """`pid`: ("storage", type, key, device, length, view)."""
        return str(pid[2])


def read_weights(raw: bytes) -> dict[str, Any]:
    file = io.BytesIO(raw)
    for _ in ("magic number", "protocol", "sizes of types"):
        _Reader(file).load()
    checkpoint = _Reader(file).load()
    storages = {}
    for key in _Reader(file).load():
        (count,) = struct.unpack("<q", file.read(8))
        storages[key] = np.frombuffer(file.read(count * _FLOAT_BYTES), "<f4")
    weights = {}
    for name, (storage, offset, size, stride, *_) in checkpoint["model_state"].items():
        steps = [step * _FLOAT_BYTES for step in stride]
        weights[name] = np.lib.stride_tricks.as_strided(storages[storage][offset:], size, steps)
    return weights


class Converter:
    def __init__(self, weights: dict[str, Any]) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._initializers: list[Any] = []

    def convert(self) -> Any:
        self._node("Transpose", ["mel"], ["x0"], perm=[1, 0, 2])
        for layer in range(_LAYERS):
            self._layer(layer)
        self._store_whole("axh", [0])
        self._node("Squeeze", [f"h{_LAYERS - 1}", "axh"], ["h"])
        weight = self._store("LW", self._weights["linear.weight"])
        bias = self._store("LB", self._weights["linear.bias"])
        self._node("Gemm", ["h", weight, bias], ["l"], transB=1)
        self._node("Relu", ["l"], ["r"])
        self._node("LpNormalization", ["r"], ["embed"], axis=1, p=2)
        graph = helper.make_graph(
            self._nodes,
            "ge2e",
            [helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["b", "t", 40])],
            [helper.make_tensor_value_info("embed", TensorProto.FLOAT, ["b", _UNITS])],
            self._initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(model)
        return model

    def _layer(self, layer: int) -> None:
        inward = _reordered(self._weights[f"lstm.weight_ih_l{layer}"])
        across = _reordered(self._weights[f"lstm.weight_hh_l{layer}"])
        names = (f"lstm.bias_ih_l{layer}", f"lstm.bias_hh_l{layer}")
        bias = np.concatenate([_reordered(self._weights[name]) for name in names])
        stored = [
            self._store(f"W{layer}", inward[np.newaxis]),
            self._store(f"R{layer}", across[np.newaxis]),
            self._store(f"B{layer}", bias[np.newaxis]),
        ]
        self._node("LSTM", [f"x{layer}", *stored], [f"y{layer}", f"h{layer}"], hidden_size=_UNITS)
        if layer < _LAYERS - 1:
            self._store_whole(f"ax{layer}", [1])
            self._node("Squeeze", [f"y{layer}", f"ax{layer}"], [f"x{layer + 1}"])

    def _store(self, name: str, array: Any) -> str:
        whole = np.ascontiguousarray(array.astype(np.float32))
        self._initializers.append(numpy_helper.from_array(whole, name))
        return name

    def _store_whole(self, name: str, numbers: list[int]) -> None:
        self._initializers.append(numpy_helper.from_array(np.array(numbers, np.int64), name))

    def _node(self, kind: str, inputs: list[str], outputs: list[str], **options: Any) -> None:
        self._nodes.append(helper.make_node(kind, inputs, outputs, **options))


def _reordered(gates: Any) -> Any:
    """PyTorch keeps a cell's gates as input, forget, cell, output; ONNX as i, o, f, c."""
    entry, forget, cell, output = np.split(gates, 4, 0)
    return np.concatenate([entry, output, forget, cell], 0)


def main(source: Path, target: Path, expected: str) -> None:
    raw = source.read_bytes()
    if (got := hashlib.sha256(raw).hexdigest()) != SOURCE_SHA256:
        sys.exit(f"{source.name}: sha256 {got}, expected {SOURCE_SHA256}; another version?")
    onnx.save(Converter(read_weights(raw)).convert(), str(target))
    if (got := hashlib.sha256(target.read_bytes()).hexdigest()) != expected:
        sys.exit(f"{target.name}: sha256 {got}, expected {expected}; catalog.py pins another")
    print(f"{target.name}: sha256 {got} as pinned")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
