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
    order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
    found = None
    for start in range(0, len(order), batch_rows):
        rows = order[start:start + batch_rows]
        logits = forward(*datasets.pad([tokens[row] for row in rows])).numpy()
        found = np.zeros((len(tokens), logits.shape[1]), np.float32) if found is None else found
        found[rows] = logits
    return found


class Run:
    """A training run: what it needs, and where it is."""

    def __init__(self, args):
        self.args = args
        self.recipe = tomllib.loads((HERE / "recipe.toml").read_text(encoding="utf8"))
        self.heads = datasets.Heads(self.recipe["head"])
        args.work.mkdir(parents=True, exist_ok=True)
        self.tokenizer = vocabulary.Tokenizer(prepare_words(args, self.recipe), self.recipe["max_tokens"])
        self.training, self.held = datasets.read_training(args.data, self.recipe, self.heads)
        self.tokens = [self.tokenizer.encode(rows.texts) for rows in self.training]
        self.lengths = [[len(tokens) for tokens in source] for source in self.tokens]
        self.held_tokens = {name: self.tokenizer.encode(rows.texts) for name, rows in self.held.items()}
        self.mixture = datasets.Mixture([len(source) for source in self.tokens], self.recipe["source"],
                                        self.recipe["chunk_rows"], self.recipe["seed"], args.scale)
        tf.random.set_seed(self.recipe["seed"])
        self.chunk, self.batch, self.step, self.stopping = 0, 0, 0, False
        self._build()
        log(rows={entry["name"]: len(source) for entry, source in zip(self.recipe["source"], self.tokens)},
            held={name: len(rows.texts) for name, rows in self.held.items()},
            chunks=self.mixture.chunks, total_rows=round(sum(self.mixture.totals)), step=self.step)

    def _build(self):
        newest = self.args.work / "checkpoint.safetensors"
        if newest.exists():
            tensors, state = load(newest)
            weights = {name[6:]: value for name, value in tensors.items() if name.startswith("value.")}
            self.chunk, self.batch, self.step = state["chunk"], state["batch"], state["step"]
        else:
            tensors, weights = None, network.import_pretrained(self.args.base / "model.safetensors")
            base_words = (self.args.base / "vocab.txt").read_text(encoding="utf8").split("\n")[:-1]
            give_emoji_meaning(weights, self.tokenizer, base_words, vocabulary.describe(self.args.data))
            network.add_heads(weights, self.heads.outputs, self.recipe["seed"])
        settings = self.recipe["optimizer"]
        self.encoder = network.Encoder(weights, settings["dropout"], bf16=not self.args.fp32)
        self.adam = network.Adam(self.encoder, settings)
        if tensors:
            self.adam.assign(tensors)
        self.one_step = network.make_step(self.encoder, self.adam, self.heads)
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
        found = {name: metrics.judge(predict(self.forward, self.held_tokens[name]), rows, name, self.heads)
                 for name, rows in self.held.items()}
        log(step=self.step, held_out=found)

    def one_batch(self, batch):
        ids, lengths = datasets.pad([self.tokens[source][index] for source, index in batch])
        target = np.stack([self.training[source].target[index] for source, index in batch])
        weight = np.stack([self.training[source].weight[index] for source, index in batch])
        # Half a batch of progress, so that the first and the last step learn too.
        progress = (self.chunk + (self.batch + 0.5) / self.batches) / self.mixture.chunks
        self.step += 1
        _, each = self.one_step(ids, lengths, target, weight, np.float32(self.rate(progress)), np.float32(self.step))
        return each.numpy(), weight.sum(0), len(batch), progress

    def go(self):
        saving = self.recipe["saving"]
        losses, amounts, rows, since = 0, 0, 0, time.monotonic()
        while self.chunk < self.mixture.chunks:
            dealt = self.mixture.batches(self.chunk, self.lengths, self.recipe["batch_rows"])
            self.batches = len(dealt)
            while self.batch < len(dealt):
                loss, amount, count, progress = self.one_batch(dealt[self.batch])
                self.batch += 1
                losses, amounts, rows = losses + loss, amounts + amount, rows + count
                if self.step % saving["report_steps"] == 0:
                    speed = rows / (time.monotonic() - since)
                    left = (1 - progress) * sum(self.mixture.totals) / speed / 60
                    log(step=self.step, progress=round(progress, 4), rows_per_second=round(speed, 1), minutes_left=round(left, 1),
                        loss={entry["name"]: round(float(part), 4) for entry, part in zip(self.heads.entries, losses / np.maximum(amounts, 1e-9))})
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
        self.report_held_out()
        log(finished=self.step)
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder with tweeteval/, goemotions/, replay/, ...")
    parser.add_argument("--base", type=pathlib.Path, required=True, help="folder with the pretrained model.safetensors and vocab.txt")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="where checkpoints go and come from")
    parser.add_argument("--scale", type=float, default=1.0, help="epochs of every source times this; a resumed run may change it")
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
