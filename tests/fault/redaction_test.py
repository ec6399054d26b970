#!/usr/bin/env python3
"""Deletes, account events and `heartbeat forget`: the same posts and windows in any order, over restarts, and nothing left behind."""
import json
import random

import harness
from harness import Case

START = 1_600_000_000_000
WINDOWS = "select * exclude (revision, updated) from windows where posts > 0 order by task, window_start, window_ms"
POSTS = "select id, time, content, author from posts order by id"


def post(did, rkey, at_ms, text="good morning to all cats"):
    moment = START + at_ms
    stamp = f"2020-09-13T{12 + (26 * 60 + 40 + at_ms // 1000) // 3600:02d}:{(26 * 60 + 40 + at_ms // 1000) // 60 % 60:02d}:{(40 + at_ms // 1000) % 60:02d}.{at_ms % 1000:03d}Z"
    record = {"$type": "app.bsky.feed.post", "createdAt": stamp, "text": text}
    return {"did": did, "time_us": moment * 1000, "kind": "commit",
            "commit": {"rev": "r", "operation": "create", "collection": "app.bsky.feed.post", "rkey": rkey, "record": record}}


def account(did, at_ms, active=False, status=None):
    event = {"active": active, "did": did, "seq": 1, "time": "2020-09-13T12:26:40.000Z"}
    if status:
        event["status"] = status
    return {"did": did, "time_us": (START + at_ms) * 1000, "kind": "account", "account": event}


def delete(did, rkey, at_ms):
    return {"did": did, "time_us": (START + at_ms) * 1000, "kind": "commit",
            "commit": {"rev": "r", "operation": "delete", "collection": "app.bsky.feed.post", "rkey": rkey}}


KEPT = [post(f"did:plc:u{n % 7}", f"k{n}", n * 1100, f"a lovely day number {n} for cats #tag{n % 3}") for n in range(60)]
KEPT += [post("did:plc:gone", "after", 50_000, "a second life"), post("did:plc:back", "b1", 9_000, "here again"),
         post("did:plc:shy", "later", 45_000, "after the hide")]
OTHERS = [post("did:plc:gone", "g1", 1_000, "zq7vx first"), post("did:plc:gone", "g2", 40_000, "zq7vx second"),
          account("did:plc:gone", 40_000, status="deleted"), account("did:plc:gone", 20_000, status="deactivated"),
          post("did:plc:shy", "s1", 5_000, "zq7vx shy"), account("did:plc:shy", 30_000, status="deactivated"), account("did:plc:shy", 12_000, active=True),
          account("did:plc:back", 15_000, status="suspended"), account("did:plc:back", 16_000, active=True),
          post("did:plc:u1", "d1", 7_000, "zq7vx deleted"), delete("did:plc:u1", "d1", 8_000)]


class Redactions(Case):
    def lines(self, name, events):
        return self.write(name, "".join(json.dumps(event) + "\n" for event in events))

    def files_with(self, text):
        return [path for path in self.data.rglob("*") if path.is_file() and text in path.read_bytes()]

    def test_account_events_mean_the_same_in_any_order_and_over_restarts(self):
        plain = self.work / "plain"
        up = harness.replay(plain, self.lines("plain.jsonl", KEPT))
        self.assertEqual(up.process.returncode, 0, up.text())
        posts, windows = harness.query(plain, POSTS), harness.query(plain, WINDOWS)
        self.assertEqual(len(posts), len(KEPT))
        for seed in range(3):
            events = KEPT + OTHERS
            random.Random(seed).shuffle(events)
            self.data = self.work / f"data{seed}"
            half = len(events) // 2
            for part, some in enumerate((events[:half], events[half:])):
                up = harness.replay(self.data, self.lines(f"part{seed}-{part}.jsonl", some))
                self.assertEqual(up.process.returncode, 0, up.text())
            self.assertEqual(harness.query(self.data, POSTS), posts, f"seed {seed}")
            self.assertEqual(harness.query(self.data, WINDOWS), windows, f"seed {seed}")
            for topic in ("ingest", "analysis"):
                tail = harness.run("topics", "tail", topic, "--limit", "500", "--data", self.data)
                self.assertIn(b"a lovely day", tail.stdout, tail.stderr)
                self.assertNotIn(b"zq7vx", tail.stdout, f"seed {seed}, {topic}")

    def test_what_is_forgotten_is_gone_and_stays_away(self):
        secret = post("did:plc:me", "m1", 2_000, "my secret Xk29vLq81ZrT")
        file = self.lines("posts.jsonl", KEPT + [secret, post("did:plc:me", "m2", 3_000, "another of mine")])
        self.replayed(file)
        self.assert_counts(posts=len(KEPT) + 2, dead=0)
        self.assertTrue(self.files_with(b"Xk29vLq81ZrT"), "else the search below would find nothing, whatever is there")
        gone = harness.run("forget", "--post", "at://did:plc:me/app.bsky.feed.post/m1", "--data", self.data)
        self.assertEqual(gone.returncode, 0, gone.stderr)
        self.assertIn(b"1 stored posts forgotten", gone.stdout)
        self.assert_counts(posts=len(KEPT) + 1, dead=0)
        self.assertEqual(self.files_with(b"Xk29vLq81ZrT"), [], "a command of its own takes the bytes from the disk at once")
        self.assertEqual(harness.run("forget", "--data", self.data).returncode, 2)
        # An author, while `up` runs.
        with harness.Up(self.data, "--source", "demo") as up:
            up.get("/readyz")
            gone = harness.run("forget", "--author", "did:plc:me", "--data", self.data)
            self.assertEqual(gone.returncode, 0, gone.stderr)
            self.assertIn(b"1 stored posts forgotten", gone.stdout)
            self.assertEqual(up.terminate()[0], 0)
        # The same posts from another file do not come back.
        self.replayed(self.lines("again.jsonl", [secret, post("did:plc:me", "m3", 4_000, "older than the wish")]))
        self.assertEqual(harness.query(self.data, "select id from posts where author = 'did:plc:me'"), [])
        plain = self.work / "plain"
        harness.replay(plain, self.lines("plain.jsonl", KEPT))
        ours = WINDOWS.replace("where posts > 0", "where posts > 0 and window_start < timestamp '2021-01-01'")
        self.assertEqual(harness.query(self.data, ours), harness.query(plain, ours))


if __name__ == "__main__":
    harness.main()
