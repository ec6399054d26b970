#!/usr/bin/env python3
"""Writes web_files.cc and web_files_data.S, which put every file of a folder into the program.

usage: tools/embed_web.py WEB_DIST OUT_DIR
"""
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


def main():
    source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = sorted(p for p in source.rglob("*") if p.is_file()) if source.is_dir() else []
    out.mkdir(parents=True, exist_ok=True)
    data, declarations, rows = ['.section .note.GNU-stack,"",@progbits', ".section .rodata"], [], []
    for number, path in enumerate(files):
        name = "/" + path.relative_to(source).as_posix()
        kind = TYPES.get(path.suffix, "application/octet-stream")
        data += [f".global hb_web_{number}", f".global hb_web_{number}_end", f"hb_web_{number}:",
                 f'.incbin "{path.resolve()}"', f"hb_web_{number}_end:", ".byte 0"]
        declarations.append(f"extern const char hb_web_{number}[], hb_web_{number}_end[];")
        rows.append(f'      {{"{name}", "{kind}",\n       {{hb_web_{number}, static_cast<std::size_t>('
                    f"hb_web_{number}_end - hb_web_{number})}}}},")
    (out / "web_files_data.S").write_text("\n".join(data) + "\n")
    (out / "web_files.cc").write_text(
        '// Made by tools/embed_web.py.\n#include "app/web_files.h"\n\n#include <vector>\n\n'
        'extern "C" {\n' + "\n".join(declarations) + "\n}\n\nnamespace hb {\n\n"
        "std::span<const StaticFile> WebFiles() {\n  static const std::vector<StaticFile> files = {\n"
        + "\n".join(rows) + "\n  };\n  return files;\n}\n\n}  // namespace hb\n")


if __name__ == "__main__":
    main()
