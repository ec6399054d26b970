#!/usr/bin/env python3
"""Checks that a Hugging Face classifier, exported by tools/export_hf.py, gives heartbeat the logits that transformers gives.

usage: hugging_face.py --helper PROGRAM [--posts N] [--small]

Networks with random weights: RoBERTa as cardiffnlp/twitter-roberta-base-sentiment-latest has it (12 layers of 768; --small: 2 of 64), and little ones of kind
bert and xlm-roberta; tokenizers trained on the spot. transformers reads the texts with its own tokenizer class and computes in fp32 (its
JAX models: PyPI's torch needs CUDA); heartbeat reads the exported folder. Logits must be equal to 1e-4.

The weights of twitter-roberta-base-sentiment-latest itself cannot be had by every test machine: with HB_TWITTER_ROBERTA=FOLDER, a download of them, the
results that its card documents are checked too.

Runs itself again in .cache/venv/transformers when the present Python lacks the package.
"""
import argparse
import json
import os
import pathlib
import pickle
import random
import sys
import tempfile
import types
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "tests/parity"), str(ROOT / "tools"), str(HERE)]
os.environ.update(TRANSFORMERS_VERBOSITY="error", HF_HUB_OFFLINE="1", JAX_PLATFORMS="cpu", TOKENIZERS_PARALLELISM="false")

from parity import real_posts, use_package  # noqa: E402
from transformer import ours  # noqa: E402

TOLERANCE = 1e-4
# https://huggingface.co/cardiffnlp/twitter-roberta-base-sentiment-latest: negative, neutral, positive.
DOCUMENTED = {
    "We are absolutely loving this!": [0.0042, 0.0094, 0.9864],
    "This is terrible": [0.8546, 0.1187, 0.0268],
    "HuggingFace is a machine learning library": [0.0269, 0.7657, 0.2074],
}
WORDS = "the a i you we it is was not no very so good bad great terrible love hate today game vote music coffee rain train friends happy sad".split()
EXTRAS = ["@ada", "@bob_99", "https://t.co/x1", "http://example.org", "#vote", "#GoodMorning", "😀", "👍🏽", "don't", "isn’t", "\n", "COVID-19", "über", "中文", "&amp;"]


def made_up(count, seed):
    pick = random.Random(seed)
    return [" ".join(pick.choice(WORDS if pick.random() < 0.8 else EXTRAS) for _ in range(pick.choice([1, 2, 5, 12, 30, 200]))) for _ in range(count)] + [""]


def masked(text):
    """What the card of cardiffnlp's model does to a text."""
    return " ".join("@user" if word.startswith("@") and len(word) > 1 else "http" if word.startswith("http") else word for word in text.split(" "))


# --- random networks --------------------------------------------------------------------------------------


def flat(parameters, path=()):
    for name, value in parameters.items():
        if isinstance(value, dict):
            yield from flat(value, (*path, name))
        else:
            yield (*path, name), value


def torch_names(parameters):
    """transformers' JAX parameters under the names and in the order of axes that its files have."""
    import numpy

    out = {}
    for path, value in flat(parameters):
        value = numpy.asarray(value)
        *front, last = path
        if last == "kernel":
            value, last = value.T, "weight"
        out[".".join([*front, {"scale": "weight", "embedding": "weight"}.get(last, last)])] = numpy.ascontiguousarray(value)
    return out


def spread(parameters, size, seed):
    """Random weights of a size that makes logits differ: as they are drawn, all texts would read alike."""
    import numpy

    draw = numpy.random.default_rng(seed)
    return {name: spread(value, size, seed + 1 + i) if isinstance(value, dict) else
            numpy.asarray(value) + draw.normal(0, size, value.shape).astype(numpy.float32) for i, (name, value) in enumerate(parameters.items())}


