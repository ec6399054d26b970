#!/usr/bin/env python3
"""Makes models/meaning-fast: a vector for each WordPiece word, so that the mean of a text's rows says what all-MiniLM-L6-v2 says of the text.

usage: meaning_table.py --data DIR --base DIR --work DIR --out DIR [--dims N]
--work is the folder in which teacher.py wrote meaning.npz.
1. Each word alone through the network, mean of its tokens (model2vec, S. Tulkens and T. van Dongen, 2024); an emoji by its description.
2. The main directions of the network's vectors of training texts are kept. No centring: cosines shall stay what they are.
3. Rows are weighted by a / (a + share of the word) (Arora et al., "A simple but tough-to-beat baseline for sentence embeddings", ICLR 2017).
4. Rows are taught: the mean of a text's rows shall point where the network's vector of the text points. Rows of words that the
   texts do not have stay as they were, those of rare words close to it.
5. int8 with a scale a row. The file: docs/formats/word_vectors.md.
Validation files are read for the closing measurement alone.
"""
import argparse
import os
import pathlib
import struct
import tomllib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
import xxhash

import data as datasets
import teacher as teachers
import vocabulary

HERE = pathlib.Path(__file__).parent
SIF = 1e-3
NAME, VERSION = "meaning-fast", "1"
MOST_SCALE = 4095
PUNCTUATION = set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u2026\u2019\u2018\u201c\u201d\u2013\u2014")


class GivenTokens:
    """Stands in for a tokenizer where the tokens are known."""

    @staticmethod
    def encode(tokens, ready=True):
        return tokens


def embed_words(teacher, words, names):
    """Every word of the vocabulary alone, emoji by their names."""
    plain, tokenizer = set(teacher.tokenizer.words), teacher.tokenizer
    alone = [[vocabulary.BEGIN, *(tokenizer.pieces(names[word]) if word in names and word not in plain else [index]), vocabulary.END]
             for index, word in enumerate(words)]
    teacher.tokenizer = GivenTokens()
    found = teacher.embed(alone)
    teacher.tokenizer = tokenizer
    return found


def learn(start, silent, tokens, targets, counts, epochs, rate, batch=256, seed=1):
    """Rows whose means point where `targets` do; `silent` rows stay zero. The last twentieth of the texts is held out."""
    held = len(tokens) // 20
    train = len(tokens) - held
    table = tf.Variable(start)
    optimizer = tf.keras.optimizers.Adam(rate)
    matrix, lengths = datasets.pad([row if row else [0] for row in tokens])
    heard = tf.constant((~silent).astype(np.float32)[:, None])
    # Many texts may move a row far, few only a little.
    freedom = tf.constant((counts / (counts + 5.0)).astype(np.float32)[:, None])

    def means(ids, lengths):
        real = tf.sequence_mask(lengths, tf.shape(ids)[1], tf.float32)
        return tf.math.l2_normalize(tf.reduce_sum(tf.gather(table, ids) * real[:, :, None], 1), 1)

    @tf.function(reduce_retracing=True)
    def step(ids, lengths, target):
        with tf.GradientTape() as tape:
            near = tf.reduce_mean(1.0 - tf.reduce_sum(means(ids, lengths) * target, 1))
        gradient = tf.convert_to_tensor(tape.gradient(near, table)) * heard
        optimizer.apply_gradients([(gradient, table)])
        return near

    def held_loss():
        total = 0.0
        for begin in range(train, len(tokens), 2048):
            part = slice(begin, min(begin + 2048, len(tokens)))
            near = tf.reduce_sum(means(tf.constant(matrix[part]), tf.constant(lengths[part])) * targets[part].astype(np.float32), 1)
            total += float(tf.reduce_sum(1.0 - near))
        return total / held

    best, best_rows = held_loss(), table.numpy()
    print(f"held out before: {best:.4f}", flush=True)
    generator = np.random.default_rng(seed)
    for epoch in range(epochs):
        optimizer.learning_rate.assign(rate * (1.0 - epoch / epochs))
        order, total = generator.permutation(train), 0.0
        for begin in range(0, train - batch + 1, batch):
            chosen = order[begin:begin + batch]
            width = -(-int(lengths[chosen].max()) // 16) * 16
            ids = np.zeros((batch, width), np.int32)
            ids[:, :min(width, matrix.shape[1])] = matrix[chosen, :width]
            total += float(step(tf.constant(ids), tf.constant(lengths[chosen]), tf.constant(targets[chosen].astype(np.float32))))
        now = held_loss()
        print(f"epoch {epoch + 1}: {total / (train // batch):.4f}, held out {now:.4f}", flush=True)
        if now < best:
            best, best_rows = now, table.numpy()
    return start + (best_rows - start) * freedom.numpy()


def quantise(table):
    """int8 rows and a whole-numbered scale for each, all of one unit."""
    reach = np.abs(table).max(1)
    unit = reach.max() / 127.0 / MOST_SCALE
    scale = np.clip(np.ceil(reach / 127.0 / unit), 1, MOST_SCALE)
    return np.clip(np.rint(table / (scale * unit)[:, None]), -127, 127).astype(np.int8), scale.astype(np.uint16)


def means_of(rows, scale, tokens):
    """What the program makes of texts: unit vectors."""
    found = np.zeros((len(tokens), rows.shape[1]), np.float32)
    weighted = rows.astype(np.float32) * scale[:, None].astype(np.float32)
    for row, ids in enumerate(tokens):
        found[row] = weighted[ids].sum(0)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)


