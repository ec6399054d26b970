#!/usr/bin/env python3
"""Bluesky and Mastodon: clients that others wrote against `heartbeat simulate`, and `heartbeat up` beside them.

usage: feeds_test.py HEARTBEAT [TEST...]
"""
import collections
import datetime
import json
import socket
import subprocess
import threading
import time
import urllib.request

import harness

POSTS = "app.bsky.feed.post"


class Simulate:
    """A running `heartbeat simulate`."""

    def __init__(self, *args):
        self.process = subprocess.Popen([harness.BINARY, "simulate", "--listen", "127.0.0.1:0", *args], stdout=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().strip()
        self.host = self.url.removeprefix("http://")

    def faults(self, **what):
        request = urllib.request.Request(self.url + "/simulate/faults", json.dumps(what).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()


def listen(host, since_seconds, enough, compress=True, seconds=60):
    """Events that the ATProto SDK's Jetstream client hears, until `enough` says so of the list."""
    from atproto_jetstream import JetstreamClient

    events = []
    cursor = int((time.time() - since_seconds) * 1_000_000)
    client = JetstreamClient({"collections": [POSTS], "cursor": cursor}, base_uri=f"ws://{host}/xrpc", compress=compress)
    client.was_compressed = False

    def hear(event):
        client.was_compressed = client.was_compressed or client.compressed
        events.append(event)
        if enough(events):
            client.stop()

    worker = threading.Thread(target=client.start, args=(hear,), daemon=True)
    worker.start()
    worker.join(seconds * harness.SLACK)
    if worker.is_alive():
        raise AssertionError(f"only {len(events)} events came")
    return events, client


def uri(event):
    return f"at://{event.did}/{POSTS}/{event.rkey}"


def at(event):
    return datetime.datetime.fromisoformat(event.time.replace("Z", "+00:00")).timestamp()


class Jetstream(harness.Case):
    def commits(self, events):
        return [event for event in events if event.py_type.endswith("#commit")]

    def test_the_sdk_reads_it_packed_and_plain(self):
        with Simulate("--rate", "40", "--history", "10m") as simulate:
            for compress in (True, False):
                events, client = listen(simulate.host, 240, lambda heard: len(heard) >= 3000, compress)
                self.assertEqual(client.was_compressed, compress)
                commits = self.commits(events)
                self.assertEqual({commit.collection for commit in commits}, {POSTS})
                self.assertLessEqual({"create", "delete"}, {commit.operation for commit in commits})
                created = [commit for commit in commits if commit.operation == "create"]
                self.assertGreater(len(created), 2500)
                self.assertTrue(all(commit.record["text"] for commit in created))
                seqs = [event.seq for event in events]
                self.assertEqual(seqs, sorted(set(seqs)))

    def test_the_sdk_goes_on_after_a_cut_without_a_loss(self):
        with Simulate("--rate", "40", "--history", "5m") as simulate:
            whole, _ = listen(simulate.host, 20, lambda heard: len(heard) >= 500)
            simulate.faults(faults=[{"kind": "cut", "after_bytes": 20_000}, {"kind": "disconnect", "after_bytes": 20_000}])
            cut, _ = listen(simulate.host, 21, lambda heard: len(heard) >= 500)
            begin = max(whole[0].seq, cut[0].seq)
            end = min(whole[-1].seq, cut[-1].seq)
            self.assertGreater(end, begin)
            of = [[event.seq for event in heard if begin <= event.seq <= end] for heard in (whole, cut)]
            self.assertEqual(of[0], of[1])


class Mastodon(harness.Case):
    def test_mastodon_py_reads_timelines_and_the_stream(self):
        import mastodon

        class Listener(mastodon.StreamListener):
            def __init__(self):
                self.updates, self.edits, self.deletes = [], [], []
                self.enough = threading.Event()

            def on_update(self, status):
                self.updates.append(status)
                if len(self.updates) >= 60 and self.deletes and self.edits:
                    self.enough.set()

            def on_status_update(self, status):
                self.edits.append(status)

            def on_delete(self, status_id):
                self.deletes.append(int(status_id))

        with Simulate("--rate", "60", "--history", "5m", "--token", "key") as simulate:
            client = mastodon.Mastodon(api_base_url=simulate.url, access_token="key", version_check_mode="none")
            newest = client.timeline_public(limit=5)
            self.assertEqual(len(newest), 5)
            self.assertEqual([s.id for s in newest], sorted((s.id for s in newest), reverse=True))
            after = client.timeline_public(min_id=newest[-1].id, limit=3)
            self.assertEqual([s.id for s in after][-1], newest[-2].id)
            self.assertTrue(client.stream_healthy())
            listener = Listener()
            handle = client.stream_public(listener, run_async=True)
            self.assertTrue(listener.enough.wait(60 * harness.SLACK), f"{len(listener.updates)} posts")
            handle.close()
            self.assertTrue(all(status.content.startswith("<p>") and status.account.acct for status in listener.updates))
            self.assertTrue(all(status.edited_at for status in listener.edits))
            stranger = mastodon.Mastodon(api_base_url=simulate.url, access_token="wrong", version_check_mode="none")
            with self.assertRaises(mastodon.MastodonError):
                stranger.stream_public(Listener())


    def test_the_stream_comes_over_a_websocket_as_documented(self):
        """The contract of https://docs.joinmastodon.org/methods/streaming/#websocket, by a client that knows nothing of it."""
        import websockets.exceptions
        from websockets.sync.client import connect

        with Simulate("--rate", "80", "--history", "5m", "--token", "key", "--edits", "0.1") as simulate:
            address = f"ws://{simulate.host}/api/v1/streaming"
            for more, how in (("&access_token=key", {}), ("", {"additional_headers": {"Authorization": "Bearer key"}}), ("", {"subprotocols": ["key"]})):
                with connect(f"{address}?stream=public{more}", **how) as socket:
                    seen = {}
                    while set(seen) < {"update", "status.update", "delete"}:
                        message = json.loads(socket.recv(timeout=60 * harness.SLACK))
                        self.assertEqual(message["stream"], ["public"])
                        self.assertIsInstance(message["payload"], str)
                        seen[message["event"]] = message["payload"]
                    self.assertTrue(json.loads(seen["update"])["uri"].startswith("https://"))
                    self.assertTrue(json.loads(seen["status.update"])["edited_at"])
                    self.assertGreater(int(seen["delete"]), 0)
            tags = collections.Counter()
            with connect(f"{address}?access_token=key") as socket:  # nothing until it is asked for
                socket.send(json.dumps({"type": "subscribe", "stream": "public:local"}))
                while max(tags.values(), default=0) < 3:  # one that will come again
                    message = json.loads(socket.recv(timeout=60 * harness.SLACK))
                    self.assertEqual(message["stream"], ["public:local"])
                    if message["event"] == "update":
                        tags.update(tag["name"] for tag in json.loads(message["payload"])["tags"])
                tag = tags.most_common(1)[0][0]
                socket.send(json.dumps({"type": "unsubscribe", "stream": "public:local"}))
                socket.send(json.dumps({"type": "subscribe", "stream": "hashtag", "tag": tag}))
                message = {"stream": ["public:local"]}
                while message["stream"] == ["public:local"]:
                    message = json.loads(socket.recv(timeout=120 * harness.SLACK))
                self.assertEqual(message["stream"], ["hashtag", tag])
                socket.send(json.dumps({"type": "subscribe", "stream": "nonsense"}))
                while "error" not in message:
                    message = json.loads(socket.recv(timeout=60 * harness.SLACK))
            with self.assertRaises(websockets.exceptions.InvalidStatus) as wrong:
                connect(f"{address}?stream=public&access_token=wrong")
            self.assertEqual(wrong.exception.response.status_code, 401)


class Up(harness.Case):
    def config(self, simulate, kind, more=""):
        url = (f'url = "ws://{simulate.host}/xrpc/network.bsky.jetstream.subscribeEvents"' if kind == "bluesky"
               else f'base_url = "{simulate.url}"')
        return f'[[source]]\nkind = "{kind}"\n{url}\n{more}\n'

    def wait_until(self, ready, what, seconds=60):
        end = time.monotonic() + seconds * harness.SLACK
        while not ready():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.2)

    def test_every_post_of_bluesky_is_stored_once_whatever_goes_wrong(self):
        with Simulate("--rate", "100", "--history", "10m", "--seed", "3") as simulate:
            simulate.faults(random={"seed": 3, "mean_bytes": 150_000, "longest_ms": 300})
            config = self.config(simulate, "bluesky", 'history = "30s"\ncompress = true')
            begin = time.time()
            for _ in range(2):  # killed in between
                with harness.Up(self.data, config=config) as up:
                    before = up.status()["posts_total"]
                    self.wait_until(lambda: up.status()["posts_total"] >= before + 1500, "too few posts")
                    up.kill()
            simulate.faults(random=None, clear=True)
            until = time.time()
            with harness.Up(self.data, config=config) as up:
                self.wait_until(lambda: up.status()["sources"][0]["state"] == "running"
                                and harness.scalar(self.data, "select count(*) from gaps where refilled < 1") == "0",
                                "a hole was never filled")
                newest = "select coalesce(epoch(max(time)), 0) from posts"
                self.wait_until(lambda: float(harness.scalar(self.data, newest)) > until + 1, "it did not come to the present")
                up.terminate()
            self.assertGreater(harness.count(self.data, "gaps"), 0)
            ended = time.time()
            said, _ = listen(simulate.host, time.time() - begin + 25, lambda heard: at(heard[-1]) > ended)
            commits = [event for event in said if event.py_type.endswith("#commit")]
            # What was deleted or edited after `until` may have been heard, or not.
            changed = {uri(event) for event in commits if event.operation != "create" and at(event) <= until}
            later = {uri(event) for event in commits if event.operation != "create" and at(event) > until}
            wanted = {uri(event) for event in commits if event.operation == "create" and at(event) <= until} - changed - later
            stored = [row[0] for row in harness.query(self.data, "select id from posts")]
            self.assertGreater(len(stored), 3000)
            self.assertEqual(len(stored), len(set(stored)))
            self.assertEqual(wanted - set(stored), set())
            self.assertEqual(changed & set(stored), set())

    def test_mastodon_is_read_with_and_without_a_token(self):
        with Simulate("--rate", "60", "--history", "10m", "--token", "key") as simulate:
            for token in ('token = "key"', 'poll_every = "200ms"'):
                self.data = self.work / f"data{len(token)}"
                with harness.Up(self.data, config=self.config(simulate, "mastodon", token)) as up:
                    self.wait_until(lambda: up.status()["posts_total"] >= 100, "too few posts")
                    detail = up.status()["sources"][0]["detail"]
                    self.assertEqual("does not stream without a token" in detail, "key" not in token, detail)
                    self.assertNotIn("key", up.text())
                    up.terminate()
                authors = [row[0] for row in harness.query(self.data, "select distinct author from posts")]
                self.assertTrue(all("@" in author for author in authors))

    def test_without_a_source_it_tries_bluesky_and_else_shows_the_demo(self):
        with Simulate("--rate", "40", "--history", "5m") as simulate:
            nowhere = socket.create_server(("127.0.0.1", 0))  # takes connections in and never answers
            silent = f"127.0.0.1:{nowhere.getsockname()[1]}"
            for name, address, env, kind, says in (
                    ("live", f"ws://{simulate.host}/subscribe", {}, "bluesky", "listening to Bluesky's public posts at " + simulate.host),
                    ("wrong", f"ws://{simulate.host}/elsewhere", {}, "demo", "Bluesky does not answer"),
                    ("silent", f"wss://{silent}", {}, "demo", "no answer in time"),
                    ("empty", "", {}, "demo", "no source is configured: showing"),
                    ("ci", f"ws://{simulate.host}/subscribe", {"CI": "true"}, "demo", "CI keeps heartbeat off the network"),
                    ("offline", f"ws://{simulate.host}/subscribe", {"HEARTBEAT_OFFLINE": "1"}, "demo", "HEARTBEAT_OFFLINE keeps")):
                with self.subTest(name):
                    self.data = self.work / f"first-{name}"
                    config = f'[ingest]\ntry_first = "{address}"\n'
                    with harness.Up(self.data, config=config, env={"CI": "", "HEARTBEAT_OFFLINE": "", **env}) as up:
                        self.wait_until(lambda: up.status()["posts_total"] >= 20, "too few posts")
                        self.assertEqual([source["kind"] for source in up.status()["sources"]], [kind])
                        self.assertIn(says, up.text())
                        self.assertEqual(up.text().count("no source is configured"), 1)
                        up.terminate()
            nowhere.close()

    def test_the_same_post_from_two_servers_beside_bluesky_is_one(self):
        """Two Mastodon servers that play the same posts, each with ids of its own and its own faults, and Bluesky."""
        begin = f"{datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=2):%Y-%m-%dT%H:%M:%SZ}"
        play = ("--rate", "30", "--begin", begin, "--seed", "9", "--plain")
        with Simulate(*play) as one, Simulate(*play) as other, Simulate("--rate", "30", "--history", "2m", "--seed", "4", "--plain") as sky:
            one.faults(random={"seed": 1, "mean_bytes": 100_000, "longest_ms": 200})
            other.faults(random={"seed": 2, "mean_bytes": 100_000, "longest_ms": 200})
            config = "".join(self.config(*each) for each in ((one, "mastodon"), (other, "mastodon"), (sky, "bluesky", 'history = "60s"')))
            with harness.Up(self.data, config=config) as up:
                def posts():
                    return {source["name"]: source["posts"] for source in up.status()["sources"]}
                self.wait_until(lambda: len(posts()) == 3 and min(posts().values()) >= 400, "too few posts")
                for server in (one, other):
                    server.faults(random=None, clear=True)
                self.wait_until(lambda: harness.scalar(self.data, "select count(*) from gaps where refilled < 1") == "0", "a hole was never filled")
                given = posts()
                up.terminate()
            ids = [row[0] for row in harness.query(self.data, "select id from posts")]
            self.assertEqual(len(ids), len(set(ids)))
            mastodon = [each for each in ids if each.startswith("https://")]
            self.assertGreater(len(mastodon), 400)
            self.assertGreater(len([each for each in ids if each.startswith("at://")]), 400)
            told = [number for name, number in given.items() if name.startswith("mastodon")]
            self.assertEqual(len(told), 2, given)
            self.assertLess(len(mastodon), sum(told), "nothing came from both")
            counted = int(harness.scalar(self.data, "select sum(posts) from windows where task = '*' and window_size = '1m'"))
            self.assertEqual(counted, len(ids))

    def test_a_post_that_is_edited_again_and_again_counts_once(self):
        for kind, more in (("mastodon", 'transport = "websocket"'), ("bluesky", 'history = "20s"')):
            self.data = self.work / kind
            base = "split_part(id, '#edited-', 1)"
            stored = "select count(*) from posts"
            counted = "select sum(posts) from windows where task = '*' and window_size = '1m'"
            with Simulate("--rate", "60", "--history", "5m", "--edits", "0.4", "--seed", "5") as simulate:
                up = harness.Up(self.data, config=self.config(simulate, kind, more))
                self.addCleanup(up.kill)
                self.wait_until(lambda: up.status()["posts_total"] >= 1500, "too few posts")
            # Nothing comes any more: all that did is worked in before long.
            self.wait_until(lambda: len(set(harness.query(self.data, f"select ({stored}), ({counted})")[0])) == 1, "windows and posts differ")
            up.terminate()
            versions = f"select count(*) from (select {base} as base from posts group by base having count(*) > 1)"
            self.assertEqual(harness.scalar(self.data, versions), "0", "versions stand beside each other")
            self.assertGreater(int(harness.scalar(self.data, "select count(*) from posts where id like '%#edited-%'")), 50)

    def test_simulated_needs_no_address(self):
        for kind in ("bluesky", "mastodon"):
            self.data = self.work / kind
            with harness.Up(self.data, "--source", kind, "--simulated") as up:
                self.wait_until(lambda: up.status()["posts_total"] >= 20, "too few posts")
                up.terminate()


if __name__ == "__main__":
    harness.main()
