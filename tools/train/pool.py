#!/usr/bin/env python3
"""Fits how much the fast model of emotion counts beside the transformer's head, and the shift of `none`. See README.md.

usage: pool.py --data DIR --model DIR --heartbeat FILE --work DIR
A fast model is trained without the held-out posts, which neither model has then seen. The share is the one that makes their labels likeliest.
No class priors are taken off: of so few posts, macro-F1 does not say how much of them. Writes config.json in the model's folder.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import tomllib

import numpy as np

import clean
import data as datasets
import metrics

HERE = pathlib.Path(__file__).parent
LABELS = ("anger", "joy", "optimism", "sadness", "none")
FELT = 4  # Of them; the posts of TweetEval's emotion have one of these.
NEUTRAL = 1  # Label of the sentiment set.


def part_in_two(data, name, share, work):
    """Writes the training file of a TweetEval set as two, and returns (training, held out) as paths."""
    banned = datasets.validation_keys(data)
    texts, labels = datasets.labelled(data / "tweeteval" / name / "train.tsv")
    paths = work / f"{name}.train.tsv", work / f"{name}.held.tsv"
    rows = [["label\ttext"], ["label\ttext"]]
    for text, label in zip(texts, labels):
        if clean.key(text) not in banned:
            rows[datasets.bucket(text) < share * datasets.BUCKETS].append(f"{label}\t{text}")
    for path, lines in zip(paths, rows):
        path.write_text("\n".join(lines) + "\n", encoding="utf8")
    shutil.copy(data / "tweeteval" / name / "mapping.txt", work / "mapping.txt")
    return paths


def train_fast(heartbeat, data, files, out):
    """As models/emotion-fast/README.md says, without the held-out posts."""
    words = [data / "lexicons" / name for name in ("vader/vader_lexicon.txt", "afinn/AFINN-en-165.txt", "vader/emoji_utf8_lexicon.txt")]
    command = [heartbeat, "train", "--task", "emotion", *files, "--extra", data / "goemotions/train.tsv", "--out", out]
    for path in words:
        command += ["--lexicon", path]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def scores(heartbeat, file, work, *options):
    """Labels and log chances of each text of a file."""
    table = work / "scores.tsv"
    subprocess.run([heartbeat, "eval", "--task", "emotion", "--scores", table, *options, file], check=True, stdout=subprocess.DEVNULL)
    rows = list(datasets.read_tsv(table))
    chances = np.array([[float(field) for field in row[1:]] for row in rows])
    return np.array([LABELS.index(row[0]) for row in rows]), np.log(np.maximum(chances, 5e-7))


def likelihood(values, truth):
    return np.log(metrics.softmax(values)[np.arange(len(truth)), truth]).mean()


def fit_share(accurate, fast, truth):
    return float(max(np.arange(0.0, 0.96, 0.05), key=lambda share: likelihood(((1 - share) * accurate + share * fast)[:, :FELT], truth)))


def fit_none(pooled, neutral):
    """The shift of `none` that keeps as large a share of emotional posts as it gives neutral ones none."""
    inside, outside = (values[:, FELT] - values[:, :FELT].max(1) for values in (pooled, neutral))
    return float(min(np.arange(-6, 6.01, 0.05), key=lambda shift: abs((inside + shift < 0).mean() - (outside + shift > 0).mean())))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "model", "heartbeat", "work"):
        parser.add_argument("--" + name, type=pathlib.Path, required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    sources = {entry["name"]: entry for entry in tomllib.loads((HERE / "recipe.toml").read_text(encoding="utf8"))["source"]}
    parts = {name: part_in_two(args.data, name, sources[name]["held_out"], args.work / name)
             for name in ("emotion", "sentiment") if (args.work / name).mkdir(exist_ok=True) is None}
    train_fast(args.heartbeat, args.data, [parts["emotion"][0], parts["sentiment"][0]], args.work / "fast")

    # The head alone: no share, no shift.
    path = args.model / "config.json"
    config = json.loads(path.read_text(encoding="utf8"))
    head = next(head for head in config["heads"] if head["name"] == "emotion")
    head["fast_share"], head["shift"] = 0.0, [0.0] * len(LABELS)
    path.write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf8")
    texts, labels = datasets.labelled(parts["sentiment"][1])
    neutral_file = args.work / "neutral.tsv"
    neutral_file.write_text("label\ttext\n" + "".join(f"4\t{text}\n" for text, label in zip(texts, labels) if label == NEUTRAL), encoding="utf8")
    found = {}
    for name, file in {"held": parts["emotion"][1], "neutral": neutral_file}.items():
        truth, accurate = scores(args.heartbeat, file, args.work, "--tier", "accurate", "--model", args.model)
        found[name] = truth, accurate, scores(args.heartbeat, file, args.work, "--model", args.work / "fast")[1]

    truth, accurate, fast = found["held"]
    share = fit_share(accurate, fast, truth)
    pooled, neutral = ((1 - share) * part[1] + share * part[2] for part in found.values())
    none = fit_none(pooled, neutral)
    # The program adds the shift to the head's part, before the share.
    head["fast_share"] = round(share, 2)
    head["shift"] = [0.0] * FELT + [round(none / (1 - share), 4)]
    path.write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf8")
    alone = [round(metrics.macro_f1(truth, values[:, :FELT].argmax(1), FELT), 4) for values in (accurate, fast, pooled)]
    print(json.dumps({"held_out": len(truth), "fast_share": share, "none_shift": head["shift"][FELT],
                      "macro_f1": dict(zip(("accurate", "fast", "both"), alone)),
                      "log_likelihood": {str(at): round(float(likelihood(((1 - at) * accurate + at * fast)[:, :FELT], truth)), 4)
                                         for at in (0.0, share, 1.0)},
                      "emotional_kept": round(float((pooled[:, :FELT].max(1) > pooled[:, FELT] + none).mean()), 4),
                      "neutral_none": round(float((neutral[:, :FELT].max(1) < neutral[:, FELT] + none).mean()), 4)}))


if __name__ == "__main__":
    main()
