#!/usr/bin/env python3
"""Runs heartbeat and the Python consumer on the same rows, one after the other, and prints both rates and their ratio as JSON.
usage: compare.py HEARTBEAT PYTHON FILE ROWS
"""
import csv
import gzip
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time


def first_rows(file, rows, out):
    """Writes the header and the first `rows` rows; both sides read this file."""
    csv.field_size_limit(1 << 24)
    source = (gzip.open if file.endswith(".gz") else open)(file, "rt", encoding="utf-8", errors="replace", newline="")
    written = 0
    with open(out, "w", encoding="utf-8", newline="") as sink:
        table = csv.writer(sink)
        for row in csv.reader(source):
            table.writerow(row)
            written += 1
            if written > rows:
                break
    return written - 1


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def main():
    binary, python, file, rows = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    here = pathlib.Path(__file__).resolve().parent
    root = here.parent.parent
    with tempfile.TemporaryDirectory(prefix="heartbeat-peers-") as work:
        sample = os.path.join(work, "sample.csv")
        rows = first_rows(file, rows, sample)
        theirs = json.loads(subprocess.run([python, str(here / "textblob_consumer.py"), sample, str(rows), os.path.join(work, "peer.db")],
                                           capture_output=True, check=True).stdout)
        ours = json.loads(subprocess.run([binary, "bench", "--replay", sample, "--profile", "core", "--json"],
                                         capture_output=True, check=True).stdout)
    commit = subprocess.run(["git", "-C", str(root), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    keep = ("posts_per_second", "rows", "peak_memory_bytes", "analyzers", "sync_policy", "input_format", "mean_bytes", "distinct_share")
    print(json.dumps({
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": f"{processor()}, {os.cpu_count()} cores",
        "load_before": round(os.getloadavg()[0], 2), "commit": commit, "command": f"bench/peers/run.sh {os.path.basename(file)} {rows}",
        "python": subprocess.run([python, "--version"], capture_output=True, text=True, check=True).stdout.strip(),
        "rows": rows, "heartbeat": {name: ours[name] for name in keep if name in ours}, "textblob_consumer": theirs,
        "ratio": round(ours["posts_per_second"] / theirs["posts_per_second"], 1)}, indent=1))


if __name__ == "__main__":
    main()
