#!/usr/bin/env python3
"""Writes the little networks that src/neural's tests read, and what onnxruntime makes of them.

usage: make_models.py FOLDER           writes them (the repository has them in tests/neural/models)
       make_models.py FOLDER --check   fails if onnxruntime's answers are no longer those in FOLDER

They have the operators of the transformers we ship: embeddings, one layer of attention with a mask, layer norm, GELU, the mean of
the tokens, a linear head; 64 embeddings of 8 numbers, 5 outputs. One is as transformers exports RoBERTa. Needs onnx and onnxruntime (tests/requirements.txt).
"""
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

WORDS, WIDTH, HEADS, POSITIONS, OUTPUTS, TAGS = 64, 8, 2, 64, 5, 3


class Graph:
    """Collects nodes and constants. Weights are drawn in the order in which they are asked for."""

    def __init__(self, seed):
        self.nodes, self.constants, self.count, self.random = [], [], 0, np.random.default_rng(seed)

    def constant(self, value):
        self.count += 1
        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), f"constant_{self.count}"))
        return self.constants[-1].name

    def weights(self, *shape):
        return self.random.normal(0, 0.7, shape).astype(np.float32)

    def add(self, operator, *inputs, name=None, outputs=1, **attributes):
        self.count += 1
        names = [name or f"{operator.lower()}_{self.count}_{part}" for part in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def dense(self, x, width, eight_bits):
        matrix, bias = self.weights(WIDTH, width), self.weights(width)
        if not eight_bits:
            return self.add("Add", self.add("MatMul", x, self.constant(matrix)), self.constant(bias))
        step, zero = self.constant(np.float32(12 / 255)), self.constant(np.uint8(128))
        x = self.add("DequantizeLinear", self.add("QuantizeLinear", x, step, zero), step, zero)
        scale = (np.abs(matrix).max(0) / 127).astype(np.float32)
        values = self.constant(np.rint(matrix / scale).astype(np.int8))
        matrix = self.add("DequantizeLinear", values, self.constant(scale), axis=1)
        return self.add("Add", self.add("MatMul", x, matrix), self.constant(bias))

    def norm(self, x):
        return self.add("LayerNormalization", x, self.constant(np.ones(WIDTH, np.float32)), self.constant(np.zeros(WIDTH, np.float32)))


def network(eight_bits=False, types=False, rank3=False, fixed=False, mask=True, positions=False, sixteen=False, parts=False, name="logits"):
    graph = Graph(7)
    integers = {key: graph.constant(np.array(value, np.int64)) for key, value in {
        "zero": [0], "one": [1], "two": [2], "one_two": [1, 2], "split": [0, 0, HEADS, WIDTH // HEADS], "merged": [0, 0, WIDTH]}.items()}
    number = {value: graph.constant(np.array(value, np.float32)) for value in (1.0, 0.5, -1e4, 2.0 ** 0.5, (WIDTH // HEADS) ** -0.5)}
    x = graph.add("Gather", graph.constant(graph.weights(WORDS, WIDTH)), "input_ids")
    places = graph.constant(graph.weights(POSITIONS, WIDTH))
    if positions:
        x = graph.add("Add", x, graph.add("Gather", places, "position_ids"))
    else:
        x = graph.add("Add", x, graph.add("Slice", places, integers["zero"], graph.add("Shape", "input_ids", start=1, end=2), integers["zero"]))
    if types:
        x = graph.add("Add", x, graph.add("Gather", graph.constant(graph.weights(2, WIDTH)), "token_type_ids"))
    real = graph.add("Cast", "attention_mask" if mask else graph.add("Greater", "input_ids", graph.constant(np.int64(0))), to=TensorProto.FLOAT)
    hidden = graph.add("Mul", graph.add("Sub", number[1.0], graph.add("Unsqueeze", real, integers["one_two"])), number[-1e4])
    query, key, value = (graph.add("Reshape", graph.dense(x, WIDTH, eight_bits), integers["split"]) for _ in range(3))
    query, value = (graph.add("Transpose", part, perm=[0, 2, 1, 3]) for part in (query, value))
    score = graph.add("MatMul", query, graph.add("Transpose", key, perm=[0, 2, 3, 1]))
    score = graph.add("Add", graph.add("Mul", score, number[(WIDTH // HEADS) ** -0.5]), hidden)
    mixed = graph.add("Transpose", graph.add("MatMul", graph.add("Softmax", score, axis=-1), value), perm=[0, 2, 1, 3])
    x = graph.norm(graph.add("Add", x, graph.dense(graph.add("Reshape", mixed, integers["merged"]), WIDTH, eight_bits)))
    up = graph.dense(x, WIDTH, eight_bits)
    gelu = graph.add("Mul", up, graph.add("Mul", graph.add("Add", graph.add("Erf", graph.add("Div", up, number[2.0 ** 0.5])), number[1.0]), number[0.5]))
    x = graph.norm(graph.add("Add", x, gelu))
    column = graph.add("Unsqueeze", real, integers["two"])
    total = graph.add("ReduceSum", graph.add("Mul", x, column), integers["one"], keepdims=0)
    pooled = graph.add("Div", total, graph.add("ReduceSum", column, integers["one"], keepdims=0), name="pooled")
    last = graph.add("MatMul", x if rank3 else pooled, graph.constant(graph.weights(WIDTH, OUTPUTS)), name=None if sixteen else name)
    if sixteen:
        graph.add("Cast", last, name=name, to=TensorProto.FLOAT16)
    if parts:  # As our own model of version 2 has: what a text is about, and tags of tokens.
        graph.add("MatMul", pooled, graph.constant(graph.weights(WIDTH, WIDTH)), name="meaning")
        graph.add("MatMul", x, graph.constant(graph.weights(WIDTH, TAGS)), name="tokens")
    shape = [2, 8] if fixed else ["rows", "tokens"]
    wanted = ["input_ids"] + ["attention_mask"] * mask + ["token_type_ids"] * types + ["position_ids"] * positions
    inputs = [helper.make_tensor_value_info(each, TensorProto.INT64, shape) for each in wanted]
    kind = TensorProto.FLOAT16 if sixteen else TensorProto.FLOAT
    outputs = [helper.make_tensor_value_info(name, kind, shape * rank3 + shape[:1] * (not rank3) + [OUTPUTS]),
               helper.make_tensor_value_info("pooled", TensorProto.FLOAT, [shape[0], WIDTH])]
    if parts:
        outputs += [helper.make_tensor_value_info("meaning", TensorProto.FLOAT, [shape[0], WIDTH]),
                    helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [*shape, TAGS])]
    model = helper.make_model(helper.make_graph(graph.nodes, "tiny", inputs, outputs, graph.constants),
                              opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="heartbeat")
    onnx.checker.check_model(model)
    return model


def roberta():
    """As transformers exports RoBERTa: places counted from the ids, a mask of the lowest float, a head of two layers on the first token."""
    graph = Graph(8)
    integers = {key: graph.constant(np.array(value, np.int64)) for key, value in {
        "pad": 1, "axis": 1, "first": 0, "one_two": [1, 2], "split": [0, 0, HEADS, WIDTH // HEADS], "merged": [0, 0, WIDTH]}.items()}
    real = graph.add("Cast", graph.add("Not", graph.add("Equal", "input_ids", integers["pad"])), to=TensorProto.INT64)
    place = graph.add("Add", graph.add("Mul", graph.add("CumSum", real, integers["axis"]), real), integers["pad"])
    x = graph.add("Add", graph.add("Gather", graph.constant(graph.weights(WORDS, WIDTH)), "input_ids"),
                  graph.add("Gather", graph.constant(graph.weights(POSITIONS, WIDTH)), place))
    x = graph.norm(x)
    seen = graph.add("Cast", graph.add("Unsqueeze", "attention_mask", integers["one_two"]), to=TensorProto.BOOL)
    hidden = graph.add("Where", seen, graph.constant(np.float32(0)), graph.constant(np.finfo(np.float32).min))
    query, key, value = (graph.add("Reshape", graph.dense(x, WIDTH, False), integers["split"]) for _ in range(3))
    query, value = (graph.add("Transpose", part, perm=[0, 2, 1, 3]) for part in (query, value))
    score = graph.add("MatMul", query, graph.add("Transpose", key, perm=[0, 2, 3, 1]))
    score = graph.add("Add", graph.add("Div", score, graph.constant(np.float32((WIDTH // HEADS) ** 0.5))), hidden)
    mixed = graph.add("Transpose", graph.add("MatMul", graph.add("Softmax", score, axis=-1), value), perm=[0, 2, 1, 3])
    x = graph.norm(graph.add("Add", x, graph.dense(graph.add("Reshape", mixed, integers["merged"]), WIDTH, False)))
    first = graph.add("Gather", x, integers["first"], axis=1)
    first = graph.add("Tanh", graph.dense(first, WIDTH, False))
    graph.add("Identity", graph.dense(first, 3, False), name="logits")
    inputs = [helper.make_tensor_value_info(each, TensorProto.INT64, ["rows", "tokens"]) for each in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", 3])]
    model = helper.make_model(helper.make_graph(graph.nodes, "roberta", inputs, outputs, graph.constants),
                              opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="heartbeat")
    onnx.checker.check_model(model)
    return model


MODELS = {
    "plain": network(),
    "types": network(types=True),
    "int8": network(eight_bits=True),
    "roberta": roberta(),
    "parts": network(parts=True),
    # What is refused.
    "rank3": network(rank3=True),
    "fixed": network(fixed=True),
    "no_mask": network(mask=False),
    "positions": network(positions=True),
    "half": network(sixteen=True),
    "other_name": network(name="scores"),
}
READ = ("plain", "types", "int8", "roberta", "parts")
TEXTS = [[1], [1, 2], [1, 17, 5, 60, 2], [63] * 9, list(range(1, 33)), [1] + [40, 41] * 20 + [2]]


def answers(model):
    """What onnxruntime gives for each text alone: a line a text of its ids and the outputs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    lines = []
    for ids in TEXTS:
        row = np.array([ids], np.int64)
        given = {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
        found = session.run(None, {each.name: given[each.name] for each in session.get_inputs()})
        lines.append("\t".join([" ".join(map(str, ids))] + [" ".join(f"{value:.6f}" for value in each[0].reshape(-1)) for each in found]))
    return lines


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, model in MODELS.items():
        expected = answers(model) if name in READ else []
        if "--check" not in sys.argv:
            (folder / f"{name}.onnx").write_bytes(model.SerializeToString())
            if expected:
                (folder / f"{name}.tsv").write_text("\n".join(expected) + "\n")
        elif expected:
            now, then = ([line.replace("\t", " ").split() for line in lines]
                         for lines in (expected, (folder / f"{name}.tsv").read_text().splitlines()))
            difference = max(abs(float(a) - float(b)) for x, y in zip(now, then, strict=True) for a, b in zip(x, y, strict=True))
            print(f"{name}: largest difference {difference:.1e}")
            # An 8-bit step may fall on the other side on another CPU.
            if difference > (0.1 if name == "int8" else 1e-5):
                sys.exit(f"{name}: onnxruntime {onnxruntime.__version__} now says something else")


if __name__ == "__main__":
    main()
