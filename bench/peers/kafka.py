#!/usr/bin/env python3
"""`heartbeat analyze` beside a Python consumer with TextBlob and Spark Structured Streaming with the same: the same posts of the same topic of a real broker, one
after the other. Prints JSON.

usage: kafka.py BUILD FILE.csv[.gz] [--posts N] [--instances 1,2,4] [--partitions 4,16,64]
BUILD: build/release after ./hb test, whose environment it needs: .cache/venv/tests/bin/python3

All read the topic `ingest` (Avro) from its beginning and write a topic `sentiment`. The consumer is what people write today: confluent-kafka, fastavro,
TextBlob, a record a post, offsets committed every 1,000; it counts from its first record on. heartbeat's processes count from their start to their end, with the
analyzers of the profiles `polarity` (what TextBlob gives, to the same topic: like for like), `core` and `all`, and commit outputs and offsets in transactions. Figures are posts a second of processor time of the
process itself; what the broker uses is not counted. `wall` is by the clock, on a machine that also runs the broker.

Spark (spark_textblob.py) is local, with a worker a core, and counts from where its session and its Python workers are there and warm to the end of the topic: processor
time of the JVM and of the workers. It needs Java, Maven and a Python environment of its own, and is left out, with a word why, where one of them is missing:

  python3 -m venv .cache/venv/spark && .cache/venv/spark/bin/pip install -r bench/peers/spark-requirements.txt
"""
import argparse
import contextlib
import csv
import gzip
import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/servers")]
PATIENCE = 600  # seconds for one run
TOPICS = ("ingest", "analysis", "sentiment", "windows", "trends", "redactions", "rescored", "deadletters", "gaps", "tasks")


def settings(servers, folder, name, ingest="ingest", partitions=4, profile="core"):
    """A configuration file whose topics but `ingest` are its own."""
    topics = "".join(f'{topic} = "{ingest if topic == "ingest" else name + "." + topic}"\n' for topic in TOPICS)
    path = folder / f"{name}.toml"
    path.write_text(f'[log]\nkind = "kafka"\npartitions = {partitions}\n[kafka]\nservers = "{servers}"\napplication = "{name}"\n'
                    f'[kafka.topics]\n{topics}[analysis]\nthreads = 1\nprofile = "{profile}"\n')
    return path


def heartbeat(build, command, config, folder, *args):
    log = open(folder / f"{command}.log", "ab")
    return subprocess.Popen([build / "heartbeat", command, "--config", config, "--data", folder / config.stem, *args], stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def ended(process, folder):
    """Waits for a process; processor seconds of it."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"heartbeat ended with {process.returncode}:\n" + "\n".join(path.read_text()[-2000:] for path in folder.glob("*.log")))
    return used.ru_utime + used.ru_stime


def committed(servers, group, topic, partitions):
    """How many records of a topic a group has left behind it; marks of transactions count."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": servers, "group.id": group})
    found = consumer.committed([TopicPartition(topic, number) for number in range(partitions)], timeout=30)
    consumer.close()
    return [max(each.offset, 0) for each in found]


def ends(servers, topic, partitions):
    """Records that a reader of what is committed can read up to, and the offset behind the last of them in each partition."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": servers, "group.id": "count", "auto.offset.reset": "earliest", "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
    last, records, open_ones = [0] * partitions, 0, partitions
    while open_ones:
        for message in consumer.consume(10000, 1):
            if message.error():
                open_ones -= 1
            else:
                records += 1
                last[message.partition()] = message.offset() + 1
    consumer.close()
    return records, last


def run_ours(build, servers, folder, name, profile, instances, topic, partitions, wanted):
    """Posts a second of processor time, and the wall clock's seconds, of `instances` processes that share a group."""
    config = settings(servers, folder, name, topic, partitions, profile)
    begin = time.monotonic()
    processes = [heartbeat(build, "analyze", config, folder) for _ in range(instances)]
    while any(have < want for have, want in zip(committed(servers, f"{name}-analyze", topic, partitions), wanted)):
        if time.monotonic() - begin > PATIENCE or any(process.poll() is not None for process in processes):
            sys.exit("heartbeat did not come to the end of the topic:\n" + (folder / "analyze.log").read_text()[-3000:])
        time.sleep(0.2)
    wall = time.monotonic() - begin
    for process in processes:
        process.send_signal(signal.SIGTERM)
    return sum(ended(process, folder) for process in processes), wall


