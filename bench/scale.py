#!/usr/bin/env python3
"""Works out the figures of docs/scale.md from two results of the benches over Kafka.

usage: scale.py [STAGES.json] [PEERS.json]
STAGES.json: what bench/kafka.py printed; PEERS.json: what bench/peers/kafka.py printed. Without them those that docs/scale.md names.

Both runs have `analyze` with all analyzers: what it took in the second over what it took in the first is how much slower the machine was then, and the costs that
only the first run has are multiplied by it.
"""
import json
import math
import pathlib
import sys

RESULTS = pathlib.Path(__file__).resolve().parent / "results"
RECORD = 143_199  # posts a second
USED = 2 / 3  # of a process's core
COPIES, BROKERS = 3, 3
DAY = 86_400


def main():
    paths = [pathlib.Path(arg) for arg in sys.argv[1:]] + [RESULTS / "2026-11-22-kafka.json", RESULTS / "2026-11-22-kafka-peers.json"][len(sys.argv) - 1 :]
    stages, peers = (json.loads(path.read_text()) for path in paths)
    rows = [row for row in peers["rows"] if row["who"].startswith("heartbeat analyze")]

    def took(profile, partitions=4, instances=1):
        return next(row["cpu_seconds_per_million"] for row in rows
                    if (row["who"].endswith(" " + profile), row["partitions"], row["instances"]) == (True, partitions, instances))  # fmt: skip

    measured = stages["processor_us_per_post"]
    slower = took("all") / measured["analyze"]
    cost = {stage: us * slower for stage, us in measured.items()}
    print(f"the machine was {slower:.2f} times as slow in the second run")
    for stage, us in cost.items():
        print(f"{stage:8} {us:5.1f} us a post, {1e6 / us:,.0f} posts a second by one thread")
    print(f"analyze: core {took('core')}, polarity {took('polarity')}; core with 4, 16, 64 partitions:", *(took("core", partitions) for partitions in (4, 16, 64)))
    for rate in (RECORD, 10 * RECORD):
        cores = {stage: rate * us / 1e6 for stage, us in cost.items()}
        print(f"\n{rate:,} a second: {sum(cores.values()):.1f} cores of work, {sum(cores.values()) / USED:.0f} with room")
        for stage, work in cores.items():
            print(f"{stage:8} {work:5.1f} cores of work, {math.ceil(work / USED)} processes")
    size = stages["broker_bytes_per_post"]
    states = sum(each for topic, each in size.items() if "-state-" in topic)
    whole = sum(size.values())
    print(f"\nbrokers: {whole:.0f} bytes a post, {states:.0f} of states; {whole * RECORD * COPIES / 1e6:.0f} MB a second in all, {whole * RECORD * COPIES / BROKERS / 1e6:.0f} each")
    print(f"kept a copy: seven days of ingest {size['ingest'] * RECORD * DAY * 7 / 1e12:.1f} TB, a day of all but states {(whole - states) * RECORD * DAY / 1e12:.1f} TB")


if __name__ == "__main__":
    main()
