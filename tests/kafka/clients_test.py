#!/usr/bin/env python3
"""Other people's clients: Python's confluent-kafka with fastavro and its registry client, kcat; a registry, and what nobody can read."""
import io
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest

from cluster import Cluster
import corpus
import fastavro
import servers
from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

THREE = {"type": "record", "name": "Mine", "fields": [
    {"name": "content", "type": "string"}, {"name": "time", "type": "int"}, {"name": "task", "type": "string"}]}  # fmt: skip
CLASSIC = {
    "tweet": {"type": "record", "name": "tweet", "namespace": "heartbeat", "fields": [
        {"name": "time", "type": {"type": "int", "logicalType": "timestamp-millis"}},
        {"name": "content", "type": "string"}, {"name": "task", "type": "string"}]},
    "sentiment": {"type": "record", "name": "sentiment", "namespace": "heartbeat", "fields": [
        {"name": "time", "type": {"type": "int", "logicalType": "timestamp-millis"}}, {"name": "task", "type": "string"},
        {"name": "pos", "type": "float"}, {"name": "neu", "type": "float"}, {"name": "neg", "type": "float"}]},
}  # fmt: skip
CLASSIC_TWEET = {**CLASSIC["tweet"], "fields": [{"name": "time", "type": "int"}, *CLASSIC["tweet"]["fields"][1:]]}


