"""Reads the data sets, keeps held-out folds apart, and deals rows to the trainer in a fixed order.

Everything is a function of the recipe and its seed: a run that was stopped goes on with the rows it would have had.
"""
import collections
import csv
import dataclasses
import gzip
import hashlib
import json
import pathlib
import re
import zlib

import numpy as np

import clean

BUCKETS = 1000


@dataclasses.dataclass
class Rows:
    """Texts of one source with their targets: `target` [rows, outputs], `weight` [rows, heads]; 0 where a head has no label.

    A row of words with tags has `words`: pairs of a word and the tags it may have, as bits. `posts`, where given, says which post a
    row was made of: rows of one post fall on one side of a split. `clean` rows are texts made ready already.
    """
    texts: list
    target: np.ndarray
    weight: np.ndarray
    words: list = None
    posts: list = None
    clean: bool = False

    def take(self, indices):
        part = [None if values is None else [values[index] for index in indices] for values in (self.texts, self.words, self.posts)]
        return Rows(part[0], self.target[indices], self.weight[indices], part[1], part[2], self.clean)

    def names(self):
        """What each row is told apart by."""
        return self.texts if self.posts is None else self.posts


class Heads:
    """Where each head's outputs lie among all outputs."""

    def __init__(self, entries):
        self.entries, self.slices, start = entries, {}, 0
        for entry in entries:
            self.slices[entry["name"]] = slice(start, start + len(entry["labels"]))
            start += len(entry["labels"])
        self.outputs = start
        self.index = {entry["name"]: position for position, entry in enumerate(entries)}

    def blank(self, rows):
        return np.zeros((rows, self.outputs), np.float32), np.zeros((rows, len(self.entries)), np.float32)

    def set_one(self, target, weight, row, head, label, amount=1.0):
        """Gives a row one label of a head, smoothed as the recipe says."""
        entry = self.entries[self.index[head]]
        classes, smoothing = len(entry["labels"]), entry["smoothing"]
        values = np.full(classes, smoothing / classes, np.float32)
        values[label] += 1.0 - smoothing
        target[row, self.slices[head]] = values
        weight[row, self.index[head]] = amount


def read_tsv(path):
    """Yields the fields of each row after the header. The files have no quoting."""
    with open(path, encoding="utf8", newline="\n") as file:
        next(file)
        for line in file:
            line = line.rstrip("\n")
            if line:
                yield line.split("\t")


def labelled(path):
    """Texts and labels of a file with the columns label and text."""
    pairs = [(int(fields[0]), fields[1]) for fields in read_tsv(path) if len(fields) == 2]
    return [text for _, text in pairs], [label for label, _ in pairs]


def bucket(text):
    """A number below BUCKETS that depends on nothing but what the post says."""
    digest = hashlib.blake2b(clean.key(text).encode("utf8"), digest_size=8).digest()
    return int.from_bytes(digest, "little") % BUCKETS


def split(rows, share):
    """Parts rows into (training, held out); equal posts fall on one side, whatever source they are in."""
    inside = np.array([bucket(text) < share * BUCKETS for text in rows.names()], bool)
    return rows.take(np.flatnonzero(~inside)), rows.take(np.flatnonzero(inside))


def read_source(name, data, heads, none_weight=0.25):
    """All training rows of one source of the recipe."""
    data = pathlib.Path(data)
    if name in TAG_SETS:
        return read_tags(name, data, heads)
    if name == "stance":
        return read_stance(data, heads)
    if name in ("replay", "short"):
        texts = replay_posts(data) if name == "replay" else short_texts(data)
        return Rows(texts, *heads.blank(len(texts)))
    if name == "goemotions":
        pairs = [(fields[0], [int(label) for label in fields[1].split(",")]) for fields in read_tsv(data / "goemotions/train.tsv")]
        target, weight = heads.blank(len(pairs))
        base = heads.slices[name].start
        for row, (_, labels) in enumerate(pairs):
            target[row, [base + label for label in labels]] = 1.0
            weight[row, heads.index[name]] = 1.0
        return Rows([text for text, _ in pairs], target, weight)
    texts, labels = labelled(data / "tweeteval" / name / "train.tsv")
    target, weight = heads.blank(len(texts))
    for row, label in enumerate(labels):
        heads.set_one(target, weight, row, name, label)
        # A neutral post shows no emotion: TweetEval's emotion set has no such posts.
        if name == "sentiment" and label == 1:
            heads.set_one(target, weight, row, "emotion", 4, none_weight)
    return Rows(texts, target, weight)


