#!/usr/bin/env python3
"""Writes src/analysis/pattern_lexicon_table.inc and pattern_emoticons.inc from the pattern lexicon.

usage: make_pattern_lexicon.py en-sentiment.xml [--out FOLDER] [--check]

The lexicon ("Subjectivity lexicon for English adjectives", version 1.3, Public Domain Dedication and
License) is en-sentiment.xml of the TextBlob 0.20.1 package. The same input gives the same bytes. Means
are summed from left to right in double precision, as TextBlob does on Python 3.8 to 3.11; newer Pythons
sum more exactly, so sum() is not used here. Values are written as hexadecimal floats: nothing is rounded.

--check compares with the file that is there and fails if they differ.
"""
import argparse
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
LONGEST = 24  # bytes of a form: three machine words in PatternLexicon

NEGATIONS = ["n't", "never", "no", "not"]
# Ours, for the repaired mode only. "wont" is left out: it is a word too.
REPAIRED_NEGATIONS = (
    "aint arent cannot cant couldnt didnt doesnt dont hadnt hasnt havent isnt shouldnt wasnt werent wouldnt"
)

# Group, polarity, spellings. The order of the groups decides which one a spelling belongs to.
EMOTICONS = [
    ("love", 1.00, "<3 ♥"),
    ("grin", 1.00, ">:D :-D :D =-D =D X-D x-D XD xD 8-D"),
    ("taunt", 0.75, ">:P :-P :P :-p :p :-b :b :c) :o) :^)"),
    ("smile", 0.50, ">:) :-) :) =) =] :] :} :> :3 8) 8-)"),
    ("wink", 0.25, ">;] ;-) ;) ;-] ;] ;D ;^) *-) *)"),
    ("gasp", 0.05, ">:o :-O :O :o :-o o_O o.O °O° °o°"),
    ("worry", -0.25, ">:/ :-/ :/ :\\ >:\\ :-. :-s :s :S :-S >.>"),
    ("frown", -0.75, ">:[ :-( :( =( :-[ :[ :{ :-< :c :-c =/"),
    ("cry", -1.00, ":'( :'''( ;'("),
]

# Ours, for the repaired mode only: emoji sorted into the groups above by what they show.
EMOJI = [
    ("love", 1.00, "❤ ❣ 💓 💕 💖 💗 💘 💙 💚 💛 💜 💝 💞 💟 🖤 🤍 🤎 🧡 😍 😘 😻 🥰"),
    ("grin", 1.00, "😀 😁 😂 😃 😄 😆 😸 😹 🤣 🤩 🥳 🎉"),
    ("taunt", 0.75, "😋 😛 😜 😝 🤪"),
    ("smile", 0.50, "☺ 😇 😊 😌 😎 😺 🙂 🤗 👌 👍 👏 💯 🙌"),
    ("wink", 0.25, "😉 😏"),
    ("gasp", 0.05, "😮 😯 😲 😳 🤯"),
    ("worry", -0.25, "😑 😒 😓 😕 😟 😥 😬 😰 🙁 🙄"),
    ("frown", -0.75, "☹ 😔 😖 😞 😠 😡 😣 😤 😩 😫 😾 👎 👿 💔 🤢 🤬 🤮"),
    ("cry", -1.00, "😢 😭 😿"),
]


def mean(values):
    total = 0.0
    for value in values:
        total += value
    return total / float(len(values))


def mean_rows(rows):
    return tuple(mean(column) for column in zip(*rows))


def read_lexicon(path):
    """{form: (polarity, subjectivity, intensity, is_adverb)} as scoring without a tagger uses it."""
    senses = {}
    for word in ElementTree.parse(path).getroot().findall("word"):
        if not word.get("form"):
            continue
        row = tuple(
            float(word.get(name, fallback))
            for name, fallback in (("polarity", 0), ("subjectivity", 0), ("intensity", 1))
        )
        senses.setdefault(word.get("form"), {}).setdefault(word.get("pos"), []).append(row)
    tagged = {
        form: {pos: mean_rows(rows) for pos, rows in by_pos.items()}
        for form, by_pos in senses.items()
    }
    overall = {form: mean_rows(list(by_pos.values())) for form, by_pos in tagged.items()}
    # Every adjective also names an adverb, which replaces an entry that was there: the later of two
    # adjectives that give the same adverb wins.
    for form, by_pos in list(tagged.items()):
        if "JJ" not in by_pos:
            continue
        stem = form[:-1] + "i" if form.endswith("y") else form
        stem = stem[:-2] if stem.endswith("le") else stem
        adverb = stem + "ly"
        tagged.setdefault(adverb, {})["RB"] = by_pos["JJ"]
        overall[adverb] = by_pos["JJ"]
    return {form: overall[form] + ("RB" in tagged[form],) for form in overall}


