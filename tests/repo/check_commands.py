#!/usr/bin/env python3
"""Command lines in README.md and docs/ use commands and options that the program has.
usage: check_commands.py SOURCE_DIR HEARTBEAT
"""
import pathlib
import re
import subprocess
import sys

CALL = re.compile(r"(?:^|[\s|`(])(?:\./hb|\S*heartbeat|\$B)\s+([a-z][a-z-]*(?:\s+[a-z]+)?)([^|`\n]*)")


def help_of(binary, words, known={}):
    key = tuple(words)
    if key not in known:
        done = subprocess.run([binary, *words, "--help"], capture_output=True, text=True, check=False)
        known[key] = done.stdout if done.returncode == 0 else None
    return known[key]


def code_lines(text):
    """Lines of fenced blocks, and inline code."""
    for block in re.findall(r"^```.*?\n(.*?)^```", text, re.M | re.S):
        yield from block.replace("\\\n", " ").splitlines()
    yield from re.findall(r"`((?:\./hb|(?:build/release/)?heartbeat|\$B) [^`]+)`", text)


def main():
    root, binary = pathlib.Path(sys.argv[1]), sys.argv[2]
    top = help_of(binary, [])
    subcommands = set(re.findall(r"^\s{2,}([a-z-]+)\s{2,}", top, re.M)) | {"up"}
    scripted = set(re.findall(r"^#\s+\./hb ([a-z]+)", (root / "hb").read_text(), re.M))
    faults, seen = [], 0
    for path in [root / "README.md", *sorted((root / "docs").glob("*.md")), *sorted((root / "docs/reference").glob("*.md"))]:
        for line in code_lines(path.read_text()):
            line = line.split(" #")[0]
            for words, rest in CALL.findall(" " + line):
                first, *second = words.split()
                place = f"{path.relative_to(root)}: {line.strip()[:100]}"
                script = "./hb " + first in line
                if script and first in scripted and first != "up":
                    seen += 1
                    continue
                if first not in subcommands:
                    faults.append(f"{place}: there is no command '{first}'")
                    continue
                seen += 1
                chain = [first]
                if second and help_of(binary, [first]) and re.search(rf"^\s+{second[0]}\s", help_of(binary, [first]), re.M):
                    chain.append(second[0])
                text = (help_of(binary, chain) or "") + top
                for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", re.sub(r"'[^']*'|\"[^\"]*\"", "", rest)):
                    if not re.search(rf"{option}\b", text):
                        faults.append(f"{place}: '{' '.join(chain)}' has no {option}")
    if seen < 5:
        faults.append(f"only {seen} command lines were found: this check looks at nothing")
    print("\n".join(faults) if faults else f"{seen} command lines of README.md and docs/ are known to the program")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
