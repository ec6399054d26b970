#!/usr/bin/env python3
"""What heartbeat's stages cost over a real broker on this machine, and how long a post takes through them. Prints JSON.

usage: kafka.py BUILD FILE.csv[.gz] [--posts N] [--rates 1000,20000] [--seconds N]
BUILD: build/release after ./hb test, whose environment it needs: .cache/venv/tests/bin/python3

Cost: processor microseconds a post of each stage's process from its start to its end, each alone with a topic that is full already, and bytes on the broker's disk.
Latency: a producer writes posts to `ingest` at a steady rate; a reader of what is committed waits for their keys on `sentiment`. Between them one
process of `analyze`, which commits a transaction for each batch that it polled. The producer, the reader and the broker share the machine.
"""
import argparse
import csv
import datetime
import gzip
import json
import pathlib
import signal
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/servers"), str(ROOT / "bench/peers")]

import kafka as peers  # noqa: E402  (bench/peers/kafka.py)
import servers  # noqa: E402

PARTITIONS = 4


def until_read(processes, bootstrap, group, topic, folder, wanted):
    """Waits until a group has read a topic; stops its processes. Processor seconds of them."""
    end = time.monotonic() + peers.PATIENCE
    while any(have < want for have, want in zip(peers.committed(bootstrap, group, topic, PARTITIONS), wanted)):
        if time.monotonic() > end or any(process.poll() is not None for process in processes):
            sys.exit(f"{group} did not come to the end of {topic}:\n" + "\n".join(path.read_text()[-2000:] for path in folder.glob("*.log")))
        time.sleep(0.2)
    for process in processes:
        process.send_signal(signal.SIGTERM)
    return sum(peers.ended(process, folder) for process in processes)


def costs(build, bootstrap, folder, file):
    """Microseconds a post, stage by stage."""
    config = peers.settings(bootstrap, folder, "stages", "stages.ingest", PARTITIONS, "all")
    ingest = peers.heartbeat(build, "ingest", config, folder, "--replay", str(file), "--speed", "max", "--exit-when-done")
    found = {"ingest": peers.ended(ingest, folder)}
    posts, last = peers.ends(bootstrap, "stages.ingest", PARTITIONS)
    for stage, topic in (("analyze", "stages.ingest"), ("window", "stages.analysis"), ("store", "stages.analysis")):
        wanted = last if stage == "analyze" else peers.ends(bootstrap, topic, PARTITIONS)[1]
        process = peers.heartbeat(build, stage, config, folder)
        group = wait_for_group(bootstrap, f"stages-{stage}")
        found[stage] = until_read([process], bootstrap, group, topic, folder, wanted)
    return posts, {stage: round(1e6 * seconds / posts, 1) for stage, seconds in found.items()}


def sizes(broker, posts):
    """Bytes a post of each topic in the broker's files, states among them."""
    total = {}
    for segment in (broker.folder / "data").glob("*/*.log"):
        topic = segment.parent.name.rpartition("-")[0]
        if not topic.startswith("__"):
            total[topic] = total.get(topic, 0) + segment.stat().st_size
    return {topic: round(size / posts, 1) for topic, size in sorted(total.items()) if size >= posts / 10}


def wait_for_group(bootstrap, prefix):
    """Each store is a group of its own: the name of the one that is there."""
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": bootstrap})
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for group in admin.list_consumer_groups().result().valid:
            if group.group_id.startswith(prefix):
                return group.group_id
        time.sleep(0.2)
    sys.exit("no store has joined")


def texts_of(file, count):
    csv.field_size_limit(1 << 24)
    with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8", errors="replace", newline="") as source:
        found = []
        for row in csv.DictReader(source):
            found.append(row.get("content") or row.get("text") or "")
            if len(found) == count:
                break
    return found


def produce(bootstrap, topic, texts, rate, seconds, sent):
    """Writes at a steady rate; notes when each key was handed over."""
    import io

    import fastavro
    from confluent_kafka import Producer

    schema = fastavro.schema.load_schema(ROOT / "schemas/tweet.avsc")  # What is not given has its default there.
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5, "enable.idempotence": True})
    begin = time.monotonic()
    for number in range(int(rate * seconds)):
        wait = begin + number / rate - time.monotonic()
        if wait > 0.001:
            producer.poll(0)
            time.sleep(wait)
        value = io.BytesIO()
        fastavro.schemaless_writer(value, schema, {"time": datetime.datetime.now(datetime.timezone.utc), "content": texts[number % len(texts)], "task": "bench"})
        key = (1 << 60) + number
        sent[number] = time.monotonic()
        producer.produce(topic, key=key.to_bytes(8, "big"), value=value.getvalue())
    producer.flush()


def latency(build, bootstrap, folder, texts, rate, seconds):
    """Milliseconds from the hand-over to the producer to the reader, as percentiles."""
    from confluent_kafka import Consumer

    name = f"latency{rate}"
    ingest, sentiment = f"{name}.ingest", f"{name}.sentiment"
    config = peers.settings(bootstrap, folder, name, ingest, PARTITIONS)
    process = peers.heartbeat(build, "analyze", config, folder)
    reader = Consumer({"bootstrap.servers": bootstrap, "group.id": name + "-reader", "auto.offset.reset": "earliest", "isolation.level": "read_committed",
                       "fetch.wait.max.ms": 10})
    wait_for_group(bootstrap, name + "-analyze")
    reader.subscribe([sentiment])
    total = int(rate * seconds)
    sent, seen = [0.0] * total, [0.0] * total
    thread = threading.Thread(target=produce, args=(bootstrap, ingest, texts, rate, seconds, sent))
    thread.start()
    left, end = total, time.monotonic() + seconds + 60
    while left and time.monotonic() < end:
        for message in reader.consume(5000, 0.05):
            number = int.from_bytes(message.key(), "big") - (1 << 60)
            if not message.error() and not seen[number]:
                seen[number] = time.monotonic()
                left -= 1
    thread.join()
    reader.close()
    process.send_signal(signal.SIGTERM)
    peers.ended(process, folder)
    # The first second is that of joining the group.
    times = sorted(1e3 * (there - gone) for gone, there in zip(sent, seen) if there and gone > sent[0] + 1)
    return {"posts_per_second": rate, "posts": total, "missing": left, "p50_ms": round(times[len(times) // 2], 1), "p99_ms": round(times[len(times) * 99 // 100], 1),
            "max_ms": round(times[-1], 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--rates", default="1000,20000")
    parser.add_argument("--seconds", type=float, default=10)
    args = parser.parse_args()
    build = args.build.resolve()
    with tempfile.TemporaryDirectory(prefix="hb_bench_kafka_") as work, servers.Kafka() as broker:
        folder = pathlib.Path(work)
        posts, cost = costs(build, broker.bootstrap, folder, peers.head(args.file, args.posts, folder))
        disk = sizes(broker, posts)
        texts = texts_of(args.file, 20_000)
        found = [latency(build, broker.bootstrap, folder, texts, int(rate), args.seconds) for rate in args.rates.split(",")]
    print(json.dumps({"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "posts": posts, "processor_us_per_post": cost, "broker_bytes_per_post": disk, "latency": found}, indent=1))


if __name__ == "__main__":
    main()
