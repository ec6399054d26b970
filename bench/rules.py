#!/usr/bin/env python3
"""What rules cost: the pipeline over one file with one rule and with a thousand, in turn, and their ratio.

    bench/rules.py HEARTBEAT FILE.csv.gz [ROUNDS]

The thousand rules ask for words of the file itself, from common to rare, so that most posts match some; the one rule
asks for a common word. Both runs fold the posts of each task into windows of its own, as always.
"""
import collections
import csv
import gzip
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

RULES = 1000


def words_of(path):
    opened = gzip.open(path, "rt", encoding="utf-8", errors="replace") if path.endswith(".gz") else open(path, encoding="utf-8")
    counts = collections.Counter()
    with opened as file:
        for row in csv.reader(file):
            counts.update({word.lower() for cell in row if len(cell) > 40 for word in re.findall(r"[^\W\d_]{4,}", cell)})
    return [word for word, _ in counts.most_common(3 * RULES)][20:]


def tasks(words):
    # Every third rule narrows a word, every third asks for one of two, every third for one alone.
    shapes = ["{0}", "{0} OR #{1}", "({0} OR {1}) -is:retweet"]
    out = []
    for i, word in enumerate(words):
        rule = shapes[i % 3].format(word, words[(i * 7 + 1) % len(words)])
        out.append(f'[[task]]\ntag = "t{i}"\nrule = "{rule}"\n')
    return "\n".join(out)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    binary, path = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    words = words_of(path)[::2][:RULES]
    if len(words) < RULES:
        sys.exit(f"{path} has only {len(words)} words to ask for")
    speeds, costs = {1: [], RULES: []}, {1: [], RULES: []}
    with tempfile.TemporaryDirectory() as folder:
        for count in speeds:
            pathlib.Path(folder, f"{count}.toml").write_text(tasks(words[:count]))
        for _ in range(rounds):
            for count in speeds:
                done = subprocess.run([binary, "bench", "--replay", path, "--tasks", f"{folder}/{count}.toml", "--json"],
                                      capture_output=True, check=True)
                said = json.loads(done.stdout)
                speeds[count].append(said["posts_per_second"])
                costs[count].append(said["processor_us_per_post"])
    median = statistics.median
    for count, found in speeds.items():
        print(f"{count:5} rules: {median(found):9,.0f} posts/s  (of {', '.join(f'{one:,.0f}' for one in found)}), {median(costs[count]):.1f} us of processor time a post")
    print(f"{RULES} rules run at {median(speeds[RULES]) / median(speeds[1]):.2f} of the speed with one; by processor time at {median(costs[1]) / median(costs[RULES]):.2f}")


if __name__ == "__main__":
    main()