def write(path, words, rows, scale):
    text = ("\n".join(words) + "\n").encode("utf8")
    rest = bytearray(struct.pack("<III12x", len(words), rows.shape[1], len(text)))
    rest += NAME.encode().ljust(64, b"\0") + VERSION.encode().ljust(64, b"\0")

    def align():
        rest.extend(b"\0" * (-(24 + len(rest)) % 16))

    rest += text
    align()
    rest += scale.astype("<u2").tobytes()
    align()
    rest += rows.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"HBWORDVC" + struct.pack("<IIQ", 1, 1, xxhash.xxh3_64_intdigest(bytes(rest))) + rest)


def spearman(a, b):
    a, b = (np.argsort(np.argsort(values)).astype(np.float64) for values in (a, b))
    return float(np.corrcoef(a, b)[0, 1])


def measure(data, teacher, student, rows, scale, pairs=5000, seed=2):
    """Rank correlation of the table's cosines with the network's on pairs of posts of validation files."""
    found = {}
    for name in ("sentiment", "emotion", "offensive", "irony", "hate"):
        texts = [datasets.meaning_text(text) for text in datasets.labelled(data / "tweeteval" / name / "val.tsv")[0]]
        texts = [text for text in dict.fromkeys(texts) if text][:1500]
        full = teacher.embed(texts)
        fast = means_of(rows, scale, [row[1:-1] for row in student.encode(texts, ready=True)])
        generator = np.random.default_rng(seed)
        a, b = generator.integers(0, len(texts), pairs), generator.integers(0, len(texts), pairs)
        keep = a != b
        a, b = a[keep], b[keep]
        nearest = (full @ full.T - 2 * np.eye(len(texts))).argmax(1)
        ranks = np.argsort(np.argsort(-(fast @ fast.T - 2 * np.eye(len(texts))), 1), 1)[np.arange(len(texts)), nearest]
        found[name] = (spearman((full[a] * full[b]).sum(1), (fast[a] * fast[b]).sum(1)), float((ranks < 10).mean()))
        print(f"{name}: rank correlation {found[name][0]:.4f}; the nearest post among the ten nearest {found[name][1]:.3f}", flush=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "base", "work", "out"):
        parser.add_argument("--" + name, type=pathlib.Path, required=True)
    parser.add_argument("--dims", type=int, default=160)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rate", type=float, default=2e-3)
    args = parser.parse_args()

    names = vocabulary.describe(args.data)
    teacher = teachers.Teacher(args.base)
    plain = teacher.tokenizer.words
    words = vocabulary.with_emoji(plain, vocabulary.count_emoji(args.data), sum(word.startswith("[unused") for word in plain))
    student = vocabulary.Tokenizer(words, teachers.MAX_TOKENS)
    alone = embed_words(teacher, words, names)

    meanings = teachers.Meanings(args.work / "meaning.npz")
    evaluated = {datasets.meaning_text(text) for path in args.data.glob("tweettopicxl/en_*.jsonl") for text, _ in datasets.read_tweettopic(path)}
    texts = [text for text in teachers.texts_of(args.data, tomllib.loads((HERE / "recipe.toml").read_text(encoding="utf8"))) if text not in evaluated]
    found = [meanings.row(text) for text in texts]
    texts = [text for text, row in zip(texts, found) if row >= 0]
    order = np.random.default_rng(5).permutation(len(texts))
    texts = [texts[index] for index in order]
    full = meanings.vectors[[row for row in found if row >= 0]][order].astype(np.float32)
    print(f"{len(texts):,} texts", flush=True)

    _, directions = np.linalg.eigh(full.T @ full)
    directions = directions[:, ::-1][:, :args.dims]
    targets = full @ directions
    print(f"{args.dims} directions keep {np.square(targets).sum() / len(targets):.4f} of the squared length", flush=True)
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)

    tokens = [row[1:-1] for row in student.encode(texts, ready=True)]
    counts = np.zeros(len(words))
    for row in tokens:
        np.add.at(counts, row, 1)
    # Marks and punctuation say nothing of a topic: a text of nothing else has no meaning.
    silent = np.array([word in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]") or all(c in PUNCTUATION for c in word.removeprefix("##")) for word in words])
    start = alone @ directions
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    start *= (SIF / (SIF + counts / counts.sum()))[:, None] * ~silent[:, None]
    table = learn(start.astype(np.float32), silent, tokens, targets.astype(np.float16), counts, args.epochs, args.rate)
    np.savez(args.work / "meaning_table.npz", start=start, table=table, directions=directions, counts=counts)

    rows, scale = quantise(table)
    write(args.out / "model.bin", words, rows, scale)
    print(f"{args.out / 'model.bin'}: {(args.out / 'model.bin').stat().st_size:,} bytes", flush=True)
    for title, part in (("before teaching", quantise(start)), ("as written", (rows, scale))):
        print(title)
        measure(args.data, teacher, student, *part)


if __name__ == "__main__":
    main()
