#!/usr/bin/env python3
"""Writes src/neural/bert_words_table.inc: what BERT's rules do with single characters.

usage: make_bert_tables.py [--check]

Asks the Python package `tokenizers` about every code point, because what counts is what the models were trained with: its tables
of controls, punctuation and marks are those of Unicode 8, its lower case is newer. Combining classes come from Python's own tables.
"""
import importlib.metadata
import pathlib
import sys
import unicodedata

from tokenizers import normalizers, pre_tokenizers

WANTED = "0.23.2"
TARGET = pathlib.Path(__file__).resolve().parent.parent / "src/neural/bert_words_table.inc"
# Hangul syllables are taken apart by rule.
POINTS = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000 and not 0xAC00 <= code < 0xD7A4]


def rules(**on):
    return normalizers.BertNormalizer(**{**dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False), **on}).normalize_str


def ranges(codes):
    out = []
    for code in codes:
        if out and out[-1][1] == code - 1:
            out[-1][1] = code
        else:
            out.append([code, code])
    return [bound for pair in out for bound in pair]


def array(name, comment, numbers, a_row):
    rows = [", ".join(f"0x{number:X}" for number in numbers[i:i + a_row]) for i in range(0, len(numbers), a_row)]
    return f"// {comment}\nconstexpr char32_t {name}[] = {{\n" + "".join(f"    {row},\n" for row in rows) + "};\n"


def table():
    clean, strip, lower, nfd = rules(clean_text=True), rules(strip_accents=True), rules(lowercase=True), normalizers.NFD().normalize_str
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    control = [code for code in POINTS if clean(f"a{chr(code)}b") == "ab"]
    punctuation = [code for code in POINTS if len(split(f"a{chr(code)}b")) == 3]
    stripped = {code: strip(chr(code)) for code in POINTS}
    marks = [code for code, text in stripped.items() if text == ""]
    lowered = [(code, lower(chr(code))) for code in POINTS if lower(chr(code)) != chr(code)]
    several = [code for code, text in lowered if len(text) > 1]
    assert several == [0x130], several
    apart = [(code, [*map(ord, text), 0, 0][:3]) for code, text in stripped.items() if text not in ("", chr(code))]
    assert all(len(text) < 4 for text in stripped.values())
    moved = [code for code in POINTS if stripped[code] and unicodedata.combining(chr(code)) and
             (nfd(f"a\u0301{chr(code)}") != f"a\u0301{chr(code)}" or nfd(f"a{chr(code)}\u0334") != f"a{chr(code)}\u0334")]
    return "".join([
        f"// Made by tools/make_bert_tables.py from the Python package tokenizers {WANTED}.\n",
        array("kControlRanges", "First and last of what cleaning drops.", ranges(control), 8),
        array("kPunctuationRanges", "First and last of what is a word by itself.", ranges(punctuation), 8),
        array("kMarkRanges", "First and last of the accents that are dropped.", ranges(marks), 8),
        array("kStarterMarks", "Those of them that other marks do not move past: first and last.",
              ranges([code for code in marks if not unicodedata.combining(chr(code))]), 8),
        array("kLower", "Capital, its lower case. U+0130 is not among them: it becomes two.",
              [code for pair in lowered if pair[0] != 0x130 for code in (pair[0], ord(pair[1]))], 8),
        array("kApart", "Character, what it is without accents: up to three.", [code for one in apart for code in (one[0], *one[1])], 8),
        array("kMoved", "Mark that is kept, its combining class.", [n for code in moved for n in (code, unicodedata.combining(chr(code)))], 8),
    ])


if __name__ == "__main__":
    if importlib.metadata.version("tokenizers") != WANTED:
        sys.exit(f"needs tokenizers {WANTED}")
    if sys.argv[1:] == ["--check"]:
        if TARGET.read_text() != table():
            sys.exit(f"{TARGET} is not what this program makes")
    else:
        TARGET.write_text(table())
