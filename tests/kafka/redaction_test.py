#!/usr/bin/env python3
"""Deletes over a broker: by what a source says, and by `heartbeat forget`. Nothing is left in store and windows, and readers of the topics meet tombstones."""
import contextlib
import json
import pathlib
import struct
import subprocess
import sys
import time
import unittest

from cluster import BINARY, WINDOWS, Cluster, query, wait_for_windows
import servers
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

START = 1_600_000_000_000
MARK = "zq7vx"  # in the text of everything that must go
POST_TOPICS = ("ingest", "analysis", "sentiment")
POSTS = "SELECT count(*) AS posts, md5(string_agg(p::VARCHAR, ';' ORDER BY id)) AS digest FROM (SELECT * EXCLUDE (arrival) FROM posts) p"
# A window whose posts are all gone stays, and says 0.
OURS = WINDOWS.replace("FROM windows)", "FROM windows WHERE posts > 0)")


def post(did, rkey, at_ms, text):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime((START + at_ms) // 1000)) + f".{at_ms % 1000:03d}Z"
    record = {"$type": "app.bsky.feed.post", "createdAt": stamp, "text": text}
    return {"did": did, "time_us": (START + at_ms) * 1000, "kind": "commit",
            "commit": {"rev": "r", "operation": "create", "collection": "app.bsky.feed.post", "rkey": rkey, "record": record}}  # fmt: skip


def delete(did, rkey, at_ms):
    return {"did": did, "time_us": (START + at_ms) * 1000, "kind": "commit",
            "commit": {"rev": "r", "operation": "delete", "collection": "app.bsky.feed.post", "rkey": rkey}}  # fmt: skip


def account_gone(did, at_ms):
    return {"did": did, "time_us": (START + at_ms) * 1000, "kind": "account",
            "account": {"active": False, "did": did, "seq": 1, "time": "2020-09-13T12:26:40.000Z", "status": "deleted"}}  # fmt: skip


def heartbeat(*arguments):
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=90)


KEPT = [post(f"did:plc:u{n % 7}", f"k{n}", n * 1100, f"a lovely day number {n} for cats #tag{n % 3}") for n in range(200)]
DELETED = [post("did:plc:u1", "d1", 7_000, f"{MARK} deleted by its author"), delete("did:plc:u1", "d1", 90_000),
           *(post("did:plc:gone", f"g{n}", n * 5_000, f"{MARK} of an account that went #tag1") for n in range(20)), account_gone("did:plc:gone", 150_000)]  # fmt: skip
FORGOTTEN = [post("did:plc:u2", "f1", 9_000, f"{MARK} to be forgotten"), *(post("did:plc:me", f"m{n}", n * 7_000, f"{MARK} mine #tag2") for n in range(10))]


