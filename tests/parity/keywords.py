#!/usr/bin/env python3
"""Checks that heartbeat's keywords equal those of yake 0.7.3, and how much faster they are.

usage: keywords.py --helper PROGRAM [--posts N] [--random N] [--hostile N] [--seed S] [--jobs N]

Both read the same stop words, those of the installed package (LGPL, so not in this repository).
Compares documents and posts (../shared/data, when it is there), random texts and hostile Unicode:
the same phrases in the same order with scores to 1e-9. Needs yake 0.7.3: runs itself again in
.cache/venv/tests when the present Python has none.
"""
import json
import multiprocessing
import random
import resource
import subprocess
import sys
import tempfile
import time
import unicodedata

from parity import ROOT, as_bytes, command_line, real_posts, score_ours, use_package

WANTED = "0.7.3"
TOLERANCE = 1e-9
SETTINGS = [(3, 1, "seqm"), (3, 1, "levs"), (1, 1, "seqm"), (2, 2, "seqm"), (2, 2, "levs")]

WORDS = """Climate climate policy Policy COVID-19 NASA Google google's isn't don’t rock'n'roll the of and in a is to data science
machine learning models Modell U.S. Dr. Smith e.g. etc. 3 5% 1,000 2.5 3. Jan. 12:30 iPhone AC-TEM x² km² H₂O Na⁺ sub-Ångstrom ΣΑΣ İstanbul
straße ÉCOLE news New York city cities gas bus buses ss @bob #tag https://t.co/x http://u@h.org:80/p?q#f a@b.co www.x.org ... … — - -- &amp; &lt; &#39; &nbsp &bogus; :-) "quoted" (bracket [open )close and or with""".split()
GLUE = [" "] * 12 + ["  ", "\n", "\n\n", "\t", ". ", "! ", "? ", ".\n", ", ", "; ", "-", "'", "’", ".) ", '." ', "", "\u00a0", "\u2028", "\r\n", "\x1c", "\x85"]


class Strings:
    def __init__(self, seed):
        self.random = random.Random(seed)
        # Code points that the Unicode tables of all parties know alike.
        self.points = [chr(point) for point in range(0x20, 0x20000) if self.known(chr(point))]

    @staticmethod
    def known(point):
        import regex

        category = unicodedata.category(point)
        return category not in ("Cn", "Cs", "Co") and regex.match(r"\p{%s}" % category, point) is not None

    def text(self, longest=40):
        pick = self.random.choice
        return "".join(pick(WORDS) + pick(GLUE) for _ in range(self.random.randint(1, longest)))

    def marks(self):
        pick = self.random.choice
        return "".join(pick("aaabBsStnd  .,:;'’ʼ-()[]\"&@/#?1²₂\n") for _ in range(self.random.randint(1, 60)))

    def links(self):
        pick = self.random.choice
        return "".join(pick(["http://", "a", "b.c", "@", ".", "-", "?", "#", "/", ":", "8", "(", ")", "'", " ", "[", "<", ">", "_"])
                       for _ in range(self.random.randint(1, 25)))

    def hostile(self):
        pick = self.random.choice
        if self.random.random() < 0.3:
            return bytes(pick([0x80, 0xC2, 0xE2, 0x84, 0xAA, 0xED, 0xA0, 0xF0, 0x9F, 0xFF, 0x27, 0x20, 0x6E, 0x74, 0x41, 0x2E])
                         for _ in range(self.random.randint(1, 60)))
        return "".join(pick(self.points) if self.random.random() < 0.5 else pick(WORDS) + pick(GLUE)
                       for _ in range(self.random.randint(1, 40)))


def documents(left_out):
    path = ROOT / "../shared/data/keywords/semeval2017_tune.jsonl"
    if not path.exists():
        left_out.append("documents: ../shared/data/keywords is not there")
        return []
    with open(path, encoding="utf-8") as file:
        return [max((value for value in json.loads(line).values() if isinstance(value, str)), key=len) for line in file]


