#!/usr/bin/env python3
"""Writes trained weights as ONNX, with the vocabulary and a config.json beside it. See README.md.

usage: export.py --data DIR --work DIR --out DIR [--weights FILE] [--form static8|int8|weights8|fp32]
Only operators of the ONNX standard (opset 17), so that onnxruntime and OpenVINO both read it. The forms:
  static8   weights int8, one scale a column; inputs of each product quantised with scales fixed from training posts. What ships.
  int8      the same with inputs quantised as they come.
  weights8  weights int8, products in the runtime's own precision.
  fp32      nothing quantised: what the others are compared with.
"""
import argparse
import json
import pathlib
import tomllib

import numpy as np
import onnx
import onnxruntime
import safetensors.numpy
from onnx import TensorProto, helper, numpy_helper

import data as datasets
import vocabulary

HERE = pathlib.Path(__file__).parent
WIDTH, HEADS, LAYERS = 384, 12, 6
MAX_TOKENS = 128
NAME = "minilm-heads/3"  # Of the rows that the model makes: a new number for new weights.


def quantize(matrix, axis):
    """int8 values and scales, symmetric, one scale for each slice that keeps `axis`."""
    other = 1 - axis
    scale = np.maximum(np.abs(matrix).max(other, keepdims=True), 1e-12) / 127.0
    return np.clip(np.rint(matrix / scale), -127, 127).astype(np.int8), np.squeeze(scale, other).astype(np.float32)


class Graph:
    """Collects nodes and constants of an ONNX graph."""

    def __init__(self):
        self.nodes, self.constants, self.count = [], [], 0

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator, *inputs, outputs=1, name=None, **attributes):
        self.count += 1
        names = [name] if name else [f"{operator.lower()}_{self.count}_{part}" for part in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=f"{operator}_{self.count}", **attributes))
        return names[0] if outputs == 1 else names


