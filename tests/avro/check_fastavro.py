#!/usr/bin/env python3
"""Our Avro against fastavro, both ways, over generated and hostile values.

usage: check_fastavro.py AVRO_TOOL SCHEMAS_FOLDER [--seed N]
"""
import argparse
import base64
import copy
import io
import json
import random
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import fastavro

OPTIONS = None
TYPES = ["tweet", "classic/tweet", "sentiment", "classic/sentiment", "analysis", "aggregate", "trend",
         "redaction", "task", "dead_letter", "gap"]
ROUNDS = 300
INT = (-2**31, 2**31 - 1)
LONG = (-2**63, 2**63 - 1)
TEXTS = ["", "a", "\0", "a\0b", "\U0010ffff", "\ufffe\ufeff", "Київ 🇺🇦", '"\\ \x01\x1f\x7f\r\n\t',
         "#tag @user $CASH https://example.com", "e\u0301 \u202e rtl", "x" * 100_000]


def plain(schema):
    """The schema without logical types, so that fastavro gives numbers and takes any of them."""
    if isinstance(schema, dict):
        return {k: plain(v) for k, v in schema.items() if k != "logicalType"}
    return [plain(s) for s in schema] if isinstance(schema, list) else schema


def load(name):
    return json.loads((Path(OPTIONS.schemas) / f"{name}.avsc").read_text())


def parsed(schema):
    return fastavro.parse_schema(copy.deepcopy(schema))


def avro_bytes(schema, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, value, strict=True)
    return out.getvalue()


def avro_value(data, schema, reader=None):
    stream = io.BytesIO(data)
    value = fastavro.schemaless_reader(stream, schema, reader)
    assert stream.read() == b"", "bytes are left over"
    return value


def frames(data):
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        yield data[at + 4:at + 4 + size]
        at += 4 + size


def tool(*arguments, records=()):
    stdin = b"".join(struct.pack("<I", len(r)) + r for r in records)
    done = subprocess.run([OPTIONS.tool, *map(str, arguments)], input=stdin, capture_output=True)
    if done.returncode != 0:
        raise AssertionError(f"avro_tool {arguments}: exit {done.returncode}: {done.stderr.decode()}")
    return list(frames(done.stdout))


def from_hex(schema, value, names):
    """The tool's JSON, in which text and bytes are hex, as the value that fastavro reads."""
    if isinstance(schema, str) and schema in names:
        schema = names[schema]
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind in ("record", "enum"):
        names[schema["name"]] = schema
    if kind == "record":
        assert list(value) == [f["name"] for f in schema["fields"]], "names or order differ"
        return {f["name"]: from_hex(f["type"], value[f["name"]], names) for f in schema["fields"]}
    if kind == "array":
        return [from_hex(schema["items"], v, names) for v in value]
    if kind in ("string", "enum"):
        return bytes.fromhex(value).decode()
    if kind == "bytes":
        return bytes.fromhex(value)
    return from_hex(kind, value, names) if isinstance(kind, dict) else value


