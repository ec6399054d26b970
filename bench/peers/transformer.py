#!/usr/bin/env python3
"""The same model on the same posts in heartbeat and in onnxruntime under Python, in turn; prints both rates as JSON.

usage: transformer.py MODEL_FOLDER [--posts N] [--rounds N] [--helper PROGRAM] [--int8 FILE]

Posts a second of CPU time, one thread each, the median of the rounds. heartbeat's time is all that Score does: clean-up, tokens, batches, network,
probabilities. onnxruntime's is given twice: all of it (tools/train/evaluate.py: Python's clean-up, the package tokenizers, batches of 32 posts of like
length), and its network alone. --int8 names another file for onnxruntime, such as the form of the model that it runs fastest. Needs
the tests' Python environment (./hb test) and a build of transformer_score.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/parity"), str(ROOT / "tools/train"), str(ROOT / "bench/peers")]
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from compare import processor  # noqa: E402
from parity import packed, real_posts, use_package  # noqa: E402


def ours(helper, folder, posts):
    done = subprocess.run([helper, folder, "auto"], input=packed(posts), capture_output=True, check=True)
    return json.loads(done.stderr.decode().splitlines()[-1])


class Theirs:
    def __init__(self, folder, file):
        import evaluate

        self.model = evaluate.Model(folder, file, threads=1)
        self.network_seconds = 0.0
        run = self.model.session.run

        def timed(names, feed):
            begin = time.process_time()
            found = run(names, feed)
            self.network_seconds += time.process_time() - begin
            return found

        self.model.session = type("Timed", (), {"run": staticmethod(timed)})

    def seconds(self, posts):
        """CPU seconds of everything, and of the network alone."""
        begin, self.network_seconds = time.process_time(), 0.0
        self.model.logits(posts)
        return time.process_time() - begin, self.network_seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--helper", default=str(ROOT / "build/release/transformer_score"))
    parser.add_argument("--int8", default="model.onnx")
    args = parser.parse_args()
    use_package("onnxruntime", "1.31.1")
    import onnxruntime

    left_out = []
    posts = real_posts(args.posts, left_out)
    if not posts:
        sys.exit(left_out[0])
    theirs = Theirs(args.model, args.int8)
    theirs.seconds(posts[:64])  # What it makes ready at its first call is not counted, nor is ours.
    rates = {"heartbeat": [], "onnxruntime": [], "onnxruntime, network alone": []}
    for _ in range(args.rounds):
        said = ours(args.helper, args.model, posts)
        rates["heartbeat"].append(len(posts) / said["cpu_seconds"])
        whole, network = theirs.seconds(posts)
        rates["onnxruntime"].append(len(posts) / whole)
        rates["onnxruntime, network alone"].append(len(posts) / network)
    median = {name: round(statistics.median(values), 1) for name, values in rates.items()}
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    print(json.dumps({
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": f"{processor()}, {os.cpu_count()} cores",
        "load": round(os.getloadavg()[0], 2), "commit": commit, "model": said["name"], "posts": len(posts),
        "tokens_a_post": round(said["tokens"] / len(posts), 1), "computed_a_token": round(said["computed"] / said["tokens"], 3),
        "arithmetic": said["arithmetic"], "difference_to_fp32": said["difference"], "load_cpu_seconds": said["load_cpu_seconds"],
        "peak_memory_bytes": said["peak_memory_bytes"],
        "onnxruntime": onnxruntime.__version__, "onnxruntime_file": args.int8, "python": platform.python_version(),
        "posts_a_cpu_second": median, "rounds": {name: [round(value) for value in values] for name, values in rates.items()},
        "ratio": round(median["heartbeat"] / median["onnxruntime"], 2),
        "ratio_to_network_alone": round(median["heartbeat"] / median["onnxruntime, network alone"], 2)}, indent=1))


if __name__ == "__main__":
    main()
