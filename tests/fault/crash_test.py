#!/usr/bin/env python3
"""Kills a replay with SIGKILL at random moments and compares the end with an undisturbed run, row for row.

usage: crash_test.py HEARTBEAT [--kills 20] [--seed 1] [--rows 160000] [--file CSV]

Every kill that counts hit a replay at work: the program had said that it listens, it had not said that all was
done, and it died of the signal. Kills while it was still opening its files are made too, and counted apart.
"""
import argparse
import pathlib
import random
import re
import shutil
import signal
import sys
import tempfile
import time

import corpus
import harness

TABLES = {
    "posts": "select * exclude (arrival) from posts order by id, key",
    # What may differ is when was committed, not what.
    "windows": "select * exclude (revision, updated) from windows order by task, window_start, window_ms",
    "dead letters": "select source, location, reason from dead_letters order by all",
}
# All tables in one start of the program, and no row has to travel: a count of the rows and a sum of their hashes.
DIGEST = " union all ".join(
    f"select '{name}', count(*), sum(hash(t)) from ({rows}) t" for name, rows in TABLES.items())
PART_WAY = 3  # kills of which we want to know that they left a part of the posts behind


def digest(data):
    return {name: (int(count), total) for name, count, total in harness.query(data, DIGEST)}


def start(data, file):
    return harness.Up(data, "--replay", file, "--speed", "max", "--exit-when-done")


def run_to_end(data, file):
    """Seconds from the first moment that it listens to its end."""
    with start(data, file) as up:
        _ = up.port
        begin = time.monotonic()
        if up.finish(300) != 0:
            sys.exit(f"the run failed with {up.process.returncode}:\n{up.text()}")
        return time.monotonic() - begin


def kill_once(data, file, dice, seconds):
    """'run': killed at work; 'opening': killed before it listened; 'done': it had come to its end."""
    with start(data, file) as up:
        opening = dice.random() < 0.1
        if opening:
            time.sleep(dice.uniform(0, 0.2))
        else:
            _ = up.port
            time.sleep(dice.uniform(0, seconds * 0.4))
        up.process.send_signal(signal.SIGKILL)
        code = up.finish()
        text = up.text()
        up.log.unlink()
        if re.search(r"done: \d+ posts", text) or code == 0:
            return "done"
        if code != -signal.SIGKILL:
            sys.exit(f"ended with {code} by itself:\n{text}")
        return "run" if re.search(r"http://[^ ]*:\d+/", text) else "opening"


def compare(data, plain, expected, kills):
    found = digest(data)
    if found == expected:
        return
    print(f"after {kills} kills (rows, sum): {found}, expected {expected}")
    for name, rows in TABLES.items():
        ours, theirs = (set(map(tuple, harness.query(folder, rows))) for folder in (data, plain))
        for row in sorted(ours ^ theirs)[:10]:
            print("  ", name, "missing" if row in theirs else "too much", str(row)[:400])
    sys.exit(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=160_000)
    parser.add_argument("--file")
    args = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="heartbeat-crash-"))
    begin = time.monotonic()
    try:
        file = args.file or corpus.write_csv(work / "posts.csv.gz", rows=args.rows, seed=args.seed, broken=0.001)
        plain, data = work / "plain", work / "crashed"
        seconds = run_to_end(plain, file)
        expected = digest(plain)
        posts = expected["posts"][0]
        if not all(rows > 0 for rows, _ in expected.values()):
            sys.exit(f"a table is empty: {expected}")
        dice = random.Random(args.seed)
        hits = openings = finished = 0
        part_way = []  # posts stored after a kill
        while hits < args.kills or not part_way:
            if hits + openings + finished > args.kills * 10:
                sys.exit(f"only {hits} of {args.kills} kills hit a running replay, {len(part_way)} of them part-way")
            outcome = kill_once(data, file, dice, seconds)
            if outcome == "opening":
                openings += 1
            elif outcome == "done":
                # All was stored when the signal came: compare, and begin anew.
                finished += 1
                compare(data, plain, expected, hits)
                shutil.rmtree(data, ignore_errors=True)
            else:
                hits += 1
                if len(part_way) < PART_WAY and 0 < (stored := harness.count(data, "posts")) < posts:
                    part_way.append(stored)
        run_to_end(data, file)
        compare(data, plain, expected, hits)
        print(f"{hits} kills in mid-run, {openings} while opening, {finished} replays begun anew, seed {args.seed}; first "
              f"parts found stored after a kill: {part_way}. {posts} posts, {expected['windows'][0]} windows and "
              f"{expected['dead letters'][0]} dead letters equal those of an undisturbed run of {seconds:.1f} s. "
              f"{time.monotonic() - begin:.0f} s in all")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