TAG_TYPES = ("person", "place", "organisation", "group", "product", "work", "other")
TAGS = ["O"] + [f"{place}-{name}" for name in TAG_TYPES for place in "BI"]
TAG_SETS = ("btc", "wnut17", "tweebank_ner")
# What a data set's type may be of ours. Where it does not tell two apart, either is right.
TYPES_OF = {"PER": ("person",), "LOC": ("place",), "ORG": ("organisation", "group"), "MISC": ("product", "work", "other"),
            "person": ("person",), "location": ("place",), "corporation": ("organisation",), "group": ("group",),
            "product": ("product",), "creative-work": ("work",)}


def allowed_tags(name, label):
    """The tags that a label of a data set leaves open, as bits. BTC has no products and works, so its O may be one."""
    types, places = TYPES_OF[label[2:]] if label != "O" else (TYPES_OF["MISC"] if name == "btc" else ()), "BI"
    if label != "O":
        places = label[0]
    bits = sum(1 << TAGS.index(f"{place}-{kind}") for kind in types for place in places)
    return bits | (label == "O")


def read_conll(path):
    """Posts as lists of (word, label)."""
    posts, words = [], []
    with open(path, encoding="utf8", newline="\n") as file:
        for line in [*file, "\n"]:
            fields = line.rstrip("\r\n").split("\t")
            if len(fields) == 2 and fields[0].strip():
                words.append((fields[0], fields[1]))
            elif words:
                posts.append(words)
                words = []
    return posts


def join_mentions(words):
    """BTC parts `@name` in two and calls both a name. Elsewhere, and in the program, it is one word that is never looked at."""
    found = []
    for word, bits in words:
        if found and found[-1][0] == "@" and re.match(r"\w", word):
            found[-1] = ("@" + word, 0)
        else:
            found.append((word, bits))
    return found


def read_tags(name, data, heads):
    rows, posts = [], []
    for words in read_conll(data / "ner" / name / "train.conll"):
        bits = [(word, allowed_tags(name, label)) for word, label in words]
        forms = [bits, join_mentions(bits)] if name == "btc" else [bits]
        for form in forms[:2 if forms[-1] != bits else 1]:
            rows.append(form)
            posts.append(" ".join(word for word, _ in words))
    return Rows(posts, *heads.blank(len(rows)), words=rows, posts=posts)


# The targets of TweetEval's stance sets (SemEval-2016 task 6) in several words: for the target, and for its opposite.
STANCE_TARGETS = {
    "abortion": (["legalization of abortion", "abortion", "abortion rights", "a woman's right to choose", "that abortion should be legal",
                  "being pro choice", "legal abortion"],
                 ["banning abortion", "the right to life of the unborn", "being pro life", "that abortion should be a crime"]),
    "atheism": (["atheism", "that there is no god", "not believing in god", "being an atheist", "a world without religion"],
                ["faith in god", "religion", "that god exists", "christianity", "belief in god"]),
    "climate": (["climate change is a real concern", "acting on climate change", "that climate change is real", "climate action",
                 "fighting global warming"],
                ["that climate change is a hoax", "denying global warming", "doing nothing about climate change"]),
    "feminist": (["feminist movement", "feminism", "feminists", "women fighting for equal rights", "the women's movement"],
                 ["anti feminism", "that feminism is harmful", "being against feminists"]),
    "hillary": (["Hillary Clinton", "Hillary Clinton for president", "voting for Hillary", "Clinton's candidacy"],
                ["stopping Hillary Clinton", "that Hillary should not be president"]),
}
STANCE_LEFT_OUT = ("hillary",)  # Not trained on: what the head is judged by.
STANCE_LABELS = ("none", "against", "favour")


def stance_text(target, text):
    return clean.clean(target) + ": " + clean.clean(text)


