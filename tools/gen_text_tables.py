#!/usr/bin/env python3
"""Writes the generated tables of src/text.

usage: gen_text_tables.py DATA_DIR OUT_DIR
  DATA_DIR holds emoji/emoji-data.txt (Unicode 17.0), stopwords/stopwords-iso.json (stopwords-iso,
  MIT) and twitter_text/tlds.yml (twitter-text conformance, Apache-2.0). OUT_DIR is src/text.

Needs the Python packages `regex` (its property tables are those of Unicode 17.0; checked below) and
`pyyaml`, and the shared library libxxhash (0.8 or newer), because stop words are stored as hashes.
Simple case folding comes from Python's own tables (Unicode 14.0; no folding has changed since,
later versions only added pairs for new scripts).
"""
import ctypes
import json
import pathlib
import sys

import regex
import yaml

LIMIT = 0x110000
SHIFT = 7

# Bits of a code point's class; src/text/code_point.h names them in the same order.
BITS = ("letter_mark", "number", "hashtag_special", "space", "directional", "latin_accent",
        "cyrillic", "url_host", "word_start", "word_more", "unspaced", "upper", "lower", "emoji",
        "emoji_modifier", "regional", "text_default", "han", "kana", "clean")
BIT = {name: 1 << i for i, name in enumerate(BITS)}


def every(pattern):
    """All code points that match a one-character pattern."""
    compiled = regex.compile(pattern, regex.V1)
    return {c for c in range(LIMIT) if not 0xD800 <= c <= 0xDFFF and compiled.fullmatch(chr(c))}


def spans(*pairs):
    out = set()
    for pair in pairs:
        low, high = pair if isinstance(pair, tuple) else (pair, pair)
        out.update(range(low, high + 1))
    return out


def classes(data_dir):
    if not regex.match(r"\p{L}", "\U0001E6C0") or regex.match(r"\p{L}", "\U0001E6FA"):
        sys.exit("the regex package does not carry Unicode 17.0")
    letter_mark = every(r"[\p{L}\p{M}]")
    number = every(r"\p{N}")
    # twitter-text counts some private-use code points (old Apple encodings) as marks.
    apple = spans((0xF870, 0xF87F), 0xF882, (0xF884, 0xF89F), 0xF8B8, (0xF8C1, 0xF8D6))
    space = spans((0x09, 0x0D), 0x20, 0x85, 0xA0, 0x1680, 0x180E, (0x2000, 0x200A), 0x2028, 0x2029,
                  0x202F, 0x205F, 0x3000)
    directional = spans(0x061C, 0x200E, 0x200F, (0x202A, 0x202E), (0x2066, 0x2069))
    punct = {ord(c) for c in "-_!\"#$%&'()*+,./:;<=>?@[]^`{|}~"}
    not_host = (punct | space | directional | every(r"\p{Z}") | spans((0x2000, 0x206F)) |
                {0xFFFE, 0xFEFF, 0xFFFF, 0xFFFD})
    unspaced_scripts = every(
        r"[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]")
    letters = every(r"\p{L}")
    word_start = letters | number
    emoji, modifier = emoji_data(data_dir)
    # Symbols that stay text unless U+FE0F follows: (c), (r), TM, punctuation, arrows, ...
    text_default = spans(0xA9, 0xAE, 0x203C, 0x2049, 0x2122, 0x2139, (0x2194, 0x2199), 0x21A9,
                         0x21AA, 0x24C2, 0x25AA, 0x25AB, 0x25B6, 0x25C0, (0x25FB, 0x25FC), 0x2934,
                         0x2935, (0x2B05, 0x2B07), 0x3030, 0x303D, 0x3297, 0x3299)
    sets = {
        "letter_mark": letter_mark | apple,
        "number": every(r"\p{Nd}"),
        "hashtag_special": spans(0x5F, 0x200C, 0x200D, 0xA67E, 0x05BE, 0x05F3, 0x05F4, 0xFF5E,
                                 0x301C, 0x309B, 0x309C, 0x30A0, 0x30FB, 0x3003, 0x0F0B, 0x0F0C, 0xB7),
        "space": space,
        "directional": directional,
        "latin_accent": spans((0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0xFF), (0x100, 0x24F), 0x253,
                              0x254, 0x256, 0x257, 0x259, 0x25B, 0x263, 0x268, 0x26F, 0x272, 0x289, 0x28B,
                              0x2BB, (0x300, 0x36F), (0x1E00, 0x1EFF)),
        "cyrillic": spans((0x400, 0x4FF)),
        "url_host": set(range(LIMIT)) - not_host - spans((0xD800, 0xDFFF)),
        "word_start": word_start,
        "word_more": word_start | every(r"\p{M}"),
        "unspaced": unspaced_scripts & letters,
        "upper": every(r"[\p{Lu}\p{Lt}]"),
        "lower": every(r"\p{Ll}"),
        "emoji": {c for c in emoji if c >= 0x80},
        "emoji_modifier": modifier,
        "regional": spans((0x1F1E6, 0x1F1FF)),
        "text_default": text_default & emoji,
        "han": every(r"\p{sc=Han}") & letters,
        "kana": every(r"\p{scx=Kana}") & letters,
        "clean": word_start | every(r"[\p{Mn}\p{Mc}]") - spans((0xFE00, 0xFE0F)),
    }
    assert set(sets) == set(BITS)
    table = [0] * LIMIT
    for name, members in sets.items():
        for c in members:
            table[c] |= BIT[name]
    return table


