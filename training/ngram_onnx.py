"""Writes a linear model over hashed n-grams as one reproducible ONNX file."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression

from edge_agent.models.text_ngrams import FORMAT, Plan

STEP = 1 / 64
"""Weights are rounded to this, so that the last bits of another processor's arithmetic do not
change the file; the fit is run to a far smaller gradient."""


def write(
    path: Path, model: LogisticRegression, plan: Plan, settings: dict[str, float], **meta: str
) -> str:
    """Returns the file's sha256."""
    coefficients, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        # A softmax over (0, z) is the logistic function of z.
        coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
        bias = np.array([0.0, bias[0]])
    table = (np.round(coefficients.T / STEP) * STEP).astype(np.float16)
    bias = (np.round(bias / STEP) * STEP).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "indices"], ["half"], axis=0),
        helper.make_node("Cast", ["half"], ["rows"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["values", "one"], ["column"]),
        helper.make_node("Mul", ["rows", "column"], ["weighed"]),
        helper.make_node("ReduceSum", ["weighed", "zero"], ["sum"], keepdims=0),
        helper.make_node("Add", ["sum", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=0),
    ]
    graph = helper.make_graph(
        nodes,
        "ngrams",
        [
            helper.make_tensor_value_info("indices", TensorProto.INT64, ["n"]),
            helper.make_tensor_value_info("values", TensorProto.FLOAT, ["n"]),
        ],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [table.shape[1]])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(bias, "bias"),
            numpy_helper.from_array(np.array([1], np.int64), "one"),
            numpy_helper.from_array(np.array([0], np.int64), "zero"),
        ],
    )
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="hailong"
    )
    made.ir_version = 8
    helper.set_model_props(
        made,
        {
            "format": FORMAT,
            "plan": plan.to_json(),
            "classes": json.dumps([str(c) for c in model.classes_]),
            "settings": json.dumps(settings, sort_keys=True),
            **meta,
        },
    )
    onnx.checker.check_model(made)
    raw = made.SerializeToString(deterministic=True)
    path.write_bytes(raw)
    return hashlib.sha256(raw).hexdigest()
