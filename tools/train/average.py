#!/usr/bin/env python3
"""Averages the last weights of a run, as many as the held-out folds like best. See README.md.

usage: average.py --data DIR --work DIR [--recipe FILE]
Writes weights-average.safetensors to the work folder.
"""
import argparse
import json
import os
import pathlib
import tomllib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import safetensors.numpy
import tensorflow as tf

import data as datasets
import encoder as network
import train
import vocabulary

HERE = pathlib.Path(__file__).parent
COUNTS = (1, 2, 3, 4, 6, 8, 12)


def mean_of(paths):
    total = None
    for path in paths:
        weights = safetensors.numpy.load_file(path)
        total = weights if total is None else {name: total[name] + value for name, value in weights.items()}
    return {name: value / len(paths) for name, value in total.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--recipe", type=pathlib.Path, default=HERE / "recipe.toml")
    parser.add_argument("--heads", default="sentiment,emotion,irony,offensive,hate,stance", help="whose held-out losses decide, each weighing the same")
    parser.add_argument("--also", default="btc,wnut17,tweebank_ner", help="sources that are measured beside them")
    args = parser.parse_args()
    recipe = tomllib.loads(args.recipe.read_text(encoding="utf8"))
    heads = datasets.Heads(recipe["head"])
    words = (args.work / "vocab.txt").read_text(encoding="utf8").split("\n")[:-1]
    tokenizer = vocabulary.Tokenizer(words, recipe["max_tokens"])
    entries = {entry["name"]: entry for entry in recipe["source"]}
    deciding = [name for name in args.heads.split(",") if name in entries]
    names = deciding + [name for name in args.also.split(",") if name in entries]
    _, held = datasets.read_training(args.data, recipe, heads, names)
    held = {name: datasets.Prepared(held[name], tokenizer) for name in names}
    paths = sorted(args.work.glob("weights-0*.safetensors")) + [args.work / "weights-final.safetensors"]
    encoder, best = None, None
    for count in [count for count in COUNTS if count <= len(paths)]:
        weights = mean_of(paths[-count:])
        encoder = encoder or network.Encoder(weights)
        encoder.assign(weights)
        forward = network.make_forward(encoder)
        found = {name: train.judge(forward, rows, entries[name], heads, None) for name, rows in held.items()}
        loss = float(np.mean([found[name]["loss"] for name in deciding]))
        print(json.dumps({"averaged": count, "mean_loss": round(loss, 4), "held_out": found}), flush=True)
        if best is None or loss < best[0]:
            best = (loss, count)
    train.save(args.work / "weights-average.safetensors", mean_of(paths[-best[1]:]), {"averaged": best[1]})
    print(json.dumps({"kept": best[1]}))


if __name__ == "__main__":
    tf.config.threading.set_inter_op_parallelism_threads(1)
    main()