def keywords_theirs(job, extractors={}):
    from yake import KeywordExtractor

    setting, text = job
    if setting not in extractors:
        ngram, window, similarity = setting
        extractors[setting] = KeywordExtractor(lan="en", n=ngram, dedup_lim=0.9, dedup_func=similarity, window_size=window, top=20)
    try:
        return [(phrase, float(score)) for phrase, score in extractors[setting].extract_keywords(text.decode("utf-8", "replace"))]
    except Exception as error:  # yake lets some texts end in an exception; then there is nothing to equal.
        return repr(error)


def parse(line):
    fields = line.split("\t") if line else []
    return [(fields[i], float(fields[i + 1])) for i in range(0, len(fields), 2)]


def same(ours, theirs):
    plain = [(phrase.replace("\n", " ").replace("\t", " "), score) for phrase, score in theirs]
    return len(ours) == len(plain) and all(a[0] == b[0] and abs(a[1] - b[1]) <= TOLERANCE for a, b in zip(ours, plain))


class Compare:
    def __init__(self, helper, stop_words, pool):
        self.helper, self.stop_words, self.pool, self.compared, self.failed = helper, stop_words, pool, 0, 0

    def ours(self, setting, texts):
        return [parse(line) for line in score_ours(self.helper, texts, [self.stop_words, *map(str, setting)])]

    def run(self, name, texts, setting):
        texts = as_bytes(texts)
        if not texts:
            return
        theirs = self.pool.map(keywords_theirs, [(setting, text) for text in texts], chunksize=50)
        failed, raised, found = self.failed, 0, 0
        for text, a, b in zip(texts, self.ours(setting, texts), theirs):
            if isinstance(b, str):
                raised += 1
                continue
            found += bool(b)
            if not same(a, b):
                self.failed += 1
                if self.failed <= 10:
                    print(f"DIFFERS {name} {setting}: {text!r}\n  heartbeat {a[:5]}\n  original  {b[:5]}")
        self.compared += len(texts) - raised
        print(f"{name} {setting}: {len(texts)} texts, {found} with keywords, {self.failed - failed} differ, {raised} end yake", flush=True)
        if found < len(texts) / 10:
            sys.exit("hardly a text has keywords: nothing was compared")

    def speed(self, texts):
        """CPU seconds of both on the same texts."""
        texts = as_bytes(texts)
        keywords_theirs((SETTINGS[0], texts[0]))
        started = time.process_time()
        for text in texts:
            keywords_theirs((SETTINGS[0], text))
        theirs = time.process_time() - started
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.ours(SETTINGS[0], texts)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        ours = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"speed: {len(texts)} texts, CPU seconds yake {theirs:.2f}, heartbeat {ours:.3f} (start included), {theirs / ours:.0f} times")


def main():
    parser = command_line(__doc__)
    parser.set_defaults(posts=4000, random=2000, hostile=2000)
    options = parser.parse_args()
    use_package("yake", WANTED)
    from yake import KeywordExtractor

    subprocess.run([sys.executable, ROOT / "tools/make_html_references.py", "--check"], check=True)
    left_out = []
    make = Strings(options.seed)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as stop_words, multiprocessing.Pool(options.jobs) as pool:
        stop_words.write("\n".join(sorted(KeywordExtractor(lan="en").stopword_set)))
        stop_words.flush()
        compare = Compare(options.helper, stop_words.name, pool)
        real = documents(left_out) + real_posts(options.posts, left_out)
        made = {"random texts": [make.text() for _ in range(options.random)],
                "long texts": [make.text(400) for _ in range(options.random // 20)],
                "marks": [make.marks() for _ in range(options.random)],
                "links": [make.links() for _ in range(options.random)],
                "hostile Unicode": [make.hostile() for _ in range(options.hostile)]}
        for index, setting in enumerate(SETTINGS):
            share = 1 if index == 0 else 4
            compare.run("documents and posts", real[::share], setting)
            for name, texts in made.items():
                compare.run(name, texts[::share], setting)
        compare.speed((real or made["random texts"])[:1000])
    for what in left_out:
        print("LEFT OUT", what)
    if compare.failed:
        sys.exit(f"{compare.failed} of {compare.compared} differ (seed {options.seed})")
    print(f"all {compare.compared} agree with yake {WANTED}, Python {sys.version.split()[0]}, seed {options.seed}")


if __name__ == "__main__":
    main()