def stance_posts(data, target, part="train"):
    texts, labels = labelled(data / "tweeteval/stance" / target / f"{part}.tsv")
    return [text.replace("#SemST", "").strip() for text in texts], labels


def read_stance(data, heads, left_out=STANCE_LEFT_OUT):
    """Each post with its target in two wordings, with its target's opposite, and one in two with another target: none."""
    texts, posts, labels, generator = [], [], [], np.random.default_rng(17)
    targets = [target for target in STANCE_TARGETS if target not in left_out]
    for target in targets:
        same, opposite = STANCE_TARGETS[target]
        others = [word for other in targets if other != target for word in STANCE_TARGETS[other][0]]
        for text, label in zip(*stance_posts(data, target)):
            chosen = [(str(word), label) for word in generator.choice(same, 2, replace=False)]
            chosen.append((str(generator.choice(opposite)), (0, 2, 1)[label]))
            if generator.random() < 0.5:
                chosen.append((str(generator.choice(others)), 0))
            for word, there in chosen:
                texts.append(stance_text(word, text))
                posts.append(text)
                labels.append(there)
    target, weight = heads.blank(len(texts))
    for row, label in enumerate(labels):
        heads.set_one(target, weight, row, "stance", label)
    return Rows(texts, target, weight, posts=posts, clean=True)


def replay_files(data):
    return [path for path in sorted((data / "replay").glob("*.csv.gz")) if "authors" not in path.name]


def replay_posts(data, share=0.055):
    """A fixed share of the English posts of the replay corpora, each text once."""
    csv.field_size_limit(1 << 24)
    texts, seen = [], set()
    for path in replay_files(data):
        with gzip.open(path, "rt", encoding="utf8", newline="") as file:
            for row in csv.DictReader(file):
                text = row.get("content") or row.get("text") or ""
                if row.get("language", "English") != "English" or zlib.crc32(text.encode("utf8")) % 1000 >= share * 1000:
                    continue
                key = clean.key(text)
                if len(key) >= 12 and key not in seen:
                    seen.add(key)
                    texts.append(" ".join(text.split()))
    return texts


# The 19 topics of TweetTopic (Antypas et al., COLING 2022), each in a few words.
TOPICS = {
    "arts_&_culture": "art, museums, painting, theatre, books, literature, poetry, culture and heritage",
    "business_&_entrepreneurs": "business, companies, startups, entrepreneurs, markets, investing, money, crypto, jobs and the economy",
    "celebrity_&_pop_culture": "celebrities, famous people, pop stars, fans, gossip, award shows and pop culture",
    "diaries_&_daily_life": "my day, daily life, personal thoughts and feelings, morning, sleep, weekend, being at home, weather",
    "family": "family, mother, father, parents, children, baby, brother, sister, grandmother",
    "fashion_&_style": "fashion, style, clothes, outfits, dresses, shoes, makeup, hair and beauty",
    "film_tv_&_video": "films, movies, cinema, TV shows, series, episodes, actors, trailers, YouTube and video",
    "fitness_&_health": "fitness, health, workout, gym, running, diet, medicine, doctors, illness and mental health",
    "food_&_dining": "food, cooking, recipes, restaurants, dinner, lunch, breakfast, coffee and drinks",
    "gaming": "video games, gaming, gamers, consoles, PlayStation, Xbox, Nintendo, esports and streaming games",
    "learning_&_educational": "learning, education, lessons, teaching, studies, courses, facts, history and research explained",
    "music": "music, songs, albums, singers, bands, concerts, rap, lyrics and listening",
    "news_&_social_concern": "news, politics, elections, government, police, protest, war, law, racism, climate and social issues",
    "other_hobbies": "hobbies, gardening, photography, cars, pets, animals, crafts, collecting and reading",
    "relationships": "relationships, love, dating, boyfriend, girlfriend, marriage, friendship and breaking up",
    "science_&_technology": "science, technology, computers, software, artificial intelligence, space, phones, engineering and research",
    "sports": "sports, football, soccer, basketball, baseball, tennis, boxing, matches, teams, players and championships",
    "travel_&_adventure": "travel, holidays, trips, tourism, hiking, adventure, beaches, mountains, cities and flights",
    "youth_&_student_life": "students, school, university, college, exams, homework, teenagers, classes and graduation",
}


