#!/usr/bin/env python3
"""Time from start to the first answer of /readyz: on an empty folder, and on one that holds a replay.
usage: bench/start/ready.py HEARTBEAT [ROUNDS=5]      prints JSON, seconds
"""
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/fault"))
import corpus  # noqa: E402
import harness  # noqa: E402


def until_ready(data):
    with harness.Up(data, "--source", "demo") as up:
        _ = up.port
        while up.request("GET", "/readyz")[0] != 200:
            time.sleep(0.005)
        seconds = time.monotonic() - up.started
        up.terminate()
        return seconds


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory(prefix="heartbeat-start-") as work:
        work = pathlib.Path(work)
        empty = [until_ready(work / f"empty{n}") for n in range(rounds)]
        file = corpus.write_csv(work / "posts.csv", rows=60_000)
        filled = work / "filled"
        harness.replay(filled, file)
        held = [until_ready(filled) for _ in range(rounds)]
        killed = []
        for _ in range(rounds):
            with harness.Up(filled, "--source", "demo") as up:
                up.get("/healthz")
                up.kill()
            killed.append(until_ready(filled))
    print(json.dumps({name: {"median": round(statistics.median(all_), 3), "max": round(max(all_), 3)}
                      for name, all_ in (("empty folder", empty), ("60,000 posts", held), ("60,000 posts, after kill -9", killed))} |
                     {"rounds": rounds, "load": round(os.getloadavg()[0], 2)}))


if __name__ == "__main__":
    main()
