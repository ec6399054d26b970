#!/usr/bin/env python3
"""`topics copy` takes one machine's log into a cluster and back: the stages make the same posts and windows of it, and a source goes on where it was."""
import re
import subprocess
import sys
import unittest

from cluster import BINARY, WINDOWS, Cluster, query, wait_for_windows
import corpus
import servers

TASKS = '[[task]]\ntag = "coffee"\nrule = "coffee OR match"\n[[task]]\ntag = "storm"\nrule = "#storm"\n'
ROWS = 3_000
# Whatever a post says, but when it came here.
POSTS = "SELECT count(*) AS posts, md5(string_agg(p::VARCHAR, ';' ORDER BY id)) AS digest FROM (SELECT * EXCLUDE (arrival) FROM posts) p"
LETTERS = "SELECT count(*) AS letters, md5(string_agg(concat_ws(' ', source, location, reason, raw::VARCHAR), ';' ORDER BY location)) AS digest FROM dead_letters"


def run(*arguments):
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout + done.stderr


class Machine:
    """A machine with a log and a store of its own."""

    def __init__(self, cluster, name):
        self.config, self.data = cluster.folder / f"{name}.toml", cluster.folder / name
        self.config.write_text(f'data_dir = "{self.data}"\n[log]\npartitions = {cluster.partitions}\n{TASKS}')

    def play(self, file):
        """Plays a file to its end, and what else waits in the log; what was said."""
        return run("up", "--config", self.config, "--replay", file, "--speed", "max", "--exit-when-done", "--listen", "127.0.0.1:0")

    def everything(self):
        return [query(self.data, sql, self.config) for sql in (POSTS, WINDOWS, LETTERS)]


class Copy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = servers.Kafka()
        cls.kafka.start()
        cls.addClassCleanup(cls.kafka.__exit__)

    def copied(self, source, target):
        """Records of each topic that a copy took along."""
        return {topic: int(count) for topic, count in re.findall(r"^(\w+) +(\d+) +0$", run("topics", "copy", "--config", source, "--to", target), re.M)}

    def test_there_and_back_makes_the_same_of_the_same_posts(self):
        with Cluster(self.kafka.bootstrap, more=TASKS) as cluster:
            first, last = Machine(cluster, "first"), Machine(cluster, "last")
            # More of the same come once the log has moved.
            files = [corpus.write_csv(cluster.folder / name, ROWS, seed=seed, broken=0.02, start=start)
                     for name, seed, start in (("early.csv", 1, "2016-08-01T00:00:00"), ("late.csv", 2, "2016-08-01T03:00:00"))]
            files[1].write_text(re.sub(r"(?m)^1(\d{7},a)", r"2\1", files[1].read_text()))  # Other ids.
            first.play(files[0])
            early = first.everything()
            self.assertEqual(early[0][0]["posts"] + early[2][0]["letters"], ROWS)
            self.assertGreater(early[2][0]["letters"], 20)

            there = self.copied(first.config, cluster.config)
            self.assertEqual((there["ingest"], there["deadletters"], there["tasks"]), (early[0][0]["posts"], early[2][0]["letters"], 2))
            self.assertEqual(set(self.copied(first.config, cluster.config).values()), {0}, "again, and nothing is new")
            for stage in ("store", "window", "analyze"):
                cluster.start(stage)
            wait_for_windows(cluster, early[1])
            self.assertEqual([cluster.query(sql) for sql in (POSTS, LETTERS)], [early[0], early[2]])

            # The source's place came along: the first file adds nothing, over the cluster too.
            first.play(files[1])
            wanted = first.everything()
            for file in files:
                ingest = cluster.start("ingest", "--replay", file, "--speed", "max", "--exit-when-done")
                self.assertEqual(ingest.wait(), 0, ingest.text())
            wait_for_windows(cluster, wanted[1])
            cluster.wait_for("SELECT count(*) AS n FROM dead_letters", wanted[2][0]["letters"])
            self.assertEqual([cluster.query(sql) for sql in (POSTS, LETTERS)], [wanted[0], wanted[2]])

            back = self.copied(cluster.config, last.config)
            self.assertEqual((back["ingest"], back["deadletters"], back["tasks"]), (wanted[0][0]["posts"], wanted[2][0]["letters"], 2))
            self.assertIn("done: 0 posts", last.play(files[1]))
            self.assertEqual(last.everything(), wanted)

    def test_what_cannot_be_copied_is_refused(self):
        with Cluster(self.kafka.bootstrap, partitions=2) as cluster:
            machine = Machine(cluster, "one")
            machine.play(corpus.write_csv(cluster.folder / "posts.csv", 50))
            cluster.partitions = 3
            cluster.write(self.kafka.bootstrap, "", "", "")
            with self.assertRaisesRegex(AssertionError, "holds no log of heartbeat"):
                self.copied(Machine(cluster, "none").config, cluster.config)
            with self.assertRaisesRegex(AssertionError, "ingest has 2 partitions, and would have 3 .* set log.partitions there"):
                self.copied(machine.config, cluster.config)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
