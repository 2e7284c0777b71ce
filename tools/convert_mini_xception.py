"""Converts mini_xception (facial expression) from Keras to the ONNX file that the agent ships.

Run by `make models` in an environment of its own (requirements/convert.txt): neither Keras nor
HDF5 is needed at run time; of the HDF5 file only the configuration and the weights are read.
The result is the same to the byte each time; its sha256 is pinned in
edge_agent/models/catalog.py. Keras keeps pictures as NHWC, ONNX as NCHW: kernels are turned
here, and the input is NCHW.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SOURCE_SHA256 = "59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e"
_SIDE = 64
_CLASSES = 7


class Converter:
    def __init__(self, file: Any) -> None:
        self._layers = json.loads(file.attrs["model_config"])["config"]["layers"]
        self._weights = file["model_weights"]
        self._nodes: list[Any] = []
        self._initializers: list[Any] = []
        self._sides = {"input_1": _SIDE}
        """Layer -> width and height of what it gives."""

    def convert(self) -> Any:
        for layer in self._layers:
            if layer["class_name"] != "InputLayer":
                self._layer(layer)
        graph = helper.make_graph(
            self._nodes,
            "mini_xception",
            [helper.make_tensor_value_info("input_1", TensorProto.FLOAT, ["n", 1, _SIDE, _SIDE])],
            [helper.make_tensor_value_info("predictions", TensorProto.FLOAT, ["n", _CLASSES])],
            self._initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(model)
        return model

    def _layer(self, layer: Any) -> None:
        name, config = layer["name"], layer["config"]
        inputs = [entry[0] for entry in layer["inbound_nodes"][0]]
        source = inputs[0]
        self._sides[name] = self._sides[source]
        match layer["class_name"]:
            case "Conv2D":
                self._convolution(name, config, source)
            case "SeparableConv2D":
                self._separable(name, source)
            case "BatchNormalization":
                weights = self._weights_of(name)
                parts = ("gamma", "beta", "moving_mean", "moving_variance")
                stored = [self._store(weights[part]) for part in parts]
                self._node("BatchNormalization", [source, *stored], name, epsilon=config["epsilon"])
            case "Activation" if config["activation"] == "relu":
                self._node("Relu", [source], name)
            case "Activation" if config["activation"] == "softmax":
                self._node("Softmax", [source], name, axis=1)
            case "MaxPooling2D":
                pads = self._same(name, source, kernel=3, stride=2)
                self._node(
                    "MaxPool", [source], name, kernel_shape=[3, 3], strides=[2, 2], pads=pads
                )
            case "Add":
                self._node("Add", inputs, name)
            case "GlobalAveragePooling2D":
                self._node("ReduceMean", [source], name, axes=[2, 3], keepdims=0)
            case unknown:
                raise ValueError(f"layer {name} is a {unknown}; another version of the model?")

    def _convolution(self, name: str, config: Any, source: str) -> None:
        weights = self._weights_of(name)
        kernel, stride = config["kernel_size"][0], config["strides"][0]
        if config["padding"] == "same":
            pads = self._same(name, source, kernel=kernel, stride=stride)
        else:
            pads = [0, 0, 0, 0]
            self._sides[name] = (self._sides[source] - kernel) // stride + 1
        stored = [self._store(weights["kernel"].transpose(3, 2, 0, 1))]
        if "bias" in weights:
            stored.append(self._store(weights["bias"]))
        self._node(
            "Conv",
            [source, *stored],
            name,
            kernel_shape=config["kernel_size"],
            strides=config["strides"],
            pads=pads,
        )

    def _separable(self, name: str, source: str) -> None:
        """One 3x3 kernel a channel, then a 1x1 over the channels."""
        weights = self._weights_of(name)
        pads = self._same(name, source, kernel=3, stride=1)
        depthwise, pointwise = weights["depthwise_kernel"], weights["pointwise_kernel"]
        stored = self._store(depthwise.transpose(2, 3, 0, 1))
        self._node(
            "Conv",
            [source, stored],
            f"{name}_d",
            kernel_shape=[3, 3],
            pads=pads,
            group=depthwise.shape[2],
        )
        stored = self._store(pointwise.transpose(3, 2, 0, 1))
        self._node("Conv", [f"{name}_d", stored], name, kernel_shape=[1, 1])

    def _same(self, name: str, source: str, *, kernel: int, stride: int) -> list[int]:
        """Keras' SAME padding as ONNX's begin and end pads."""
        side = self._sides[source]
        self._sides[name] = -(-side // stride)
        total = max((self._sides[name] - 1) * stride + kernel - side, 0)
        return [total // 2, total // 2, total - total // 2, total - total // 2]

    def _weights_of(self, layer: str) -> dict[str, Any]:
        group = self._weights[layer]
        names = [name.decode() for name in group.attrs["weight_names"]]
        return {name.split("/")[-1].split(":")[0]: group[name][()] for name in names}

    def _store(self, array: Any) -> str:
        name = f"c{len(self._initializers) + 1}"
        whole = np.ascontiguousarray(array.astype(np.float32))
        self._initializers.append(numpy_helper.from_array(whole, name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str, **options: Any) -> None:
        self._nodes.append(helper.make_node(kind, inputs, [output], **options))


def main(source: Path, target: Path, expected: str) -> None:
    if (got := hashlib.sha256(source.read_bytes()).hexdigest()) != SOURCE_SHA256:
        sys.exit(f"{source.name}: sha256 {got}, expected {SOURCE_SHA256}; another version?")
    with h5py.File(source) as file:
        model = Converter(file).convert()
    onnx.save(model, str(target))
    if (got := hashlib.sha256(target.read_bytes()).hexdigest()) != expected:
        sys.exit(f"{target.name}: sha256 {got}, expected {expected}; catalog.py pins another")
    print(f"{target.name}: sha256 {got} as pinned")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
