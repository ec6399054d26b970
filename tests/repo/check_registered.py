#!/usr/bin/env python3
"""Every test file is in ctest. usage: check_registered.py SOURCE_DIR BUILD_DIR CTEST

A test program that was not built yet shows as NAME_NOT_BUILT and counts as registered; `hb test` builds all first.
"""
import json
import pathlib
import re
import subprocess
import sys


def commands(build, ctest):
    listed = subprocess.run([ctest, "--show-only=json-v1"], cwd=build, capture_output=True, check=True)
    for test in json.loads(listed.stdout)["tests"]:
        yield test["name"], " ".join(test.get("command", []))


def main():
    root, build, ctest = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    tests = list(commands(build, ctest))
    names = {name for name, _ in tests}
    ran = "\n".join(command for _, command in tests)
    faults = []
    if len(tests) < 50:
        faults.append(f"ctest knows {len(tests)} tests only")
    for path in sorted([*(root / "src").rglob("*_test.cc"), *(root / "tests").rglob("*_test.cc")]):
        top = "src" if (root / "src") in path.parents else "tests"
        folder = path.parent.relative_to(root / top).as_posix()
        # gtest names: each TEST(Suite, Name) is one test of the folder's program, or the program is not built.
        text = path.read_text()
        cases = re.findall(r"^\s*TEST(?:_F)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", text, re.M)
        program = ("hb_" if top == "src" else "") + folder.replace("/", "_") + "_test_NOT_BUILT"
        if program in names:
            continue
        if "int main(" in text:  # a program of its own
            if not re.search(rf"COMMAND {path.stem}\b", (path.parent / "CMakeLists.txt").read_text()):
                faults.append(f"{path.relative_to(root)} is not in ctest")
            continue
        missing = [f"{suite}.{case}" for suite, case in cases if f"{folder}/{suite}.{case}" not in names]
        if not cases and not re.search(r"TEST_P|TYPED_TEST|INSTANTIATE", text):
            faults.append(f"{path.relative_to(root)} has no test in it")
        if missing:
            faults.append(f"{path.relative_to(root)}: not in ctest: {', '.join(missing[:5])}")
    for path in sorted((root / "src").rglob("*_fuzz.cc")):
        if f"fuzz/{path.parent.relative_to(root / 'src').as_posix()}/{path.stem}" not in names:
            faults.append(f"{path.relative_to(root)} is not in ctest")
    for path in sorted((root / "tests").glob("*/*_test.py")):
        if str(path) not in ran:
            faults.append(f"{path.relative_to(root)} is not in ctest")
    print("\n".join(faults) if faults else f"{len(tests)} tests, every test file among them")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
