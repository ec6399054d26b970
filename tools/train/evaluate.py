#!/usr/bin/env python3
"""Calibrates an exported model on held-out folds of the training set, and measures it. See README.md.

usage: evaluate.py --data DIR --model DIR --fit      writes temperature and shift of each head to config.json
       evaluate.py --data DIR --model DIR [--json FILE]   prints the figures of the validation files and other sources
"""
import argparse
import json
import pathlib
import time
import tomllib

import numpy as np
import onnxruntime

import data as datasets
import metrics
import vocabulary

HERE = pathlib.Path(__file__).parent
FULL = np.arange(0.0, 1.55, 0.05)


class Model:
    """An exported model as the program uses it: texts in, logits of each head out."""

    def __init__(self, folder, file="model.onnx", threads=0):
        self.config = json.loads((folder / "config.json").read_text(encoding="utf8"))
        self.heads = {head["name"]: head for head in self.config["heads"]}
        words = (folder / "vocab.txt").read_text(encoding="utf8").split("\n")[:-1]
        self.tokenizer = vocabulary.Tokenizer(words, self.config["max_tokens"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(folder / file, options, providers=["CPUExecutionProvider"])

    def logits(self, texts, rows=32):
        tokens = self.tokenizer.encode(texts)
        order, found = sorted(range(len(tokens)), key=lambda row: len(tokens[row])), None
        for start in range(0, len(order), rows):
            chosen = order[start:start + rows]
            ids, lengths = datasets.pad([tokens[row] for row in chosen])
            mask = (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int64)
            logits = self.session.run(["logits"], {"input_ids": ids.astype(np.int64), "attention_mask": mask})[0]
            found = np.zeros((len(tokens), logits.shape[1]), np.float32) if found is None else found
            found[chosen] = logits
        return found

    def part(self, logits, name):
        head = self.heads[name]
        return logits[:, head["begin"]:head["begin"] + len(head["labels"])]


def fit_temperature(scores, truth):
    """The divisor of the logits that makes the truth likeliest (Guo et al., 2017)."""
    def loss(divisor):
        return -np.log(np.maximum(metrics.softmax(scores / divisor)[np.arange(len(truth)), truth], 1e-12)).mean()
    return float(min(np.arange(0.5, 2.51, 0.02), key=loss))


def fit_prior_strength(scores, truth, prior, measure):
    """How much of the log prior to take off the logits so that `measure` is largest; smoothed over neighbouring strengths."""
    found = np.array([measure(truth, (scores - strength * prior).argmax(1), len(prior)) for strength in FULL])
    smooth = np.convolve(np.pad(found, 3, mode="edge"), np.ones(7) / 7, "valid")
    return float(FULL[smooth.argmax()])


def fit_head(model, head, held, training_truth, measure, strength=None):
    """Temperature and shift of one head; the shift is a share of the training set's class priors, fitted on the held-out fold."""
    classes = len(head["labels"]) - (head["name"] == "emotion")
    scores = model.part(model.logits(held.texts), head["name"])[:, :classes]
    truth = held.target
    divisor = fit_temperature(scores, truth)
    prior = np.log(np.bincount(training_truth, minlength=classes) / len(training_truth))
    if strength is None:
        strength = fit_prior_strength(scores / divisor, truth, prior, measure)
    shift = -strength * prior
    head["temperature"] = round(divisor, 4)
    head["shift"] = [round(float(value - shift.mean()), 4) for value in shift] + [0.0] * (len(head["labels"]) - classes)
    plain, even = scores / divisor, scores / divisor + np.array(head["shift"][:classes])
    print(json.dumps({
        "head": head["name"], "held_out": len(truth), "temperature": head["temperature"], "strength": round(strength, 3),
        "plain": round(measure(truth, plain.argmax(1), classes), 4), "shifted": round(measure(truth, even.argmax(1), classes), 4),
        "calibration_error_plain": round(metrics.calibration_error(truth, metrics.softmax(plain)), 4),
        "calibration_error_shifted": round(metrics.calibration_error(truth, metrics.softmax(even)), 4)}))


def fit_none(model, head, emotional, neutral):
    """The shift of `none`: as large a share of emotional posts keeps its emotion as of neutral posts gets none."""
    def margins(texts):
        scores = model.part(model.logits(texts), "emotion") / head["temperature"] + np.array(head["shift"])
        return scores[:, 4] - scores[:, :4].max(1)
    inside, outside = margins(emotional), margins(neutral)
    grid = np.arange(-6, 6.01, 0.05)
    best = min(grid, key=lambda shift: abs((inside + shift < 0).mean() - (outside + shift > 0).mean()))
    head["shift"][4] = round(float(best), 4)
    print(json.dumps({"none_shift": head["shift"][4], "emotional_kept": round(float((inside + best < 0).mean()), 4),
                      "neutral_none": round(float((outside + best > 0).mean()), 4)}))


def fit(model, data, folder, strengths):
    recipe = tomllib.loads((HERE / "recipe.toml").read_text(encoding="utf8"))
    heads = datasets.Heads(recipe["head"])
    training, held = datasets.read_training(data, recipe, heads)
    for name, head in model.heads.items():
        if head["kind"] != "one":
            continue
        source = [entry["name"] for entry in recipe["source"]].index(name)
        part = heads.slices[name]
        rows = datasets.Rows(held[name].texts, held[name].target[:, part].argmax(1), None)
        measure = metrics.macro_recall if name == "sentiment" else metrics.macro_f1
        fit_head(model, head, rows, training[source].target[:, part].argmax(1), measure, strengths.get(name))
    sentiment = held["sentiment"].target[:, heads.slices["sentiment"]].argmax(1)
    neutral = [text for text, label in zip(held["sentiment"].texts, sentiment) if label == 1]
    fit_none(model, model.heads["emotion"], held["emotion"].texts, neutral)
    (folder / "config.json").write_text(json.dumps(model.config, indent=1, ensure_ascii=False) + "\n", encoding="utf8")


def measure_one(model, name, texts, truth, classes=None):
    head, truth = model.heads[name], np.asarray(truth)
    classes = classes or len(head["labels"])
    scores = model.part(model.logits(texts), name)[:, :classes] / head["temperature"]
    shifted = scores + np.array(head["shift"][:classes])
    result = {"rows": len(truth)}
    for kind, values in {"plain": scores, "shifted": shifted}.items():
        said = values.argmax(1)
        result[kind] = {"macro_recall": metrics.macro_recall(truth, said, classes), "macro_f1": metrics.macro_f1(truth, said, classes),
                        "accuracy": metrics.accuracy(truth, said),
                        "calibration_error": metrics.calibration_error(truth, metrics.softmax(values)),
                        "recall": [row[0] for row in metrics.per_class(truth, said, classes)],
                        "f1": [row[2] for row in metrics.per_class(truth, said, classes)]}
    return result


def measure_goemotions(model, data):
    pairs = [(fields[0], [int(label) for label in fields[1].split(",")]) for fields in datasets.read_tsv(data / "goemotions/dev.tsv")]
    truth = np.zeros((len(pairs), 28))
    for row, (_, labels) in enumerate(pairs):
        truth[row, labels] = 1
    scores = model.part(model.logits([text for text, _ in pairs]), "goemotions")
    result = {"rows": len(pairs)}
    for name, threshold in {"at_half": 0.0, "at_0.3": float(np.log(0.3 / 0.7))}.items():
        macro, micro = metrics.multilabel_f1(truth, scores, threshold)
        result[name] = {"macro_f1": macro, "micro_f1": micro}
    return result


def other_source(data):
    """Posts that no training set drew on, with sentiment from people's mean ratings (-4 to 4): VADER's tweets, its tuning half."""
    rows = [(fields[2], float(fields[1])) for fields in datasets.read_tsv(data / "vader/tweets_ground_truth_tune.tsv")]
    return [text for text, _ in rows], [0 if mean < -0.5 else 2 if mean > 0.5 else 1 for _, mean in rows]


# How GoEmotions groups its emotions (Demszky et al., 2020, figure 2); the ambiguous ones are left out.
POSITIVE = {"admiration", "amusement", "approval", "caring", "desire", "excitement", "gratitude", "joy", "love", "optimism", "pride", "relief"}
NEGATIVE = {"anger", "annoyance", "disappointment", "disapproval", "disgust", "embarrassment", "fear", "grief", "nervousness", "remorse", "sadness"}


def reddit_polarity(data, labels):
    """Reddit comments whose emotions agree on a polarity. The sentiment head has seen none, the encoder others of the kind."""
    texts, truth = [], []
    for fields in datasets.read_tsv(data / "goemotions/dev.tsv"):
        names = {labels[int(label)] for label in fields[1].split(",")}
        polarity = {0 if name in NEGATIVE else 2 if name in POSITIVE else 1 if name == "neutral" else None for name in names}
        if len(polarity) == 1 and None not in polarity:
            texts.append(fields[0])
            truth.append(polarity.pop())
    return texts, truth


def measure_all(model, data):
    found = {}
    for name, head in model.heads.items():
        if head["kind"] == "one":
            texts, labels = datasets.labelled(data / "tweeteval" / name / "val.tsv")
            found[f"{name}, validation"] = measure_one(model, name, texts, labels, 4 if name == "emotion" else None)
    found["sentiment, other source (VADER tweets)"] = measure_one(model, "sentiment", *other_source(data))
    found["sentiment, other source (GoEmotions by polarity)"] = measure_one(
        model, "sentiment", *reddit_polarity(data, model.heads["goemotions"]["labels"]))
    found["goemotions, dev"] = measure_goemotions(model, data)
    return found


def show(found):
    print("| set | posts | classes | macro-recall | macro-F1 | accuracy | calibration error |\n| --- | --- | --- | --- | --- | --- | --- |")
    for name, result in found.items():
        for kind, values in result.items():
            if kind != "rows":
                cells = [f"{values[key]:.3f}" if key in values else "" for key in ("macro_recall", "macro_f1", "accuracy", "calibration_error")]
                cells = cells if "micro_f1" not in values else ["", f"{values['macro_f1']:.3f} (micro {values['micro_f1']:.3f})", "", ""]
                print(f"| {name} | {result['rows']:,} | {kind} | {' | '.join(cells)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--file", default="model.onnx")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--strength", action="append", default=[], metavar="HEAD=X", help="take this share of a head's priors, do not fit it")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    model = Model(args.model, args.file, args.threads)
    if args.fit:
        fit(model, args.data, args.model, {part.split("=")[0]: float(part.split("=")[1]) for part in args.strength})
        return
    begin = time.process_time()
    found = measure_all(model, args.data)
    show(found)
    print(f"\n{sum(result['rows'] for result in found.values()) / (time.process_time() - begin):.0f} posts a second of CPU time, tokenising counted")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
