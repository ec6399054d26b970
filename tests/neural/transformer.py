#!/usr/bin/env python3
"""Checks that heartbeat's transformers give onnxruntime's logits, in fp32, to 1e-4.

usage: transformer.py --helper PROGRAM [--model FOLDER] [--posts N]

Networks: the little ones of models/, MiniLM's architecture as tools/train/export.py writes it, with random weights, and --model (default
models/minilm-heads) on real posts, when it is there (a quantised one: nearly always the same label). heartbeat gets many texts at once, onnxruntime one at a time without padding, so
padding, masks, batches and the order of rows are held to account too. Runs itself again in .cache/venv/tests when the present Python
has no onnxruntime.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "tests/parity"), str(ROOT / "tools/train"), str(HERE)]

from parity import packed, real_posts, use_package  # noqa: E402

WORDS = ["[PAD]", "[unused]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [a + b + c for a in "bcdfg" for b in "aeiou" for c in "klmnp"]
CLS, SEP = WORDS.index("[CLS]"), WORDS.index("[SEP]")
CONFIG = {"model_type": "bert", "vocab_size": len(WORDS), "max_tokens": 40}


def ours(helper, folder, texts, arithmetic="fp32"):
    """Logits of the helper, a row a text, and what it says about the run."""
    done = subprocess.run([helper, folder, arithmetic], input=packed(texts), capture_output=True)
    if done.returncode:
        sys.exit(done.stderr.decode())
    rows = [[float(value) for value in line.split(" ")] for line in done.stdout.decode().split("\n")[:-1]]
    return rows, json.loads(done.stderr.decode().splitlines()[-1])


class Theirs:
    """onnxruntime on one thread."""

    def __init__(self, path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.names = [each.name for each in self.session.get_inputs()]

    def logits(self, ids):
        import numpy

        row = numpy.array([ids], numpy.int64)
        given = {"input_ids": row, "attention_mask": numpy.ones_like(row), "token_type_ids": numpy.zeros_like(row)}
        return self.session.run(["logits"], {name: given[name] for name in self.names})[0][0]


def random_minilm(seed):
    """The graph that we ship, with weights that nobody has trained."""
    import export
    import numpy

    random = numpy.random.default_rng(seed)

    def draw(*shape, spread=0.05, centre=0.0):
        return (centre + spread * random.standard_normal(shape)).astype(numpy.float32)

    width = export.WIDTH
    weights = {"embedding.word": draw(len(WORDS), width, spread=1.0), "embedding.position": draw(export.MAX_TOKENS, width),
               "embedding.norm.scale": draw(width, centre=1.0), "embedding.norm.bias": draw(width),
               "head.weight": draw(width, 5, spread=0.3), "head.bias": draw(5)}
    for layer in range(export.LAYERS):
        for name, shape in {"qkv": (width, 3 * width), "mix": (width, width), "up": (width, 4 * width), "down": (4 * width, width)}.items():
            weights[f"layer.{layer}.{name}.weight"], weights[f"layer.{layer}.{name}.bias"] = draw(*shape), draw(shape[1])
        for name in ("mix_norm", "down_norm"):
            weights[f"layer.{layer}.{name}.scale"], weights[f"layer.{layer}.{name}.bias"] = draw(width, centre=1.0), draw(width)
    return export.Writer(weights, "fp32").write(list(range(5)))


def texts_of_words(count, seed):
    """Texts of whole words of the vocabulary, with the ids that any WordPiece gives them."""
    import numpy

    random = numpy.random.default_rng(seed)
    texts, ids = [], []
    for _ in range(count):
        words = random.choice(WORDS[6:], random.choice([0, 1, 2, 3, 8, 20, 37, 38, 39, 60, 200]))
        texts.append(" ".join(words))
        ids.append([CLS] + [WORDS.index(word) for word in words[:CONFIG["max_tokens"] - 2]] + [SEP])
    return texts, ids


def compare(name, folder, helper, texts, ids):
    theirs = Theirs(folder / "model.onnx")
    found, said = ours(helper, folder, texts)
    if len(found) != len(texts) or said["arithmetic"] != "fp32":
        sys.exit(f"{name}: {len(found)} rows for {len(texts)} texts, {said}")
    most = max(max(abs(float(a) - float(b)) for a, b in zip(row, theirs.logits(tokens), strict=True))
               for row, tokens in zip(found, ids, strict=True))
    print(f"{name}: {len(texts)} texts, {sum(map(len, ids))} tokens, largest difference of a logit {most:.1e}", flush=True)
    return most


def agree(folder, helper, posts, tokens, config):
    """Of a quantised network: how often the label that each head gives is onnxruntime's. Both round, at other places."""
    theirs = Theirs(folder / "model.onnx")
    found, said = ours(helper, folder, posts, "auto")
    logits = [theirs.logits(ids) for ids in tokens]
    print(f"{folder.name}: {len(posts)} real posts, {said}")
    for head in config["heads"]:
        part = slice(head["begin"], head["begin"] + len(head["labels"]))
        same = sum(max(range(part.stop - part.start), key=row[part].__getitem__) == int(other[part].argmax())
                   for row, other in zip(found, logits, strict=True)) / len(posts)
        print(f"  {head['name']}: {same:.1%} with the same first label", flush=True)
        if same < 0.95:
            sys.exit(f"{head['name']}: too many others")


