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

    def run(self, tokens, output, rows=32):
        """One output for each list of tokens; of `tokens`, as many places as the list has."""
        order, found = sorted(range(len(tokens)), key=lambda row: len(tokens[row])), [None] * len(tokens)
        for start in range(0, len(order), rows):
            chosen = order[start:start + rows]
            ids, lengths = datasets.pad([tokens[row] for row in chosen])
            mask = (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int64)
            values = self.session.run([output], {"input_ids": ids.astype(np.int64), "attention_mask": mask})[0]
            for row, value in zip(chosen, values):
                found[row] = value[:len(tokens[row])] if output == "tokens" else value
        return found

    def logits(self, texts, ready=False):
        return np.array(self.run(self.tokenizer.encode(texts, ready), "logits"))

    def meanings(self, texts):
        found = np.array(self.run(self.tokenizer.encode(texts), "meaning"))
        return found / np.linalg.norm(found, axis=1, keepdims=True)

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
    scores = model.part(model.logits(held.texts, held.clean), head["name"])[:, :classes]
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


def fit_tagger(model, held):
    """The temperature of the tags: as fit_temperature, where several tags may be right."""
    scores, bits = [], []
    for rows in held:
        for values, mask in zip(model.run(rows.tokens, "tokens"), rows.bits):
            scores.append(values[mask != 0])
            bits.append(mask[mask != 0])
    scores, bits = np.concatenate(scores), np.concatenate(bits)
    right = (bits[:, None] >> np.arange(scores.shape[1])) & 1

    def loss(divisor):
        return -np.log(np.maximum((metrics.softmax(scores / divisor) * right).sum(1), 1e-12)).mean()

    model.config["tagger"]["temperature"] = round(float(min(np.arange(0.5, 2.51, 0.02), key=loss)), 4)
    print(json.dumps({"tagger": len(bits), "temperature": model.config["tagger"]["temperature"]}))


def fit(model, data, folder, strengths):
    recipe = tomllib.loads((HERE / "recipe.toml").read_text(encoding="utf8"))
    heads = datasets.Heads(recipe["head"])
    training, held = datasets.read_training(data, recipe, heads, [*model.heads, *datasets.TAG_SETS])
    for name, head in model.heads.items():
        if head["kind"] != "one":
            continue
        source = [entry["name"] for entry in recipe["source"]].index(name)
        part = heads.slices[name]
        rows = datasets.Rows(held[name].texts, held[name].target[:, part].argmax(1), None, clean=held[name].clean)
        measure = metrics.macro_recall if name == "sentiment" else metrics.macro_f1
        # A new target's frequencies are its own: no shift for stance.
        strength = 0.0 if name == "stance" else strengths.get(name)
        fit_head(model, head, rows, training[source].target[:, part].argmax(1), measure, strength)
    sentiment = held["sentiment"].target[:, heads.slices["sentiment"]].argmax(1)
    neutral = [text for text, label in zip(held["sentiment"].texts, sentiment) if label == 1]
    fit_none(model, model.heads["emotion"], held["emotion"].texts, neutral)
    fit_tagger(model, [datasets.Prepared(held[name], model.tokenizer) for name in datasets.TAG_SETS])
    (folder / "config.json").write_text(json.dumps(model.config, indent=1, ensure_ascii=False) + "\n", encoding="utf8")


def measure_one(model, name, texts, truth, classes=None, ready=False):
    head, truth = model.heads[name], np.asarray(truth)
    classes = classes or len(head["labels"])
    scores = model.part(model.logits(texts, ready), name)[:, :classes] / head["temperature"]
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


def measure_stance(model, data):
    """Of each target by its first wording: the mean F1 of against and favour, as SemEval-2016 has it, and of all three."""
    found = {}
    for target, (names, _) in datasets.STANCE_TARGETS.items():
        left_out = target in datasets.STANCE_LEFT_OUT
        texts, truth = datasets.stance_posts(data, target, "val")
        if left_out:
            more, labels = datasets.stance_posts(data, target)
            texts, truth = texts + more, truth + labels
        result = measure_one(model, "stance", [datasets.stance_text(names[0], text) for text in texts], truth, ready=True)["plain"]
        result["macro_f1_two"] = sum(result["f1"][1:]) / 2
        part = "target left out of training, all posts" if left_out else "validation"
        found[f"stance: {names[0]}, {part}"] = {"rows": len(texts), "plain": result}
    return found


# What a data set calls our types.
NAMES_OF = {"btc": {"person": "PER", "place": "LOC", "organisation": "ORG", "group": "ORG"},
            "wnut17": {"person": "person", "place": "location", "organisation": "corporation", "group": "group", "product": "product",
                       "work": "creative-work"},
            "tweebank_ner": {"person": "PER", "place": "LOC", "organisation": "ORG", "group": "ORG", "product": "MISC", "work": "MISC",
                             "other": "MISC"}}


def tag_words(scores, first, labels, names):
    """The likeliest labels of a data set for each word: Viterbi over tags, where I follows B or I of its name only."""
    own = ["O"] + [f"{place}-{name}" for name in dict.fromkeys(names.values()) for place in "BI"]
    column = [own.index("O" if label == "O" or label[2:] not in names else label[:2] + names[label[2:]]) for label in labels]
    open_to = np.array([[not own[to].startswith("I-") or own[come][1:] == own[to][1:] for to in range(len(own))] for come in range(len(own))])
    best, back = np.where([name.startswith("I-") for name in own], -np.inf, 0.0), []
    for place in first:
        likely = np.full(len(own), 1e-9)
        if place < 0:
            likely[0] = 1.0
        else:
            np.add.at(likely, column, metrics.softmax(scores[place]))
        paths = np.where(open_to, best[:, None], -np.inf) if back else np.tile(best, (len(own), 1))
        back.append(paths.argmax(0))
        best = paths.max(0) + np.log(likely)
    path = [int(best.argmax())]
    for step in back[:0:-1]:
        path.append(int(step[path[-1]]))
    return [own[tag] for tag in path[::-1]]


