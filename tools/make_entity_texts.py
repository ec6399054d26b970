#!/usr/bin/env python3
"""Writes the unlabelled posts from which the entity tagger learns word classes, one a line, to standard output.

usage: tools/make_entity_texts.py DATA_DIR > texts.txt
DATA_DIR holds replay/, tweeteval/, goemotions/ and ner/; training files only. models/entities-fast/README.md.
"""
import csv
import gzip
import pathlib
import sys


def texts(data):
    csv.field_size_limit(1 << 24)
    for path in sorted((data / "replay").glob("*.csv.gz")):
        if "authors" in path.name:
            continue
        with gzip.open(path, "rt", encoding="utf8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("language", "English") == "English":
                    yield row.get("content") or row.get("text") or ""
    for path in sorted((data / "tweeteval").glob("*/train.tsv")):
        for line in path.read_text(encoding="utf8").split("\n")[1:]:
            yield line.split("\t")[-1]
    for line in (data / "goemotions/train.tsv").read_text(encoding="utf8").split("\n")[1:]:
        yield line.split("\t")[0]
    for name in ("btc", "wnut17", "tweebank_ner"):
        post = []
        for line in (data / "ner" / name / "train.conll").read_text(encoding="utf8").split("\n"):
            if line:
                post.append(line.split("\t")[0])
            else:
                yield " ".join(post)
                post = []


def main():
    for text in texts(pathlib.Path(sys.argv[1])):
        text = " ".join(text.split())
        if text:
            sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf8")
    main()
