"""Reads the data sets, keeps held-out folds apart, and deals rows to the trainer in a fixed order.

Everything is a function of the recipe and its seed: a run that was stopped goes on with the rows it would have had.
"""
import csv
import dataclasses
import hashlib
import pathlib

import numpy as np

import clean

BUCKETS = 1000


@dataclasses.dataclass
class Rows:
    """Texts of one source with their targets: `target` [rows, outputs], `weight` [rows, heads]; 0 where a head has no label."""
    texts: list
    target: np.ndarray
    weight: np.ndarray

    def take(self, indices):
        return Rows([self.texts[index] for index in indices], self.target[indices], self.weight[indices])


class Heads:
    """Where each head's outputs lie among all outputs."""

    def __init__(self, entries):
        self.entries, self.slices, start = entries, {}, 0
        for entry in entries:
            self.slices[entry["name"]] = slice(start, start + len(entry["labels"]))
            start += len(entry["labels"])
        self.outputs = start
        self.index = {entry["name"]: position for position, entry in enumerate(entries)}

    def blank(self, rows):
        return np.zeros((rows, self.outputs), np.float32), np.zeros((rows, len(self.entries)), np.float32)

    def set_one(self, target, weight, row, head, label, amount=1.0):
        """Gives a row one label of a head, smoothed as the recipe says."""
        entry = self.entries[self.index[head]]
        classes, smoothing = len(entry["labels"]), entry["smoothing"]
        values = np.full(classes, smoothing / classes, np.float32)
        values[label] += 1.0 - smoothing
        target[row, self.slices[head]] = values
        weight[row, self.index[head]] = amount


def read_tsv(path):
    """Yields the fields of each row after the header. The files have no quoting."""
    with open(path, encoding="utf8", newline="\n") as file:
        next(file)
        for line in file:
            line = line.rstrip("\n")
            if line:
                yield line.split("\t")


def labelled(path):
    """Texts and labels of a file with the columns label and text."""
    pairs = [(int(fields[0]), fields[1]) for fields in read_tsv(path) if len(fields) == 2]
    return [text for _, text in pairs], [label for label, _ in pairs]


def bucket(text):
    """A number below BUCKETS that depends on nothing but what the post says."""
    digest = hashlib.blake2b(clean.key(text).encode("utf8"), digest_size=8).digest()
    return int.from_bytes(digest, "little") % BUCKETS


def split(rows, share):
    """Parts rows into (training, held out); equal posts fall on one side, whatever source they are in."""
    inside = np.array([bucket(text) < share * BUCKETS for text in rows.texts], bool)
    return rows.take(np.flatnonzero(~inside)), rows.take(np.flatnonzero(inside))


def read_source(name, data, heads, none_weight=0.25):
    """All training rows of one source of the recipe."""
    data = pathlib.Path(data)
    if name == "goemotions":
        pairs = [(fields[0], [int(label) for label in fields[1].split(",")]) for fields in read_tsv(data / "goemotions/train.tsv")]
        target, weight = heads.blank(len(pairs))
        base = heads.slices[name].start
        for row, (_, labels) in enumerate(pairs):
            target[row, [base + label for label in labels]] = 1.0
            weight[row, heads.index[name]] = 1.0
        return Rows([text for text, _ in pairs], target, weight)
    texts, labels = labelled(data / "tweeteval" / name / "train.tsv")
    target, weight = heads.blank(len(texts))
    for row, label in enumerate(labels):
        heads.set_one(target, weight, row, name, label)
        # A neutral post shows no emotion: TweetEval's emotion set has no such posts.
        if name == "sentiment" and label == 1:
            heads.set_one(target, weight, row, "emotion", 4, none_weight)
    return Rows(texts, target, weight)


def validation_keys(data):
    """Keys of every post of a validation file: none of them may be trained on."""
    found = set()
    data = pathlib.Path(data)
    for path in sorted(data.glob("tweeteval/**/val.tsv")):
        found.update(clean.key(fields[-1]) for fields in read_tsv(path))
    found.update(clean.key(fields[0]) for fields in read_tsv(data / "goemotions/dev.tsv"))
    found.update(clean.key(fields[-1]) for fields in read_tsv(data / "vader/tweets_ground_truth_tune.tsv"))
    return {text for text in found if len(text) >= 12}


