#!/usr/bin/env python3
"""The whole program listens to a simulated X that fails at random, from a seed: what was sent is stored once, and every hole is a row of
`gaps`. HB_SECONDS, HB_RATE and HB_SEED make it longer, faster or another."""
import bisect
import os
import time

import harness
from simulator import Simulator

SECONDS, RATE, SEED = int(os.environ.get("HB_SECONDS", 20)), int(os.environ.get("HB_RATE", 500)), int(os.environ.get("HB_SEED", 1))
RULE = "(coffee OR football OR climate OR ukraine OR kyiv OR odesa OR train OR commute OR music OR song OR cat OR election OR debate OR the)"

CONFIG = """
[[source]]
kind = "x_stream"
base_url = "{url}"
token = "simulated"
silence = "500ms"
delay = "1500ms"
refill = {refill}
refill_after = "500ms"
posts_per_month = 0
at_budget = "warn"

[[task]]
tag = "all"
rule = "{rule}"
"""
# `delay`: a post may be said so long before it comes, here after a slow stretch and a short stall in a row.
STALL = {"kind": "stall", "length_ms": 1500}  # longer than `silence`: the source must notice by itself


class FaultRun(harness.Case):
    def listen(self, refill, kinds, longest_ms=400):
        """Lets the program listen while faults fall; (what the rules matched meanwhile, stored ids, gaps)."""
        self.simulator = Simulator("--rate", RATE, "--plain", "--history", "10m", "--search-lag", "200ms", "--keep-alive", "150ms",
                                   "--no-rate-limits", "--usage-cap", 10**12, "--seed", SEED)
        self.addCleanup(self.simulator.stop)
        config = CONFIG.format(url=self.simulator.url, refill=str(refill).lower(), rule=RULE)
        with harness.Up(self.data, config=config) as up:
            self.until(lambda: self.simulator.sent()["streams"], "a stream")
            begin = self.simulator.sent()["streams"][0]["opened_ms"]
            self.until(lambda: up.status()["posts_total"] > 0, "posts")
            self.simulator.faults(random={"seed": SEED, "mean_bytes": 350 * RATE, "kinds": kinds, "longest_ms": longest_ms})
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                self.simulator.faults(STALL)
                time.sleep(min(7, SECONDS / 3))
            self.simulator.faults(clear=True)
            # Everything before this moment has been sent or has not.
            self.until(lambda: self.listening(), "a stream that is well")
            until = int(time.time() * 1000)
            self.until(lambda: self.stored_since(up, until + 500), "posts from after the faults")
            if refill:
                # Oldest first: once nothing of the last hole is missing, nothing is.
                self.until(lambda: self.unfilled(up) == 0, "refills", 120)
            code, _ = up.terminate()
            self.assertEqual(code, 0, up.text())
        posts = self.simulator.posts(begin, until)
        stored = harness.query(self.data, "select id, count(*) from posts group by id")
        self.assertEqual([row for row in stored if row[1] != "1"][:5], [], "posts stored more than once")
        said = {post["id"] for post in self.simulator.posts(begin - 60_000, int(time.time() * 1000))}
        self.assertEqual([row[0] for row in stored if row[0] not in said][:5], [], "stored, but never said")
        gaps = harness.query(self.data, "select epoch_ms(started), epoch_ms(ended), cause, refilled from gaps order by started")
        self.dead = harness.query(self.data, "select reason, count(*) from dead_letters group by reason")
        ends = {}
        for stream in self.simulator.sent()["streams"]:
            ends[stream["end"]] = ends.get(stream["end"], 0) + 1
        print(f"{len(posts)} posts matched, {len(stored)} stored, {len(gaps)} gaps; streams ended: {ends}; dead letters: {self.dead}", flush=True)
        self.assertGreater(sum(ends.values()), 3, "streams")
        return posts, {row[0] for row in stored}, [(int(a), int(b), cause, float(share)) for a, b, cause, share in gaps]

    def until(self, done, what, seconds=60):
        end = time.monotonic() + seconds * harness.SLACK
        while not done():
            if time.monotonic() > end:
                raise AssertionError(f"no {what} in {seconds} s")
            time.sleep(0.05)

    def listening(self):
        streams = self.simulator.sent()["streams"]
        return streams[-1]["closed_ms"] is None and streams[-1]["sent"] > 2 * RATE / 10

    def stored_since(self, up, millis):
        """Whether a post of that time or later is stored."""
        return up.get(f"/api/v1/posts?limit=1&from={millis}")["posts"] != []

    def unfilled(self, up):
        return sum(not gap["refilled"] for gap in up.status()["gaps"])

    def assert_in_gaps(self, posts, gaps, what):
        starts = [gap[0] for gap in gaps]
        reach = []  # the latest end of the gaps up to this one
        for gap in gaps:
            reach.append(max(gap[1], reach[-1] if reach else 0))
        outside = [post for post in posts if (at := bisect.bisect_right(starts, post["time_ms"]) - 1) < 0 or reach[at] <= post["time_ms"]]
        self.assertEqual(outside[:5], [], f"{len(outside)} of {len(posts)} {what} lie in no gap")

    def test_without_refill_every_hole_is_a_gap(self):
        posts, stored, gaps = self.listen(False, ["cut", "close", "disconnect", "double", "shuffle", "malformed", "unknown", "partial", "slow", "stall"])
        lost = [post for post in posts if post["sent"] and post["id"] not in stored]
        self.assertEqual(lost[:5], [], f"{len(lost)} posts were sent whole and are not stored")
        missed = [post for post in posts if post["id"] not in stored]
        self.assertGreater(len(missed), 0, "nothing was missed: this run says nothing")
        self.assert_in_gaps(missed, gaps, "missed posts")

    def test_with_refill_nothing_is_missing(self):
        posts, stored, gaps = self.listen(True, ["cut", "reset", "close", "disconnect", "double", "shuffle", "malformed", "stall"])
        missed = [post for post in posts if post["id"] not in stored]
        self.assert_in_gaps(missed, [gap for gap in gaps if gap[3] < 1], "missed posts")
        self.assertGreater(len([gap for gap in gaps if gap[3] == 1]), 0, f"no gap was refilled: {gaps[:5]}")
        self.assertEqual(missed[:5], [], f"{len(missed)} posts were not refilled")


if __name__ == "__main__":
    harness.main()
