#!/usr/bin/env python3
"""What the program asks of X beside its streams, against a simulated X: search as a source, with kills; deleted posts by compliance jobs; usage,
trends and counts."""
import datetime
import json
import subprocess
import time

import harness
from simulator import Simulator

RULE = "(coffee OR football OR climate OR music OR the)"

CONFIG = """
[[source]]
kind = "x_search"
base_url = "{url}"
token = "simulated"
every = "1s"
delay = "1s"
history = "{history}"

[[task]]
tag = "all"
rule = "{rule}"
"""


class X(harness.Case):
    def start(self, *args, history="5m"):
        self.simulator = Simulator("--rate", 40, "--history", "1h", "--search-lag", "500ms", "--no-rate-limits", *args)
        self.addCleanup(self.simulator.stop)
        self.simulator.request("/2/tweets/search/stream/rules", {"add": [{"value": RULE}]}, {"Authorization": "Bearer t"})
        self.config = CONFIG.format(url=self.simulator.url, rule=RULE, history=history)

    def until(self, done, what, seconds=60):
        end = time.monotonic() + seconds * harness.SLACK
        while not done():
            if time.monotonic() > end:
                raise AssertionError(f"no {what} in {seconds} s")
            time.sleep(0.05)

    def command(self, *args, code=0):
        """Runs a command beside the program; its output."""
        config = str(self.data) + ".toml"
        done = subprocess.run([harness.BINARY, *args, "--config", config, "--data", str(self.data)], capture_output=True, text=True,
                              timeout=120 * harness.SLACK)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def searched_to(self, up, moment):
        """Whether everything that was said before `moment` (seconds) was searched for and stored."""
        source = up.status()["sources"][0]
        mark = source.get("watermark")
        return mark is not None and datetime.datetime.fromisoformat(mark).timestamp() >= moment

    def test_search_finds_everything_once_over_kills(self):
        self.start("--plain")
        begin = None
        for _ in range(3):
            with harness.Up(self.data, config=self.config) as up:
                now = time.time()
                self.until(lambda: self.searched_to(up, now), "search up to now")
                # It began before this moment, and looks 5 minutes back from where it began.
                begin = begin or time.time()
                up.kill()
        with harness.Up(self.data, config=self.config) as up:
            end = time.time()
            self.until(lambda: self.searched_to(up, end), "search up to the end")
            code, _ = up.terminate()
            self.assertEqual(code, 0, up.text())
        wanted = {post["id"] for post in self.simulator.posts(int((begin - 299) * 1000), int((end - 1) * 1000))}
        stored = harness.query(self.data, "select id, count(*) from posts group by id")
        self.assertEqual([row for row in stored if row[1] != "1"], [], "posts stored more than once")
        missing = wanted - {row[0] for row in stored}
        self.assertGreater(len(wanted), 500)
        self.assertEqual(sorted(missing)[:5], [], f"{len(missing)} of {len(wanted)} posts are missing")

    def test_comply_removes_what_is_gone(self):
        # The same posts twice: nothing is ever deleted at the first X, which is listened to; at the second some are gone.
        begin = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.start("--plain", "--begin", begin)
        listened = self.simulator
        with harness.Up(self.data, config=self.config) as up:
            self.until(lambda: self.searched_to(up, time.time() - 10), "search up to now")
            self.start("--begin", begin)
            at = ("--base-url", self.simulator.url, "--every", "100ms")
            # What was deleted a while ago, since more is while we look.
            gone = {post["id"] for post in self.simulator.posts(0, int(time.time() - 30) * 1000) if post["deleted"]} & self.stored(up)
            self.assertGreater(len(gone), 5)
            self.assertIn(" deleted", self.command("comply", "--dry-run", *at))
            self.assertTrue(gone <= self.stored(up), "a dry run removes nothing")
            self.assertIn("stored posts of X were asked for", self.command("comply", "--job-ids", "1000", *at))
            self.until(lambda: not gone & self.stored(up), "removal")
            up.terminate()
        listened.stop()
        # Without `up`, on the data folder itself.
        self.command("comply", *at)
        left = {row[0] for row in harness.query(self.data, "select id from posts")}
        self.assertGreater(len(left), 100)
        self.assertFalse(gone & left)

    def stored(self, up):
        status, _, body = up.request("POST", "/api/v1/sql", {"query": "select id from posts", "limit": 100000})
        self.assertEqual(status, 200, body)
        return {row[0] for row in json.loads(body)["rows"]}

    def test_x_says_what_it_counts(self):
        self.start()
        (self.data.parent / (self.data.name + ".toml")).write_text(self.config)
        self.simulator.request("/simulate/usage?used=1500&cap=2000", {})
        self.assertIn("1,500 posts read this month of 2,000 (75.0 %)", self.command("x", "usage"))
        self.assertIn("#", self.command("x", "trends", "--woeid", "44418", "--limit", "3"))
        counts = self.command("x", "counts", "coffee", "--granularity", "minute").splitlines()
        self.assertGreater(len(counts), 50)
        rows = [int(line.split()[-1]) for line in counts[1:] if line.split()[-1].isdigit()]
        self.assertEqual(sum(rows[:-1]), rows[-1], "the rows add up to the last one")
        self.command("x", "counts", "coffee OR", code=2)


if __name__ == "__main__":
    harness.main()