def save_torch(tensors, path):
    """A file as torch.save writes it, without torch."""
    storage = types.ModuleType("torch")
    utilities = types.ModuleType("torch._utils")

    def _rebuild_tensor_v2(*_):
        raise AssertionError("only its name is written")

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utilities._rebuild_tensor_v2 = _rebuild_tensor_v2
    storage.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})
    storage._utils = utilities
    sys.modules.update({"torch": storage, "torch._utils": utilities})

    class Storage:
        def __init__(self, key, size):
            self.key, self.size = key, size

    class Tensor:
        def __init__(self, key, value):
            self.key, self.value = key, value

        def __reduce__(self):
            stride = [each // self.value.itemsize for each in self.value.strides]
            return _rebuild_tensor_v2, (Storage(self.key, self.value.size), 0, self.value.shape, tuple(stride), False, None)

    class Pickler(pickle.Pickler):
        def persistent_id(self, what):
            return ("storage", storage.FloatStorage, what.key, "cpu", what.size) if isinstance(what, Storage) else None

    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("archive/data.pkl", "w") as file:
            Pickler(file, protocol=2).dump({name: Tensor(str(i), value) for i, (name, value) in enumerate(tensors.items())})
        for i, value in enumerate(tensors.values()):
            archive.writestr(f"archive/data/{i}", value.tobytes())
    del sys.modules["torch"], sys.modules["torch._utils"]


def tokenizer_of(kind, posts, folder):
    """A tokenizer of the kind, trained on the posts, as its files stand in a download, and as transformers reads it."""
    import tokenizers
    import transformers

    if kind == "roberta":
        made = tokenizers.ByteLevelBPETokenizer()
        made.train_from_iterator(posts, vocab_size=5000, min_frequency=2, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
        made.save_model(str(folder))
        return transformers.RobertaTokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt"))
    if kind == "bert":
        made = tokenizers.BertWordPieceTokenizer()
        made.train_from_iterator(posts, vocab_size=1000, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
        made.save_model(str(folder))
        return transformers.BertTokenizerFast(str(folder / "vocab.txt"))
    made = tokenizers.SentencePieceUnigramTokenizer()
    made.train_from_iterator(posts, vocab_size=1000, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], unk_token="<unk>")
    made._tokenizer.post_processor = tokenizers.processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    made.save(str(folder / "tokenizer.json"))
    return transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token="<pad>")


SHAPES = {"roberta": dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072),
          "small": dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128)}


def make(kind, size, posts, folder):
    """A download of a model that nobody has trained: its folder, and what transformers says of texts."""
    import numpy
    import safetensors.numpy
    import transformers

    folder.mkdir()
    tokenizer = tokenizer_of(kind, posts, folder)
    name = {"roberta": "Roberta", "bert": "Bert", "xlm-roberta": "XLMRoberta"}[kind]
    places = {} if kind == "bert" else dict(max_position_embeddings=514, type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5)
    config = getattr(transformers, name + "Config")(vocab_size=len(tokenizer), id2label={0: "negative", 1: "neutral", 2: "positive"}, **SHAPES[size], **places)
    model = getattr(transformers, f"Flax{name}ForSequenceClassification")(config, seed=1)
    model.params = spread(model.params, 1.2 * config.hidden_size ** -0.5, 3)
    config.save_pretrained(folder)
    tensors = torch_names(model.params)
    if kind == "bert":
        save_torch(tensors, folder / "pytorch_model.bin")
    else:
        safetensors.numpy.save_file(tensors, folder / "model.safetensors")

    def logits(texts):
        rows = []
        for text in texts:
            # Few lengths, as JAX compiles each anew; the mask keeps what fills a row up out of it.
            count = len(tokenizer(text, truncation=True, max_length=512)["input_ids"])
            length = next(each for each in (16, 64, 256, 512) if count <= each)
            ids = tokenizer(text, truncation=True, max_length=length, padding="max_length", return_tensors="np")
            rows.append(numpy.asarray(model(input_ids=ids["input_ids"], attention_mask=ids["attention_mask"]).logits[0], numpy.float64))
        return rows

    return logits


# --- comparisons ------------------------------------------------------------------------------------------