def consume(servers, topic, partitions, posts):
    """The Python program: prints its processor seconds and the wall clock's from its first record to its last."""
    import io

    import fastavro
    from confluent_kafka import Consumer, Producer
    from textblob import TextBlob

    reader = fastavro.schema.load_schema(ROOT / "schemas/tweet.avsc")
    writer = fastavro.schema.load_schema(ROOT / "schemas/classic/sentiment.avsc")
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "python", "auto.offset.reset": "earliest", "enable.auto.commit": False})
    producer = Producer({"bootstrap.servers": servers, "enable.idempotence": True, "linger.ms": 20})
    TextBlob("warm up").sentiment  # The lexicon is read once: not counted.
    consumer.subscribe([topic])
    done, begin, cpu = 0, 0.0, 0.0
    while done < posts:
        for message in consumer.consume(1000, 1):
            if message.error():
                sys.exit(str(message.error()))
            if not done:
                begin, cpu = time.monotonic(), time.process_time()
            post = fastavro.schemaless_reader(io.BytesIO(message.value()), reader)
            polarity = TextBlob(post["content"]).sentiment.polarity
            out = io.BytesIO()
            fastavro.schemaless_writer(out, writer, {"time": int(post["time"].timestamp()), "task": post["task"], "pos": max(polarity, 0.0),
                                                     "neu": 1 - abs(polarity), "neg": max(-polarity, 0.0)})
            producer.produce("python.sentiment", value=out.getvalue(), key=message.key())
            done += 1
            if done % 1000 == 0:
                producer.flush()
                consumer.commit(asynchronous=False)
    producer.flush()
    if done % 1000:
        consumer.commit(asynchronous=False)
    print(json.dumps([time.process_time() - cpu, time.monotonic() - begin]))
    consumer.close()


def session_cpu(session):
    """Processor seconds of all processes of a session, and of those that they have waited for."""
    ticks = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # It has just ended: whoever waited for it has its time.
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def fetch_spark():
    """(interpreter, jars) of Spark; unittest.SkipTest says what is missing."""
    import servers

    python = ROOT / ".cache/venv/spark/bin/python3"
    if not python.exists():
        raise unittest.SkipTest("there is no .cache/venv/spark (see kafka.py --help)")

    def get(work):
        servers.maven("-f", str(ROOT / "bench/peers/spark.xml"), f"{servers.PLUGIN}:copy-dependencies", f"-DoutputDirectory={work}", "-DincludeScope=runtime")
        servers.check(work, "spark")

    return python, sorted(servers.fetch_part("spark", get).glob("*.jar"))


def run_spark(servers, folder, topic, partitions, posts):
    """Processor seconds, and the wall clock's, of Spark from the beginning of a topic to its end."""
    python, jars = fetch_spark()
    checkpoints = folder / "spark"
    checkpoints.mkdir()
    with open(folder / "spark.log", "ab") as log:
        process = subprocess.Popen([python, ROOT / "bench/peers/spark_textblob.py", servers, topic, "spark.sentiment", checkpoints, ",".join(map(str, jars))],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)  # fmt: skip

    def said(word):
        if process.stdout.readline().strip() != word:
            sys.exit(f"Spark was not {word}:\n" + (folder / "spark.log").read_text()[-3000:])
        return session_cpu(process.pid), time.monotonic()

    def end():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    # A watch, for a Spark that says nothing: its whole session ends.
    watch = threading.Timer(PATIENCE, end)
    watch.daemon = True
    watch.start()
    try:
        cpu, begin = said("ready")
        process.stdin.write("begin\n")
        process.stdin.flush()
        cpu_end, finish = said("done")
        process.stdin.close()
        process.wait(PATIENCE)
    finally:
        watch.cancel()
        end()
        process.wait()
    written, _ = ends(servers, "spark.sentiment", partitions)
    if written != posts:
        sys.exit(f"Spark wrote {written} of {posts} posts")
    return cpu_end - cpu, finish - begin


