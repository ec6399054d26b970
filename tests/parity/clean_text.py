#!/usr/bin/env python3
"""Checks that what heartbeat gives its transformer equals what tools/train/clean.py makes of a text.

usage: clean_text.py --helper PROGRAM [--posts N] [--random N] [--hostile N] [--seed S] [--jobs N] [--speed]

Cleans real posts (../shared/data/replay beside the repository, when it is there), every character by itself, random strings of what
the steps look for, and bytes that are no UTF-8 with both, and fails on any difference. --speed: instead,
how many real posts a second of CPU time each cleans.
"""
import multiprocessing
import random
import sys
import time
import unicodedata

from parity import ROOT, as_bytes, command_line, real_posts, score_ours

sys.path.insert(0, str(ROOT / "tools/train"))
import clean  # noqa: E402

PIECES = ["@", "@user", "@a", "@é_1", "RT", "RT @a", "rt @a", ":", "#", "#aB", "#NASAfan2024_x__Y", "#é", "http", "https", "HTTP", "httpſ", "http://", "https://",
          "www.", "WWW.x", "pic.twitter.com/", "pıc.twİtter.com/a", "://", "/", ".", "..", "…", "!", "!!!!", "????", "~~~~", "____", "----", "====", "****", ",,,,",
          "a", "aa", "aaa", "B", "BBBB", "1", "2024", "\\u2019", "\\ud83d", "\\ude00", "\\u0026amp;", "\\u00", "\\", "\\\"", "\"", "\"\"", "&amp;", "&lt", "&lt;3",
          "&#39;", "&#x2019;", "&#", "&", "&notit;", "&#1;", "&#55357;", "😀", "👍🏽", "❤️", "🇺🇸", "🇺", "🤷🏽‍♀️", "\u200d", "\ufe0f", "☃", "‼", "é", "ñ", "中文", "ई", "ا", "_", "'s"]
BLANKS = ["", "", " ", " ", " ", "  ", "\n", "\t", "\u00a0", "\u3000", "\x1c", "\x85", "\u2028", "\u200b", "\r\n", "\0"]


class Strings:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pieces(self):
        pick, longest = self.random.choice, self.random.choice([3, 6, 20])
        few = self.random.sample(PIECES, self.random.choice([2, 5, len(PIECES)]))
        return "".join(pick(few) + pick(BLANKS) for _ in range(self.random.randint(1, longest)))

    def point(self):
        """Any character that this Python knows: the tables of newer ones differ."""
        while True:
            code = self.random.choice([self.random.randrange(0x250), self.random.randrange(0x3000), self.random.randrange(0x110000)])
            if unicodedata.category(chr(code)) not in ("Cn", "Cs"):
                return chr(code)

    def hostile(self):
        if self.random.random() < 0.3:
            return bytes(self.random.choice([0x80, 0xBF, 0xC0, 0xC3, 0xA9, 0xE2, 0x80, 0x99, 0xED, 0xA0, 0xF0, 0x9F, 0x98, 0x80, 0xF4, 0xFF, 0x40, 0x61, 0x20, 0x26, 0x5C])
                         for _ in range(self.random.randint(1, 30)))
        return "".join(self.random.choice([self.point, self.pieces])() for _ in range(self.random.randint(1, 20)))


def theirs(text):
    return clean.clean(text.decode("utf-8", "replace"))


def tell_speed(options):
    left_out = []
    texts = as_bytes(real_posts(options.posts, left_out))
    if not texts:
        sys.exit("LEFT OUT " + left_out[0])
    ours = float(score_ours(options.helper, texts, ["speed", "clean"], lines=1)[0])
    started = time.process_time()
    for text in texts:
        theirs(text)
    originals = len(texts) / (time.process_time() - started)
    print(f"cleaning: heartbeat {ours:,.0f}, Python {originals:,.0f} posts a second ({ours / originals:.1f} times)")


def main():
    parser = command_line(__doc__)
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    if options.speed:
        return tell_speed(options)
    make, left_out, failed, compared = Strings(options.seed), [], 0, 0
    known = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]
    sets = {
        "every character": [form.format(c) for c in known for form in ("@a{0}{0}{0}{0}b", "http{0} #{0}A")],
        "random pieces": [make.pieces() for _ in range(options.random)],
        "hostile strings": [make.hostile() for _ in range(options.hostile)],
        "real posts": real_posts(options.posts, left_out),
    }
    with multiprocessing.Pool(options.jobs) as pool:
        for name, texts in sets.items():
            texts = as_bytes(texts)
            differ = 0
            for text, a, b in zip(texts, score_ours(options.helper, texts, ["clean"]), pool.map(theirs, texts, chunksize=500)):
                differ += a != b
                if a != b and failed + differ <= 20:
                    print(f"DIFFERS {name}: {text!r}\n  heartbeat {a!r}\n  original  {b!r}")
            print(f"{name}: {len(texts)} texts, {differ} differ", flush=True)
            failed, compared = failed + differ, compared + len(texts)
    for what in left_out:
        print("LEFT OUT", what)
    if failed:
        sys.exit(f"{failed} of {compared} differ (seed {options.seed})")
    print(f"all {compared} agree with tools/train/clean.py, Python {sys.version.split()[0]}, seed {options.seed}")


if __name__ == "__main__":
    main()
