#!/usr/bin/env python3
"""Turns a Hugging Face text classifier into a folder that heartbeat reads: model.onnx, config.json, its tokenizer.

usage: export_hf.py SOURCE OUT [--text cardiffnlp|none] [--max-tokens N]
       heartbeat score --model OUT "I love it"

SOURCE is a downloaded model: config.json, weights (model.safetensors, or pytorch_model.bin, which is read without running anything
that is in it) and a tokenizer (tokenizer.json, or vocab.json with merges.txt, or vocab.txt). Encoders of the kinds bert, roberta,
xlm-roberta and camembert with the head of their ForSequenceClassification. Writes operators of the ONNX standard (opset 17) in fp32. Needs
numpy, onnx and safetensors; neither torch nor transformers.

--text: what becomes of a post first. Models of cardiffnlp were trained on texts whose names are `@user` and whose links are `http`; that is
chosen by itself when the source's name says so.
"""
import argparse
import collections
import json
import pathlib
import pickle
import shutil
import sys
import zipfile

import numpy as np
import onnx
import safetensors.numpy
from onnx import TensorProto, helper, numpy_helper

KINDS = {"bert": "bert", "roberta": "roberta", "xlm-roberta": "roberta", "camembert": "roberta"}
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "vocab.txt")
# Kept in a file of its own beyond this: protocol buffers end at 2 GiB.
LARGEST = 1_900_000_000


class CannotExport(Exception):
    pass


# --- weights ----------------------------------------------------------------------------------------------


class TorchReader(pickle.Unpickler):
    """The tensors of a file that torch.save wrote, and nothing else: any other class is refused.

    Format: a ZIP file with NAME/data.pkl, whose tensors point at NAME/data/KEY (https://pytorch.org/docs/stable/notes/serialization.html).
    """

    TYPES = {"FloatStorage": np.float32, "HalfStorage": np.float16, "DoubleStorage": np.float64, "LongStorage": np.int64,
             "IntStorage": np.int32, "BoolStorage": np.bool_, "ByteStorage": np.uint8}

    def __init__(self, archive, folder):
        super().__init__(archive.open(folder + "/data.pkl"))
        self.archive, self.folder = archive, folder

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self.tensor
        if module == "torch" and name in self.TYPES:
            return self.TYPES[name]
        raise CannotExport(f"pytorch_model.bin holds {module}.{name}, which is no weight")

    def persistent_load(self, saved):
        _, kind, key, _, _ = saved
        return np.frombuffer(self.archive.read(f"{self.folder}/data/{key}"), kind)

    @staticmethod
    def tensor(storage, offset, shape, stride, *_):
        step = storage.dtype.itemsize
        view = np.lib.stride_tricks.as_strided(storage[offset:], shape, [step * each for each in stride])
        last = offset + sum((size - 1) * each for size, each in zip(shape, stride)) if all(shape) else offset
        if min(stride, default=0) < 0 or last >= len(storage) + (not all(shape)):
            raise CannotExport("pytorch_model.bin: a tensor reaches beyond its storage")
        return np.array(view)


def read_torch(path):
    with zipfile.ZipFile(path) as archive:
        inside = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(inside) != 1:
            raise CannotExport(f"{path.name} is not a file that torch.save wrote")
        return dict(TorchReader(archive, inside[0].removesuffix("/data.pkl")).load())


def read_weights(source):
    if (source / "model.safetensors").exists():
        return safetensors.numpy.load_file(source / "model.safetensors")
    if (source / "pytorch_model.bin").exists():
        return read_torch(source / "pytorch_model.bin")
    raise CannotExport(f"{source}: neither model.safetensors nor pytorch_model.bin is there")


# --- the network ------------------------------------------------------------------------------------------