def head(file, posts, folder):
    """A file with the first posts of another."""
    path = folder / "posts.csv"
    if not path.exists():
        csv.field_size_limit(1 << 24)
        opened = (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8", errors="replace", newline="")
        with opened as source, open(path, "w", newline="") as out:
            csv.writer(out).writerows(itertools.islice(csv.reader(source), posts + 1))
    return path


def fill(build, servers, folder, file, posts, partitions):
    """The first posts of the file in a topic of their own. Its name, how many records it has, and where its partitions end."""
    topic = f"ingest-{partitions}"
    config = settings(servers, folder, f"fill{partitions}", topic, partitions)
    ended(heartbeat(build, "ingest", config, folder, "--replay", str(head(file, posts, folder)), "--speed", "max", "--exit-when-done"), folder)
    return topic, *ends(servers, topic, partitions)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--instances", default="1,2,4")
    parser.add_argument("--partitions", default="4,16,64")
    parser.add_argument("--consume", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.consume:
        servers, topic, partitions = args.consume.split()
        return consume(servers, topic, int(partitions), args.posts)

    import servers

    rows = []
    with tempfile.TemporaryDirectory(prefix="hb_bench_kafka_") as work, servers.Kafka() as kafka:
        folder = pathlib.Path(work)
        counts = [int(count) for count in args.partitions.split(",")]
        filled = {count: fill(args.build.resolve(), kafka.bootstrap, folder, args.file, args.posts, count) for count in counts}

        def row(name, posts, cpu, wall, **more):
            rows.append({"who": name, **more, "posts": posts, "posts_per_cpu_second": round(posts / cpu), "cpu_seconds_per_million": round(1e6 * cpu / posts, 1),
                         "wall_posts_per_second": round(posts / wall)})
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)

        topic, posts, last = filled[counts[0]]
        ensure_topic(kafka.bootstrap, "python.sentiment", counts[0])
        done = subprocess.run([sys.executable, __file__, args.build, args.file, "--posts", str(posts), "--consume", f"{kafka.bootstrap} {topic} {counts[0]}"],
                              check=True, stdout=subprocess.PIPE, text=True)
        theirs, wall = json.loads(done.stdout)
        row("python, TextBlob", posts, theirs, wall, partitions=counts[0], instances=1)
        spark = None
        try:
            ensure_topic(kafka.bootstrap, "spark.sentiment", counts[0])
            row("Spark, TextBlob in a UDF", posts, *run_spark(kafka.bootstrap, folder, topic, counts[0], posts), partitions=counts[0], workers=os.cpu_count())
            spark = rows[-1]
        except unittest.SkipTest as why:
            print(f"Spark is left out: {why}", file=sys.stderr, flush=True)
        runs = [(profile, 1, counts[0]) for profile in ("polarity", "core", "all")]
        runs += [("core", int(count), counts[0]) for count in args.instances.split(",") if count != "1"]
        runs += [("core", 1, count) for count in counts[1:]]
        for number, (profile, instances, partitions) in enumerate(runs):
            topic, posts, last = filled[partitions]
            cpu, wall = run_ours(args.build.resolve(), kafka.bootstrap, folder, f"run{number}", profile, instances, topic, partitions, last)
            row(f"heartbeat analyze, {profile}", posts, cpu, wall, partitions=partitions, instances=instances)
            rows[-1]["times_python"] = round(posts / cpu / rows[0]["posts_per_cpu_second"], 1)
            if spark:
                rows[-1]["times_spark"] = round(posts / cpu / spark["posts_per_cpu_second"], 1)
    print(json.dumps({"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "rows": rows}, indent=1))


def ensure_topic(servers, name, partitions):
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": servers})
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result()


if __name__ == "__main__":
    main()
