#!/usr/bin/env python3
"""Holds schemas/ to the rule that records only grow, against each frozen version.

A field of a frozen schema must still be there, in its place, of the same type, with its default; an
enum may get symbols at its end; a new field comes after the old ones and has a default.

usage: check_schemas.py SCHEMAS_FOLDER FROZEN_FOLDER (with a folder v1, v2, ... a version)
"""
import copy
import json
import sys
from pathlib import Path


def without_doc(schema):
    if isinstance(schema, dict):
        return {k: without_doc(v) for k, v in schema.items() if k != "doc"}
    return [without_doc(s) for s in schema] if isinstance(schema, list) else schema


def type_faults(old, new, where):
    kind = old.get("type") if isinstance(old, dict) else None
    if isinstance(new, dict) and kind in ("record", "enum", "array", "map") and new.get("type") == kind:
        if kind == "record":
            return record_faults(old, new, where)
        if kind == "enum":
            symbols = new["symbols"][:len(old["symbols"])]
            if old.get("name") == new.get("name") and symbols == old["symbols"] and old.get("default") == new.get("default"):
                return []
            return [f"{where}: the enum changed"]
        inner = "items" if kind == "array" else "values"
        return type_faults(old[inner], new[inner], where)
    return [] if old == new else [f"{where}: type was {json.dumps(old)}, is {json.dumps(new)}"]


def record_faults(old, new, where):
    faults = []
    if (old["name"], old.get("namespace")) != (new["name"], new.get("namespace")):
        faults.append(f"{where}: was named {old.get('namespace')}.{old['name']}")
    for place, field in enumerate(old["fields"]):
        name = f"{where}.{field['name']}"
        if place >= len(new["fields"]) or new["fields"][place]["name"] != field["name"]:
            faults.append(f"{name}: gone, or not in its place")
            continue
        now = new["fields"][place]
        faults += type_faults(field["type"], now["type"], name)
        if field.get("default", "none") != now.get("default", "none") or ("default" in field) != ("default" in now):
            faults.append(f"{name}: its default changed")
    for field in new["fields"][len(old["fields"]):]:
        if "default" not in field:
            faults.append(f"{where}.{field['name']}: new, without a default")
    return faults


def compare(old, new, where):
    return record_faults(without_doc(old), without_doc(new), where)


def self_test(schema):
    """The check must find each thing it is there for."""
    def spoiled(change):
        copied = copy.deepcopy(schema)
        change(copied["fields"])
        return compare(schema, copied, "x")

    assert compare(schema, schema, "x") == []
    assert spoiled(lambda f: f.append({"name": "new", "type": "int", "default": 0})) == []
    assert spoiled(lambda f: f[0].update(doc="other")) == []
    must_fail = [
        lambda f: f.pop(1),
        lambda f: f[1].update(type="bytes"),
        lambda f: f.append({"name": "new", "type": "int"}),
        lambda f: f.insert(0, {"name": "new", "type": "int", "default": 0}),
        lambda f: f.reverse(),
        lambda f: f[1].update(name="other"),
        lambda f: [x.pop("default", None) for x in f],
    ]
    if any(isinstance(f["type"], dict) and f["type"]["type"] == "enum" for f in schema["fields"]):
        enum = next(i for i, f in enumerate(schema["fields"]) if isinstance(f["type"], dict) and f["type"]["type"] == "enum")
        must_fail.append(lambda f: f[enum]["type"]["symbols"].pop())
        must_fail.append(lambda f: f[enum]["type"]["symbols"].reverse())
        assert spoiled(lambda f: f[enum]["type"]["symbols"].append("more")) == []
    for i, change in enumerate(must_fail):
        assert spoiled(change), f"spoiling {i} was not found"


def main():
    current, frozen = Path(sys.argv[1]), Path(sys.argv[2])
    versions = sorted(p for p in frozen.iterdir() if p.is_dir())
    faults, checked = [], 0
    for version in versions:
        for path in sorted(version.rglob("*.avsc")):
            name = path.relative_to(version)
            checked += 1
            if not (current / name).is_file():
                faults.append(f"{version.name}: {name} is gone")
                continue
            old = json.loads(path.read_text())
            if not str(name).startswith("classic"):
                self_test(old)
            faults += [f"{version.name}: {f}" for f in
                       compare(old, json.loads((current / name).read_text()), path.stem)]
    known = {p.relative_to(version) for version in versions for p in version.rglob("*.avsc")}
    for path in sorted(current.rglob("*.avsc")):
        if path.relative_to(current) not in known:
            faults.append(f"{path.relative_to(current)} has no frozen copy")
    for fault in faults:
        print(fault)
    print(f"{checked} schemas of {len(versions)} versions, {len(faults)} faults")
    sys.exit(1 if faults or checked < 10 else 0)


main()
