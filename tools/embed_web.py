#!/usr/bin/env python3
"""Writes web_files.cc and web_files_data.S, which put every file of a folder into the program: as it is, and
compressed where that saves something. The same files give the same bytes.

usage: tools/embed_web.py WEB_DIST OUT_DIR
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}


class Blobs:
    """Bytes of files as symbols of an assembler file."""

    def __init__(self):
        self.data = ['.section .note.GNU-stack,"",@progbits', ".section .rodata"]
        self.declarations = []

    def add(self, symbol, path):
        """The file at `path` as a C++ expression of type std::string_view."""
        self.data += [f".global {symbol}", f".global {symbol}_end", f"{symbol}:", f'.incbin "{path.resolve()}"',
                      f"{symbol}_end:", ".byte 0"]
        self.declarations.append(f"extern const char {symbol}[], {symbol}_end[];")
        return f"{{{symbol}, static_cast<std::size_t>({symbol}_end - {symbol})}}"


def main():
    source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = sorted(p for p in source.rglob("*") if p.is_file()) if source.is_dir() else []
    out.mkdir(parents=True, exist_ok=True)
    blobs, rows = Blobs(), []
    for number, path in enumerate(files):
        name = "/" + path.relative_to(source).as_posix()
        kind = TYPES.get(path.suffix, "application/octet-stream")
        content = path.read_bytes()
        packed = gzip.compress(content, 9, mtime=0)
        plain, small = blobs.add(f"hb_web_{number}", path), "{}"
        if len(packed) < 0.9 * len(content):
            packed_path = out / f"web_file_{number}.gz"
            packed_path.write_bytes(packed)
            small = blobs.add(f"hb_web_{number}_gz", packed_path)
        rows.append(f'      {{"{name}",\n       "{kind}",\n       {plain},\n       {small},\n'
                    f'       "{hashlib.sha256(content).hexdigest()[:16]}"}},')
    (out / "web_files_data.S").write_text("\n".join(blobs.data) + "\n")
    (out / "web_files.cc").write_text(
        '// Made by tools/embed_web.py.\n#include "app/web_files.h"\n\n#include <vector>\n\n'
        'extern "C" {\n' + "\n".join(blobs.declarations) + "\n}\n\nnamespace hb {\n\n"
        "std::span<const StaticFile> WebFiles() {\n  static const std::vector<StaticFile> files = {\n"
        + "\n".join(rows) + "\n  };\n  return files;\n}\n\n}  // namespace hb\n")


if __name__ == "__main__":
    main()