def read_tweettopic(path):
    """Pairs of a text and its 0/1 row over TOPICS."""
    with open(path, encoding="utf8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    return [(" ".join(row["text"].split()), [int(row[name]) for name in TOPICS]) for row in rows]


def short_texts(data, hashtags=5000, least=5):
    """Texts as short as the ones in which users name a topic: hashtags, things that emoji show, descriptions, wordings around them."""
    csv.field_size_limit(1 << 24)
    counts = collections.Counter()
    for path in replay_files(data):
        with gzip.open(path, "rt", encoding="utf8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("language", "English") == "English":
                    counts.update(re.findall(r"#[A-Za-z]\w+", row.get("content") or row.get("text") or ""))
    names = [tag for tag, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:hashtags] if count >= least]
    with open(data / "lexicons/vader/emoji_utf8_lexicon.txt", encoding="utf8") as file:
        names += [line.rstrip("\n").split("\t")[1] for line in file if "\t" in line and "skin tone" not in line]
    described = [part.strip() for text in TOPICS.values() for part in text.replace(" and ", ", ").split(",")] + list(TOPICS.values())
    described += [word for two in STANCE_TARGETS.values() for part in two for word in part]
    found = {text: None for text in names + described}
    wordings = ("posts about {}", "people talking about {}", "{} news", "complaints about {}", "{} and more", "the topic is {}")
    for row, text in enumerate([*found]):
        found[wordings[row % len(wordings)].format(text)] = None
    return list(found)


def meaning_text(text):
    """What of a post its meaning is taught from: its cleaned words, without emoji, names and hashtag signs."""
    text = re.sub(clean.EMOJI + "|[\U0001f1e6-\U0001f1ff]|@user|# ", " ", clean.clean(text))
    return " ".join(text.split())


def digest(text):
    return int.from_bytes(hashlib.blake2b(text.encode("utf8", "replace"), digest_size=8).digest(), "little")


def validation_keys(data):
    """Keys of every post of a validation file: none of them may be trained on."""
    found = set()
    data = pathlib.Path(data)
    for path in sorted(data.glob("tweeteval/**/val.tsv")):
        found.update(clean.key(fields[-1]) for fields in read_tsv(path))
    found.update(clean.key(fields[0]) for fields in read_tsv(data / "goemotions/dev.tsv"))
    found.update(clean.key(fields[-1]) for fields in read_tsv(data / "vader/tweets_ground_truth_tune.tsv"))
    for name in TAG_SETS:
        found.update(clean.key(" ".join(word for word, _ in words)) for words in read_conll(data / "ner" / name / "dev.conll"))
    found.update(clean.key(text) for text, _ in read_tweettopic(data / "tweettopicxl/en_validation.jsonl"))
    return {text for text in found if len(text) >= 12}


def without(rows, banned):
    """Drops rows that say the same as a banned post, and empty ones."""
    keys = [clean.key(text) for text in rows.names()]
    return rows.take([row for row, text in enumerate(keys) if text and text not in banned])


def emoji_by_label(path):
    """For negative, neutral and positive: emoji and how often they stood in such posts (Kralj Novak et al., 2015)."""
    with open(path, encoding="utf8", newline="") as file:
        table = [row for row in csv.DictReader(file) if int(row["Occurrences"]) >= 100]
    symbols = [row["Emoji"] for row in table]
    return [(symbols, np.array([float(row[label]) for row in table]) / sum(float(row[label]) for row in table))
            for label in ("Negative", "Neutral", "Positive")]


def add_emoji(texts, labels, table, share, generator):
    """Ends `share` of the texts with one to three emoji of the kind that posts of that label have."""
    texts = list(texts)
    for row in np.flatnonzero(generator.random(len(texts)) < share):
        symbols, chances = table[labels[row]]
        symbol = symbols[generator.choice(len(symbols), p=chances)]
        texts[row] += " " + symbol * int(generator.integers(1, 4))
    return texts


def read_training(data, recipe, heads, only=None):
    """Training rows in the recipe's order of sources, and held-out rows by source. Held-out rows get no emoji added.

    `only`: names of the sources to read; the others come without rows.
    """
    data, banned = pathlib.Path(data), validation_keys(data)
    table = emoji_by_label(data / "emoji/emoji_sentiment_ranking.csv")
    training, held = [], {}
    for entry in recipe["source"]:
        if only is not None and entry["name"] not in only:
            training.append(Rows([], *heads.blank(0)))
            continue
        rows = without(read_source(entry["name"], data, heads), banned)
        rows, held[entry["name"]] = split(rows, entry["held_out"])
        if entry["name"] == "sentiment":
            labels = rows.target[:, heads.slices["sentiment"]].argmax(1)
            rows.texts = add_emoji(rows.texts, labels, table, recipe["emoji_share"], np.random.default_rng([recipe["seed"], 11]))
        training.append(rows)
    return training, held


class Mixture:
    """Deals rows of several sources: chunk by chunk, each a fixed function of the seed.

    A source gives `epochs` passes over the run; with focus f its share at progress p is proportional to 1 + f (2p - 1).
    """

    def __init__(self, sizes, entries, chunk_rows, seed, scale=1.0):
        self.sizes, self.entries, self.seed = sizes, entries, seed
        self.totals = [size * entry["epochs"] * scale for size, entry in zip(sizes, entries)]
        self.chunks = max(1, round(sum(self.totals) / chunk_rows))

    def dealt(self, source, chunk):
        """How many rows of a source came before this chunk."""
        progress = chunk / self.chunks
        focus = self.entries[source]["focus"]
        return int(self.totals[source] * (progress + focus * (progress * progress - progress)) + 1e-6)

    def rows(self, chunk):
        """The chunk's rows as (source, index), unordered."""
        found = []
        for source, size in enumerate(self.sizes):
            begin, end = self.dealt(source, chunk), self.dealt(source, chunk + 1)
            for epoch in range(begin // size, (end - 1) // size + 1 if end > begin else 0):
                order = np.random.default_rng([self.seed, source, epoch]).permutation(size)
                low, high = max(begin - epoch * size, 0), min(end - epoch * size, size)
                found += [(source, int(index)) for index in order[low:high]]
        return found

    def batches(self, chunk, lengths, batch_rows):
        """The chunk's rows sorted by length, cut into batches, in random order. `lengths[source][index]` is in tokens."""
        generator = np.random.default_rng([self.seed, 1 << 20, chunk])
        rows = self.rows(chunk)
        rows = [rows[position] for position in generator.permutation(len(rows))]
        rows.sort(key=lambda row: lengths[row[0]][row[1]])
        cut = [rows[start:start + batch_rows] for start in range(0, len(rows), batch_rows)]
        return [cut[position] for position in generator.permutation(len(cut))]


class Prepared:
    """A source's rows as the trainer takes them: tokens, where their meanings are (-1: nowhere), and bits of tags by token."""

    def __init__(self, rows, tokenizer, meanings=None):
        self.rows, self.bits = rows, None
        if rows.words is None:
            self.tokens = tokenizer.encode(rows.texts, rows.clean)
        else:
            self.tokens, self.first, self.bits = [], [], []
            for words in rows.words:
                tokens, first = tokenizer.encode_words([word for word, _ in words])
                bits = np.zeros(len(tokens), np.int32)
                for place, (_, allowed) in zip(first, words):
                    if place >= 0:
                        bits[place] = allowed
                self.tokens.append(tokens)
                self.first.append(first)
                self.bits.append(bits)
        self.lengths = [len(tokens) for tokens in self.tokens]
        self.meaning = np.full(len(self.tokens), -1)
        if meanings is not None:
            self.meaning[:] = [meanings.row(text) for text in rows.texts]


def pad(token_lists):
    """A matrix of token ids with zeros behind, and the lengths."""
    lengths = np.array([len(tokens) for tokens in token_lists], np.int32)
    matrix = np.zeros((len(token_lists), int(lengths.max())), np.int32)
    for row, tokens in enumerate(token_lists):
        matrix[row, :len(tokens)] = tokens
    return matrix, lengths
