#!/usr/bin/env python3
"""Checks that heartbeat's polarity and subjectivity equal TextBlob 0.20.1's.

usage: polarity.py --helper PROGRAM [--posts N] [--random N] [--hostile N] [--seed S] [--jobs N] [--explain N]

Scores real posts (../shared/data/replay beside the repository, when it is there), every word of the
lexicon, random strings of words, negations, modifiers, marks and emoticons, and hostile Unicode with
both, and fails on any difference above 1e-12. Needs textblob 0.20.1: runs itself again in
.cache/venv/tests when the present Python has none, and makes that from tests/requirements.txt if need be.
"""
import math
import multiprocessing
import pathlib
import random
import subprocess
import sys

from parity import ROOT, Comparison, as_bytes, command_line, real_posts, score_ours, use_package

WANTED = "0.20.1"
TOLERANCE = 1e-12


NEGATIONS = ["no", "not", "n't", "never", "No", "NOT", "isn't", "don't", "can't", "won't", "ain't", "don’t"]
SHORT = ["a", "is", "of", "the", "to", "I", "x", "it", "s", "t", "an", "K", "\u212a", "İ", "é", "日", "日本", "n", "o", "O"]
MARKS = list(".,;:!?()[]{}`'\"@#$^&*+-|=~_/\\<>%3") + [
    "...", "....", "..", "!!", "!!!", "(!)", "( ! )", "(!", "!)", "?!", "“", "”", "‘", "’", "…", "'s", "'d", "'ll",
    "'re", "'ve", "'m", "n't", "END-OF-SENTENCE", "-END-OF-SENTENCE-",
]
ABBREVIATIONS = ["e.g.", "etc.", "Mr.", "U.S.", "a.m.", "Med.", "T.", "Dr.", "vs.", "w/.", "M|.", "Bcd.", "B.C", "adj.."]
SPACES = [" ", " ", " ", " ", "", "", "", "  ", "\n", "\n\n", "\r\n", "\r\n\r\n", "\t", "\u00a0", "\u3000", "\u2028",
          "\x1c", "\x85", "\u200b", " \n \n", "\r", "\u1680", "\u205f", "\u180e", "\x00"]


class Strings:
    """Random strings that dwell on what the method looks at."""

    def __init__(self, seed):
        from textblob import _text
        from textblob.en import sentiment

        sentiment.load()
        self.random = random.Random(seed)
        self.words = sorted(dict.keys(sentiment))
        self.adverbs = [word for word in self.words if "RB" in dict.__getitem__(sentiment, word)]
        self.emoticons = sorted(e for group in _text.EMOTICONS.values() for e in group)

    def case(self, word):
        kind = self.random.random()
        return word if kind < 0.7 else word.upper() if kind < 0.8 else word.title() if kind < 0.9 else word.swapcase()

    def emoticon(self):
        text = self.random.choice(self.emoticons)
        if self.random.random() < 0.6:
            return text
        return "".join(c + (" " if self.random.random() < 0.4 else "") for c in text).strip()

    def piece(self):
        pick, kind = self.random.choice, self.random.random()
        if kind < 0.30:
            return self.case(pick(self.words))
        if kind < 0.42:
            return self.case(pick(self.adverbs))
        if kind < 0.54:
            return pick(NEGATIONS)
        if kind < 0.64:
            return pick(SHORT)
        if kind < 0.80:
            return pick(MARKS)
        if kind < 0.92:
            return self.emoticon()
        if kind < 0.95:
            return pick(ABBREVIATIONS)
        return pick(self.emoticons) + pick(self.emoticons)

    def sentence(self):
        glue = SPACES if self.random.random() < 0.5 else [" "]
        return "".join(self.piece() + self.random.choice(glue) for _ in range(self.random.randint(1, 12)))

    def dense(self):
        """Few characters, all of them special: close to exhaustive for short strings."""
        alphabet = "()!?.:;-'=oOD8xX<>3*/\\ \n\"PpsS^[]{}_c|°♥"
        return "".join(self.random.choice(alphabet) for _ in range(self.random.randint(1, 10)))

    def borders(self):
        """Ends of sentences and paragraphs inside what could be an emoticon or an irony mark."""
        parts = ["(", "!", ")", ".", "...", ":", "-", "o.", "O", ">", ".>", "'", "\"", "”", "’", "?", "\n", "\n", "\n\n",
                 "\r\n", "\r\n", "\r", " ", " ", " ", "END-OF-SENTENCE", "good", "not", "very", "x", "D", " \n"]
        return "good " + "".join(self.random.choice(parts) for _ in range(self.random.randint(2, 9))) + " bad"

    def hostile(self):
        kind = self.random.randrange(5)
        count = self.random.randint(1, 25)
        if kind == 0:
            points = [chr(self.random.choice([self.random.randrange(0xD800), self.random.randrange(0xE000, 0x110000)]))
                      for _ in range(count)]
        elif kind == 1:
            points = [chr(self.random.randrange(0x250)) for _ in range(count)]
        elif kind == 2:  # Bytes that are no UTF-8, among words.
            noise = bytes(self.random.choice([0x80, 0xBF, 0xC0, 0xC2, 0xC4, 0xB0, 0xE0, 0xE2, 0x84, 0xAA, 0x99, 0xED, 0xA0, 0xF0,
                          0x9F, 0x90, 0xF4, 0xF5, 0xFF, 0x27, 0x20, 0x6E, 0x74, 0x21, 0x28, 0x85]) for _ in range(count))
            return b"not " + noise + b" good very " + noise[:3] + b" bad " + noise
        elif kind == 3:  # Kelvin signs and dotted capital I inside words.
            words = [self.random.choice(self.words).replace("k", "\u212a").replace("i", "İ") for _ in range(5)]
            points = [" ".join(words), " not İ good, very \u212aind"]
        else:
            points = ["not very " + self.random.choice("aéKİ\u212a日\u0301ΣſÅ😀") * self.random.randint(1, 3) + " good"]
        glue = self.random.choice(["", " ", " good ", " not "])
        return glue.join(points)


