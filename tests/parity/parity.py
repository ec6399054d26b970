"""What the comparisons with other people's analyzers share."""
import argparse
import csv
import glob
import gzip
import importlib.metadata
import os
import pathlib
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
REQUIREMENTS = {"tests": "tests/requirements.txt", "transformers": "tests/neural/requirements.txt"}


def use_package(name, version, environment="tests"):
    """Returns if the package is here; else goes on in one of the tests' virtual environments (./hb makes them)."""
    try:
        if importlib.metadata.version(name) == version:
            return
    except importlib.metadata.PackageNotFoundError:
        pass
    venv = ROOT / ".cache/venv" / environment
    if os.environ.get("HB_PARITY_VENV") or pathlib.Path(sys.prefix) == venv:
        sys.exit(f"{name} {version} is not in {venv}: remove that folder and run again")
    if not (venv / "bin/python3").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "--quiet", "-r", ROOT / REQUIREMENTS[environment]], check=True)
    python = str(venv / "bin/python3")
    os.execve(python, [python, *sys.argv], dict(os.environ, HB_PARITY_VENV="1"))


def real_posts(limit, left_out):
    """Up to `limit` different posts, evenly from all files. Decoded as the program reads them."""
    files = sorted(glob.glob(str(ROOT / "../shared/data/replay/*.csv.gz")))
    files = [path for path in files if "authors" not in path]
    if not files:
        left_out.append("real posts: ../shared/data/replay is not there")
        return []
    csv.field_size_limit(1 << 24)
    rows = []
    for path in files:
        with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="") as file:
            rows.append(dict.fromkeys(row.get("content") or row.get("text") or "" for row in csv.DictReader(file)))
    posts = list(dict.fromkeys(text for texts in rows for text in texts))
    step = max(1.0, len(posts) / limit)
    return [posts[int(i * step)] for i in range(min(limit, len(posts)))]


def as_bytes(texts):
    return [text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass") for text in texts]


def packed(texts):
    """Texts, as bytes or not, as the scoring programs read them: each after its length."""
    return b"".join(struct.pack("<I", len(text)) + text for text in as_bytes(texts))


def score_ours(helper, texts, flags=(), lines=None):
    """What a scoring program of this folder says: a line a text, in their order, or `lines` in all."""
    output = subprocess.run([helper, *flags], input=packed(texts), stdout=subprocess.PIPE, check=True).stdout
    # Not splitlines(): it would also split at what a word may hold.
    said = output.decode("utf-8").split("\n")[:-1]
    if len(said) != (lines or len(texts)):
        sys.exit(f"{len(texts)} texts gave {len(said)} lines")
    return said


def command_line(description):
    """The options that every comparison has; more may be added."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--helper", required=True)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--random", type=int, default=40_000)
    parser.add_argument("--hostile", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    return parser


class Comparison:
    """Scores texts with both. `differs(ours, theirs)` says whether two results are not the same,
    `scored(theirs)` whether the original found anything in a text."""

    def __init__(self, helper, pool, score_theirs, differs, scored):
        self.helper, self.pool, self.failed, self.compared = helper, pool, 0, 0
        self.score_theirs, self.differs, self.scored = score_theirs, differs, scored

    def note(self, name, text, ours, theirs):
        self.failed += 1
        if self.failed <= 20:
            print(f"DIFFERS {name}: {text!r}\n  heartbeat {ours}\n  original  {theirs}")

    def run(self, name, texts):
        """Returns in how many texts the original found something."""
        started, failed = time.monotonic(), self.failed
        texts = as_bytes(texts)
        theirs = self.pool.map(self.score_theirs, texts, chunksize=500) if texts else []
        ours = [tuple(map(float, line.split(" "))) for line in score_ours(self.helper, texts)]
        for text, a, b in zip(texts, ours, theirs):
            if self.differs(a, b):
                self.note(name, text, a, b)
        scored = sum(map(self.scored, theirs))
        inexact = sum(a != b for a, b in zip(ours, theirs))
        self.compared += len(texts)
        print(f"{name}: {len(texts)} texts, {scored} of them with a score, {self.failed - failed} differ, "
              f"{inexact} not bit for bit ({time.monotonic() - started:.1f} s)", flush=True)
        return scored

    def finish(self, original, seed, left_out):
        for what in left_out:
            print("LEFT OUT", what)
        if self.failed:
            sys.exit(f"{self.failed} of {self.compared} differ (seed {seed})")
        print(f"all {self.compared} agree with {original}, Python {sys.version.split()[0]}, seed {seed}")
