#!/usr/bin/env python3
"""Kills a replay with SIGKILL at random moments and compares the end with an undisturbed run, row for row.

usage: crash_test.py HEARTBEAT [--kills 20] [--seed 1] [--rows 40000] [--file CSV]

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

POSTS = "select * exclude (arrival) from posts order by id, key"
# What may differ is when was committed, not what.
WINDOWS = "select * exclude (revision, updated) from windows order by task, window_start, window_ms"
DEAD = "select source, location, reason from dead_letters order by all"


def contents(data):
    return {"posts": harness.query(data, POSTS), "windows": harness.query(data, WINDOWS),
            "dead letters": harness.query(data, DEAD)}


def start(data, file):
    return harness.Up(data, "--replay", file, "--speed", "max", "--exit-when-done")


def run_to_end(data, file):
    with start(data, file) as up:
        if up.finish(300) != 0:
            sys.exit(f"the run failed with {up.process.returncode}:\n{up.text()}")


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


def compare(data, expected, kills):
    for name, rows in contents(data).items():
        if rows == expected[name]:
            continue
        ours, theirs = set(map(tuple, rows)), set(map(tuple, expected[name]))
        print(f"after {kills} kills {name} differ: {len(rows)} rows, expected {len(expected[name])}")
        for row in sorted(ours ^ theirs)[:10]:
            print("  ", "missing" if row in theirs else "too much", str(row)[:400])
        sys.exit(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--file")
    args = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="heartbeat-crash-"))
    begin = time.monotonic()
    try:
        file = args.file or corpus.write_csv(work / "posts.csv.gz", rows=args.rows, seed=args.seed, broken=0.001)
        run_to_end(work / "plain", file)
        seconds = time.monotonic() - begin
        expected = contents(work / "plain")
        dice = random.Random(args.seed)
        hits = openings = finished = 0
        part_way = []  # posts stored after a kill
        data = work / "crashed"
        while hits < args.kills:
            if hits + openings + finished > args.kills * 10:
                sys.exit(f"only {hits} of {args.kills} kills hit a running replay")
            outcome = kill_once(data, file, dice, seconds)
            if outcome == "opening":
                openings += 1
            elif outcome == "done":
                # All was stored when the signal came: compare, and begin anew.
                finished += 1
                compare(data, expected, hits)
                shutil.rmtree(data, ignore_errors=True)
            else:
                hits += 1
                if hits % 4 == 0:
                    part_way.append(harness.count(data, "posts"))
        run_to_end(data, file)
        compare(data, expected, hits)
        if not any(0 < stored < len(expected["posts"]) for stored in part_way):
            sys.exit(f"no kill left a part of the posts behind ({part_way}): this shows nothing")
        print(f"{hits} kills in mid-run, {openings} while opening, {finished} replays begun anew, seed {args.seed}; stored "
              f"after every fourth: {part_way}. {len(expected['posts'])} posts, {len(expected['windows'])} windows and "
              f"{len(expected['dead letters'])} dead letters equal those of an undisturbed run of {seconds:.1f} s. "
              f"{time.monotonic() - begin:.0f} s in all")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
