#!/usr/bin/env python3
"""Stance on targets left out, one after another: a linear head on a finished encoder's means. See README.md.

usage: stance_folds.py --data DIR --model DIR
Training the network itself once a target costs too much, and its shipped head has seen four of the five. Give an encoder that has
not seen stance (minilm-heads version 1) to learn what any target costs.
"""
import argparse
import pathlib

import numpy as np

import data as datasets
import evaluate
import metrics
import topics_teacher

STRENGTH = 0.3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    model = evaluate.Model(args.model, threads=args.threads)
    heads = datasets.Heads([{"name": "stance", "labels": list(datasets.STANCE_LABELS), "kind": "one", "smoothing": 0.0}])

    def means(texts):
        found = np.array(model.run(model.tokenizer.encode(texts, ready=True), "pooled"))
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    print("| left out | posts | macro-F1 | against and favour | said the most frequent of the others: against and favour |\n| --- | --- | --- | --- | --- |")
    for target, (names, _) in datasets.STANCE_TARGETS.items():
        rows = datasets.read_stance(args.data, heads, left_out=(target,))
        head = topics_teacher.fit(means(rows.texts), rows.target, np.ones_like(rows.target), np.zeros((384, 3)), STRENGTH)
        texts, truth = datasets.stance_posts(args.data, target)
        found = head.scores(means([datasets.stance_text(names[0], text) for text in texts])).argmax(1)
        each = [row[2] for row in metrics.per_class(truth, found, 3)]
        always = [row[2] for row in metrics.per_class(truth, np.full(len(truth), 1), 3)]
        print(f"| {names[0]} | {len(texts)} | {np.mean(each):.3f} | {np.mean(each[1:]):.3f} | {np.mean(always[1:]):.3f} |", flush=True)


if __name__ == "__main__":
    main()
