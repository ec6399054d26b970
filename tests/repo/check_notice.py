#!/usr/bin/env python3
"""NOTICE names every part that a build links, embeds or fetches, and nothing else.
usage: check_notice.py SOURCE_DIR PROGRAM
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

# What CMake, the linker or an #include calls a part -> what NOTICE calls it. None: part of the system or of the compiler.
NAMES = {
    "avro": "Avro C", "benchmark": "Google Benchmark", "boost": "Boost", "cli": "CLI11", "cli11": "CLI11",
    "curl": "libcurl", "duckdb": "DuckDB", "fmt": "fmt", "gmock": "GoogleTest", "gtest": "GoogleTest", "icu": "ICU", "icui18n": "ICU",
    "icuuc": "ICU", "icudata": "ICU", "openssl": "OpenSSL", "ssl": "OpenSSL", "crypto": "OpenSSL", "openvino": "OpenVINO", "prometheus": "prometheus-cpp", "prometheus-cpp": "prometheus-cpp",
    "prometheus-cpp-core": "prometheus-cpp", "rapidjson": "RapidJSON", "rdkafka": "librdkafka", "librdkafka": "librdkafka", "rocksdb": "RocksDB", "simdjson": "simdjson", "spdlog": "spdlog",
    "toml++": "toml++", "unicode": "ICU", "xxhash": "xxHash", "yaml-cpp": "yaml-cpp", "z": "zlib", "zlib": "zlib", "zstd": "Zstandard",
    "esbuild": "esbuild", "typescript": "TypeScript", "@types/node": "types of Node.js", "playwright": "Playwright",
    "playwright-core": "Playwright", "axe-core": "axe-core", "@axe-core/playwright": "axe-core",
    "c": None, "m": None, "stdc++": None, "gcc_s": None, "pthread": None, "dl": None, "rt": None, "threads": None, "pkgconfig": None,
    "python3": None, "sys": None, "atomic": None, "asan": None, "ubsan": None, "tsan": None, "net": None, "netinet": None, "arpa": None,
    "ld-linux-x86-64": None, "linux-vdso": None, "resolv": None,
}  # fmt: skip


def from_cmake(root):
    for path in [root / "cmake/dependencies.cmake", *root.glob("src/**/CMakeLists.txt"), *root.glob("tests/**/CMakeLists.txt")]:
        text = path.read_text()
        for name in re.findall(r"find_package\(([\w+-]+)", text) + re.findall(r"pkg_check_modules\(([\w+-]+)", text):
            yield name, path
        for name in re.findall(r"find_library\(\w+ ([\w+-]+)", text):
            yield name, path
        for name in re.findall(r"add_library\(([\w+-]+) (?:SHARED|INTERFACE) IMPORTED", text):
            yield name, path


def from_includes(root):
    """The folder or file that an #include <...> of somebody else's names; C and C++ headers have no folder."""
    for path in [*(root / "src").rglob("*.cc"), *(root / "src").rglob("*.h")]:
        for name in re.findall(r"^#include <([\w+.-]+)/", path.read_text(), re.M):
            yield name, path


def from_program(program):
    """Libraries that the linker wrote into the program."""
    for tool, option, pattern in (("readelf", "-d", r"NEEDED.*\[lib([^\]]+?)\.so"), ("objdump", "-p", r"NEEDED\s+lib(\S+?)\.so")):
        if shutil.which(tool):
            done = subprocess.run([tool, option, program], capture_output=True, text=True, check=True)
            for name in re.findall(pattern, done.stdout):
                yield name, pathlib.Path(program)
            return


def npm(path):
    for key, value in json.loads(path.read_text())["packages"].items():
        if key:
            yield key.rpartition("node_modules/")[2], value


def main():
    root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    notice = (root / "NOTICE").read_text()
    faults, used = [], set()

    named = [*from_cmake(root), *from_includes(root), *from_program(program)]
    if len(named) < 50:
        faults.append(f"only {len(named)} uses of libraries were found: this check looks at nothing")
    for name, path in named:
        known = NAMES.get(name.lower(), "")
        if known == "":
            faults.append(f"{path}: '{name}' is not known to tests/repo/check_notice.py, so perhaps not in NOTICE either")
        elif known is not None:
            used.add(known)
            if known not in notice:
                faults.append(f"{path}: {known} is not in NOTICE")

    bundled = 0
    for name, value in npm(root / "web/package-lock.json"):
        if value.get("dev"):
            continue
        bundled += 1
        line = re.search(rf"^  {re.escape(name)}\s+(\S+)(?: \[([\w-]+)\])?", notice, re.M)
        if not line:
            faults.append(f"web/package-lock.json: {name} is bundled, but has no line in NOTICE")
        elif line[1] != value.get("license"):
            faults.append(f"NOTICE says {line[1]} of {name}, npm says {value.get('license')}")
        elif not line[2] and line[1] != "Unlicense":
            faults.append(f"NOTICE gives no licence text for {name}, which asks for one")
        for installed in (root / "web/node_modules" / name).glob("[lL][iI][cC][eE][nN][sScC][eE]*"):
            kept = root / f"third_party/licenses/{line[2] if line else ''}.txt"
            if kept.is_file() and kept.read_bytes() != installed.read_bytes():
                faults.append(f"{kept.relative_to(root)} is not the text that comes with {name}")
    if not bundled:
        faults.append("web/package-lock.json bundles nothing: this check looks at nothing")
    for lock in ("web", "tests/web"):
        for kind in ("dependencies", "devDependencies"):
            for name in json.loads((root / lock / "package.json").read_text()).get(kind, {}):
                known = NAMES.get(name, name)
                if known not in notice:
                    faults.append(f"{lock}/package.json: {name} is not in NOTICE")

    texts = {path.stem for path in (root / "third_party/licenses").glob("*.txt")}
    cited = set(re.findall(r"\[([\w-]+)\]", notice))
    for name in sorted(cited - texts):
        faults.append(f"NOTICE cites [{name}], but there is no third_party/licenses/{name}.txt")
    for name in sorted(texts - cited):
        faults.append(f"third_party/licenses/{name}.txt is not cited in NOTICE")
    version = re.search(r"^duckdb_package=.*@([\d.]+)", (root / "hb").read_text(), re.M)
    if not version or f"DuckDB {version[1]}" not in notice:
        faults.append("NOTICE and ./hb name different versions of DuckDB")
    version = re.search(r"^openvino_package=.*==([\d.]+)", (root / "hb").read_text(), re.M)
    if not version or f"OpenVINO {version[1]}" not in notice:
        faults.append("NOTICE and ./hb name different versions of OpenVINO")
    linked = notice.split("\nLinked\n")[1].split("\nEmbedded data\n")[0]
    for line in re.findall(r"^  (\S.*?)\s{2,}", linked, re.M):
        if not any(name in line for name in used):
            faults.append(f"NOTICE lists {line}, which nothing here links or includes")
    print("\n".join(sorted(set(faults))) if faults else f"NOTICE names all {len(used)} libraries and {bundled} bundled packages")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
