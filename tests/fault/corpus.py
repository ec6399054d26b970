"""Posts for tests that need many: made up here, so that every clone has them."""
import csv
import datetime
import gzip
import io
import random

WORDS = """morning coffee train late again sunny terrible wonderful match goal team city council budget river music
album festival happy angry sad brilliant awful love hate maybe tomorrow weather storm bridge school bus garden
market bread price phone update broken fixed thanks sorry please never always quiet loud bright""".split()
TAGS = ["harbour", "derby", "newalbum", "storm", "budget24", "слово", "花見", "été"]
LANGS = ["English"] * 8 + ["German", "French", "Russian"]


def write_csv(path, rows, seed=1, start="2016-08-01T00:00:00", broken=0.0, every=8):
    """Writes `rows` posts, one in `every` seconds, in order of time as a CSV (gzip when the name says so), and gives the path back. The
    share `broken` of them has a time that is none."""
    dice = random.Random(seed)
    time = datetime.datetime.fromisoformat(start)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["id", "author", "content", "language", "publish_date", "post_type"])
    for number in range(rows):
        time += datetime.timedelta(seconds=dice.expovariate(1 / every))
        words = [dice.choice(WORDS) for _ in range(dice.randint(4, 18))]
        if dice.random() < 0.4:
            words.insert(dice.randrange(len(words)), "#" + dice.choice(TAGS))
        if dice.random() < 0.2:
            words.insert(0, "@user%d" % dice.randrange(500))
        if dice.random() < 0.1:
            words.append("https://example.com/%d" % number)
        text = " ".join(words) + dice.choice(["", "!", "!!", " 😀", " :(", ", \"quoted\"\nand a second line"])
        written = "yesterday" if dice.random() < broken else time.strftime("%Y-%m-%dT%H:%M:%SZ")
        table.writerow([10_000_000 + number, "a%d" % dice.randrange(3000), text, dice.choice(LANGS), written,
                        dice.choice(["", "", "R", "Q"])])
    data = out.getvalue().encode()
    path.write_bytes(gzip.compress(data, 6) if path.suffix == ".gz" else data)
    return path
