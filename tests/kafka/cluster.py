"""Heartbeat's stages as processes of their own over a real broker, for the tests of this folder. Standard library only."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "servers"), str(HERE.parent / "fault")]
import servers  # noqa: E402  (tests/servers)

if len(sys.argv) < 2:
    sys.exit(f"usage: {sys.argv[0]} HEARTBEAT [TEST...]")
BINARY = os.path.abspath(sys.argv[1])

# What must be equal, as one value: a million posts make more windows than should lie in memory as rows.
WINDOWS = ("SELECT count(*) AS windows, sum(posts)::BIGINT AS posts, md5(string_agg(w::VARCHAR, ';' ORDER BY task, window_ms, window_start)) AS digest "
           "FROM (SELECT * EXCLUDE (revision, final, completeness, updated) FROM windows) w")


class Process:
    """One `heartbeat COMMAND`; its output is the file `log`."""

    def __init__(self, cluster, command, *args, data=None):
        self.cluster, self.command = cluster, command
        self.log = cluster.folder / f"{command}.{time.monotonic_ns()}.log"
        self.data = data or cluster.folder / f"data-{command}"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [BINARY, command, "--config", str(cluster.config), "--data", str(self.data), *map(str, args)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cluster.folder, preexec_fn=servers.die_with_parent)

    def text(self):
        return self.log.read_text(errors="replace")

    def kill(self):
        """As kill -9 does it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self, seconds=60):
        """Asks it to end; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds=120):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"{self.command} did not end in {seconds} s:\n{self.text()[-3000:]}") from None

    def wait_until_open(self, seconds=120):
        """Waits until its address can be asked; it has its servers and its data folder then."""
        end = time.monotonic() + seconds
        while "metrics: http" not in self.text() and "dashboard: http" not in self.text():
            if not self.running or time.monotonic() > end:
                raise AssertionError(f"{self.command} did not start:\n{self.text()[-3000:]}")
            time.sleep(0.1)

    @property
    def running(self):
        return self.process.poll() is None


class Cluster:
    """A folder with a configuration, and the processes that were started from it."""

    numbers = iter(range(1_000_000))

    def __init__(self, bootstrap, registry="", partitions=4, more="", kafka=""):
        self._own = tempfile.TemporaryDirectory(prefix="hb_kafka_")
        self.folder = pathlib.Path(self._own.name)
        self.application = f"t{os.getpid()}x{next(self.numbers)}"
        self.prefix = self.application + "."
        self.config = self.folder / "heartbeat.toml"
        self.partitions = partitions
        self.write(bootstrap, registry, more, kafka)
        self.processes = []

    def write(self, bootstrap, registry, more, kafka):
        self.config.write_text(f"""
[log]
kind = "kafka"
partitions = {self.partitions}
[kafka]
servers = "{bootstrap}"
application = "{self.application}"
topic_prefix = "{self.prefix}"
{'format = "confluent"' if registry else ""}
{kafka}
[registry]
url = "{registry}"
[analysis]
threads = 1
{more}
""")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
        self._own.cleanup()

    def start(self, command, *args, data=None):
        process = Process(self, command, *args, data=data)
        self.processes.append(process)
        return process

    def start_first(self, command, *args, seconds=120):
        """The first process of its kind with a registry: waits until it has registered its schemas. The tests' registry does not bear several at once
        (its database in memory locks itself up for minutes)."""
        process = self.start(command, "--listen", "127.0.0.1:0", *args)
        process.wait_until_open(seconds)
        return process

    def topic(self, name):
        return self.prefix + name

    def query(self, sql, data=None):
        """Rows of the store's process, or of its folder when it is not running."""
        return query(data or self.folder / "data-store", sql, self.config)

    def wait_for(self, sql, wanted, seconds=120):
        """Waits until the one value of the statement is `wanted`."""
        end = time.monotonic() + seconds
        seen = None
        while time.monotonic() < end:
            with contextlib.suppress(AssertionError, IndexError):
                seen = list(self.query(sql)[0].values())[0]
                if seen == wanted:
                    return
            time.sleep(0.3)
        logs = "\n".join(f"--- {p.command}\n{p.text()[-1500:]}" for p in self.processes)
        raise AssertionError(f"{sql} is {seen}, not {wanted}, after {seconds} s\n{logs}")


def query(data, sql, config=None):
    command = [BINARY, "query", "--data", str(data), "--format", "json", sql]
    if config:
        command += ["--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip().startswith("{")]


def embedded(folder, replay, *, tasks="", partitions=4):
    """The windows of the same posts in one process, to compare with."""
    config = folder / "embedded.toml"
    config.write_text(f"[log]\npartitions = {partitions}\n{tasks}")
    data = folder / "embedded"
    done = subprocess.run([BINARY, "up", "--config", str(config), "--data", str(data), "--replay", str(replay), "--speed", "max",
                           "--exit-when-done", "--listen", "127.0.0.1:0"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    windows = query(data, WINDOWS, config)
    if not windows[0]["posts"]:
        raise AssertionError(f"no windows to compare with: {windows}")
    return windows


def wait_for_windows(cluster, wanted, seconds=120):
    """Waits until the store's windows are these; the difference, if they never are."""
    end = time.monotonic() + seconds
    rows = []
    while time.monotonic() < end:
        with contextlib.suppress(AssertionError):
            rows = cluster.query(WINDOWS)
            if rows == wanted:
                return
        time.sleep(0.5)
    logs = "\n".join(f"--- {p.command}\n{p.text()[-800:]}" for p in cluster.processes)
    raise AssertionError(f"{rows} instead of {wanted}\n{logs}")