def folder_of(path, model, config, outputs):
    path.mkdir()
    model = model if isinstance(model, bytes) else model.SerializeToString()
    (path / "model.onnx").write_bytes(model)
    (path / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    labels = {"id2label": {str(i): f"label {i}" for i in range(outputs)}}
    (path / "config.json").write_text(json.dumps(CONFIG | labels | config))
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--helper", required=True)
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models/minilm-heads")
    parser.add_argument("--posts", type=int, default=2000)
    options = parser.parse_args()
    use_package("onnxruntime", "1.31.1")

    subprocess.run([sys.executable, HERE / "make_models.py", HERE / "models", "--check"], check=True)
    global WORDS
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        texts, ids = texts_of_words(300, 1)
        folder = folder_of(scratch / "minilm", random_minilm(1), {}, 5)
        results.append(compare("MiniLM's architecture, random weights", folder, options.helper, texts, ids))
        WORDS = WORDS[:64]  # As many embeddings as the little networks have.
        texts, ids = texts_of_words(300, 2)
        for name, outputs in {"plain": 5, "types": 5, "roberta": 3}.items():
            network = (HERE / f"models/{name}.onnx").read_bytes()
            folder = folder_of(scratch / name, network, {"vocab_size": 64}, outputs)
            results.append(compare(f"little network {name}", folder, options.helper, texts, ids))
    left_out = []
    if (options.model / "model.onnx").is_file():
        import onnx
        import vocabulary

        config = json.loads((options.model / "config.json").read_text(encoding="utf8"))
        words = (options.model / "vocab.txt").read_text(encoding="utf8").split("\n")[:-1]
        posts = real_posts(options.posts, left_out) or [line.split("\t")[0] for line in
                                                        (ROOT / "tools/train/clean_cases.tsv").read_text(encoding="utf8").splitlines()]
        tokens = vocabulary.Tokenizer(words, config["max_tokens"]).encode(posts)
        if any(node.op_type == "DequantizeLinear" for node in onnx.load(options.model / "model.onnx").graph.node):
            agree(options.model, options.helper, posts, tokens, config)
        else:
            results.append(compare(f"{options.model.name}, real posts", options.model, options.helper, posts, tokens))
    else:
        left_out.append(f"the shipped model: {options.model} has no model.onnx")
    for what in left_out:
        print("LEFT OUT", what)
    if not max(results) <= 1e-4:
        sys.exit("more than 1e-4 apart")


if __name__ == "__main__":
    main()
