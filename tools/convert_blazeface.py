"""Converts BlazeFace (full range) from TFLite to the ONNX file that the agent ships.

Run by `make models` in an environment of its own (requirements/convert.txt): neither TFLite
nor the onnx package is needed at run time. The result is the same to the byte each time; its
sha256 is pinned in edge_agent/models/catalog.py. TFLite keeps pictures as NHWC, ONNX as NCHW:
tensors are computed as NCHW, and only the two outputs are brought back before their reshape.
"""

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper
from tflite import BuiltinOperator

SOURCE_SHA256 = "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3"
_DTYPES = {0: np.float32, 1: np.float16, 2: np.int32}
_NAMES = {v: k for k, v in vars(BuiltinOperator).items() if isinstance(v, int)}
_SAME_PADDING = 0


class Converter:
    def __init__(self, model: Any) -> None:
        self._model = model
        self._graph = model.Subgraphs(0)
        self._constants = {
            index: array
            for index in range(self._graph.TensorsLength())
            if (array := self._constant(index)) is not None
        }
        self._nodes: list[Any] = []
        self._initializers: list[Any] = []
        self._rows: set[int] = set()
        """Tensors that are no pictures any more, and so have no channel axis to move."""
        self._count = 0

    def convert(self) -> Any:
        for index in range(self._graph.OperatorsLength()):
            self._operator(self._graph.Operators(index))
        entry = self._graph.Inputs(0)
        shape = self._shape(entry)
        self._nodes.insert(
            0, helper.make_node("Transpose", ["input"], [f"t{entry}"], perm=[0, 3, 1, 2])
        )
        outputs = [self._graph.Outputs(i) for i in range(self._graph.OutputsLength())]
        graph = helper.make_graph(
            self._nodes,
            "g",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
            [
                helper.make_tensor_value_info(f"t{o}", TensorProto.FLOAT, self._shape(o))
                for o in outputs
            ],
            self._initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(model)
        return model

    def _operator(self, operator: Any) -> None:
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        name = _NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        inputs = [operator.Inputs(i) for i in range(operator.InputsLength())]
        output = operator.Outputs(0)
        match name:
            case "DEQUANTIZE":
                self._constants[output] = self._constants[inputs[0]].astype(np.float32)
            case "CONV_2D" | "DEPTHWISE_CONV_2D":
                self._convolution(name, operator, inputs, output)
            case "RELU":
                before = f"p{self._next()}"
                self._node("Identity", [f"t{inputs[0]}"], [before])
                self._node("Relu", [before], [f"t{output}"])
            case "ADD":
                options = self._options(operator, tflite.AddOptions)
                if options.FusedActivationFunction() != 0:
                    raise ValueError("an addition with an activation; expected none")
                self._node("Add", [self._value(i) for i in inputs], [f"t{output}"])
            case "PAD":
                pads = self._constants[inputs[1]][[0, 3, 1, 2]]
                flat = np.concatenate([pads[:, 0], pads[:, 1]]).astype(np.int64)
                self._node("Pad", [f"t{inputs[0]}", self._store(flat)], [f"t{output}"])
            case "MAX_POOL_2D":
                options = self._options(operator, tflite.Pool2DOptions)
                kernel = [options.FilterHeight(), options.FilterWidth()]
                strides = [options.StrideH(), options.StrideW()]
                self._node(
                    "MaxPool",
                    [f"t{inputs[0]}"],
                    [f"t{output}"],
                    kernel_shape=kernel,
                    strides=strides,
                    pads=self._pads(options.Padding(), inputs[0], kernel, strides, [1, 1]),
                )
            case "RESIZE_BILINEAR":
                self._resize(operator, inputs[0], output)
            case "RESHAPE":
                moved = f"h{self._next()}"
                self._node("Transpose", [f"t{inputs[0]}"], [moved], perm=[0, 2, 3, 1])
                target = self._store(np.array(self._shape(output), np.int64))
                self._node("Reshape", [moved, target], [f"t{output}"])
                self._rows.add(output)
            case _:
                raise ValueError(f"operator {name}: this model is not the BlazeFace expected")

    def _convolution(self, name: str, operator: Any, inputs: list[int], output: int) -> None:
        depthwise = name == "DEPTHWISE_CONV_2D"
        kind = tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions
        options = self._options(operator, kind)
        weights = self._constants[inputs[1]].astype(np.float32)
        kernel = list(weights.shape[1:3])
        strides = [options.StrideH(), options.StrideW()]
        dilations = [options.DilationHFactor(), options.DilationWFactor()]
        weights = weights.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        if options.FusedActivationFunction() != 0:
            raise ValueError("a convolution with an activation; expected none")
        pads = self._pads(options.Padding(), inputs[0], kernel, strides, dilations)
        self._node(
            "Conv",
            [
                f"t{inputs[0]}",
                self._store(weights),
                self._store(self._constants[inputs[2]].astype(np.float32)),
            ],
            [f"t{output}"],
            strides=strides,
            dilations=dilations,
            pads=pads,
            group=self._shape(inputs[0])[3] if depthwise else 1,
            kernel_shape=kernel,
        )

    def _resize(self, operator: Any, source: int, output: int) -> None:
        options = self._options(operator, tflite.ResizeBilinearOptions)
        mode = "half_pixel" if options.HalfPixelCenters() else "asymmetric"
        to, of = self._shape(output)[1:3], self._shape(source)[1:3]
        scales = np.array([1, 1, to[0] / of[0], to[1] / of[1]], np.float32)
        self._node(
            "Resize",
            [f"t{source}", "", self._store(scales)],
            [f"t{output}"],
            mode="linear",
            coordinate_transformation_mode="align_corners" if options.AlignCorners() else mode,
        )

    def _pads(
        self, padding: int, source: int, kernel: list[int], strides: list[int], dilations: list[int]
    ) -> list[int]:
        """TFLite's SAME padding as ONNX's begin and end pads."""
        if padding != _SAME_PADDING:
            return [0] * 4
        pairs = []
        sizes = zip(self._shape(source)[1:3], kernel, strides, dilations, strict=True)
        for size, width, stride, dilation in sizes:
            steps = -(-size // stride)
            total = max((steps - 1) * stride + (width - 1) * dilation + 1 - size, 0)
            pairs.append((total // 2, total - total // 2))
        return [pairs[0][0], pairs[1][0], pairs[0][1], pairs[1][1]]

    def _value(self, index: int) -> str:
        if index not in self._constants:
            return f"t{index}"
        array = self._constants[index].astype(np.float32)
        moved = {4: (0, 3, 1, 2), 3: (2, 0, 1)}.get(array.ndim)
        return self._store(array.transpose(moved) if moved else array.reshape(-1, 1, 1))

    def _constant(self, index: int) -> Any:
        tensor = self._graph.Tensors(index)
        data = self._model.Buffers(tensor.Buffer()).DataAsNumpy()
        if isinstance(data, int):
            return None
        array = np.frombuffer(data.tobytes(), _DTYPES[tensor.Type()])
        shape = tensor.ShapeAsNumpy()
        return array.reshape(() if isinstance(shape, int) else shape)

    def _store(self, array: Any) -> str:
        name = f"c{self._next()}"
        self._initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def _node(self, kind: str, inputs: list[str], outputs: list[str], **options: Any) -> None:
        self._nodes.append(helper.make_node(kind, inputs, outputs, **options))

    def _options(self, operator: Any, kind: Any) -> Any:
        options, table = kind(), operator.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        return options

    def _shape(self, index: int) -> list[int]:
        return [int(size) for size in self._graph.Tensors(index).ShapeAsNumpy()]

    def _next(self) -> int:
        self._count += 1
        return self._count


def main(source: Path, target: Path, expected: str) -> None:
    raw = source.read_bytes()
    if (got := hashlib.sha256(raw).hexdigest()) != SOURCE_SHA256:
        sys.exit(f"{source.name}: sha256 {got}, expected {SOURCE_SHA256}; another version?")
    model = Converter(tflite.Model.GetRootAsModel(bytearray(raw), 0)).convert()
    onnx.save(model, str(target))
    if (got := hashlib.sha256(target.read_bytes()).hexdigest()) != expected:
        sys.exit(f"{target.name}: sha256 {got}, expected {expected}; catalog.py pins another")
    print(f"{target.name}: sha256 {got} as pinned")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
