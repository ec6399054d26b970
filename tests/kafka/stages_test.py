#!/usr/bin/env python3
"""Four processes over a real broker give what one process gives over its own log."""
import pathlib
import sys
import unittest

from cluster import BINARY, Cluster, embedded, wait_for_windows  # noqa: F401
import corpus
import servers

TASKS = '[[task]]\ntag = "coffee"\nrule = "coffee OR match"\n[[task]]\ntag = "storm"\nrule = "#storm"\n'
ROWS = 20_000


class Stages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = servers.Kafka()
        cls.kafka.start()
        cls.addClassCleanup(cls.kafka.__exit__)

    def test_four_processes_give_the_windows_of_one(self):
        with Cluster(self.kafka.bootstrap, more=TASKS) as cluster:
            posts = corpus.write_csv(cluster.folder / "posts.csv.gz", ROWS)
            wanted = embedded(cluster.folder, posts, tasks=TASKS)
            stages = [cluster.start(stage) for stage in ("store", "window", "analyze")]
            ingest = cluster.start("ingest", "--replay", posts, "--speed", "max", "--exit-when-done")
            self.assertEqual(ingest.wait(), 0, ingest.text())
            cluster.wait_for("SELECT count(*) AS n FROM posts", ROWS)
            wait_for_windows(cluster, wanted)
            for stage in stages:
                self.assertTrue(stage.running, stage.text())
                self.assertEqual(stage.stop(), 0, stage.text())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