def key(number):
    return struct.pack(">Q", number)


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka, cls.registry = servers.Kafka(), servers.Registry()
        for server in (cls.kafka, cls.registry):
            server.start()
            cls.addClassCleanup(server.__exit__)
        cls.schemas = SchemaRegistryClient({"url": cls.registry.url})

    def read(self, topic, count, seconds=60):
        """The first `count` messages of a topic that were committed."""
        consumer = Consumer({"bootstrap.servers": self.kafka.bootstrap, "group.id": f"reader{time.monotonic_ns()}",
                             "auto.offset.reset": "earliest", "isolation.level": "read_committed"})  # fmt: skip
        consumer.subscribe([topic])
        messages, end = [], time.monotonic() + seconds
        while len(messages) < count and time.monotonic() < end:
            message = consumer.poll(0.5)
            if message is not None and message.error() is None:
                messages.append(message)
        consumer.close()
        self.assertEqual(len(messages), count, f"of {topic}")
        return messages

    def send(self, topic, messages):
        producer = Producer({"bootstrap.servers": self.kafka.bootstrap, "message.max.bytes": 20_000_000})
        refused = []
        for message_key, value in messages:
            producer.produce(topic, key=message_key, value=value, partition=1, on_delivery=lambda error, _: error and refused.append(error))
        self.assertEqual((producer.flush(30), refused), (0, []))

    def three(self, content, seconds=1_600_000_000, schema=THREE):
        value = io.BytesIO()
        fastavro.schemaless_writer(value, schema, {"time": seconds, "content": content, "task": "mine"})
        return value.getvalue()

    def test_python_reads_what_we_write_by_the_registry(self):
        with Cluster(self.kafka.bootstrap, self.registry.url) as cluster:
            posts = corpus.write_csv(cluster.folder / "posts.csv", 200)
            cluster.start("analyze")
            ingest = cluster.start("ingest", "--replay", posts, "--speed", "max", "--exit-when-done")
            self.assertEqual(ingest.wait(), 0, ingest.text())
            decode = AvroDeserializer(self.schemas)
            for topic, fields in (("ingest", {"time", "content", "task", "id"}), ("sentiment", {"time", "pos", "neu", "neg", "label"})):
                ids = set()
                for message in self.read(cluster.topic(topic), 200):
                    record = decode(message.value(), SerializationContext(message.topic(), MessageField.VALUE))
                    self.assertLessEqual(fields, record.keys())
                    ids.add(message.key())
                    if topic == "ingest":
                        self.assertEqual(struct.unpack(">Q", message.key())[0], int(record["id"]))
                    else:
                        self.assertAlmostEqual(record["pos"] + record["neu"] + record["neg"], 1, 5)
                self.assertEqual(len(ids), 200)
            latest = self.schemas.get_latest_version(cluster.topic("sentiment") + "-value")
            self.assertEqual(json.loads(latest.schema.schema_str)["name"], "sentiment")

    def test_python_feeds_us_with_three_fields(self):
        with Cluster(self.kafka.bootstrap, self.registry.url) as cluster:
            cluster.start("analyze")
            cluster.start("window")
            cluster.start("store")
            cluster.wait_for("SELECT count(*) AS n FROM posts", 0)
            encode = AvroSerializer(self.schemas, json.dumps(THREE), conf={"auto.register.schemas": True,
                                    "subject.name.strategy": lambda context, name: "mine-value"})  # fmt: skip
            context = SerializationContext(cluster.topic("ingest"), MessageField.VALUE)
            values = [encode({"time": 1_600_000_000 + i, "content": f"a lovely day {i}", "task": "mine"}, context) for i in range(50)]
            # Each key twice: the same post again.
            self.send(cluster.topic("ingest"), [(key(1000 + i % 50), values[i % 50]) for i in range(100)])
            cluster.wait_for("SELECT count(*) AS n FROM posts", 50)
            rows = cluster.query("SELECT id, content, task, source, epoch(time) AS t FROM posts WHERE id = '1007'")
            self.assertEqual(rows, [{"id": "1007", "content": "a lovely day 7", "task": "mine", "source": "kafka", "t": 1_600_000_007}])
            cluster.wait_for("SELECT posts FROM windows WHERE task = 'mine' AND window_size = '1h'", 50)
            # A registry that is away stops nothing that is known.
            os.kill(self.registry.process.pid, signal.SIGSTOP)  # (Its schemas are in memory: a restart would lose them.)
            self.addCleanup(os.kill, self.registry.process.pid, signal.SIGCONT)
            self.send(cluster.topic("ingest"), [(key(5000), values[3])])
            cluster.wait_for("SELECT count(*) AS n FROM posts", 51)

    def test_what_nobody_can_read_is_a_dead_letter_and_the_partition_goes_on(self):
        with Cluster(self.kafka.bootstrap, self.registry.url, kafka='"message.max.bytes" = 20000000\n"fetch.message.max.bytes" = 20000000') as cluster:
            analyze = cluster.start("analyze")
            cluster.start("store")
            cluster.wait_for("SELECT count(*) AS n FROM posts", 0)
            self.allow_large(cluster.topic("ingest"))
            good_id = self.schemas.register_schema("mine-value", self.schema(THREE))
            good = b"\0" + struct.pack(">I", good_id) + self.three("a good one")
            poison = [(key(1), b"this is no avro"), (key(2), b"\0" + struct.pack(">I", 4_000_000) + b"x"), (b"short", good),
                      (key(4), b"\0" + struct.pack(">I", good_id) + b"\xff" * 20), (key(5), b"z" * 10_485_760)]  # fmt: skip
            self.send(cluster.topic("ingest"), [(key(100), good), *poison, (key(101), good)])
            cluster.wait_for("SELECT count(*) AS n FROM posts", 2)
            cluster.wait_for("SELECT count(*) AS n FROM dead_letters", 5)
            letters = cluster.query("SELECT location, reason FROM dead_letters ORDER BY location")
            self.assertEqual([row["location"] for row in letters], [f"ingest/1@{i}" for i in range(1, 6)])
            for row, words in zip(letters, ("registry", "4000000", "key", "", "bytes")):
                self.assertIn(words, row["reason"], row)
            self.assertTrue(analyze.running, analyze.text())

    def schema(self, text):
        from confluent_kafka.schema_registry import Schema

        return Schema(json.dumps(text), "AVRO")

    def allow_large(self, topic):
        from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

        admin = AdminClient({"bootstrap.servers": self.kafka.bootstrap})
        entry = ConfigEntry("max.message.bytes", "20000000", incremental_operation=AlterConfigOpType.SET)
        for future in admin.incremental_alter_configs([ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])]).values():
            future.result()

    def test_a_topic_of_raw_x_json_is_read_from_its_beginning_as_it_is(self):
        from confluent_kafka.admin import AdminClient, NewTopic

        name = f"twitter_topic_full_en_{time.monotonic_ns()}"
        admin = AdminClient({"bootstrap.servers": self.kafka.bootstrap})
        for future in admin.create_topics([NewTopic(name, 4, 1)]).values():
            future.result()  # not compacted, its clock that of the producers: as others make topics
        raw = [json.dumps({"data": {"id": str(1346889436626259968 + i), "lang": "en", "text": f"what a lovely day {i}"}}).encode() for i in range(40)]
        self.send(name, [(None, value) for value in raw] + [(b"a key of theirs", raw[0]), (None, b"{no json")])
        with Cluster(self.kafka.bootstrap, kafka=f'format = "json"\ntopics.ingest = "{name}"') as cluster:
            cluster.start("analyze")
            cluster.start("store")
            cluster.wait_for("SELECT count(*) AS n FROM posts", 40)
            cluster.wait_for("SELECT count(*) AS n FROM dead_letters", 1)
            row = cluster.query("SELECT content, lang, epoch(time)::BIGINT AS t FROM posts WHERE id = '1346889436626259968'")
            self.assertEqual(row, [{"content": "what a lovely day 0", "lang": "en", "t": 1_609_958_440}])
            for message in self.read(cluster.topic("sentiment"), 40):
                record = json.loads(message.value())
                self.assertAlmostEqual(record["pos"] + record["neu"] + record["neg"], 1, 5)

    def test_three_fields_are_enough_without_a_registry(self):
        with Cluster(self.kafka.bootstrap) as cluster:
            cluster.start("analyze")
            cluster.start("store")
            cluster.wait_for("SELECT count(*) AS n FROM posts", 0)
            self.send(cluster.topic("ingest"), [(key(i), self.three(f"a lovely day {i}", schema=CLASSIC_TWEET)) for i in range(1, 20)])
            cluster.wait_for("SELECT count(*) AS n FROM posts", 19)

    def test_classic_is_read_with_its_own_schema(self):
        for registry in ("", self.registry.url):
            with Cluster(self.kafka.bootstrap, registry, kafka='schema = "classic"') as cluster:
                posts = corpus.write_csv(cluster.folder / "posts.csv", 60)
                cluster.start("analyze")
                ingest = cluster.start("ingest", "--replay", posts, "--speed", "max", "--exit-when-done")
                self.assertEqual(ingest.wait(), 0, ingest.text())
                for topic, schema, fields in (("ingest", "tweet", ["time", "content", "task"]), ("sentiment", "sentiment", ["time", "task", "pos", "neu", "neg"])):
                    for message in self.read(cluster.topic(topic), 60):
                        value = io.BytesIO(message.value()[5 if registry else 0:])
                        record = fastavro.schemaless_reader(value, plain(CLASSIC[schema]), None)
                        self.assertEqual(list(record), fields)
                        self.assertLess(record["time"], 2_000_000_000)
                        self.assertEqual(value.read(), b"")

    @unittest.skipUnless(shutil.which("kcat"), "there is no kcat")
    def test_kcat_lists_and_reads_our_topics(self):
        with Cluster(self.kafka.bootstrap, self.registry.url) as cluster:
            posts = corpus.write_csv(cluster.folder / "posts.csv", 30)
            ingest = cluster.start("ingest", "--replay", posts, "--speed", "max", "--exit-when-done")
            self.assertEqual(ingest.wait(), 0, ingest.text())
            topic = cluster.topic("ingest")
            listed = json.loads(kcat("-b", self.kafka.bootstrap, "-L", "-J"))
            self.assertEqual([len(t["partitions"]) for t in listed["topics"] if t["topic"] == topic], [4])
            # A key is eight bytes; a value begins with 0 and the id of its schema.
            lines = kcat("-b", self.kafka.bootstrap, "-C", "-t", topic, "-e", "-q", "-s", "key=q>", "-s", "value=b >I", "-f", "%k %s\n").splitlines()
            latest = self.schemas.get_latest_version(topic + "-value").schema_id
            self.assertEqual(set(lines), {f"{10_000_000 + i} 0 {latest}" for i in range(30)})


def plain(schema):
    """The schema without logical types: fastavro would make dates of them."""
    return {**schema, "fields": [{**f, "type": f["type"]["type"] if isinstance(f["type"], dict) else f["type"]} for f in schema["fields"]]}


def kcat(*arguments):
    done = subprocess.run(["kcat", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
