#!/usr/bin/env python3
"""Kills a replay with SIGKILL at random moments and compares the end with an undisturbed run.

usage: crash_test.py HEARTBEAT [--kills 20] [--seed 1] [--file CSV]
"""
import argparse
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import corpus

POSTS = "select * exclude (arrival) from posts order by id, key"
WINDOWS = "select * exclude (revision, updated) from windows order by task, window_start, window_ms"


def up(binary, data, file, **popen):
    return subprocess.Popen(
        [binary, "up", "--replay", file, "--speed", "max", "--exit-when-done", "--data", str(data),
         "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, **popen)


def run_to_end(binary, data, file):
    process = up(binary, data, file)
    _, errors = process.communicate(timeout=300)
    if process.returncode != 0:
        sys.exit(f"the run failed with {process.returncode}:\n{errors.decode()}")


def query(binary, data, sql):
    done = subprocess.run([binary, "query", "--data", str(data), "--format", "csv", sql],
                          capture_output=True, check=False, timeout=300)
    if done.returncode != 0:
        sys.exit(f"query failed: {done.stderr.decode()}")
    return done.stdout.decode()


def kill_once(binary, data, file, delay):
    """True if the process was killed while it was still at work."""
    process = up(binary, data, file)
    time.sleep(delay)
    hit = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return hit


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--file")
    args = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="heartbeat-crash-"))
    try:
        file = args.file or str(corpus.write_csv(work / "posts.csv.gz", rows=60_000, seed=args.seed))
        begin = time.monotonic()
        run_to_end(args.binary, work / "plain", file)
        seconds = time.monotonic() - begin
        posts, windows = (query(args.binary, work / "plain", sql) for sql in (POSTS, WINDOWS))
        dice = random.Random(args.seed)
        hits = rounds = 0
        data = work / "crashed"
        while hits < args.kills:
            rounds += 1
            if rounds > args.kills * 20:
                sys.exit(f"only {hits} of {args.kills} kills hit a running replay")
            # Early moments mostly, because each start goes on where the last one ended; a finished folder is begun anew.
            if kill_once(args.binary, data, file, dice.uniform(0.05, seconds * 0.5)):
                hits += 1
                continue
            compare(args.binary, data, posts, windows, hits)
            shutil.rmtree(data, ignore_errors=True)
        run_to_end(args.binary, data, file)
        compare(args.binary, data, posts, windows, hits)
        print(f"{hits} kills, each in mid-run, seed {args.seed}: posts ({posts.count(chr(10)) - 1} lines) and "
              f"windows ({windows.count(chr(10)) - 1} lines) equal those of an undisturbed run of {seconds:.1f} s")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def compare(binary, data, posts, windows, hits):
    for name, sql, expected in (("posts", POSTS, posts), ("windows", WINDOWS, windows)):
        found = query(binary, data, sql)
        if found == expected:
            continue
        ours, theirs = found.splitlines(), expected.splitlines()
        print(f"after {hits} kills {name} differ: {len(ours)} lines, expected {len(theirs)}")
        shown = 0
        for line in set(theirs) ^ set(ours):
            print("  ", "missing" if line in theirs else "too much", line[:300])
            shown += 1
            if shown == 10:
                break
        sys.exit(1)


if __name__ == "__main__":
    main()