def measure_tags(model, data):
    """Exact spans, as seqeval counts them by default, on the dev files; words as the files part them."""
    found, config = {}, model.config["tagger"]
    for name in datasets.TAG_SETS:
        posts = datasets.read_conll(data / "ner" / name / "dev.conll")
        encoded = [model.tokenizer.encode_words([word for word, _ in words]) for words in posts]
        scores = model.run([tokens for tokens, _ in encoded], "tokens")
        said = [tag_words(values / config["temperature"], first, config["labels"], NAMES_OF[name])
                for values, (_, first) in zip(scores, encoded)]
        found[f"entities: {name}, dev"] = {"rows": len(posts)} | metrics.span_f1([[label for _, label in words] for words in posts], said)
    return found


def measure_meaning(model, data, path):
    """Of posts and short texts of held-out folds: the cosine to the pretrained encoder's embedding, and how often both find the same one of
    TweetTopic's descriptions nearest."""
    import teacher  # Brings TensorFlow with it.

    recipe, meanings = tomllib.loads((HERE / "recipe.toml").read_text(encoding="utf8")), teacher.Meanings(path)
    _, held = datasets.read_training(data, recipe, datasets.Heads(recipe["head"]), ["replay", "short"])

    def both(texts):
        texts = [text for text in texts if meanings.row(text) >= 0]
        return model.meanings(texts), meanings.vectors[[meanings.row(text) for text in texts]].astype(np.float32)

    topics, found = both(datasets.TOPICS.values()), {}
    for name, rows in held.items():
        ours, theirs = both(rows.texts)
        same = (ours @ topics[0].T).argmax(1) == (theirs @ topics[1].T).argmax(1)
        found[name] = {"rows": len(ours), "cosine": float((ours * theirs).sum(1).mean()), "same_topic": float(same.mean())}
    return found


def measure_topics(model, data):
    texts, labels = zip(*datasets.read_tweettopic(data / "tweettopicxl/en_validation.jsonl"))
    scores = model.part(model.logits(list(texts)), "topics")
    macro, micro = metrics.multilabel_f1(labels, scores, -model.heads["topics"]["shift"][0])
    return {"rows": len(texts), "at_half": {"macro_f1": macro, "micro_f1": micro}}


def measure_all(model, data):
    found = {}
    for name, head in model.heads.items():
        if head["kind"] == "one" and name != "stance":
            texts, labels = datasets.labelled(data / "tweeteval" / name / "val.tsv")
            found[f"{name}, validation"] = measure_one(model, name, texts, labels, 4 if name == "emotion" else None)
    found["sentiment, other source (VADER tweets)"] = measure_one(model, "sentiment", *other_source(data))
    found["sentiment, other source (GoEmotions by polarity)"] = measure_one(
        model, "sentiment", *reddit_polarity(data, model.heads["goemotions"]["labels"]))
    found["goemotions, dev"] = measure_goemotions(model, data)
    # An older model may lack what follows.
    found |= measure_stance(model, data) if "stance" in model.heads else {}
    found |= {"topics, validation": measure_topics(model, data)} if "topics" in model.heads else {}
    return found | (measure_tags(model, data) if "tagger" in model.config else {})


def show(found):
    print("| set | posts | classes | macro-recall | macro-F1 | accuracy | calibration error |\n| --- | --- | --- | --- | --- | --- | --- |")
    for name, result in found.items():
        for kind, values in result.items():
            if isinstance(values, dict) and "macro_f1" in values:
                cells = [f"{values[key]:.3f}" if key in values else "" for key in ("macro_recall", "macro_f1", "accuracy", "calibration_error")]
                cells = cells if "micro_f1" not in values else ["", f"{values['macro_f1']:.3f} (micro {values['micro_f1']:.3f})", "", ""]
                cells[1] += f" (against and favour {values['macro_f1_two']:.3f})" if "macro_f1_two" in values else ""
                print(f"| {name} | {result['rows']:,} | {kind} | {' | '.join(cells)} |")
    print("\n| set | posts | names | precision | recall | F1 | F1 by type |\n| --- | --- | --- | --- | --- | --- | --- |")
    for name, result in found.items():
        if "by_type" in result:
            types = ", ".join(f"{kind} {value:.3f}" for kind, value in result["by_type"].items())
            print(f"| {name} | {result['rows']:,} | {result['names']:,} | {result['precision']:.3f} | {result['recall']:.3f} | {result['f1']:.3f} | {types} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--file", default="model.onnx")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--strength", action="append", default=[], metavar="HEAD=X", help="take this share of a head's priors, do not fit it")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--meanings", type=pathlib.Path, help="the work folder's meaning.npz: measure that head too")
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    model = Model(args.model, args.file, args.threads)
    if args.fit:
        fit(model, args.data, args.model, {part.split("=")[0]: float(part.split("=")[1]) for part in args.strength})
        return
    begin = time.process_time()
    found = measure_all(model, args.data)
    show(found)
    if args.meanings:
        meaning = measure_meaning(model, args.data, args.meanings)
        print("\nmeaning, held-out folds:", json.dumps(meaning))
        found["meaning"] = {"rows": 0, "held_out": meaning}
    print(f"\n{sum(result['rows'] for result in found.values()) / (time.process_time() - begin):.0f} posts a second of CPU time, tokenising counted")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
