#!/usr/bin/env python3
"""Makes the files that the language model is trained and judged on.

usage: language_data.py --data DATA --lingua WHEEL_OR_FOLDER --out DIR

DATA    the folder with lid/, umsab/, afrisenti/, tweeteval/, tweettopicxl/, replay/
WHEEL   lingua_language_detector-1.3.5-py3-none-any.whl (`pip download --no-deps lingua-language-detector==1.3.5`;
        Apache-2.0): its n-gram tables of 75 languages, from which words are drawn
DIR     gets train/*.tsv, lid, tweets, words, and held/*.tsv, all `lang<TAB>text`

Held out, never trained on: every fifth row of the lid files; the validation parts of umsab, afrisenti and tweeteval (every
fifth row where there is none); all of tweettopicxl; the replay's last month, with the labels its platform gave. The same
input gives the same files. Needs the package brotli.
"""
import argparse
import bisect
import collections
import csv
import gzip
import hashlib
import itertools
import json
import pathlib
import random
import re
import zipfile

import brotli

CANON = {"nb": "no", "nn": "no"}
UMSAB = {"arabic": "ar", "english": "en", "french": "fr", "german": "de", "hindi": "hi", "italian": "it", "portuguese": "pt", "spanish": "es"}
AFRISENTI = {"amh": "am", "arq": "ar", "ary": "ar", "hau": "ha", "ibo": "ig", "kin": "rw", "orm": "om", "pcm": "pcm", "por": "pt", "swa": "sw",
             "tir": "ti", "tso": "ts", "twi": "tw", "yor": "yo"}
TOPIC = {"en": "en", "es": "es", "gr": "el", "ja": "ja"}
# Alone in their script: nothing to learn.
ALONE = {"bn", "el", "gu", "he", "hy", "ka", "ko", "pa", "ta", "te", "th"}
WORDS, MOST_OF_ONE = 40000, 8
GRAMS = ("unigrams", "bigrams", "trigrams", "quadrigrams", "fivegrams")


class Tables:
    """lingua's n-gram tables: fraction of the n-gram's occurrences among those of its prefix, within words."""

    def __init__(self, path):
        self.wheel = zipfile.ZipFile(path) if path.is_file() else None
        self.root = path
        names = self.wheel.namelist() if self.wheel else [str(p.relative_to(path)) for p in path.rglob("*.json.br")]
        self.names = {name for name in names if name.endswith(".json.br")}
        self.languages = sorted({name.split("/")[-2] for name in self.names})

    def shares(self, language, kind):
        name = f"lingua/language-models/{language}/{kind}.json.br"
        if name not in self.names:
            return {}
        data = self.wheel.read(name) if self.wheel else (self.root / name).read_bytes()
        out = {}
        for fraction, grams in json.loads(brotli.decompress(data))["ngrams"].items():
            above, below = fraction.split("/")
            for gram in grams.split(" "):
                out[gram] = int(above) / int(below)
        return out

    def counts(self, language):
        """Of each length 1 to 5, the n-grams' frequencies, to a common scale."""
        out = [None, {gram: share * 1e8 for gram, share in self.shares(language, GRAMS[0]).items()}]
        for kind in GRAMS[1:]:
            shorter = out[-1]
            out.append({gram: share * shorter[gram[:-1]] for gram, share in self.shares(language, kind).items() if gram[:-1] in shorter})
        return out


def wheel_of_fortune(items):
    return [key for key, _ in items], list(itertools.accumulate(weight for _, weight in items))


def draw(rng, wheel):
    keys, bounds = wheel
    return keys[bisect.bisect_left(bounds, rng.random() * bounds[-1])]


def words_of(tables, language, wanted):
    """Words as the tables imply them: exact up to five letters, chains of five-grams beyond. What precedes or follows an n-gram
    in no longer n-gram begins or ends a word."""
    rng = random.Random("lid" + language)
    counts = tables.counts(language)
    starts = []
    for length in (1, 2, 3):
        preceded, followed, both = collections.Counter(), collections.Counter(), collections.Counter()
        for gram, count in counts[length + 1].items():
            preceded[gram[1:]] += count
            followed[gram[:-1]] += count
        for gram, count in counts[length + 2].items():
            both[gram[1:-1]] += count
        for gram, count in counts[length].items():
            alone = count - preceded[gram] - followed[gram] + both[gram]
            if alone > 0.5:
                starts.append(("=" + gram, alone))
    preceded, followed, after = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    for gram, count in counts[5].items():
        preceded[gram[1:]] += count
        followed[gram[:-1]] += count
        after[gram[:-1]].append((gram[-1], count))
    for gram, count in counts[4].items():
        if count - preceded[gram] > 0.5:
            starts.append((gram, count - preceded[gram]))
        end = count - followed[gram]
        if end > 0.5 or gram not in after:
            after[gram].append(("", max(end, 0.5)))
    after = {gram: wheel_of_fortune(items) for gram, items in after.items()}
    starts = wheel_of_fortune(starts)
    seen, out = collections.Counter(), []
    for _ in range(wanted * 6):
        if len(out) == wanted:
            break
        word = draw(rng, starts)
        if word[0] == "=":
            word = word[1:]
        else:
            while len(word) < 30 and (wheel := after.get(word[-4:])):
                letter = draw(rng, wheel)
                if not letter:
                    break
                word += letter
        if seen[word] < MOST_OF_ONE:
            seen[word] += 1
            out.append(word)
    rng.shuffle(out)
    return out


