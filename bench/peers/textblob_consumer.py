#!/usr/bin/env python3
"""What people run today, in a page of Python: read posts, score each with TextBlob, pull hashtags out, count a window,
keep everything in SQLite. usage: textblob_consumer.py FILE ROWS DATABASE

Fair to it: one transaction for every 1,000 posts, no index but the primary key, windows counted in dicts.
"""
import collections
import csv
import datetime
import gzip
import json
import re
import resource
import sqlite3
import sys
import time

from textblob import TextBlob

HASHTAG = re.compile(r"#(\w+)")
TEXT = ("content", "text", "full_text", "tweet")
TIME = ("publish_date", "created_at", "time", "timestamp")
FORMATS = ("%m/%d/%Y %H:%M", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S")


def column(names, known):
    return next(name for name in known if name in names)


def when(text):
    for form in FORMATS:
        try:
            return datetime.datetime.strptime(text, form).replace(tzinfo=datetime.timezone.utc)
        except ValueError:
            pass
    return None


def main():
    file, rows, database = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    csv.field_size_limit(1 << 24)
    source = (gzip.open if file.endswith(".gz") else open)(file, "rt", encoding="utf-8", errors="replace", newline="")
    out = sqlite3.connect(database)
    out.execute("create table posts (id integer primary key, time text, content text, polarity real, subjectivity real, label text, hashtags text)")
    out.execute("create table windows (start text primary key, posts int, polarity real, positive int, negative int, neutral int)")
    TextBlob("warm up").sentiment  # the lexicon is read once; that is not counted
    windows = collections.defaultdict(lambda: [0, 0.0, 0, 0, 0])
    tags = collections.Counter()
    done = skipped = characters = 0
    batch = []
    begin = time.perf_counter()
    reader = csv.DictReader(source)
    text_column, time_column = column(reader.fieldnames, TEXT), column(reader.fieldnames, TIME)
    for row in reader:
        if done == rows:
            break
        time_of = when(row[time_column] or "")
        if time_of is None or not row[text_column]:
            skipped += 1
            continue
        text = row[text_column]
        polarity, subjectivity = TextBlob(text).sentiment
        label = "positive" if polarity > 0 else "negative" if polarity < 0 else "neutral"
        found = [tag.lower() for tag in HASHTAG.findall(text)]
        tags.update(found)
        window = windows[time_of.replace(minute=time_of.minute // 15 * 15, second=0)]
        window[0] += 1
        window[1] += polarity
        window[2 + ("positive", "negative", "neutral").index(label)] += 1
        batch.append((None, time_of.isoformat(), text, polarity, subjectivity, label, " ".join(found)))
        done += 1
        characters += len(text)
        if len(batch) == 1000:
            out.executemany("insert into posts values (?, ?, ?, ?, ?, ?, ?)", batch)
            out.commit()
            batch.clear()
    out.executemany("insert into posts values (?, ?, ?, ?, ?, ?, ?)", batch)
    out.executemany("insert into windows values (?, ?, ?, ?, ?, ?)", [(start.isoformat(), *counts) for start, counts in windows.items()])
    out.commit()
    seconds = time.perf_counter() - begin
    stored = out.execute("select count(*) from posts").fetchone()[0]
    assert stored == done == sum(window[0] for window in windows.values())
    print(json.dumps({"posts": done, "skipped": skipped, "seconds": round(seconds, 3), "posts_per_second": round(done / seconds, 1),
                      "windows": len(windows), "hashtags": len(tags), "mean_characters": round(characters / max(done, 1), 1),
                      "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


if __name__ == "__main__":
    main()
