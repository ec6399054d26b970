#!/usr/bin/env python3
"""Trains the shared encoder with its heads. See README.md.

usage: train.py --data DIR --base DIR --work DIR [--scale X] [--fp32] [--threads N]
Goes on from the newest checkpoint in --work if there is one. SIGTERM or SIGINT saves one and ends.
"""
import argparse
import json
import os
import pathlib
import signal
import sys
import time
import tomllib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import safetensors
import safetensors.numpy
import tensorflow as tf

import data as datasets
import encoder as network
import metrics
import teacher
import topics_teacher
import vocabulary

HERE = pathlib.Path(__file__).parent


def log(**values):
    print(json.dumps({"time": time.strftime("%H:%M:%S", time.gmtime()), **values}), flush=True)


def save(path, tensors, state):
    """Writes a file whole or not at all."""
    partial = path.with_suffix(".partial")
    safetensors.numpy.save_file(tensors, partial, {"state": json.dumps(state)})
    os.replace(partial, path)


def load(path):
    with safetensors.safe_open(path, "np") as file:
        state = json.loads(file.metadata()["state"])
    return safetensors.numpy.load_file(path), state


def prepare_words(args, recipe):
    """The vocabulary with emoji, made once and kept in the work folder."""
    path = args.work / "vocab.txt"
    if not path.exists():
        words = (args.base / "vocab.txt").read_text(encoding="utf8").split("\n")[:-1]
        words = vocabulary.with_emoji(words, vocabulary.count_emoji(args.data), recipe["emoji_slots"])
        path.write_text("\n".join(words) + "\n", encoding="utf8")
    return path.read_text(encoding="utf8").split("\n")[:-1]


def give_emoji_meaning(weights, tokenizer, base_words, described):
    """Starts each new emoji at the mean of the words that describe it; one without description as an unknown word."""
    table = weights[network.WORDS]
    for index, (old, new) in enumerate(zip(base_words, tokenizer.words)):
        if old != new:
            pieces = [piece for piece in tokenizer.pieces(described.get(new, "")) if piece != index]
            table[index] = table[pieces or [vocabulary.UNKNOWN]].mean(0)


def predict(forward, tokens, batch_rows=64):
    """Logits [rows, outputs], meanings [rows, width] and a list of each row's tag logits [tokens, tags]."""
    order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
    logits, meanings, tags = [None] * len(tokens), [None] * len(tokens), [None] * len(tokens)
    for start in range(0, len(order), batch_rows):
        rows = order[start:start + batch_rows]
        found = [part.numpy() for part in forward(*datasets.pad([tokens[row] for row in rows]))]
        for place, row in enumerate(rows):
            logits[row], meanings[row], tags[row] = found[0][place], found[1][place], found[2][place][:len(tokens[row])]
    return np.array(logits), np.array(meanings), tags


def judge(forward, prepared, entry, heads, meanings):
    """Measures of one source's held-out rows: of its head, its meanings, its tags."""
    logits, found, tags = predict(forward, prepared.tokens)
    result = metrics.judge(logits, prepared.rows, entry["name"], heads) if entry["name"] in heads.index else {}
    there = prepared.meaning >= 0
    if there.any():
        vectors = meanings.vectors[prepared.meaning[there]].astype(np.float32)
        cosine = (found[there] * vectors).sum(1) / np.maximum(np.linalg.norm(found[there], axis=1), 1e-9)
        result["cosine"] = round(float(cosine.mean()), 4)
    if prepared.bits is not None:
        result |= metrics.judge_tags(tags, prepared.bits)
    return result


def polish(recipe):
    """Makes the recipe of a run the one of the short run that follows it."""
    part = recipe["polish"]
    recipe["optimizer"] |= part["optimizer"]
    recipe["saving"] |= part["saving"]
    for entry in recipe["source"]:
        entry |= {"epochs": part["epochs"][entry["name"]], "focus": 0.0}


