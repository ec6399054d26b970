#!/usr/bin/env python3
"""Checks that heartbeat's VADER equals vaderSentiment 3.3.2.

usage: vader.py --helper PROGRAM [--posts N] [--random N] [--hostile N] [--seed S] [--jobs N]

Scores real posts (../shared/data/replay beside the repository, when it is there), every form of the
lexicon, random strings of words, boosters, negations, phrases, marks and emoji, and hostile Unicode
with both, and fails on any difference of the four numbers. Needs vaderSentiment 3.3.2: runs itself
again in .cache/venv/tests when the present Python has none.
"""
import multiprocessing
import random
import subprocess
import sys

from parity import ROOT, Comparison, command_line, real_posts, use_package

WANTED = "3.3.2"
NUMBERS = ("neg", "neu", "pos", "compound")

PHRASES = ["the shit", "the bomb", "bad ass", "badass", "bus stop", "yeah right", "kiss of death", "to die for",
           "beating heart", "broken heart", "just enough", "kind of", "sort of", "never so", "never this", "without doubt",
           "without a doubt", "at least", "very least", "least", "no or", "no nor", "but", "But", "BUT", "no", "No", "NO", "kind", "of"]
MARKS = ["!", "!!", "!!!!!", "?", "??", "???", "????", ".", ",", ":)", ":(", ":-)", ":D", ":d", "(-:", "<3", "#", "...", "'", "’", "\"", "-"]
SPACES = [" ", " ", " ", " ", " ", "  ", "\n", "\t", "\u00a0", "\u3000", "\u2028", "\x1c", "\x85", "\u200b", "\u1680", "\u180e", ""]


class Strings:
    """Random strings that dwell on what the rules look at."""

    def __init__(self, seed):
        from vaderSentiment import vaderSentiment as package

        self.random = random.Random(seed)
        analyzer = package.SentimentIntensityAnalyzer()
        self.words = sorted(analyzer.lexicon)
        self.boosters = sorted(package.BOOSTER_DICT)
        self.negations = sorted(package.NEGATE)
        self.emoji = sorted(analyzer.emojis)

    def case(self, word):
        kind = self.random.random()
        return word if kind < 0.7 else word.upper() if kind < 0.85 else word.title() if kind < 0.95 else word.swapcase()

    def piece(self):
        pick, kind = self.random.choice, self.random.random()
        if kind < 0.35:
            return self.case(pick(self.words))
        if kind < 0.47:
            return self.case(pick(self.boosters))
        if kind < 0.59:
            return self.case(pick(self.negations))
        if kind < 0.72:
            return self.case(pick(PHRASES))
        if kind < 0.78:
            return self.case(pick(["so", "this", "never", "without", "doubt", "the", "a", "it", "x", "good", "bad", "isn't", "shouldn't've"]))
        if kind < 0.88:
            return pick(MARKS)
        return pick(self.emoji)

    def sentence(self, longest=12):
        glue = SPACES if self.random.random() < 0.4 else [" "]
        mark = self.random.choice(["", "", "!", "?", ".", "!!", "\""])
        return "".join(self.piece() + self.random.choice(glue) for _ in range(self.random.randint(1, longest))) + mark

    def contrast(self):
        """Equal values around a "but", where the original changes the wrong ones."""
        few = [self.random.choice(self.words) for _ in range(3)] + ["but", "good", "good", "bad", "x", "but", "not"]
        return " ".join(self.case(self.random.choice(few)) for _ in range(self.random.choice([8, 20, 60, 200])))

    def hostile(self):
        count, kind = self.random.randint(1, 20), self.random.randrange(5)
        if kind == 0:
            points = [chr(self.random.choice([self.random.randrange(0xD800), self.random.randrange(0xE000, 0x110000)]))
                      for _ in range(count)]
        elif kind == 1:
            points = [chr(self.random.randrange(0x250)) for _ in range(count)]
        elif kind == 2:  # Bytes that are no UTF-8, among words.
            noise = bytes(self.random.choice([0x80, 0xBF, 0xC0, 0xC2, 0xE2, 0x84, 0xAA, 0xED, 0xA0, 0xF0, 0x9F, 0x90, 0xF5, 0xFF,
                                              0x27, 0x20, 0x6E, 0x74, 0x21, 0x3F, 0x85, 0xA0]) for _ in range(count))
            return b"not " + noise + b" GOOD very " + noise[:3] + b"bad " + noise
        elif kind == 3:  # Kelvin signs, dotted capital I, title case and other letters that Python knows as upper case.
            word = self.random.choice(self.words).replace("k", "\u212a").replace("i", "İ")
            points = [word, "ǅ GOOD", "Ⓐ good", "ⅣGREAT", "ªGOOD", "ΣΣ", "ʰBAD", "𝐀 bad"]
        else:
            points = [self.random.choice(self.emoji) + self.random.choice(["", "\ufe0f", "\u200d", "!", " ", "good"]) for _ in range(count)]
        return self.random.choice(["", " ", " good ", " NOT "]).join(points)


def score_theirs(text, analyzers=[]):
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    if not analyzers:
        analyzers.append(SentimentIntensityAnalyzer())
    scores = analyzers[0].polarity_scores(text.decode("utf-8", "replace"))
    return tuple(scores[name] for name in NUMBERS)


def main():
    options = command_line(__doc__).parse_args()
    use_package("vaderSentiment", WANTED)

    subprocess.run([sys.executable, ROOT / "tools/make_vader_tables.py", "--check"], check=True)
    left_out = []
    make = Strings(options.seed)
    with multiprocessing.Pool(options.jobs) as pool:
        compare = Comparison(options.helper, pool, score_theirs, differs=tuple.__ne__, scored=lambda numbers: numbers[3] != 0)
        forms = make.words + make.boosters + make.negations + make.emoji
        lexicon = [form.format(word) for word in forms for form in ("{}", "very {}", "not {}", "NOT {}!", "{} good but x bad")]
        if compare.run("lexicon", lexicon) < len(lexicon) / 2:
            sys.exit("the lexicon was not read: hardly a text of its words has a score")
        compare.run("random sentences", [make.sentence() for _ in range(options.random)])
        compare.run("short ones", [make.sentence(4) for _ in range(options.random)])
        compare.run("contrasts", [make.contrast() for _ in range(options.random // 8)])
        compare.run("hostile Unicode", [make.hostile() for _ in range(options.hostile)])
        compare.run("real posts", real_posts(options.posts, left_out))
    compare.finish(f"vaderSentiment {WANTED}", options.seed, left_out)


if __name__ == "__main__":
    main()
