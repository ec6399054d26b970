#!/usr/bin/env python3
"""Processes that are killed, join and leave at random, a broker that restarts, a registry that is away: every post is counted once, and the
windows are those of one process over its own log, row for row.

chaos_test.py HEARTBEAT [full]      full: a million posts, 20 kills, 5 restarts, 10 times two join and leave
"""
import os
import random
import sys
import time
import unittest

FULL = "full" in sys.argv[2:]
from cluster import Cluster, embedded, wait_for_windows  # noqa: E402
import confluent_kafka  # noqa: E402
import corpus  # noqa: E402
import relay  # noqa: E402
import servers  # noqa: E402

TASKS = '[[task]]\ntag = "coffee"\nrule = "coffee OR match"\n[[task]]\ntag = "storm"\nrule = "#storm"\n'
ROWS, KILLS, RESTARTS, JOINS = (1_000_000, 20, 5, 10) if FULL else (30_000, 8, 1, 3)
SECONDS = 480 if FULL else 45  # for the replay, at its speed
EVERY = 0.1 if FULL else 8  # seconds of the file's time between posts
SEED = int(os.environ.get("HB_SEED", "1"))


class Chaos(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka, cls.registry = servers.Kafka(), servers.Registry()
        for server in (cls.kafka, cls.registry):
            server.start()
            cls.addClassCleanup(server.__exit__)
        cls.door = relay.Relay(cls.registry.port)
        cls.addClassCleanup(cls.door.close)

    def test_nothing_is_lost_or_counted_twice(self):
        dice = random.Random(SEED)
        with Cluster(self.kafka.bootstrap, self.registry.url_at(self.door.port), partitions=6, more=TASKS) as cluster:
            self.cluster = cluster
            posts = corpus.write_csv(cluster.folder / "posts.csv.gz", ROWS, every=EVERY)
            wanted = embedded(cluster.folder, posts, tasks=TASKS, partitions=6)
            self.flags = {"ingest": ("--replay", posts, "--speed", round(ROWS * EVERY / SECONDS), "--exit-when-done")}
            firsts = ["analyze", "window", "store", "ingest"]
            self.slots = [(name, cluster.start_first(name, *self.flags.get(name, ()))) for name in firsts]
            self.slots += [(name, self.start(name)) for name in ("analyze", "window")]
            for event in self.events(dice):
                time.sleep(SECONDS * 0.8 / (KILLS + RESTARTS + 2 * JOINS + 1) * dice.uniform(0.5, 1.5))
                self.revive()
                event(dice)
            self.finish()
            try:
                cluster.wait_for("SELECT count(*) AS n FROM posts", ROWS, 600 if FULL else 120)
                wait_for_windows(cluster, wanted, 600 if FULL else 120)
            except AssertionError:
                print("\n".join(self.doubled(topic) for topic in ("ingest", "analysis")))
                raise
            self.assertEqual(cluster.query("SELECT count(*) AS n FROM posts GROUP BY id HAVING count(*) > 1"), [])
            for name, process in self.slots:
                self.assertTrue(process.running or name == "ingest", f"{name}: {process.text()[-2000:]}")

    def start(self, name):
        return self.cluster.start(name, *self.flags.get(name, ()))

    def events(self, dice):
        """What will happen, in a random order."""
        events = [self.kill] * KILLS + [self.restart_broker] * RESTARTS + [self.join_and_leave] * (2 * JOINS) + [self.registry_outage]
        dice.shuffle(events)
        return events

    def revive(self):
        """What ended by itself (a stage says why and ends) is started again, as whoever looks after it does."""
        for at, (name, process) in enumerate(self.slots):
            if not process.running and not (name == "ingest" and process.process.returncode == 0):
                self.slots[at] = (name, self.start(name))

    def kill(self, dice):
        at = dice.randrange(len(self.slots))
        name, process = self.slots[at]
        done = name == "ingest" and process.process.poll() == 0
        process.kill()
        if not done:
            self.slots[at] = (name, self.start(name))

    def restart_broker(self, dice):
        if dice.random() < 0.5:
            self.kafka.kill()
            self.kafka.start()
        else:
            self.kafka.restart()

    def join_and_leave(self, dice):
        """Two more of a stage; or those that joined leave, one way or another."""
        joined = getattr(self, "joined", [])
        if joined:
            for process in joined:
                if dice.random() < 0.5:
                    process.stop()
                else:
                    process.kill()
            self.joined = []
        else:
            name = dice.choice(["analyze", "window"])
            self.joined = [self.start(name), self.start(name)]

    def registry_outage(self, dice):
        """Nobody reaches it, so a process that needs it waits. (Its schemas are in memory: a restart would lose them.)"""
        self.door.close()
        time.sleep(3)
        self.door.open()

    def doubled(self, topic):
        """For people: how many committed records a topic has, and where those lie that are not the first of their key."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.kafka.bootstrap, "group.id": "look", "isolation.level": "read_committed"})
        name, keys, again, last = self.cluster.topic(topic), {}, {}, time.monotonic()
        consumer.assign([confluent_kafka.TopicPartition(name, p, 0) for p in range(6)])
        while time.monotonic() - last < 5:
            for message in consumer.consume(10_000, 1):
                if message.error() is None:
                    last = time.monotonic()
                    if message.key() in keys:
                        again.setdefault(message.partition(), []).append((message.offset(), *keys[message.key()]))
                    else:
                        keys[message.key()] = (message.partition(), message.offset())
        consumer.close()
        spans = {p: f"{len(rows)} of {rows[0]} to {rows[-1]}" for p, rows in again.items()}
        return f"{topic}: {len(keys)} keys; (offset, first partition, first offset) of repeats by partition: {spans}"

    def finish(self):
        """The last ingest plays to the end."""
        end = time.monotonic() + 3 * SECONDS + 120
        while time.monotonic() < end:
            self.revive()
            if next(process for name, process in self.slots if name == "ingest").process.poll() == 0:
                return
            time.sleep(0.5)
        self.fail("ingest does not come to its end:\n" + "\n".join(p.text()[-1500:] for n, p in self.slots if n == "ingest"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
