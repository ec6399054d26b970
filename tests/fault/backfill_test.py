"""`heartbeat backfill` against the stand-in for X: the past comes once, whatever happens on the way."""
import datetime
import os
import random
import re
import subprocess
import time
import urllib.request

import harness

TOKEN = {"BEARER_TOKEN": "any"}
FILES = ("tweet.csv", "sentiment.csv")


class Simulator:
    """A running `heartbeat simulate`."""

    def __init__(self, *args):
        self.process = subprocess.Popen([harness.BINARY, "simulate", "--listen", "127.0.0.1:0", *map(str, args)],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = re.search(r"http://127\.0\.0\.1:\d+", self.process.stdout.readline()).group(0)

    def add_faults(self, body):
        with urllib.request.urlopen(urllib.request.Request(self.url + "/simulate/faults", body.encode(), method="POST"), timeout=30):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Backfill(harness.Case):
    def setUp(self):
        super().setUp()
        self.config = self.write("tasks.toml", '[[task]]\ntag = "drinks"\nrule = "coffee OR espresso OR latte"\n'
                                 '[[task]]\ntag = "talk"\nrule = "coffee OR rocket OR storm lang:en"\n')
        now = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
        self.end = now - datetime.timedelta(hours=2)
        self.start = self.end - datetime.timedelta(days=2)

    def command(self, url, data, *args):
        moment = "%Y-%m-%dT%H:%M:%SZ"
        return ["backfill", "--config", self.config, "--data", data, "--base-url", url, "--start", self.start.strftime(moment),
                "--end", self.end.strftime(moment), *args]

    def test_two_days_killed_five_times_equal_those_undisturbed(self):
        random_ = random.Random(7)
        with Simulator("--rate", 0.2, "--seed", 5, "--search-lag", "0s", "--no-rate-limits", "--plain") as simulator:
            done = harness.run(*self.command(simulator.url, self.work / "whole", "--results", self.work / "whole-results"), env=TOKEN)
            self.assertEqual(done.returncode, 0, done.stderr)
            said = re.search(r"384 of 384 windows, ([\d,]+) posts of ([\d,]+)", done.stderr.decode())
            self.assertIsNotNone(said, done.stderr)
            self.assertEqual(said.group(1), said.group(2), "each window has as many posts as were counted")
            posts = harness.count(self.work / "whole", "posts")
            self.assertGreater(posts, 1000)
            self.assertGreater(int(said.group(1).replace(",", "")), posts, "both rules find some, which count once")

            staging = self.work / "staging"
            command = self.command(simulator.url, self.data, "--staging", staging, "--results", self.work / "killed-results")
            for kill in range(5):
                with subprocess.Popen([harness.BINARY, *map(str, command)], stderr=subprocess.DEVNULL,
                                      env={**os.environ, **TOKEN}) as process:
                    wanted = 384 * (kill + random_.random()) / 6
                    while process.poll() is None and sum(1 for _ in staging.glob("ledger/*/*.json")) < wanted:
                        time.sleep(0.001)
                    self.assertIsNone(process.poll(), "it was killed while it worked")
                    process.kill()
            done = harness.run(*command, env=TOKEN)
            self.assertEqual(done.returncode, 0, done.stderr)
        for name in FILES:
            whole = (self.work / "whole-results" / name).read_bytes()
            self.assertEqual(whole, (self.work / "killed-results" / name).read_bytes(), name)
            self.assertGreater(whole.count(b"\n"), 100)
        windows = "select task, window_start, window_size, posts, authors, neg, neu, pos, positive4 from windows order by all"
        self.assertEqual(harness.query(self.work / "whole", windows), harness.query(self.data, windows))

        # What is staged can be analysed again, without the network.
        again = harness.run(*self.command("http://127.0.0.1:1", self.work / "again", "--staging", staging, "--no-fetch",
                                          "--results", self.work / "again-results"))
        self.assertEqual(again.returncode, 0, again.stderr)
        for name in FILES:
            self.assertEqual((self.work / "killed-results" / name).read_bytes(), (self.work / "again-results" / name).read_bytes())

    def test_what_cannot_be_had_is_said(self):
        self.start = self.end - datetime.timedelta(hours=1)
        with Simulator("--rate", 1, "--seed", 5, "--search-lag", "0s", "--no-rate-limits") as simulator:
            done = harness.run(*self.command(simulator.url, self.data, "--limit", 10, "--no-analyze"), env=TOKEN)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"windows have more than were fetched (--limit 10)", done.stderr)
            for says, args in {
                b"another backfill": ["--limit", 11, "--staging", next((self.data / "staging").iterdir())],
                b"column 4": ["--rule", "x ("],
                b"a window has at least a minute": ["--window", "1s"],
            }.items():
                wrong = harness.run(*self.command(simulator.url, self.data, *args), env=TOKEN)
                self.assertNotEqual(wrong.returncode, 0, args)
                self.assertIn(says, wrong.stderr, args)
        self.start = self.end
        wrong = harness.run(*self.command("http://127.0.0.1:1", self.data), env=TOKEN)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn(b"the end is not after the start", wrong.stderr)
        self.start = self.end - datetime.timedelta(hours=1)
        wrong = harness.run(*self.command("http://127.0.0.1:1", self.data), env={"BEARER_TOKEN": ""}, cwd=self.work)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn(b"BEARER_TOKEN", wrong.stderr)


if __name__ == "__main__":
    harness.main()
