#!/usr/bin/env python3
"""Teaches an exported model's head of emotion what its head of GoEmotions knows. See README.md.

usage: emotion_head.py --data DIR --model DIR
The four emotions' logits get a linear map of GoEmotions' 28 added, learnt from its comments. Both heads are linear in the same mean of tokens, so the
sum is the head's own matrix again: it costs nothing when scoring. Of the emotion set only the labels' frequencies count: the encoder knows the posts
it was trained on too well for a head to learn from them, and the held-out ones are left for pool.py to judge by. `none` stays as it is.
Changes model.onnx in the model's folder, from the file as it was exported: run twice on its own result it would add the map twice.
"""
import argparse
import json
import pathlib
import tomllib

import numpy as np
import onnx
from onnx import numpy_helper

import data as datasets
import evaluate
import metrics

HERE = pathlib.Path(__file__).parent
LABELS = ("anger", "joy", "optimism", "sadness")
RIDGE = 250.0  # Chosen with PRIOR by the held-out fold of emotion and GoEmotions' dev comments, with the fast model's share beside it.
PRIOR = 0.5  # How far the comments' classes are brought to the posts' frequencies: 0 not at all, 1 all the way.


def alone(target, columns):
    """Rows that have one label, which is one of `columns`, and which of these."""
    rows = np.flatnonzero((target.sum(1) == 1) & (target[:, columns].sum(1) == 1))
    return rows, target[np.ix_(rows, columns)].argmax(1)


def fit_map(start, inputs, truth, weight, ridge, steps=400):
    """The map and the constants that, added to the logits `start`, make the labels likeliest; the map is drawn to zero by `ridge`.

    Each step solves for a bound of the curvature that holds everywhere (Böhning, 1992), so that every step is downhill.
    """
    inputs = np.concatenate([inputs, np.ones((len(inputs), 1))], 1)
    pull = np.append(np.full(inputs.shape[1] - 1, ridge), 1.0)
    bound = np.linalg.inv(0.5 * (inputs * weight[:, None]).T @ inputs + np.diag(pull))
    wanted, found = np.eye(start.shape[1])[truth], np.zeros((inputs.shape[1], start.shape[1]))
    for _ in range(steps):
        gap = (metrics.softmax(start + inputs @ found) - wanted) * weight[:, None]
        found = found - bound @ (inputs.T @ gap + pull[:, None] * found)
    return found[:-1], found[-1]


def add_map(matrix, bias, to, come, values, constants):
    """Adds to the outputs `to` of a linear layer the map `values` of its outputs `come`, and `constants`."""
    matrix, bias = matrix.copy(), bias.copy()
    matrix[:, to] += matrix[:, come] @ values
    bias[to] += bias[come] @ values + constants
    return matrix, bias


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    recipe = tomllib.loads((HERE / "recipe.toml").read_text(encoding="utf8"))
    heads = datasets.Heads(recipe["head"])
    training, _ = datasets.read_training(args.data, recipe, heads, ["goemotions", "emotion"])
    rows = {entry["name"]: part for entry, part in zip(recipe["source"], training)}
    model = evaluate.Model(args.model, threads=args.threads)
    emotion, goemotions = model.heads["emotion"], model.heads["goemotions"]
    names = [goemotions["labels"].index(name) for name in LABELS]
    chosen, truth = alone(rows["goemotions"].target[:, heads.slices["goemotions"]], names)
    logits = model.logits([rows["goemotions"].texts[row] for row in chosen]).astype(np.float64)

    posts = rows["emotion"].target[:, heads.slices["emotion"]].argmax(1)
    shares = [np.bincount(labels, minlength=len(LABELS)) / len(labels) for labels in (posts, truth)]
    weight = ((shares[0] / shares[1]) ** PRIOR)[truth]
    to = [emotion["begin"] + emotion["labels"].index(name) for name in LABELS]
    come = list(range(goemotions["begin"], goemotions["begin"] + len(goemotions["labels"])))
    values, constants = fit_map(logits[:, to], logits[:, come], truth, weight, RIDGE)

    file = onnx.load(args.model / "model.onnx")
    layer = {part.name: part for part in file.graph.initializer if part.name in ("head.weight", "head.bias")}
    changed = add_map(*(numpy_helper.to_array(layer[name]) for name in ("head.weight", "head.bias")), to, come,
                      values.astype(np.float32), constants.astype(np.float32))
    for name, value in zip(("head.weight", "head.bias"), changed):
        layer[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
    onnx.save(file, args.model / "model.onnx")
    after = logits[:, to] + logits[:, come] @ values + constants
    print(json.dumps({"comments": len(chosen), "macro_f1": [round(metrics.macro_f1(truth, part.argmax(1), len(LABELS)), 4)
                                                           for part in (logits[:, to], after)]}))


if __name__ == "__main__":
    main()
