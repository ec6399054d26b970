#!/usr/bin/env python3
"""Rules of the tree that no compiler sees. usage: check_repo.py SOURCE_DIR

- src/app/catalogue.def and the component folders name the same components
- every folder of src/LAYERS is there, and every folder has its CMakeLists.txt and its README.md of one screen
- a source file over 1,000 lines says why in its first comment ("over 1,000 lines:"); generated tables are exempt
- every fuzz target has a corpus
- decision records are numbered without gaps or doubles
"""
import pathlib
import re
import sys

MOST_LINES = 1000


def components(source):
    listed = set()
    for line in (source / "app/catalogue.def").read_text().splitlines():
        found = re.match(r"HB_([A-Z]+)\(([a-z_0-9]+)\)", line)
        if found:
            listed.add(f"{found[1].lower()}/{found[2]}")
    kinds = {entry.split("/")[0] for entry in listed}
    # log/memory is the reference of tests, not something a configuration can name; log/kafka has settings that are
    # librdkafka's, and needs more than an Env ([kafka], [registry]). source/x is what X's sources share.
    folders = {f"{kind}/{path.parent.name}" for kind in kinds for path in (source / kind).glob("*/CMakeLists.txt")} - {"log/memory", "log/kafka", "source/x"}
    for name in sorted(folders - listed):
        yield f"src/{name} has no line in src/app/catalogue.def"
    for name in sorted(listed - folders):
        yield f"src/app/catalogue.def lists {name}, which has no folder"
    if not listed:
        yield "src/app/catalogue.def lists nothing"


def folders(source):
    for line in (source / "LAYERS").read_text().splitlines():
        name = line.split("#")[0].split(":")[0].strip()
        if name and not name.endswith("/*") and not (source / name / "CMakeLists.txt").exists():
            yield f"src/LAYERS lists {name}, which has no src/{name}/CMakeLists.txt"


def readmes(source):
    for path in sorted(source.rglob("CMakeLists.txt")):
        readme = path.parent / "README.md"
        if not readme.exists():
            yield f"src/{path.parent.relative_to(source)} has no README.md (purpose, main types, what it must never do)"
        elif len(readme.read_text().splitlines()) > 60:
            yield f"src/{readme.relative_to(source)} is longer than a screen"


def long_files(root):
    for folder in ("src", "tests", "bench", "tools", "web/src"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".cc", ".h", ".py", ".ts", ".tsx", ".css", ".mjs") or "node_modules" in path.parts or "dist" in path.parts:
                continue
            lines = path.read_text(errors="replace").splitlines()
            if len(lines) > MOST_LINES and "over 1,000 lines:" not in " ".join(lines[:12]):
                yield f"{path.relative_to(root)} has {len(lines)} lines: split it, or say why in its first comment ('over 1,000 lines: ...')"


def corpora(root):
    targets = sorted((root / "src").rglob("*_fuzz.cc"))
    if not targets:
        yield "no fuzz target found"
    for path in targets:
        corpus = root / "tests/fuzz/corpus" / path.stem
        if not corpus.is_dir() or not any(corpus.iterdir()):
            yield f"{path.relative_to(root)} has no corpus in tests/fuzz/corpus/{path.stem}"


def decisions(root):
    numbers = sorted(int(path.name[:4]) for path in (root / "docs/decisions").glob("[0-9]*.md"))
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"docs/decisions are numbered {numbers}"


def main():
    root = pathlib.Path(sys.argv[1])
    faults = [*components(root / "src"), *folders(root / "src"), *readmes(root / "src"), *long_files(root), *corpora(root), *decisions(root)]
    print("\n".join(faults) if faults else "the tree keeps to its rules")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
