"""What the comparisons with other people's analyzers share."""
import csv
import glob
import gzip
import importlib.metadata
import os
import pathlib
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def use_package(name, version):
    """Returns if the package is here; else goes on in the tests' virtual environment."""
    try:
        if importlib.metadata.version(name) == version:
            return
    except importlib.metadata.PackageNotFoundError:
        pass
    venv = ROOT / ".cache/venv/tests"
    if os.environ.get("HB_PARITY_VENV") or pathlib.Path(sys.prefix) == venv:
        sys.exit(f"{name} {version} is not in {venv}: remove that folder and run again")
    if not (venv / "bin/python3").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "--quiet", "-r", ROOT / "tests/requirements.txt"], check=True)
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


def score_ours(helper, texts, flags=()):
    """What a scoring program of this folder says: a line a text, in their order."""
    data = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    output = subprocess.run([helper, *flags], input=data, stdout=subprocess.PIPE, check=True).stdout
    # Not splitlines(): it would also split at what a word may hold.
    lines = output.decode("utf-8").split("\n")[:-1]
    if len(lines) != len(texts):
        sys.exit(f"{len(texts)} texts gave {len(lines)} lines")
    return lines