class Run:
    """A training run: what it needs, and where it is."""

    def __init__(self, args):
        self.args = args
        self.recipe = tomllib.loads(args.recipe.read_text(encoding="utf8"))
        if args.polish:
            polish(self.recipe)
        self.heads = datasets.Heads(self.recipe["head"])
        args.work.mkdir(parents=True, exist_ok=True)
        self.tokenizer = vocabulary.Tokenizer(prepare_words(args, self.recipe), self.recipe["max_tokens"])
        self.training, self.held = datasets.read_training(args.data, self.recipe, self.heads)
        self.meanings = teacher.Meanings(args.work / "meaning.npz")
        self.topics = topics_teacher.Classifier.load(args.work / "topics_teacher.npz")
        taught = [self.meanings if entry.get("meaning") else None for entry in self.recipe["source"]]
        self.training = [datasets.Prepared(rows, self.tokenizer, part) for rows, part in zip(self.training, taught)]
        self.held = {name: datasets.Prepared(rows, self.tokenizer, part) for (name, rows), part in zip(self.held.items(), taught)}
        self.lengths = [source.lengths for source in self.training]
        self.mixture = datasets.Mixture([len(source) for source in self.lengths], self.recipe["source"],
                                        self.recipe["chunk_rows"], self.recipe["seed"], args.scale)
        tf.random.set_seed(self.recipe["seed"])
        self.chunk, self.batch, self.step, self.stopping = 0, 0, 0, False
        self._build()
        log(rows={entry["name"]: len(source) for entry, source in zip(self.recipe["source"], self.lengths)},
            held={name: len(source.lengths) for name, source in self.held.items()},
            chunks=self.mixture.chunks, total_rows=round(sum(self.mixture.totals)), step=self.step)

    def _build(self):
        newest = self.args.work / "checkpoint.safetensors"
        if newest.exists():
            tensors, state = load(newest)
            weights = {name[6:]: value for name, value in tensors.items() if name.startswith("value.")}
            self.chunk, self.batch, self.step = state["chunk"], state["batch"], state["step"]
        elif self.args.polish:
            tensors, weights = None, safetensors.numpy.load_file(self.args.polish)
        else:
            tensors, weights = None, network.import_pretrained(self.args.base / "model.safetensors")
            base_words = (self.args.base / "vocab.txt").read_text(encoding="utf8").split("\n")[:-1]
            give_emoji_meaning(weights, self.tokenizer, base_words, vocabulary.describe(self.args.data))
            network.add_heads(weights, self.heads.outputs, len(datasets.TAGS), self.recipe["seed"])
        settings = self.recipe["optimizer"]
        self.encoder = network.Encoder(weights, settings["dropout"], bf16=not self.args.fp32)
        self.adam = network.Adam(self.encoder, settings, "head" if self.args.polish else "")
        if tensors:
            self.adam.assign(tensors)
        self.one_step = network.make_step(self.encoder, self.adam, self.heads, self.recipe)
        self.forward = network.make_forward(self.encoder)

    def rate(self, progress):
        settings = self.recipe["optimizer"]
        warm = settings["warm_up"]
        return settings["rate"] * min(progress / warm if warm else 1.0, (1.0 - progress) / (1.0 - warm))

    def save_checkpoint(self):
        tensors = {"value." + name: value for name, value in self.encoder.numpy().items()} | self.adam.state()
        save(self.args.work / "checkpoint.safetensors", tensors, {"chunk": self.chunk, "batch": self.batch, "step": self.step})

    def save_weights(self, name):
        save(self.args.work / name, self.encoder.numpy(), {"step": self.step})

    def report_held_out(self):
        found = {entry["name"]: judge(self.forward, self.held[entry["name"]], entry, self.heads, self.meanings)
                 for entry in self.recipe["source"]}
        log(step=self.step, held_out=found)

    def wanted(self, batch, tokens):
        """What a batch of (source, index) is to be taught: target, weight, vectors and bits."""
        target = np.stack([self.training[source].rows.target[index] for source, index in batch])
        weight = np.stack([self.training[source].rows.weight[index] for source, index in batch])
        vectors = np.zeros((len(batch), network.WIDTH), np.float32)
        bits = np.zeros((len(batch), tokens), np.int32)
        for row, (source, index) in enumerate(batch):
            prepared = self.training[source]
            if prepared.meaning[index] >= 0:
                vectors[row] = self.meanings.vectors[prepared.meaning[index]]
            if prepared.bits is not None:
                bits[row, :len(prepared.bits[index])] = prepared.bits[index]
        if "topics" in self.heads.index:
            there, topics = vectors.any(1), self.heads.index["topics"]
            target[:, self.heads.slices["topics"]] = self.topics.probabilities(vectors) * there[:, None]
            weight[:, topics] = self.heads.entries[topics]["weight"] * there
        if self.args.polish:  # The other heads stay as they were merged.
            weight *= [entry["name"] in self.recipe["polish"]["heads"] for entry in self.heads.entries]
        return target, weight, vectors, bits

    def one_batch(self, batch):
        ids, lengths = datasets.pad([self.training[source].tokens[index] for source, index in batch])
        target, weight, vectors, bits = self.wanted(batch, ids.shape[1])
        # Half a batch of progress, so that the first and the last step learn too.
        progress = (self.chunk + (self.batch + 0.5) / self.batches) / self.mixture.chunks
        self.step += 1
        _, each = self.one_step(ids, lengths, target, weight, vectors, bits, np.float32(self.rate(progress)), np.float32(self.step))
        amount = [*weight.sum(0), vectors.any(1).sum(), bits.any(1).sum()]
        return each.numpy(), np.array(amount, np.float32), len(batch), progress

    def tried(self):
        return self.args.steps and self.step >= self.args.steps

    def go(self):
        saving = self.recipe["saving"]
        names = [entry["name"] for entry in self.heads.entries] + ["meaning", "tagger"]
        losses, amounts, rows, since = 0, 0, 0, time.monotonic()
        while self.chunk < self.mixture.chunks and not self.tried():
            dealt = self.mixture.batches(self.chunk, self.lengths, self.recipe["batch_rows"])
            self.batches = len(dealt)
            while self.batch < len(dealt) and not self.tried():
                loss, amount, count, progress = self.one_batch(dealt[self.batch])
                self.batch += 1
                losses, amounts, rows = losses + loss, amounts + amount, rows + count
                if self.step % saving["report_steps"] == 0:
                    speed = rows / (time.monotonic() - since)
                    left = (1 - progress) * sum(self.mixture.totals) / speed / 60
                    log(step=self.step, progress=round(progress, 4), rows_per_second=round(speed, 1), minutes_left=round(left, 1),
                        loss={name: round(float(part), 4) for name, part in zip(names, losses / np.maximum(amounts, 1e-9))})
                    losses, amounts, rows, since = 0, 0, 0, time.monotonic()
                if progress >= saving["average_from"] and self.step % saving["average_steps"] == 0:
                    self.save_weights(f"weights-{self.step:06}.safetensors")
                if self.stopping or self.step % saving["checkpoint_steps"] == 0:
                    self.save_checkpoint()
                if self.stopping:
                    log(stopped=self.step)
                    return False
            self.chunk, self.batch = self.chunk + 1, 0
            if self.chunk % 25 == 0:
                self.report_held_out()
        self.save_checkpoint()
        self.save_weights("weights-final.safetensors")
        if not self.args.polish:
            self.report_held_out()
        log(finished=self.step)
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder with tweeteval/, goemotions/, replay/, ...")
    parser.add_argument("--base", type=pathlib.Path, required=True, help="folder with the pretrained model.safetensors and vocab.txt")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="where checkpoints go and come from")
    parser.add_argument("--scale", type=float, default=1.0, help="epochs of every source times this; a resumed run may change it")
    parser.add_argument("--recipe", type=pathlib.Path, default=HERE / "recipe.toml")
    parser.add_argument("--polish", type=pathlib.Path, help="merged weights to begin with: the recipe's short last run, of the later heads alone")
    parser.add_argument("--steps", type=int, default=0, help="end after this many, as if all were done: to try the whole way out")
    parser.add_argument("--fp32", action="store_true", help="no bf16: for a CPU without it")
    parser.add_argument("--threads", type=int, default=0, help="0: one a core")
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    run = Run(args)

    def stop(number, frame):
        run.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return 0 if run.go() else 3


if __name__ == "__main__":
    sys.exit(main())