def without(rows, banned):
    """Drops rows that say the same as a banned post, and empty ones."""
    keys = [clean.key(text) for text in rows.texts]
    return rows.take([row for row, text in enumerate(keys) if text and text not in banned])


def emoji_by_label(path):
    """For negative, neutral and positive: emoji and how often they stood in such posts (Kralj Novak et al., 2015)."""
    with open(path, encoding="utf8", newline="") as file:
        table = [row for row in csv.DictReader(file) if int(row["Occurrences"]) >= 100]
    symbols = [row["Emoji"] for row in table]
    return [(symbols, np.array([float(row[label]) for row in table]) / sum(float(row[label]) for row in table))
            for label in ("Negative", "Neutral", "Positive")]


def add_emoji(texts, labels, table, share, generator):
    """Ends `share` of the texts with one to three emoji of the kind that posts of that label have."""
    texts = list(texts)
    for row in np.flatnonzero(generator.random(len(texts)) < share):
        symbols, chances = table[labels[row]]
        symbol = symbols[generator.choice(len(symbols), p=chances)]
        texts[row] += " " + symbol * int(generator.integers(1, 4))
    return texts


def read_training(data, recipe, heads):
    """Training rows in the recipe's order of sources, and held-out rows by source. Held-out rows get no emoji added."""
    data, banned = pathlib.Path(data), validation_keys(data)
    table = emoji_by_label(data / "emoji/emoji_sentiment_ranking.csv")
    training, held = [], {}
    for entry in recipe["source"]:
        rows = without(read_source(entry["name"], data, heads), banned)
        rows, held[entry["name"]] = split(rows, entry["held_out"])
        if entry["name"] == "sentiment":
            labels = rows.target[:, heads.slices["sentiment"]].argmax(1)
            rows.texts = add_emoji(rows.texts, labels, table, recipe["emoji_share"], np.random.default_rng([recipe["seed"], 11]))
        training.append(rows)
    return training, held


class Mixture:
    """Deals rows of several sources: chunk by chunk, each a fixed function of the seed.

    A source gives `epochs` passes over the run; with focus f its share at progress p is proportional to 1 + f (2p - 1).
    """

    def __init__(self, sizes, entries, chunk_rows, seed, scale=1.0):
        self.sizes, self.entries, self.seed = sizes, entries, seed
        self.totals = [size * entry["epochs"] * scale for size, entry in zip(sizes, entries)]
        self.chunks = max(1, round(sum(self.totals) / chunk_rows))

    def dealt(self, source, chunk):
        """How many rows of a source came before this chunk."""
        progress = chunk / self.chunks
        focus = self.entries[source]["focus"]
        return int(self.totals[source] * (progress + focus * (progress * progress - progress)) + 1e-6)

    def rows(self, chunk):
        """The chunk's rows as (source, index), unordered."""
        found = []
        for source, size in enumerate(self.sizes):
            begin, end = self.dealt(source, chunk), self.dealt(source, chunk + 1)
            for epoch in range(begin // size, (end - 1) // size + 1 if end > begin else 0):
                order = np.random.default_rng([self.seed, source, epoch]).permutation(size)
                low, high = max(begin - epoch * size, 0), min(end - epoch * size, size)
                found += [(source, int(index)) for index in order[low:high]]
        return found

    def batches(self, chunk, lengths, batch_rows):
        """The chunk's rows sorted by length, cut into batches, in random order. `lengths[source][index]` is in tokens."""
        generator = np.random.default_rng([self.seed, 1 << 20, chunk])
        rows = self.rows(chunk)
        rows = [rows[position] for position in generator.permutation(len(rows))]
        rows.sort(key=lambda row: lengths[row[0]][row[1]])
        cut = [rows[start:start + batch_rows] for start in range(0, len(rows), batch_rows)]
        return [cut[position] for position in generator.permutation(len(cut))]


def pad(token_lists):
    """A matrix of token ids with zeros behind, and the lengths."""
    lengths = np.array([len(tokens) for tokens in token_lists], np.int32)
    matrix = np.zeros((len(token_lists), int(lengths.max())), np.int32)
    for row, tokens in enumerate(token_lists):
        matrix[row, :len(tokens)] = tokens
    return matrix, lengths
