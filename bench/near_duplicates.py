#!/usr/bin/env python3
"""At how many differing bits of their fingerprints two posts are copies: what each limit finds, and what it takes for copies wrongly. Prints a table.
usage: near_duplicates.py HEARTBEAT DATA      DATA: a data folder with posts, for example of: heartbeat up --replay FILE --exit-when-done --data DATA
Pairs of posts of the 25 largest hashtags, at most 400 posts each, of four words or more, that are not the same words. Copies are those that share
70 % of their words (Jaccard), other posts those that share less than 40 %. Links and mentions do not count as words.
"""
import collections
import csv
import itertools
import random
import re
import subprocess
import sys

LIMITS = (3, 6, 8, 10, 12, 14, 16)
NOT_WORDS = re.compile(r"https?://\S+|@\w+|^rt\b", re.I)


def posts_of(heartbeat, data):
    query = "select tag, content, fingerprint from (select unnest(hashtags) as tag, content, fingerprint from posts) where fingerprint <> 0"
    out = subprocess.run([heartbeat, "query", "--data", data, "--format", "csv", query], stdout=subprocess.PIPE, check=True, text=True).stdout
    csv.field_size_limit(1 << 24)
    tags = collections.defaultdict(dict)
    for row in csv.DictReader(out.splitlines(keepends=True)):
        tags[row["tag"]][row["content"]] = int(row["fingerprint"]) & 0xFFFFFFFFFFFFFFFF
    return sorted(tags.items(), key=lambda one: (-len(one[1]), one[0]))[:25]


def main():
    pick = random.Random(1)
    copies, others = [], []
    for _, posts in posts_of(sys.argv[1], sys.argv[2]):
        texts = sorted(posts)
        pick.shuffle(texts)
        words = [(re.findall(r"\w+", NOT_WORDS.sub(" ", text.lower())), posts[text]) for text in texts[:400]]
        for (a, one), (b, other) in itertools.combinations([each for each in words if len(each[0]) >= 4], 2):
            if a == b:
                continue
            shared = len(set(a) & set(b)) / len(set(a) | set(b))
            if shared >= 0.7 or shared < 0.4:
                (copies if shared >= 0.7 else others).append((one ^ other).bit_count())
    print(f"{len(copies)} pairs of copies, {len(others)} of others\nbits  copies found  others taken for copies, of a million")
    for limit in LIMITS:
        print(f"{limit:4}  {sum(bits <= limit for bits in copies) / max(1, len(copies)):12.1%}  {sum(bits <= limit for bits in others) / max(1, len(others)) * 1e6:.1f}")


if __name__ == "__main__":
    main()
