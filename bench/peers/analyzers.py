#!/usr/bin/env python3
"""Each analyzer beside the Python package that it replaces: the same posts, one thread each, in one run. Prints JSON.
usage: analyzers.py BUILD FILE.csv[.gz] [ROWS]      BUILD: build/release after ./hb test, whose environment it needs: .cache/venv/tests/bin/python3
Figures are texts a second of CPU time. heartbeat's are those of the programs that the comparisons in tests/parity run: one analyzer alone, reading texts and writing
results included, their start (measured with one text) not. The packages get the texts from memory, and nothing is written. Keywords are of each post by itself, and of documents
of 60 posts as a window or hashtag has them, with yake's own English stop words. Language: bench/peers/language.py; transformers: bench/peers/transformer.py. spaCy's English models are not on PyPI, so names have no peer here.
"""
import csv
import gzip
import importlib.metadata
import importlib.util
import json
import pathlib
import resource
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests/parity"))

from parity import packed  # noqa: E402


def posts_of(path, rows):
    csv.field_size_limit(1 << 24)
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8", errors="replace", newline="") as file:
        found = []
        for row in csv.DictReader(file):
            text = " ".join((row.get("content") or row.get("text") or "").split())
            if text:
                found.append(text)
            if len(found) == rows:
                break
    return found


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ours(command, texts):
    data = packed(texts)
    before = cpu_of_children()
    subprocess.run(command, input=data, stdout=subprocess.DEVNULL, check=True)
    return cpu_of_children() - before


def textblob():
    from textblob import TextBlob

    return lambda text: TextBlob(text).sentiment


def vader():
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer().polarity_scores


def yake():
    import yake as package

    return package.KeywordExtractor(lan="en", n=3, top=10).extract_keywords


def stop_words():
    return pathlib.Path(importlib.util.find_spec("yake").origin).parent / "core/StopwordsList/stopwords_en.txt"


# What is said, by our program, by whom, how many texts they get (what takes a second or more), and how many posts make a text.
PEERS = (("polarity", "polarity_score", "textblob", textblob, 4000, 1), ("vader", "vader_score", "vaderSentiment", vader, 4000, 1),
         ("keywords", "keywords_score", "yake", yake, 2000, 1), ("keywords of documents", "keywords_score", "yake", yake, 40, 60))


def theirs(score, texts):
    score(texts[0])  # Loads what is loaded late.
    start = time.process_time()
    for text in texts:
        score(text)
    return time.process_time() - start


def main():
    build, file = pathlib.Path(sys.argv[1]), sys.argv[2]
    posts = posts_of(file, int(sys.argv[3]) if len(sys.argv) > 3 else 50000)
    rows = []
    for analyzer, program, package, make, limit, together in PEERS:
        texts = [" ".join(posts[first:first + together]) for first in range(0, len(posts), together)]
        command = [build / program, *([stop_words()] if package == "yake" else [])]
        start, used = ours(command, texts[:1]), ours(command, texts)
        taken = texts[:: max(1, len(texts) // limit)][:limit]
        their_rate = len(taken) / theirs(make(), taken)
        our_rate = len(texts) / max(used - start, 1e-3)
        rows.append({"analyzer": analyzer, "peer": f"{package} {importlib.metadata.version(package)}", "heartbeat_texts_per_cpu_second": round(our_rate),
                     "peer_texts_per_cpu_second": round(their_rate), "ratio": round(our_rate / their_rate, 1)})
    print(json.dumps({"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "posts": len(posts), "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