def emoji_data(data_dir):
    found = {"Emoji": set(), "Emoji_Modifier": set()}
    for line in (data_dir / "emoji/emoji-data.txt").read_text(encoding="utf-8").splitlines():
        fields = line.split("#")[0].split(";")
        if len(fields) == 2 and fields[1].strip() in found:
            low, _, high = fields[0].strip().partition("..")
            found[fields[1].strip()].update(range(int(low, 16), int(high or low, 16) + 1))
    return found["Emoji"], found["Emoji_Modifier"]


def fold(c):
    """Simple case folding: CaseFolding.txt, statuses C and S."""
    if 0xD800 <= c <= 0xDFFF:
        return c
    for candidate in (chr(c).casefold(), chr(c).lower()):
        if len(candidate) == 1:
            return ord(candidate)
    return c


def two_stage(values):
    blocks, stage1, stage2 = {}, [], []
    for start in range(0, LIMIT, 1 << SHIFT):
        block = tuple(values[start:start + (1 << SHIFT)])
        if block not in blocks:
            blocks[block] = len(blocks)
            stage2.extend(block)
        stage1.append(blocks[block])
    return stage1, stage2


def rows(values, form="{}", per_line=24):
    lines = []
    for start in range(0, len(values), per_line):
        lines.append("  " + ",".join(form.format(v) for v in values[start:start + per_line]) + ",")
    return "\n".join(lines)


HEAD = "// Generated by tools/gen_text_tables.py from {}. Do not edit.\n"


def array(kind, name, values, form="{}", per_line=24):
    return f"constexpr {kind} {name}[{len(values)}] = {{\n{rows(values, form, per_line)}\n}};\n"


def indexed(values):
    """Distinct values in order of first sight, and each value's index."""
    distinct = {}
    return [distinct.setdefault(v, len(distinct)) for v in values], list(distinct)


def write_code_points(data_dir, out_dir):
    ids, distinct = indexed(classes(data_dir))
    assert len(distinct) <= 256, len(distinct)
    stage1, stage2 = two_stage(ids)
    text = HEAD.format("Unicode 17.0 (PyPI regex), emoji-data.txt 17.0, lists of twitter-text 3.1")
    text += array("std::uint32_t", "kClassBits", distinct, "{:#x}u", 10)
    text += array("std::uint16_t", "kClassStage1", stage1)
    text += array("std::uint8_t", "kClassStage2", stage2)
    (out_dir / "code_point_table.inc").write_text(text)

    ids, distinct = indexed([fold(c) - c for c in range(LIMIT)])
    assert len(distinct) <= 256, len(distinct)
    stage1, stage2 = two_stage(ids)
    assert max(stage1) < 256
    text = HEAD.format("Unicode simple case folding (Python 3.11, Unicode 14.0)")
    text += array("std::int32_t", "kFoldDelta", distinct, "{}", 12)
    text += array("std::uint8_t", "kFoldStage1", stage1)
    text += array("std::uint8_t", "kFoldStage2", stage2)
    (out_dir / "fold_table.inc").write_text(text)


def write_tlds(data_dir, out_dir):
    source = (data_dir / "twitter_text/tlds.yml").read_text(encoding="utf-8")
    tests = yaml.safe_load(source)["tests"]
    names = {case["text"].removeprefix("https://twitter.").lower()
             for group in ("country", "generic") for case in tests[group]}
    ascii_names = sorted(n for n in names if n.isascii())
    others = sorted((n for n in names if not n.isascii()), key=lambda n: (-len(n.encode()), n))
    assert all(n.isalpha() for n in ascii_names)
    text = HEAD.format("tlds.yml of the twitter-text conformance suite 3.1")
    text += "constexpr std::string_view kAsciiTlds[] = {\n"
    text += rows(ascii_names, '"{}"', 10) + "\n};\n// Longest first.\n"
    text += "constexpr std::string_view kOtherTlds[] = {\n" + rows(others, '"{}"', 6) + "\n};\n"
    (out_dir / "tld_table.inc").write_text(text)


def write_stop_words(data_dir, out_dir):
    xxhash = ctypes.CDLL("libxxhash.so.0")
    xxhash.XXH3_64bits.restype = ctypes.c_uint64
    xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    lists = json.loads((data_dir / "stopwords/stopwords-iso.json").read_text(encoding="utf-8"))
    text = HEAD.format("stopwords-iso (MIT), 58 languages")
    text += "// The upper 32 bits of Hash64 of each folded word, sorted, one run a language.\n"
    hashes, languages = [], []
    for lang in sorted(lists):
        words = {"".join(chr(fold(ord(c))) for c in w.replace("\u2019", "'")) for w in lists[lang]}
        run = sorted({xxhash.XXH3_64bits(w.encode(), len(w.encode())) >> 32 for w in words})
        assert len(run) == len(words), lang
        languages.append(f'  {{"{lang}", {len(hashes)}, {len(run)}}},')
        hashes.extend(run)
    text += array("std::uint32_t", "kStopHashes", hashes, "{:#x}u", 9)
    text += "constexpr StopRun kStopRuns[] = {\n" + "\n".join(languages) + "\n};\n"
    (out_dir / "stop_word_table.inc").write_text(text)


def main():
    data_dir, out_dir = map(pathlib.Path, sys.argv[1:3])
    write_code_points(data_dir, out_dir)
    write_tlds(data_dir, out_dir)
    write_stop_words(data_dir, out_dir)


if __name__ == "__main__":
    main()
