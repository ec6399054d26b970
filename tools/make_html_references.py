#!/usr/bin/env python3
"""Writes src/text/html_reference_table.inc: the names of the HTML5 character references.

usage: make_html_references.py [--check]

The table is that of the HTML standard (https://html.spec.whatwg.org/entities.json), as Python carries it.
"""
import pathlib
import sys
from html.entities import html5

TARGET = pathlib.Path(__file__).resolve().parent.parent / "src/text/html_reference_table.inc"


def table():
    lines = ["// Names of the HTML5 character references, made by tools/make_html_references.py."]
    for name, value in sorted(html5.items()):
        points = "".join(f"\\U{ord(point):08X}" for point in value)
        lines.append(f'{{"{name}", U"{points}"}},')
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        if TARGET.read_text() != table():
            sys.exit(f"{TARGET} is not what this program makes")
    else:
        TARGET.write_text(table())