class Writer:
    """Writes the encoder of encoder.py as a graph."""

    def __init__(self, weights, form, ranges=None):
        self.weights, self.form, self.ranges, self.graph = weights, form, ranges, Graph()
        self.dense_inputs = {}

    def smooth(self, x, name):
        """Shrinks the channels of an input that reach far, so that one scale suits all; the weights make up for it.

        Xiao et al., "SmoothQuant", ICML 2023, with equal shares. Returns the input, and the matrix to multiply it by.
        """
        matrix = self.weights[name + ".weight"]
        if not self.ranges:
            return x, matrix
        low, high = self.ranges[name]
        reach = np.maximum(np.maximum(np.abs(low), np.abs(high)), 1e-5)
        factor = np.sqrt(reach / np.maximum(np.abs(matrix).max(1), 1e-5))
        factor = (factor / np.exp(np.log(factor).mean())).astype(np.float32)
        x = self.graph.add("Mul", x, self.graph.constant(name + ".smooth", 1.0 / factor))
        self.ranges[name + ".smooth"] = (low / factor).min(), (high / factor).max()
        return x, matrix * factor[:, None]

    def fixed(self, x, name):
        """Quantises an input to 8 bits with the scale that its range on training posts asks for."""
        low, high = (min(0.0, self.ranges[name + ".smooth"][0]), max(0.0, self.ranges[name + ".smooth"][1]))
        scale = self.graph.constant(name + ".step", np.array((high - low) / 255.0, np.float32))
        zero = self.graph.constant(name + ".zero", np.array(round(-low / (high - low) * 255.0), np.uint8))
        return self.graph.add("DequantizeLinear", self.graph.add("QuantizeLinear", x, scale, zero), scale, zero)

    def dense(self, x, name):
        self.dense_inputs[name] = x
        x, matrix = self.smooth(x, name)
        graph = self.graph
        bias = graph.constant(name + ".bias", self.weights[name + ".bias"])
        if self.form == "fp32":
            return graph.add("Add", graph.add("MatMul", x, graph.constant(name + ".weight", matrix)), bias)
        values, scale = quantize(matrix, axis=1)
        values = graph.constant(name + ".weight", values)
        if self.form in ("weights8", "static8"):
            scale = graph.constant(name + ".scale", scale)
            x = self.fixed(x, name) if self.form == "static8" else x
            return graph.add("Add", graph.add("MatMul", x, graph.add("DequantizeLinear", values, scale, axis=1)), bias)
        number, step, zero = graph.add("DynamicQuantizeLinear", x, outputs=3)
        total = graph.add("Cast", graph.add("MatMulInteger", number, values, zero), to=TensorProto.FLOAT)
        scale = graph.add("Mul", step, graph.constant(name + ".scale", scale))
        return graph.add("Add", graph.add("Mul", total, scale), bias)

    def half(self, name):
        """A constant kept in half precision."""
        return self.graph.add("Cast", self.graph.constant(name, self.weights[name].astype(np.float16)), to=TensorProto.FLOAT)

    def norm(self, x, name):
        scale = self.graph.constant(name + ".scale", self.weights[name + ".scale"])
        bias = self.graph.constant(name + ".bias", self.weights[name + ".bias"])
        return self.graph.add("LayerNormalization", x, scale, bias, axis=-1, epsilon=1e-12)

    def words(self):
        graph, table = self.graph, self.weights["embedding.word"]
        if self.form == "fp32":
            return graph.add("Gather", graph.constant("embedding.word", table), "input_ids")
        values, scale = quantize(table, axis=0)
        rows = graph.add("Gather", graph.constant("embedding.word", values), "input_ids")
        scales = graph.add("Gather", graph.constant("embedding.word.scale", scale[:, None]), "input_ids")
        return graph.add("Mul", graph.add("Cast", rows, to=TensorProto.FLOAT), scales)

    def attend(self, x, name, mask, split):
        graph = self.graph
        qkv = graph.add("Reshape", self.dense(x, name + "qkv"), split)
        parts = graph.add("Split", qkv, axis=2, outputs=3)
        query, key, value = (graph.add("Squeeze", part, "axis_2") for part in parts)
        query = graph.add("Transpose", query, perm=[0, 2, 1, 3])
        key = graph.add("Transpose", key, perm=[0, 2, 3, 1])
        value = graph.add("Transpose", value, perm=[0, 2, 1, 3])
        score = graph.add("Add", graph.add("Mul", graph.add("MatMul", query, key), "attention_scale"), mask)
        mixed = graph.add("Transpose", graph.add("MatMul", graph.add("Softmax", score, axis=-1), value), perm=[0, 2, 1, 3])
        return self.dense(graph.add("Reshape", mixed, "merged_shape"), name + "mix")

    def gelu(self, x):
        graph = self.graph
        inner = graph.add("Add", graph.add("Erf", graph.add("Div", x, "square_root_2")), "one")
        return graph.add("Mul", graph.add("Mul", x, inner), "half")

    def write(self, columns):
        """Returns the model; `columns` picks the outputs that are exported; None: only `pooled`."""
        graph = self.graph
        for name, value in {"axis_1": np.array([1]), "axis_2": np.array([2]), "axes_12": np.array([1, 2]), "start_0": np.array([0]),
                            "split_shape": np.array([0, 0, 3, HEADS, WIDTH // HEADS]), "merged_shape": np.array([0, 0, WIDTH])}.items():
            graph.constant(name, value.astype(np.int64))
        for name, value in {"one": 1.0, "half": 0.5, "square_root_2": 2.0 ** 0.5, "attention_scale": (WIDTH // HEADS) ** -0.5,
                            "far_below": -1e4}.items():
            graph.constant(name, np.array(value, np.float32))
        real = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
        mask = graph.add("Mul", graph.add("Sub", "one", graph.add("Unsqueeze", real, "axes_12")), "far_below")
        tokens = graph.add("Shape", "input_ids", start=1, end=2)
        positions = graph.constant("embedding.position", self.weights["embedding.position"][:MAX_TOKENS])
        x = graph.add("Add", self.words(), graph.add("Slice", positions, "start_0", tokens, "start_0"))
        x = self.norm(x, "embedding.norm")
        for layer in range(LAYERS):
            name = f"layer.{layer}."
            x = self.norm(graph.add("Add", x, self.attend(x, name, mask, "split_shape")), name + "mix_norm")
            inner = self.dense(self.gelu(self.dense(x, name + "up")), name + "down")
            x = self.norm(graph.add("Add", x, inner), name + "down_norm")
        column = graph.add("Unsqueeze", real, "axis_2")
        total = graph.add("ReduceSum", graph.add("Mul", x, column), "axis_1", keepdims=0)
        pooled = graph.add("Div", total, graph.add("ReduceSum", column, "axis_1", keepdims=0), name="pooled")
        outputs = {"pooled": ["rows", WIDTH]}
        if columns is not None:
            matrix = graph.constant("head.weight", self.weights["head.weight"][:, columns])
            bias = graph.constant("head.bias", self.weights["head.bias"][columns])
            graph.add("Gemm", pooled, matrix, bias, name="logits")
            outputs = {"logits": ["rows", len(columns)]} | outputs
        if columns is not None and "head_meaning.weight" in self.weights:
            graph.add("Gemm", pooled, self.half("head_meaning.weight"), graph.constant("head_meaning.bias", self.weights["head_meaning.bias"]),
                      name="meaning")
            outputs["meaning"] = ["rows", WIDTH]
        if columns is not None and "head_tags.weight" in self.weights:
            matrix = graph.constant("head_tags.weight", self.weights["head_tags.weight"])
            bias = graph.constant("head_tags.bias", self.weights["head_tags.bias"])
            graph.add("Add", graph.add("MatMul", x, matrix), bias, name="tokens")
            outputs["tokens"] = ["rows", "tokens", len(self.weights["head_tags.bias"])]
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["rows", "tokens"]) for name in ("input_ids", "attention_mask")]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()]
        model = helper.make_model(helper.make_graph(graph.nodes, "minilm_heads", inputs, outputs, graph.constants),
                                  opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="heartbeat")
        onnx.checker.check_model(model)
        return model


def exported_heads(recipe):
    """The heads that leave the training, where their outputs lie then, and which of the trained outputs these are."""
    heads, found, columns = datasets.Heads(recipe["head"]), [], []
    for entry in recipe["head"]:
        if not entry.get("only_training"):
            part = heads.slices[entry["name"]]
            found.append({"name": entry["name"], "kind": entry["kind"], "labels": entry["labels"], "begin": len(columns),
                          "temperature": 1.0, "shift": [0.0] * len(entry["labels"])} | ({"text": entry["text"]} if "text" in entry else {}))
            columns += range(part.start, part.stop)
    return found, columns


def input_ranges(weights, columns, token_lists):
    """Of each dense layer's input, the lowest and highest value of every channel on some texts."""
    writer = Writer(weights, "fp32")
    model = writer.write(columns)
    names = sorted(writer.dense_inputs)
    model.graph.output.extend(onnx.ValueInfoProto(name=tensor) for tensor in sorted(set(writer.dense_inputs.values())))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found = {}
    for start in range(0, len(token_lists), 32):
        ids, lengths = datasets.pad(token_lists[start:start + 32])
        real = np.arange(ids.shape[1]) < lengths[:, None]
        feed = {"input_ids": ids.astype(np.int64), "attention_mask": real.astype(np.int64)}
        for name, value in zip(names, session.run([writer.dense_inputs[name] for name in names], feed)):
            value = value.reshape(*ids.shape, -1)[real]
            low, high = value.min(0), value.max(0)
            if name in found:
                low, high = np.minimum(low, found[name][0]), np.maximum(high, found[name][1])
            found[name] = (low, high)
    return found


def some_texts(data, count, seed=5):
    """Training posts to measure ranges on."""
    texts = []
    for name in ("sentiment", "emotion", "offensive", "irony"):
        texts += datasets.labelled(data / "tweeteval" / name / "train.tsv")[0]
    return [texts[row] for row in np.random.default_rng(seed).choice(len(texts), count, replace=False)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="the training's work folder")
    parser.add_argument("--weights", type=pathlib.Path, help="default: weights-final.safetensors there")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--form", choices=("int8", "static8", "weights8", "fp32"), default="static8")
    parser.add_argument("--no-smoothing", action="store_true")
    args = parser.parse_args()
    recipe = tomllib.loads((HERE / "recipe.toml").read_text(encoding="utf8"))
    weights = safetensors.numpy.load_file(args.weights or args.work / "weights-final.safetensors")
    heads, columns = exported_heads(recipe)
    taught = args.work / "topics_teacher.npz"
    if taught.exists():  # A topic counts from the likelihood that suits TweetTopic's posts in other folds; in config.json that is one half.
        with np.load(taught) as file:
            shift = -float(np.log(file["threshold"] / (1 - file["threshold"])))
        topics = next(head for head in heads if head["name"] == "topics")
        topics["shift"] = [round(shift, 4)] * len(topics["labels"])
    args.out.mkdir(parents=True, exist_ok=True)
    name = "model.onnx" if args.form == "static8" else f"model.{args.form}.onnx"
    ranges = None
    if args.form == "static8" or args.form == "int8" and not args.no_smoothing:
        words = (args.work / "vocab.txt").read_text(encoding="utf8").split("\n")[:-1]
        ranges = input_ranges(weights, columns, vocabulary.Tokenizer(words, MAX_TOKENS).encode(some_texts(args.data, 512)))
    onnx.save(Writer(weights, args.form, ranges).write(columns), args.out / name)
    (args.out / "vocab.txt").write_bytes((args.work / "vocab.txt").read_bytes())
    config = {"model_type": "bert", "hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
              "vocab_size": len(weights["embedding.word"]), "do_lower_case": True, "max_tokens": MAX_TOKENS, "text": "heartbeat-1",
              "name": NAME, "languages": ["en"], "heads": heads, "meaning": {"output": "meaning", "width": WIDTH},
              "tagger": {"output": "tokens", "labels": datasets.TAGS, "temperature": 1.0}}
    if not (args.out / "config.json").exists():  # Calibration lives there: evaluate.py --fit.
        (args.out / "config.json").write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf8")
    print(f"{args.out / name}: {(args.out / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
