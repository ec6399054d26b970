#!/usr/bin/env python3
"""Fails on an #include that src/LAYERS forbids, and on a folder of src/ that is not listed there.

Tests, and headers that only tests include (*_test.cc, *_testing.h, *_conformance.h), may use more: env, and the
implementations log/memory and store/duckdb to run over. See decision 0007.

usage: tools/check_layers.py [SOURCE_DIR]
"""
import pathlib
import re
import sys

# What only test programs see may use any folder: TEST_LIBS in the folder's CMakeLists.txt says which.
TESTS = re.compile(r"(_(test|bench|fuzz)\.cc|_(testing|conformance)\.h)$")
INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.M)


def read_layers(path):
    layers = {}
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            folder, _, allowed = line.partition(":")
            layers[folder.strip()] = allowed.split()
    return layers


def folder_of(path, layers):
    """The listed folder a path below src/ belongs to: 'source/replay' or 'source'; None if none."""
    parts = path.split("/")
    if len(parts) > 2 and parts[0] + "/*" in layers:
        return "/".join(parts[:2])
    return parts[0] if len(parts) > 1 and parts[0] in layers else None


def allowed_for(folder, layers):
    if folder in layers:
        return layers[folder]
    return layers[folder.split("/")[0] + "/*"]


# What code that only tests compile may use beside its folder's layers.
FOR_TESTS = ("env", "log/memory", "store/duckdb")
TEST_FILE = re.compile(r"_(test|bench|fuzz)\.cc$|_(testing|conformance)\.h$")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    source = root / "src"
    layers = read_layers(source / "LAYERS")
    faults = []
    files = [p for p in sorted(source.rglob("*")) if p.suffix in (".h", ".cc", ".inc", ".def")]
    for path in files:
        name = path.relative_to(source).as_posix()
        folder = folder_of(name, layers)
        if folder is None:
            faults.append(f"src/{name}: its folder is not listed in src/LAYERS")
            continue
        if TESTS.search(name):
            continue
        allowed = allowed_for(folder, layers)
        for_tests = TEST_FILE.search(name) is not None
        for target in INCLUDE.findall(path.read_text(errors="replace")):
            other = folder_of(target, layers)
            if other is None or other == folder or "*" in allowed or other in allowed:
                if not for_tests and TEST_FILE.search(target):
                    faults.append(f"src/{name}: includes {target}, which is for tests")
                continue
            if for_tests and other in FOR_TESTS:
                continue
            faults.append(f"src/{name}: {folder} may not include {other} ({target})")
    if not files:
        faults.append("no source file found")
    print("\n".join(faults) if faults else f"{len(files)} files keep to src/LAYERS")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