class Values:
    """Generated values of a schema, with a liking for the edges."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def number(self, low, high):
        r = self.random
        if r.random() < 0.5:
            return r.choice([n for n in (0, 1, -1, 63, 64, -64, -65, 8191, 8192, low, high) if low <= n <= high])
        return r.randint(low, high) >> r.randrange(high.bit_length() or 1)

    def text(self):
        r = self.random
        if r.random() < 0.7:
            return r.choice(TEXTS[:-1]) if r.random() < 0.98 else TEXTS[-1]
        return "".join(chr(r.choice([r.randrange(0xd800), r.randrange(0xe000, 0x110000)])) for _ in range(r.randrange(80)))

    def of(self, schema, names=None):
        names = {} if names is None else names
        r = self.random
        if isinstance(schema, list):
            return self.of(r.choice(schema), names)
        if isinstance(schema, str) and schema in names:
            schema = names[schema]
        kind = schema["type"] if isinstance(schema, dict) else schema
        if isinstance(schema, dict) and "name" in schema:
            names[schema["name"]] = schema
        if kind == "record":
            return {f["name"]: self.of(f["type"], names) for f in schema["fields"]}
        if kind == "array":
            return [self.of(schema["items"], names) for _ in range(r.choice([0, 0, 1, 2, 3, 70]))]
        if kind == "map":
            return {self.text(): self.of(schema["values"], names) for _ in range(r.randrange(3))}
        if kind == "enum":
            return r.choice(schema["symbols"])
        if kind == "float":
            return struct.unpack("<f", struct.pack("<f", r.choice([0.0, 1.0, -1.5, 0.1, 3e38, r.random()])))[0]
        return {"null": lambda: None, "boolean": lambda: r.random() < 0.5, "string": self.text,
                "bytes": lambda: r.randbytes(r.choice([0, 1, 200])), "int": lambda: self.number(*INT),
                "long": lambda: self.number(*LONG), "double": lambda: r.choice([0.0, -0.0, 1e-308, 1.7e308, r.random()])}[kind]()

    def record(self, name, schema):
        """A value that also keeps the rules of our types, which a schema cannot say."""
        value, r = self.of(schema), self.random
        if name in ("tweet", "analysis"):
            value["rules_version"] = self.number(0, 2**32 - 1)
            value["flags"] = self.number(0, 2**16 - 1)
            value["task"] = value["tasks"][0] if value["tasks"] else ""
        if name == "dead_letter":
            value["attempts"] = self.number(0, 2**31 - 1)
        if name == "gap":
            value["refilled"] = r.randint(0, 10**6)
        if name == "sentiment":
            value["task"] = value["tasks"][0] if value["tasks"] else ""
        if name == "analysis":
            value["neg"] = r.randint(0, 10**6)
            value["neu"] = r.randint(0, 10**6 - value["neg"])
            value["pos"] = 10**6 - value["neg"] - value["neu"]
            for field, low in (("mixed", 0), ("polarity", -10**6), ("subjectivity", 0)):
                value[field] = r.randint(low, 10**6)
            value["label"] = r.choice(["negative", "neutral", "positive"])
            left = 10**6
            for emotion in ("anger", "joy", "optimism", "sadness"):
                value[emotion] = r.randint(0, left)
                left -= value[emotion]
            for entity in value["entities"]:
                entity["type"] = r.choice(["", "person", "place", "a kind of tomorrow"])
                entity["begin"], entity["end"] = sorted((self.number(0, 2**31 - 1), self.number(0, 2**31 - 1)))
        if name == "aggregate":
            value["revision"] = self.number(0, 2**32 - 1)
            value["authors"] = sorted(({"hash": a["hash"], "posts": self.number(0, 2**32 - 1)} for a in
                                       {a["hash"]: a for a in value["authors"]}.values()),
                                      key=lambda a: a["hash"] % 2**64)
            value["author_registers"] = b"" if value["authors"] or r.random() < 0.5 else r.randbytes(4096)
            for field, size in (("labels", 3), ("labels4", 4), ("kinds", 4), ("emotion_sums", 4), ("emotions", 5)):
                value[field] = [self.number(*LONG) for _ in range(size)]
            for field in ("languages", "countries", "hashtags", "words", "entities", "topics"):
                counts = {c["key"]: c for c in value[field]["counts"]}.values()
                value[field]["counts"] = sorted(counts, key=lambda c: c["key"].encode())
        if name in ("task", "trend"):
            value["revision" if name == "task" else "count"] = self.number(0, 2**32 - 1)
        return value


class BothWays(unittest.TestCase):
    maxDiff = 2000

    def test_fastavro_reads_ours_and_writes_the_same_bytes(self):
        for name in TYPES:
            raw = plain(load(name))
            schema = parsed(raw)
            answers = tool("write", name, ROUNDS, OPTIONS.seed)
            self.assertEqual(len(answers), 2 * ROUNDS, name)
            for data, text in zip(answers[::2], answers[1::2]):
                want = from_hex(raw, json.loads(text), {})
                self.assertEqual(avro_value(data, schema), want, name)
                self.assertEqual(avro_bytes(schema, want), data, name)

    def test_we_read_fastavros(self):
        for name in TYPES:
            raw = plain(load(name))
            schema, values = parsed(raw), Values(OPTIONS.seed)
            records = [avro_bytes(schema, values.record(name, raw)) for _ in range(ROUNDS)]
            answers = tool("read", name, records=records)
            self.assertEqual(len(answers), ROUNDS, name)
            for data, answer in zip(records, answers):
                self.assertEqual(answer[:1], b"+", (name, answer[:200]))
                self.assertEqual(answer[1:], data, name)

    def test_the_generic_reader_shows_what_fastavro_wrote(self):
        def shown(value):
            if isinstance(value, bytes):
                text = value.decode(errors="surrogateescape")
                if all((c >= " " or c in "\t\r\n") and c != "\x7f" and not "\udc80" <= c <= "\udcff" for c in text):
                    return text
                return "base64:" + base64.b64encode(value).decode()
            if isinstance(value, dict):
                return {k: shown(v) for k, v in value.items()}
            return [shown(v) for v in value] if isinstance(value, list) else value

        def rounded(value):  # a float is shown by the fewest digits that name it
            if isinstance(value, (int, float)):
                return struct.pack("<f", value)
            return value

        for name in TYPES:
            raw = plain(load(name))
            schema, values = parsed(raw), Values(OPTIONS.seed + 1)
            wanted = [values.record(name, raw) for _ in range(ROUNDS)]
            answers = tool("show", name, records=[avro_bytes(schema, w) for w in wanted])
            for want, answer in zip(wanted, answers):
                self.assertEqual(answer[:1], b"+", (name, answer[:200]))
                got, want = json.loads(answer[1:]), shown(want)
                if "sentiment" in name:
                    got = {k: rounded(v) if k in ("pos", "neu", "neg") else v for k, v in got.items()}
                    want = {k: rounded(v) if k in ("pos", "neu", "neg") else v for k, v in want.items()}
                self.assertEqual(got, want, name)

    def test_truncated_records_are_refused(self):
        for name in TYPES:
            raw = plain(load(name))
            schema, values = parsed(raw), Values(OPTIONS.seed + 2)
            cut = []
            for _ in range(50):
                data = avro_bytes(schema, values.record(name, raw))
                cut.append(data[:values.random.randrange(len(data))])
            for answer in tool("read", name, records=cut):
                self.assertEqual(answer[:1], b"-", name)

    def test_times_are_times_with_the_logical_type(self):
        schema = parsed(load("task"))
        (data, _) = tool("write", "task", 1, 1)
        value = dict(avro_value(data, parsed(plain(load("task")))), time=1_476_000_000_123)
        read = avro_value(avro_bytes(parsed(plain(load("task"))), value), schema)
        self.assertEqual(read["time"].isoformat(), "2016-10-09T08:00:00.123000+00:00")


class OldReaders(unittest.TestCase):
    def check(self, name, fields):
        raw = plain(load(name))
        reader = dict(raw, fields=[{"name": f, "type": t} for f, t in fields.items()])
        answers = tool("write", name, ROUNDS, OPTIONS.seed + 3)
        for data in answers[::2]:
            full = avro_value(data, parsed(raw))
            self.assertEqual(avro_value(data, parsed(raw), parsed(reader)), {f: full[f] for f in fields})

    def test_a_reader_of_time_content_and_task_resolves_a_tweet(self):
        self.check("tweet", {"time": "long", "content": "string", "task": "string"})

    def test_a_reader_of_time_content_and_task_resolves_an_analysis(self):
        self.check("analysis", {"time": "long", "content": "string", "task": "string"})

    def test_a_reader_of_time_task_and_shares_resolves_a_sentiment(self):
        self.check("sentiment", {"time": "long", "task": "string", "pos": "float", "neu": "float", "neg": "float"})
        schema = parsed(plain(load("sentiment")))
        for data in tool("write", "sentiment", ROUNDS, OPTIONS.seed + 4)[::2]:
            value = avro_value(data, schema)
            self.assertAlmostEqual(value["pos"] + value["neu"] + value["neg"], 1, delta=1e-6)


class Resolution(unittest.TestCase):
    """Writers' schemas made from ours: we and fastavro must read the same from them."""

    def writer_of(self, raw, values):
        r = values.random
        fields = [copy.deepcopy(f) for f in raw["fields"] if "default" not in f or r.random() < 0.6]
        for field in fields:
            field.pop("default", None)
            if field["type"] == "long" and r.random() < 0.3:
                field["type"] = "int"
            if field["type"] == "double" and r.random() < 0.6:
                field["type"] = r.choice(["int", "long", "float"])
            if field["type"] == {"type": "array", "items": "string"} and r.random() < 0.2:
                field["type"] = {"type": "array", "items": ["null", "string"]}
            if isinstance(field["type"], dict) and field["type"]["type"] == "enum":
                r.shuffle(field["type"]["symbols"])
                field["type"].pop("default", None)
        for n in range(r.randrange(4)):
            extra = r.choice(["string", "double", {"type": "map", "values": "bytes"}, ["null", "long"],
                              {"type": "array", "items": {"type": "record", "name": f"extra{n}", "fields": [
                                  {"name": "x", "type": "float"}, {"name": "y", "type": ["null", "string"]}]}}])
            fields.append({"name": f"extra_{n}", "type": extra})
        names = [f["name"] for f in fields]
        # A type that is named by its first use must stay in front of its other uses.
        if raw["name"] not in ("analysis", "aggregate"):
            r.shuffle(fields)
        elif raw["name"] == "analysis" and ("label" in names) != ("label4" in names):
            fields = [f for f in fields if f["name"] not in ("label", "label4")]
        elif raw["name"] == "aggregate" and "languages" not in names:
            fields = [f for f in fields if f["type"] != "counts"]
        return dict(raw, fields=fields)

    def test_random_writers(self):
        checked = 0
        for name in ("tweet", "sentiment", "analysis", "aggregate", "trend", "redaction", "task", "dead_letter", "gap"):
            raw, values = plain(load(name)), Values(OPTIONS.seed + 5)
            ours = parsed(raw)
            for _ in range(12):
                writer = self.writer_of(raw, values)
                has = {f["name"] for f in writer["fields"]}
                records, wanted = [], []
                for _ in range(10):
                    whole = values.record(name, raw)
                    value = values.of(writer)
                    for field in writer["fields"]:
                        if field["name"] in whole and not self.changed(field, raw):
                            value[field["name"]] = whole[field["name"]]
                    if "task" in has and "tasks" in has and name != "aggregate":
                        value["tasks"] = [t for t in value["tasks"] if t is not None]
                    for field in writer["fields"]:  # null cannot become a string: not asked here
                        if isinstance(value[field["name"]], list):
                            value[field["name"]] = [v for v in value[field["name"]] if v is not None]
                    data = avro_bytes(parsed(writer), value)
                    want = avro_value(data, parsed(writer), ours)
                    if any(f["name"] == "time" and f["type"] == "int" for f in writer["fields"]):
                        want["time"] *= 1000
                    records.append(data)
                    wanted.append(want)
                with tempfile.NamedTemporaryFile("w", suffix=".avsc") as file:
                    json.dump(writer, file)
                    file.flush()
                    answers = tool("resolve", name, file.name, records=records)
                for want, answer in zip(wanted, answers, strict=True):
                    self.assertEqual(answer[:1], b"+", (name, answer[:300], json.dumps(writer)))
                    got = avro_value(answer[1:], ours)
                    self.assertEqual(list(got), [f["name"] for f in raw["fields"]])
                    if want.get("author_registers") == "":
                        want["author_registers"] = b""  # fastavro gives a default of bytes as it stands in JSON
                    for field in got:
                        self.assertEqual(got[field], want[field], (name, field, json.dumps(writer)))
                    checked += 1
        self.assertGreater(checked, 900)

    @staticmethod
    def changed(field, raw):
        return field["type"] != next(f["type"] for f in raw["fields"] if f["name"] == field["name"])

    def test_the_older_form_is_read_as_seconds(self):
        for name, value in (("tweet", {"time": 1_476_000_000, "content": "a\0б", "task": "RU-UKR"}),
                            ("sentiment", {"time": -1, "task": "", "pos": 0.25, "neu": 0.5, "neg": 0.25})):
            file = Path(OPTIONS.schemas) / "classic" / f"{name}.avsc"
            (answer,) = tool("resolve", name, file, records=[avro_bytes(parsed(plain(load(f"classic/{name}"))), value)])
            self.assertEqual(answer[:1], b"+", answer)
            read = avro_value(answer[1:], parsed(plain(load(name))))
            for field, expected in dict(value, time=value["time"] * 1000).items():
                self.assertEqual(read[field], expected)
            defaults = {f["name"]: f["default"] for f in load(name)["fields"] if "default" in f}
            self.assertEqual({f: read[f] for f in defaults}, defaults)

    def test_a_field_without_default_must_be_there(self):
        raw = plain(load("tweet"))
        writer = dict(raw, fields=[f for f in raw["fields"] if f["name"] != "content"])
        with tempfile.NamedTemporaryFile("w", suffix=".avsc") as file:
            json.dump(writer, file)
            file.flush()
            with self.assertRaisesRegex(AssertionError, "content"):
                tool("resolve", "tweet", file.name, records=[b""])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("schemas")
    parser.add_argument("--seed", type=int, default=1)
    OPTIONS, rest = parser.parse_known_args()
    print(f"fastavro {fastavro.__version__}, seed {OPTIONS.seed}")
    result = unittest.main(argv=[sys.argv[0], *rest], exit=False).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun >= 11 else 1)