def build_rows(lexicon):
    rows = {}
    unreachable = 0
    for form, (polarity, subjectivity, intensity, is_adverb) in lexicon.items():
        # The tokens of a text hold neither blanks nor apostrophes, so such forms cannot be met.
        if " " in form or "'" in form:
            unreachable += 1
            continue
        flags = ["kWord"]
        if is_adverb:
            flags.append("kAdverb")
        if form.endswith("ly"):
            flags.append("kLy")
        rows[form] = [polarity, subjectivity, intensity, flags]
    for form in NEGATIONS:
        rows.setdefault(form, [0.0, 0.0, 1.0, []])[3].append("kNegation")
    for form in REPAIRED_NEGATIONS.split():
        assert form not in rows, form
        rows[form] = [0.0, 0.0, 1.0, ["kNegation", "kRepairedOnly"]]
    rows.setdefault("!", [0.0, 0.0, 1.0, []])[3].append("kExclamation")
    rows.setdefault("(!)", [0.0, 1.0, 1.0, []])[3].append("kIrony")
    for flags, groups in ((["kEmoticon"], EMOTICONS), (["kEmoticon", "kRepairedOnly"], EMOJI)):
        for _, polarity, spellings in groups:
            for spelling in spellings.split():
                form = spelling.lower()
                if form.isalpha():
                    continue  # "xd": the original never counts an emoticon of letters alone
                if form in rows:  # another spelling of an emoticon that is there (":D", ":d")
                    assert rows[form] == [polarity, 1.0, 1.0, flags], form
                rows[form] = [polarity, 1.0, 1.0, flags]
    for form in rows:
        assert len(form.encode()) <= LONGEST and "\0" not in form, form
    return rows, unreachable


def check_emoticons():
    """Within a group the order must not matter: no spelling begins another one."""
    seen = []
    for group, _, spellings in EMOTICONS:
        for one in spellings.split():
            for earlier_group, earlier in seen:
                # An earlier group's shorter spelling would win over a longer one; it never does.
                assert not one.startswith(earlier), (earlier_group, earlier, group, one)
        seen += [(group, one) for one in spellings.split()]
        own = spellings.split()
        assert not any(a != b and a.startswith(b) for a in own for b in own), group


def quote(text):
    """A C++ string literal. Bytes beyond ASCII are octal escapes, which end after three digits."""
    out = ""
    for byte in text.encode():
        if byte in b'"\\?':
            out += "\\" + chr(byte)
        elif 32 <= byte < 127:
            out += chr(byte)
        else:
            out += "\\%03o" % byte
    return '"' + out + '"'


def render_words(rows, unreachable):
    words = sum("kWord" in row[3] for row in rows.values())
    lines = [
        "// Generated by tools/make_pattern_lexicon.py; do not edit. See models/pattern-en/README.md.",
        f"// {words} words ({unreachable} forms with a blank or an apostrophe left out: no token is one of them),",
        "// negations, marks, emoticons and emoji. Values are exact (hexadecimal) doubles.",
        "constexpr PatternRow kPatternRows[] = {",
    ]
    for form in sorted(rows, key=lambda text: text.encode()):
        polarity, subjectivity, intensity, flags = rows[form]
        values = ", ".join(float(value).hex() for value in (polarity, subjectivity, intensity))
        lines.append("    {%s, %s, %s}," % (quote(form), values, " | ".join(flags)))
    return "\n".join(lines + ["};", ""])


def render_emoticons():
    lines = [
        "// Generated by tools/make_pattern_lexicon.py; do not edit. See models/pattern-en/README.md.",
        "// As written in posts, in the order in which they are tried.",
        "inline constexpr std::string_view kEmoticonSpellings[] = {",
    ]
    for group, _, spellings in EMOTICONS:
        lines.append("    %s,  // %s" % (", ".join(quote(one) for one in spellings.split()), group))
    return "\n".join(lines + ["};", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lexicon", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "src/analysis")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    check_emoticons()
    files = {
        options.out / "pattern_lexicon_table.inc": render_words(*build_rows(read_lexicon(options.lexicon))),
        options.out / "pattern_emoticons.inc": render_emoticons(),
    }
    for path, text in files.items():
        if not options.check:
            path.write_text(text, encoding="utf-8")
            print(f"{path}: {text.count(chr(10))} lines")
        elif path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path} is not what {options.lexicon} gives")


if __name__ == "__main__":
    main()