class Redactions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = servers.Kafka()
        cls.kafka.start()
        cls.addClassCleanup(cls.kafka.__exit__)

    def lines(self, cluster, name, events):
        path = cluster.folder / name
        path.write_text("".join(json.dumps(event) + "\n" for event in sorted(events, key=lambda event: event["time_us"])))
        return path

    def ingest(self, cluster, file):
        ingest = cluster.start("ingest", "--replay", file, "--speed", "max", "--exit-when-done")
        self.assertEqual(ingest.wait(), 0, ingest.text())

    def without(self, cluster):
        """Posts and windows of a machine that never had the rest."""
        data = cluster.folder / "plain"
        config = cluster.folder / "plain.toml"
        config.write_text(f"[log]\npartitions = {cluster.partitions}\n")
        done = heartbeat("up", "--config", config, "--data", data, "--replay", self.lines(cluster, "plain.jsonl", KEPT), "--speed", "max", "--exit-when-done",
                         "--listen", "127.0.0.1:0")  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        return query(data, POSTS, config), query(data, OURS, config)

    def wait_for(self, cluster, sql, wanted, data=None, seconds=60):
        end, seen = time.monotonic() + seconds, None
        while time.monotonic() < end:
            with contextlib.suppress(AssertionError):  # A process that has just started may not have its folder yet.
                seen = cluster.query(sql, data)
            if seen == wanted:
                return
            time.sleep(0.3)
        logs = "\n".join(f"--- {p.command}\n{p.text()[-800:]}" for p in cluster.processes)
        self.fail(f"{seen} instead of {wanted}\n{logs}")

    def records(self, topic, partitions):
        """All that a reader of what is committed sees: (key, value) in the order of each partition."""
        consumer = Consumer({"bootstrap.servers": self.kafka.bootstrap, "group.id": f"look{time.monotonic_ns()}", "auto.offset.reset": "earliest",
                             "isolation.level": "read_committed", "enable.partition.eof": True})  # fmt: skip
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(partitions)])
        found, left, end = [], partitions, time.monotonic() + 30
        while left and time.monotonic() < end:
            for message in consumer.consume(1000, 0.5):
                if message.error():
                    left -= 1
                else:
                    found.append((message.key(), message.value()))
        consumer.close()
        self.assertEqual(left, 0, f"{topic} was not read to its end")
        return found

    def assert_tombstones(self, cluster, count, seconds=60):
        """The last record of each key whose post is gone has no value, on each topic of posts. (What lies before it goes when the broker compacts.)"""
        end = time.monotonic() + seconds
        for name in POST_TOPICS:
            while True:
                last = dict(self.records(cluster.topic(name), cluster.partitions))
                gone = [key for key, value in last.items() if value is None]
                if (len(last), len(gone)) == (len(KEPT) + count, count):
                    break
                self.assertLess(time.monotonic(), end, f"{name}: {len(gone)} of {len(last)} have tombstones, not {count} of {len(KEPT) + count}")
                time.sleep(0.5)
            self.assertFalse(any(MARK.encode() in value for value in last.values() if value), name)

    def moved(self, cluster, file):
        """Posts and windows of a machine that takes the cluster's log over: what was deleted comes along as such."""
        config = cluster.folder / "moved.toml"
        config.write_text(f'data_dir = "{cluster.folder / "moved"}"\n[log]\npartitions = {cluster.partitions}\n')
        for command in (("topics", "copy", "--config", cluster.config, "--to", config),
                        ("up", "--config", config, "--replay", file, "--speed", "max", "--exit-when-done", "--listen", "127.0.0.1:0")):  # fmt: skip
            done = heartbeat(*command)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("done: 0 posts", done.stderr)
        return query(cluster.folder / "moved", POSTS, config), query(cluster.folder / "moved", OURS, config)

    def compact(self, cluster, seconds=60):
        """Lets the broker compact at once, as it does within a day by itself, until no file of it has the text."""
        admin = AdminClient({"bootstrap.servers": self.kafka.bootstrap})
        soon = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                for name, value in (("max.compaction.lag.ms", "1000"), ("segment.ms", "1000"), ("min.cleanable.dirty.ratio", "0.01"))]  # fmt: skip
        topics = [ConfigResource(ResourceType.TOPIC, cluster.topic(name), incremental_configs=soon) for name in POST_TOPICS]
        for future in admin.incremental_alter_configs(topics).values():
            future.result()
        end, turn = time.monotonic() + seconds, 0
        while left := self.files_with_mark(cluster):
            self.assertLess(time.monotonic(), end, left)
            # A broker compacts what lies behind the file that is written to: more posts make it begin another one.
            self.ingest(cluster, self.lines(cluster, f"more{turn}.jsonl", [post(f"did:plc:x{n}", f"x{turn}", 1_000_000 + n, "more") for n in range(40)]))
            turn += 1

    def files_with_mark(self, cluster):
        """The broker's files of our topics, states among them, that hold a text that must go."""
        found = []
        for path in pathlib.Path(self.kafka.folder, "data").glob(f"{cluster.application}*/*.log"):
            with contextlib.suppress(FileNotFoundError):  # compacted meanwhile
                if MARK.encode() in path.read_bytes():
                    found.append(path)
        return found

    def test_what_sources_delete_is_gone_from_store_windows_and_topics(self):
        with Cluster(self.kafka.bootstrap, kafka='"compression.type" = "none"') as cluster:
            posts, windows = self.without(cluster)
            for stage in ("store", "window", "analyze"):
                cluster.start(stage)
            file = self.lines(cluster, "posts.jsonl", KEPT + DELETED)
            self.ingest(cluster, file)
            self.wait_for(cluster, OURS, windows)
            self.wait_for(cluster, POSTS, posts)
            self.assert_tombstones(cluster, 21)
            self.assertEqual(self.moved(cluster, file), (posts, windows))
            self.assertTrue(self.files_with_mark(cluster), "else the search below would find nothing, ever")
            self.compact(cluster)
            for name in POST_TOPICS:
                values = [value for _, value in self.records(cluster.topic(name), cluster.partitions)]
                self.assertFalse(any(MARK.encode() in value for value in values if value), name)

    def test_forget_reaches_every_process(self):
        with Cluster(self.kafka.bootstrap) as cluster:
            posts, windows = self.without(cluster)
            for stage in ("window", "analyze"):
                cluster.start(stage)
            running = cluster.start("serve", "--listen", "127.0.0.1:0")
            serve, store = running.data, cluster.start("store").data
            self.ingest(cluster, self.lines(cluster, "posts.jsonl", KEPT + FORGOTTEN))
            for data in (serve, store):
                self.wait_for(cluster, "SELECT count(*) AS n FROM posts", [{"n": len(KEPT) + len(FORGOTTEN)}], data)
            # One while `serve` runs, one of a data folder that nobody has open.
            self.forget(cluster, serve, "--post", "at://did:plc:u2/app.bsky.feed.post/f1", count=1)
            self.assertEqual(running.stop(), 0, running.text())
            self.forget(cluster, serve, "--author", "did:plc:me", count=10)
            cluster.start("serve", "--listen", "127.0.0.1:0").wait_until_open()
            for data in (serve, store):
                self.wait_for(cluster, POSTS, posts, data)
                self.wait_for(cluster, OURS, windows, data)
            self.assert_tombstones(cluster, 11)
            # Nor do they come back from another file.
            self.ingest(cluster, self.lines(cluster, "again.jsonl", FORGOTTEN))
            self.ingest(cluster, self.lines(cluster, "new.jsonl", [post("did:plc:new", "n1", 3_000_000, "the last one")]))
            for data in (serve, store):
                self.wait_for(cluster, "SELECT count(*) AS n FROM posts WHERE author = 'did:plc:new'", [{"n": 1}], data)
                self.assertEqual(cluster.query(f"SELECT id FROM posts WHERE content LIKE '%{MARK}%'", data), [])

    def test_a_second_application_judges_the_posts_again_without_those_that_are_gone(self):
        with Cluster(self.kafka.bootstrap) as cluster:
            posts, windows = self.without(cluster)
            stages = [cluster.start(stage) for stage in ("store", "window", "analyze")]
            self.ingest(cluster, self.lines(cluster, "posts.jsonl", KEPT + DELETED))
            self.wait_for(cluster, OURS, windows)
            refused = heartbeat("rescore", "--config", cluster.config, "--data", cluster.folder / "data-store")
            self.assertEqual(refused.returncode, 2)
            self.assertIn("docs/kafka.md", refused.stderr)
            for stage in stages:
                self.assertEqual(stage.stop(), 0, stage.text())
            # As it says there: another application, and topics of its own for what is made of posts.
            made = "".join(f'{name} = "{cluster.prefix}again.{name}"\n' for name in ("analysis", "sentiment", "windows", "trends", "rescored"))
            cluster.application += "again"
            cluster.write(self.kafka.bootstrap, "", f"[kafka.topics]\n{made}", "")
            again = cluster.folder / "again"
            for stage in ("store", "window", "analyze"):
                cluster.start(stage, data=again)
            self.wait_for(cluster, OURS, windows, again)
            self.wait_for(cluster, POSTS, posts, again)
            last = dict(self.records(cluster.topic("again.sentiment"), cluster.partitions))
            self.assertEqual(sum(value is not None for value in last.values()), len(KEPT))

    def forget(self, cluster, data, *wish, count):
        done = heartbeat("forget", *wish, "--config", cluster.config, "--data", data)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{count} stored posts forgotten", done.stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