# ---- comparison ---------------------------------------------------------------------------------


def score_theirs(text):
    from textblob import TextBlob

    return tuple(TextBlob(text.decode("utf-8", "replace")).sentiment)


def explain_theirs(text):
    from textblob import TextBlob

    return [(" ".join(words), p, s) for words, p, s, _ in TextBlob(text.decode("utf-8", "replace")).sentiment_assessments[2]]


def differs(ours, theirs):
    difference = max(abs(ours[0] - theirs[0]), abs(ours[1] - theirs[1]))
    return math.isnan(difference) or difference > TOLERANCE


class Explained(Comparison):
    def run_explained(self, name, texts):
        texts = as_bytes(texts)
        theirs = self.pool.map(explain_theirs, texts, chunksize=200) if texts else []
        failed = self.failed
        for text, line, expected in zip(texts, score_ours(self.helper, texts, ["--explain"]), theirs):
            fields = line.split("\t")[1:]
            given = [(fields[i], float(fields[i + 1]), float(fields[i + 2])) for i in range(0, len(fields), 3)]
            same = len(given) == len(expected) and all(
                a[0] == b[0] and abs(a[1] - b[1]) <= TOLERANCE and abs(a[2] - b[2]) <= TOLERANCE
                for a, b in zip(given, expected))
            if not same:
                self.note(name, text, given, expected)
        self.compared += len(texts)
        print(f"{name}: {len(texts)} texts, {self.failed - failed} differ", flush=True)


def check_table():
    """The table in the repository is what the generator makes of the installed package's lexicon."""
    import textblob

    lexicon = pathlib.Path(textblob.__file__).parent / "en/en-sentiment.xml"
    subprocess.run([sys.executable, ROOT / "tools/make_pattern_lexicon.py", lexicon, "--check"], check=True)


def main():
    parser = command_line(__doc__)
    parser.add_argument("--explain", type=int, default=10_000)
    options = parser.parse_args()
    use_package("textblob", WANTED)

    check_table()
    left_out = []
    make = Strings(options.seed)
    with multiprocessing.Pool(options.jobs) as pool:
        compare = Explained(options.helper, pool, score_theirs, differs, scored=lambda score: score != (0.0, 0.0))
        lexicon = [form.format(word) for word in make.words
                   for form in ("{}", "very {}", "not {}", "{} good", "{} not good", "{}!", "not {} bad", "{} x bad", "{} the bad")]
        scored = compare.run("lexicon", lexicon)
        if scored < len(lexicon) / 2:
            sys.exit("the lexicon was not read: hardly a text of its words has a score")
        made = [make.sentence() for _ in range(options.random)]
        compare.run("random sentences", made)
        compare.run("dense marks", [make.dense() for _ in range(options.random)])
        compare.run("borders", [make.borders() for _ in range(options.random)])
        compare.run("hostile Unicode", [make.hostile() for _ in range(options.hostile)])
        posts = real_posts(options.posts, left_out)
        compare.run("real posts", posts)
        half = options.explain // 2
        compare.run_explained("explanations", made[:half] + posts[:half])
    compare.finish(f"textblob {WANTED} to {TOLERANCE}", options.seed, left_out)


if __name__ == "__main__":
    main()
