"""Starts and asks the real program, for the tests of this folder and of bench/. Standard library only."""
import csv
import http.client
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = SOURCE.parent / "shared" / "data"

if len(sys.argv) < 2:
    sys.exit(f"usage: {sys.argv[0]} HEARTBEAT [TEST...]")
BINARY = os.path.abspath(sys.argv[1])
_code = pathlib.Path(BINARY).read_bytes()
# A test reaches nothing but loopback, also where it starts `up` without a source by mistake.
os.environ["HEARTBEAT_OFFLINE"] = "1"
# Bounds on time and memory are those of a release; a sanitizer's run is held to SLACK times as much.
SLACK = 8 if any(mark in _code for mark in (b"__asan_init", b"__tsan_init", b"__ubsan_handle")) else 1
del _code


class Up:
    """A running `heartbeat up`. Its log is the file `log`."""

    def __init__(self, data, *args, stdin=None, config="", env=None, limits=None, logs=None):
        self.data = pathlib.Path(data)
        # `logs`: a folder for the log where the one of `data` may be full.
        self.log = pathlib.Path(logs or self.data.parent) / (self.data.name + f".{time.monotonic_ns()}.log")
        command = [BINARY, "up", "--data", str(data), *map(str, args)]
        if "--listen" not in args:
            command += ["--listen", "127.0.0.1:0"]
        if config:
            path = self.data.parent / (self.data.name + ".toml")
            path.write_text(config)
            command += ["--config", str(path)]
        self.started = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=stdin or subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.data.parent,
                env={**os.environ, **(env or {})}, preexec_fn=limits)
        self._port = None

    def text(self):
        return self.log.read_text(errors="replace")

    def wait_for(self, pattern, seconds=60):
        """Waits for a line of the log; fails when the program ends without it."""
        end = time.monotonic() + seconds * SLACK
        while time.monotonic() < end:
            ended = self.process.poll() is not None
            found = re.search(pattern, self.text())
            if found:
                return found
            if ended:
                raise AssertionError(f"ended with {self.process.returncode} before '{pattern}':\n{self.text()}")
            time.sleep(0.01)
        raise AssertionError(f"no '{pattern}' in {seconds} s:\n{self.text()}")

    @property
    def port(self):
        if self._port is None:
            self._port = int(self.wait_for(r"(?:dashboard|metrics): http://[^ ]*:(\d+)/").group(1))
        return self._port

    def request(self, method, path, body=None, headers=None, timeout=30):
        """(status, headers, bytes)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout * SLACK)
        try:
            if isinstance(body, (dict, list)):
                body = json.dumps(body).encode()
                headers = {"Content-Type": "application/json", **(headers or {})}
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read()
        finally:
            connection.close()

    def get(self, path, **options):
        status, _, body = self.request("GET", path, **options)
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {body[:500]!r}")
        return json.loads(body)

    def status(self):
        return self.get("/api/v1/status")

    def wait_done(self, seconds=120):
        """Waits until everything that the sources gave is stored."""
        self.wait_for(r"done: (\d+) posts", seconds)

    def finish(self, seconds=120):
        """Waits for the end of the program and gives its exit code."""
        try:
            return self.process.wait(seconds * SLACK)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running after {seconds} s:\n{self.text()}") from None

    def terminate(self, seconds=30):
        """Asks it to end, and gives (exit code, seconds that it took)."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.finish(seconds), time.monotonic() - begin

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()


def run(*args, stdin=None, timeout=120, cwd=None, env=None):
    """One command to its end: CompletedProcess with bytes."""
    return subprocess.run([BINARY, *map(str, args)], input=stdin, capture_output=True, timeout=timeout * SLACK, check=False,
                          cwd=cwd, env={**os.environ, **(env or {})})


def query(data, sql, *args):
    """Rows of a SELECT as lists of text."""
    done = run("query", "--data", data, "--format", "csv", *args, sql)
    if done.returncode != 0:
        raise AssertionError(f"query failed with {done.returncode}: {done.stderr.decode()}")
    return list(csv.reader(io.StringIO(done.stdout.decode())))[1:]


def scalar(data, sql):
    return query(data, sql)[0][0]


def count(data, table):
    return int(scalar(data, f"select count(*) from {table}"))


def replay(data, file, *args, stdin=None, **options):
    """Replays a file to its end; the finished Up."""
    with Up(data, "--replay", file, "--speed", "max", "--exit-when-done", *args, stdin=stdin, **options) as up:
        up.finish()
        return up


def quote(text):
    return urllib.parse.quote(text, safe="")


class Case(unittest.TestCase):
    """A test with a folder of its own."""
    maxDiff = 2000

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="heartbeat-test-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.data = self.work / "data"

    def write(self, name, content):
        path = self.work / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def replayed(self, file, *args, **options):
        """Replays to the end, and expects that to go well."""
        up = replay(self.data, file, *args, **options)
        self.assertEqual(up.process.returncode, 0, up.text())
        return up

    def assert_counts(self, posts, dead):
        found = query(self.data, "select (select count(*) from posts), (select count(*) from dead_letters)")[0]
        self.assertEqual([int(n) for n in found], [posts, dead])


def main():
    """Runs the tests of the calling file; a run of none fails."""
    result = unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2, exit=False).result
    if result.testsRun == 0:
        sys.exit("no test was run")
    sys.exit(0 if result.wasSuccessful() else 1)