def compare(name, kind, size, helper, posts, texts, work, text_form):
    import numpy
    from export_hf import export

    source = work / name
    theirs = make(kind, size, posts, source)
    labels, parameters, _ = export(source, work / (name + "-onnx"), text=text_form)
    expected = theirs([masked(text) if text_form == "cardiffnlp" else text for text in texts])
    found, _ = ours(helper, work / (name + "-onnx"), texts)
    if len(found) != len(texts):
        sys.exit(f"{name}: {len(found)} rows for {len(texts)} texts")
    most = max(float(numpy.abs(row - numpy.asarray(other)).max()) for row, other in zip(expected, found, strict=True))
    apart = float(numpy.std(numpy.asarray(expected), axis=0).max())
    print(f"{name}: {parameters:,} parameters, {len(texts)} texts, logits differ by {most:.1e} at most (their spread over texts: {apart:.2f})", flush=True)
    if most > TOLERANCE:
        sys.exit(f"{name}: heartbeat and transformers differ by more than {TOLERANCE}")
    # A network that says the same of every text would be compared with nothing.
    if apart < 100 * TOLERANCE:
        sys.exit(f"{name}: the texts do not make a difference")


def documented(helper, work):
    import numpy
    from export_hf import export

    source = os.environ.get("HB_TWITTER_ROBERTA")
    if not source:
        print("left out: the documented results of twitter-roberta-base-sentiment-latest (HB_TWITTER_ROBERTA names no download of it)")
        return
    export(pathlib.Path(source), work / "documented", text="cardiffnlp")
    for text, row in zip(DOCUMENTED, ours(helper, work / "documented", list(DOCUMENTED))[0], strict=True):
        shares = numpy.exp(row) / numpy.exp(row).sum()
        print(f"{text}: {shares.round(4)}")
        if numpy.abs(shares - DOCUMENTED[text]).max() > 1.5e-4:
            sys.exit(f"documented: {DOCUMENTED[text]}")


def refusals(work):
    """What cannot be exported is refused with its reason, and a pickle that would run something runs nothing."""
    from export_hf import CannotExport, export

    def refused(change, message):
        folder = work / "refused"
        folder.mkdir(exist_ok=True)
        for path in (work / "bert").iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        change(folder)
        try:
            export(folder, work / "nothing")
        except CannotExport as error:
            if message not in str(error):
                sys.exit(f"refused, but for another reason: {error}")
        else:
            sys.exit(f"not refused: {message}")

    def config(**changes):
        def change(folder):
            path = folder / "config.json"
            path.write_text(json.dumps(json.loads(path.read_text()) | changes))
        return change

    def evil(folder):
        class Evil:
            def __reduce__(self):
                return (print, ("this must not run",))
        with zipfile.ZipFile(folder / "pytorch_model.bin", "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps({"w": Evil()}))

    refused(config(model_type="t5"), "models of kind t5 are not supported")
    refused(config(hidden_act="swish"), "the activation swish is not supported")
    refused(config(num_hidden_layers=3), "the weights hold no bert.encoder.layer.2.")
    refused(config(id2label={"0": "a", "1": "b"}), "config.json names 2 labels")
    refused(evil, "print, which is no weight")
    refused(lambda folder: (folder / "pytorch_model.bin").unlink(), "neither model.safetensors nor pytorch_model.bin is there")
    refused(lambda folder: (folder / "vocab.txt").unlink(), "no tokenizer.json")
    print("refusals: 7, each for its reason")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--helper", required=True)
    parser.add_argument("--posts", type=int, default=48, help="real posts among the texts")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    use_package("transformers", "4.57.6", "transformers")

    left_out = []
    posts = real_posts(5000, left_out) or made_up(5000, 1)
    texts = posts[:: max(1, len(posts) // options.posts)][: options.posts] + made_up(24, 2)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        compare("bert", "bert", "small", options.helper, posts, texts, work, None)
        compare("xlm-roberta", "xlm-roberta", "small", options.helper, posts, texts, work, None)
        compare("twitter-roberta", "roberta", "small" if options.small else "roberta", options.helper, posts, texts, work, "cardiffnlp")
        refusals(work)
        documented(options.helper, work)
    for reason in left_out:
        print("left out:", reason)


if __name__ == "__main__":
    main()
