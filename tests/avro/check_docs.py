#!/usr/bin/env python3
"""Holds docs/formats/records.md to the schemas, and decodes its worked example with fastavro and with us.

usage: check_docs.py AVRO_TOOL PAGE SCHEMAS_FOLDER [--write]    --write renews the tables
"""
import io
import json
import re
import struct
import subprocess
import sys
from pathlib import Path

import fastavro


def type_text(kind):
    if isinstance(kind, str):
        return f"`{kind}`"
    if kind["type"] == "array":
        return "array of " + type_text(kind["items"])
    if kind["type"] == "enum":
        return "enum: " + ", ".join(f"`{s}`" for s in kind["symbols"])
    if kind["type"] == "record":
        return f"`{kind['name']}`"
    return f"`{kind['type']}`" + (", timestamp-millis" if "logicalType" in kind else "")


def table(schemas, name, skip):
    def load(n):
        return json.loads((schemas / f"{n}.avsc").read_text())["fields"]

    fields = load(name)
    if skip:
        before = load(skip)
        assert fields[:len(before)] == before, f"{name} does not begin as {skip} does"
        fields = fields[len(before):]
    rows = ["| field | type | default | meaning |", "| --- | --- | --- | --- |"]
    for field in fields:
        default = f"`{json.dumps(field['default'])}`" if "default" in field else "must be there"
        rows.append(f"| `{field['name']}` | {type_text(field['type'])} | {default} | {field['doc']} |")
    return "\n".join(rows)


def main():
    tool, page, schemas = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    text = page.read_text()
    tables = 0

    def renew(match):
        nonlocal tables
        tables += 1
        return f"{match[1]}\n{table(schemas, match[2], match[3])}\n<!-- end -->"

    renewed = re.sub(r"(<!-- table: (\w+)(?: after (\w+))? -->)\n.*?<!-- end -->", renew, text, flags=re.S)
    assert tables == 9, f"{tables} tables"
    if "--write" in sys.argv:
        page.write_text(renewed)
    elif renewed != text:
        sys.exit("the tables are not those of the schemas: run this with --write")

    (lines,), (expected,) = re.findall(r"```hex\n(.*?)```", text, re.S), re.findall(r"```json\n(.*?)```", text, re.S)
    data = bytes.fromhex("".join(re.match(r"[0-9a-f ]*?(?=   |$)", line.lstrip())[0] for line in lines.splitlines()))
    assert f"A `tweet`, {len(data)} bytes" in text, f"it has {len(data)} bytes"
    schema = json.loads((schemas / "tweet.avsc").read_text())
    schema["fields"][0]["type"] = "long"  # else fastavro gives a date
    value = fastavro.schemaless_reader(io.BytesIO(data), fastavro.parse_schema(schema))
    assert value == json.loads(expected), value
    frame = struct.pack("<I", len(data)) + data
    shown = subprocess.run([tool, "show", "tweet"], input=frame, capture_output=True, check=True).stdout
    assert shown[4:5] == b"+" and json.loads(shown[5:]) == value, shown
    again = subprocess.run([tool, "read", "tweet"], input=frame, capture_output=True, check=True).stdout
    assert again[4:] == b"+" + data, "decoded and written again it is something else"
    print(f"{tables} tables, an example of {len(data)} bytes")


main()