class Files:
    def __init__(self, out):
        self.out, self.open = out, {}

    def add(self, name, language, text):
        if name not in self.open:
            path = self.out / (name + ".tsv")
            path.parent.mkdir(parents=True, exist_ok=True)
            self.open[name] = path.open("w", encoding="utf-8", newline="\n")
            self.open[name].write("lang\ttext\n")
        text = re.sub(r"[\t\r\n\v\f\x1c-\x1f\x85\u2028\u2029]+", " ", text).strip()
        if text:
            self.open[name].write(f"{language}\t{text}\n")


def second_column(path):
    with path.open(encoding="utf-8", newline="\n") as lines:
        next(lines)
        for line in lines:
            cells = line.rstrip("\n").split("\t", 1)
            if len(cells) == 2:
                yield cells[1]


def english_words(data):
    """Frequent words of English posts, to tell the English ones among posts filed under another language."""
    count = collections.Counter(w for text in second_column(data / "tweeteval/sentiment/train.tsv") for w in re.findall(r"[a-z']+", text.lower()))
    return {word for word, _ in count.most_common(4000)}


def posts(data, files):
    english = english_words(data)

    def is_english(text):
        words = re.findall(r"[a-z']+", re.sub(r"[@#]\S+|https?\S+", "", text.lower()))
        return not words or sum(w in english for w in words) > 0.6 * len(words)

    for folder, language in UMSAB.items():
        for text in second_column(data / f"umsab/{folder}/train.tsv"):
            if language != "hi" or not is_english(text):
                files.add("train/tweets", language, text)
        for text in second_column(data / f"umsab/{folder}/val.tsv"):
            files.add("held/umsab", language, text)
    for folder, language in AFRISENTI.items():
        train = data / f"afrisenti/{folder}/train.tsv"
        for i, text in enumerate(second_column(data / f"afrisenti/{folder}/dev.tsv")):
            files.add("held/afrisenti" if train.exists() or i % 5 == 0 else "train/tweets", language, text)
        for text in second_column(train) if train.exists() else ():
            files.add("train/tweets", language, text)
    for text in second_column(data / "tweeteval/sentiment/train.tsv"):
        files.add("train/tweets", "en", text)
    for task in ("sentiment", "emotion"):
        for text in second_column(data / f"tweeteval/{task}/val.tsv"):
            files.add("held/tweeteval", "en", text)
    for path in sorted((data / "tweettopicxl").glob("*.jsonl")):
        for line in path.open(encoding="utf-8"):
            files.add("held/tweettopic", TOPIC[path.name[:2]], json.loads(line)["text"])


def replay(data, files):
    """One post in five of the last month, none twice; the labels are a machine's."""
    csv.field_size_limit(1 << 24)
    seen = set()
    with gzip.open(data / "replay/ira_2017-01.csv.gz", "rt", encoding="utf-8", errors="replace", newline="") as lines:
        for row in csv.DictReader(lines):
            key = hashlib.sha1(re.sub(r"https?://\S+|\W", "", row["content"]).encode()).digest()
            if key in seen or key[0] % 5 or row["language"] == "LANGUAGE UNDEFINED":
                continue
            seen.add(key)
            files.add("held/replay", row["language"], row["content"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--lingua", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    files = Files(options.out)
    for kind in ("sentences", "word_pairs", "single_words"):
        with gzip.open(options.data / f"lid/lingua_{kind}_tune.tsv.gz", "rt", encoding="utf-8", newline="\n") as lines:
            for i, line in enumerate(lines):
                if i > 0:
                    language, text = line.rstrip("\n").split("\t", 1)
                    files.add(f"held/lid_{kind}" if i % 5 == 0 else "train/lid", CANON.get(language, language), text)
    posts(options.data, files)
    replay(options.data, files)
    tables = Tables(options.lingua)
    for language in tables.languages:
        if language in ALONE:
            continue
        words = words_of(tables, language, WORDS // 2 if language in CANON else WORDS)
        for i in range(0, len(words), 8):
            files.add("train/words", CANON.get(language, language), " ".join(words[i:i + 8]))
        print(language, len(words), flush=True)


if __name__ == "__main__":
    main()