class Network:
    """Writes an encoder with its head as an ONNX graph, as transformers' BertForSequenceClassification and RobertaForSequenceClassification
    compute it."""

    def __init__(self, config, weights):
        self.config, self.weights = config, weights
        self.kind = KINDS[config["model_type"]]
        self.width, self.heads = config["hidden_size"], config["num_attention_heads"]
        self.epsilon = config.get("layer_norm_eps", 1e-12)
        self.nodes, self.constants, self.used = [], {}, set()

    def constant(self, name, value):
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def weight(self, name):
        for each in (name, name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")):
            if each in self.weights:
                self.used.add(each)
                return np.asarray(self.weights[each], np.float32)
        raise CannotExport(f"the weights hold no {name}: is it a sequence classifier of kind {self.config['model_type']}?")

    def add(self, operator, *inputs, name=None, **attributes):
        name = name or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def dense(self, x, name):
        # torch keeps [out, in].
        matrix = self.constant(name + ".weight", self.weight(name + ".weight").T)
        return self.add("Add", self.add("MatMul", x, matrix), self.constant(name + ".bias", self.weight(name + ".bias")))

    def norm(self, x, name):
        return self.add("LayerNormalization", x, self.constant(name + ".scale", self.weight(name + ".weight")),
                        self.constant(name + ".bias", self.weight(name + ".bias")), axis=-1, epsilon=self.epsilon)

    def number(self, value, kind=np.float32):
        return self.constant(f"{kind.__name__}_{value}", np.array(value, kind))

    def activation(self, x):
        name = self.config.get("hidden_act", "gelu")
        if name == "relu":
            return self.add("Relu", x)
        if name != "gelu":
            raise CannotExport(f"the activation {name} is not supported, gelu and relu are")
        erf = self.add("Erf", self.add("Div", x, self.number(2.0 ** 0.5)))
        return self.add("Mul", self.add("Mul", x, self.add("Add", erf, self.number(1.0))), self.number(0.5))

    def places(self):
        """Ids of the tokens' places. RoBERTa counts from its pad id, over tokens that are no padding."""
        axis = self.number(1, np.int64)
        if self.kind == "bert":
            ones = self.add("Add", self.add("Mul", "input_ids", self.number(0, np.int64)), axis)
            return self.add("Sub", self.add("CumSum", ones, axis), axis)
        pad = self.constant("pad", np.array(self.config.get("pad_token_id", 1), np.int64))
        real = self.add("Cast", self.add("Not", self.add("Equal", "input_ids", pad)), to=TensorProto.INT64)
        return self.add("Add", self.add("Mul", self.add("CumSum", real, axis), real), pad)

    def attend(self, x, hidden, name):
        split = self.constant("split", np.array([0, 0, self.heads, self.width // self.heads], np.int64))
        query, key, value = (self.add("Reshape", self.dense(x, f"{name}.self.{part}"), split) for part in ("query", "key", "value"))
        query, value = (self.add("Transpose", part, perm=[0, 2, 1, 3]) for part in (query, value))
        score = self.add("MatMul", query, self.add("Transpose", key, perm=[0, 2, 3, 1]))
        score = self.add("Add", self.add("Mul", score, self.number((self.width // self.heads) ** -0.5)), hidden)
        mixed = self.add("Transpose", self.add("MatMul", self.add("Softmax", score, axis=-1), value), perm=[0, 2, 1, 3])
        merged = self.add("Reshape", mixed, self.constant("merged", np.array([0, 0, self.width], np.int64)))
        return self.norm(self.add("Add", x, self.dense(merged, f"{name}.output.dense")), f"{name}.output.LayerNorm")

    def encoder(self, prefix):
        embedding = prefix + ".embeddings"
        words = self.constant("words", self.weight(f"{embedding}.word_embeddings.weight"))
        # One segment: its embedding is the same for every token.
        places = self.weight(f"{embedding}.position_embeddings.weight") + self.weight(f"{embedding}.token_type_embeddings.weight")[0]
        x = self.add("Add", self.add("Gather", words, "input_ids"), self.add("Gather", self.constant("places", places), self.places()))
        x = self.norm(x, f"{embedding}.LayerNorm")
        seen = self.add("Cast", self.add("Unsqueeze", "attention_mask", self.constant("one_two", np.array([1, 2], np.int64))), to=TensorProto.BOOL)
        hidden = self.add("Where", seen, self.number(0.0), self.constant("lowest", np.array(np.finfo(np.float32).min, np.float32)))
        for layer in range(self.config["num_hidden_layers"]):
            name = f"{prefix}.encoder.layer.{layer}"
            x = self.attend(x, hidden, name + ".attention")
            inner = self.dense(self.activation(self.dense(x, name + ".intermediate.dense")), name + ".output.dense")
            x = self.norm(self.add("Add", x, inner), name + ".output.LayerNorm")
        return x

    def write(self):
        prefix = self.kind
        first = self.add("Gather", self.encoder(prefix), self.number(0, np.int64), axis=1)
        dense = f"{prefix}.pooler.dense" if self.kind == "bert" else "classifier.dense"
        first = self.add("Tanh", self.dense(first, dense))
        self.add("Identity", self.dense(first, "classifier" if self.kind == "bert" else "classifier.out_proj"), name="logits")
        outputs = len(self.constants_of("classifier" if self.kind == "bert" else "classifier.out_proj"))
        inputs = [helper.make_tensor_value_info(each, TensorProto.INT64, ["rows", "tokens"]) for each in ("input_ids", "attention_mask")]
        graph = helper.make_graph(self.nodes, self.config["model_type"], inputs,
                                  [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", outputs])], list(self.constants.values()))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="heartbeat")

    def constants_of(self, name):
        return numpy_helper.to_array(self.constants[name + ".bias"])


# --- the folder -------------------------------------------------------------------------------------------


def config_of(source, text, max_tokens):
    config = json.loads((source / "config.json").read_text(encoding="utf8"))
    if config.get("model_type") not in KINDS:
        raise CannotExport(f"models of kind {config.get('model_type')} are not supported, these are: {', '.join(KINDS)}")
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise CannotExport("only absolute places of tokens are supported")
    config.setdefault("id2label", {str(i): f"LABEL_{i}" for i in range(config.get("num_labels", 2))})
    config.setdefault("name", source.resolve().name)
    # RoBERTa's first place has the number after its pad id.
    offset = config.get("pad_token_id", 1) + 1 if KINDS[config["model_type"]] == "roberta" else 0
    config["max_tokens"] = min(max_tokens or 512, config["max_position_embeddings"] - offset)
    if text is None and ("cardiffnlp" in str(source.resolve()) or source.resolve().name.startswith("twitter-")):
        text = "cardiffnlp"
    if text not in (None, "none"):
        config["text"] = text
    return config


def export(source, out, text=None, max_tokens=None):
    """Writes the folder; returns what is written of the network: its number of labels and parameters."""
    config = config_of(source, text, max_tokens)
    network = Network(config, read_weights(source))
    model = network.write()
    labels = len(config["id2label"])
    if model.graph.output[0].type.tensor_type.shape.dim[1].dim_value != labels:
        raise CannotExport(f"config.json names {labels} labels, the weights give another number")
    if not any((source / name).exists() for name in ("tokenizer.json", "vocab.json", "vocab.txt")):
        raise CannotExport(f"{source}: no tokenizer.json, vocab.json with merges.txt, or vocab.txt")
    out.mkdir(parents=True, exist_ok=True)
    if model.ByteSize() > LARGEST:
        onnx.save(model, out / "model.onnx", save_as_external_data=True, location="model.onnx.data")
    else:
        onnx.checker.check_model(model)
        onnx.save(model, out / "model.onnx")
    (out / "config.json").write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf8")
    for name in TOKENIZER:
        if (source / name).exists():
            shutil.copyfile(source / name, out / name)
    unused = [name for name in network.weights if name not in network.used and not name.endswith("position_ids")]
    return labels, sum(int(np.prod(each.dims)) for each in model.graph.initializer), unused


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--text", choices=["cardiffnlp", "none"], help="what becomes of a post first")
    parser.add_argument("--max-tokens", type=int, help="a longer text's end is not read; default: what the model can, at most 512")
    options = parser.parse_args()
    try:
        labels, parameters, unused = export(options.source, options.out, options.text, options.max_tokens)
    except (CannotExport, OSError, KeyError, ValueError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        what = f"{error.args[0]!r} is missing in config.json" if isinstance(error, KeyError) else error
        sys.exit(f"export_hf.py: {what}")
    print(f"wrote {options.out}: {labels} labels, {parameters:,} parameters" + (f"; not used: {', '.join(unused)}" if unused else ""))


if __name__ == "__main__":
    main()
