#!/usr/bin/env python3
"""Replays many posts in one process, from several sources, and holds the peak of memory to 1.5 GiB.

With ../shared/data/replay beside the repository these are its 650,000 posts and more; else posts made up here.
"""
import sys
import time

import corpus
import harness
from harness import Case

BOUND = 1536 << 20


class Memory(Case):
    def test_the_peak_is_bounded(self):
        files = sorted((harness.SHARED / "replay").glob("ira_201*.csv.gz"))
        if not files:
            print("../shared/data/replay is not there: 4 x 60,000 made-up posts instead", file=sys.stderr)
            files = [corpus.write_csv(self.work / f"posts{n}.csv.gz", 60_000, seed=n, start=f"2016-0{n}-01T00:00:00") for n in range(1, 5)]
        config = "".join(f"[[source]]\nkind = 'replay'\npath = '{file}'\nspeed = 'max'\n\n" for file in files)
        begin = time.monotonic()
        with harness.Up(self.data, config=config) as up:
            _ = up.port
            up.wait_done(540)
            seconds = time.monotonic() - begin
            status = up.status()
            peak = status["peak_memory_bytes"]
            rows = status["posts_total"] + status["dead_letters"]
            disk = status["disk"]
            self.assertEqual(len(status["sources"]), len(files))
            self.assertEqual(up.terminate()[0], 0, up.text())
        print(f"{rows} rows of {len(files)} files in {seconds:.0f} s ({rows / seconds:.0f} a second): peak memory {peak >> 20} MiB, "
              f"log {disk['log_bytes'] >> 20} MiB, store {disk['store_bytes'] >> 20} MiB")
        self.assertGreater(rows, 200_000)
        self.assertLess(peak, BOUND)


if __name__ == "__main__":
    harness.main()
