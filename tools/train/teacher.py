#!/usr/bin/env python3
"""Embeds texts by the pretrained sentence encoder as it was before training: what the head `meaning` is taught. See README.md.

usage: teacher.py --data DIR --base DIR --work DIR [--threads N]
Writes meaning.npz to the work folder: for each text its digest and its unit-length mean-pooled embedding, in half precision.
"""
import argparse
import os
import pathlib
import time
import tomllib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import onnxruntime

import data as datasets
import encoder as network
import export
import vocabulary

HERE = pathlib.Path(__file__).parent
MAX_TOKENS = 64


class Teacher:
    """The pretrained encoder with its own words. Texts are made ready by data.meaning_text."""

    def __init__(self, base, threads=0):
        self.tokenizer = vocabulary.Tokenizer((base / "vocab.txt").read_text(encoding="utf8").split("\n")[:-1], MAX_TOKENS)
        model = export.Writer(network.import_pretrained(base / "model.safetensors"), "fp32").write(None)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def embed(self, texts, rows=32, report=0):
        tokens = self.tokenizer.encode(texts, ready=True)
        order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
        found, begin = np.zeros((len(tokens), export.WIDTH), np.float32), time.monotonic()
        for start in range(0, len(order), rows):
            chosen = order[start:start + rows]
            ids, lengths = datasets.pad([tokens[row] for row in chosen])
            mask = (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int64)
            pooled = self.session.run(["pooled"], {"input_ids": ids.astype(np.int64), "attention_mask": mask})[0]
            found[chosen] = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
            if report and start // rows % report == 0:
                print(f"{start} of {len(order)}, {start / (time.monotonic() - begin + 1e-9):.0f} a second", flush=True)
        return found


class Meanings:
    """Embeddings by text, as this program wrote them."""

    def __init__(self, path):
        with np.load(path) as file:
            self.vectors = file["vectors"]
            self.rows = {int(name): row for row, name in enumerate(file["digests"])}

    def row(self, text):
        """Where the text's embedding is; -1 if there is none. The text may have emoji that the embedded one had not."""
        return self.rows.get(datasets.digest(datasets.meaning_text(text)), -1)


def texts_of(data, recipe):
    """Every different text of the sources that teach meaning, made ready, in the recipe's order."""
    heads = datasets.Heads(recipe["head"])
    names = [entry["name"] for entry in recipe["source"] if entry.get("meaning")]
    training, held = datasets.read_training(data, recipe, heads, names)
    rows = [*training, *held.values()]
    found = {datasets.meaning_text(text): None for part in rows for text in part.texts}
    found.update((datasets.meaning_text(text), None) for text in datasets.TOPICS.values())
    for part in ("train", "validation"):
        found.update((datasets.meaning_text(text), None) for text, _ in datasets.read_tweettopic(data / f"tweettopicxl/en_{part}.jsonl"))
    found.pop("", None)
    return list(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--base", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    path = args.work / "meaning.npz"
    if path.exists():
        print(f"{path} is there already")
        return
    args.work.mkdir(parents=True, exist_ok=True)
    texts = texts_of(args.data, tomllib.loads((HERE / "recipe.toml").read_text(encoding="utf8")))
    print(f"{len(texts):,} texts", flush=True)
    vectors = Teacher(args.base, args.threads).embed(texts, report=200).astype(np.float16)
    digests = np.array([datasets.digest(text) for text in texts], np.uint64)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, digests=digests, vectors=vectors)
    os.replace(partial, path)


if __name__ == "__main__":
    main()
