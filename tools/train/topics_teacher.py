#!/usr/bin/env python3
"""A classifier of TweetTopic's 19 topics on sentence embeddings: what the head `topics` and the fast topics are taught. See README.md.

usage: topics_teacher.py --data DIR --base DIR --work DIR [--tsv FILE] [--rows N]
Reads meaning.npz of the work folder and writes topics_teacher.npz there. --tsv: posts with the 19 probabilities of each.

TweetTopic has 180 English training posts here: too few for 19 topics. So a topic's weights are drawn to the embedding of its description,
and posts with a hashtag that names the topic (the tag taken out) count a little. How much of each is chosen by cross-validation on the 180.
"""
import argparse
import itertools
import pathlib
import re
import tomllib

import numpy as np

import clean
import data as datasets
import metrics

HERE = pathlib.Path(__file__).parent
FOLDS = 5
# Hashtags that name a topic. A post counts for the topics of all its tags; the tags themselves are not read.
HASHTAGS = {
    "arts_&_culture": "art artist painting theatre theater museum poetry books literature drawing artwork poem gallery",
    "business_&_entrepreneurs": "business economy entrepreneur entrepreneurs finance jobs startup marketing stocks money bitcoin job realestate",
    "celebrity_&_pop_culture": "celebrity celebs celebrities celebrityedge kardashian kardashians popculture entertainment beyonce taylorswift justinbieber",
    "diaries_&_daily_life": "goodmorning mondaymotivation weekend tired morning sundayfunday mylife saturday monday sleepy bored goodnight home lazyday",
    "family": "family mom dad kids baby sister brother mothersday fathersday sisters brothers grandma daughter son familytime cousins",
    "fashion_&_style": "fashion style ootd beauty makeup hair shoes outfit dress streetstyle fashionblogger mua",
    "film_tv_&_video": "movie movies film tv netflix youtube cinema gameofthrones starwars thewalkingdead films tvshow hollywood filmmaking",
    "fitness_&_health": "health fitness workout gym yoga running diet mentalhealth fit exercise cancer medicine wellness gymlife crossfit",
    "food_&_dining": "food foodie foodporn dinner breakfast coffee recipe cooking brunch lunch thanksgivingdinner pizza foodgasm yummy yum foodpoisoning",
    "gaming": "gaming gamer xbox ps4 nintendo videogames pokemon pokemongo xboxone playstation twitch callofduty gamers",
    "learning_&_educational": "education learning teacher teachers history teaching teach edchat lesson didyouknow facts",
    "music": "music np nowplaying hiphop rap song songs concert album livemusic rapper band singer dj newmusic hot",
    "news_&_social_concern": "news politics breaking election2016 blacklivesmatter world local debate immigration breakingnews crime maga",
    "other_hobbies": "photography garden gardening cars car dogs cats dog cat pets crafts diy puppy hobby fishing knitting",
    "relationships": "love relationships dating marriage couple boyfriend girlfriend wedding husband wife relationship anniversary bestfriend engaged",
    "science_&_technology": "science tech technology space nasa iphone ai apple software google computer engineering gadgets",
    "sports": "sports nfl nba football soccer baseball boxing mlb hockey basketball ufc tennis nhl golf worldcup",
    "travel_&_adventure": "travel vacation beach hiking wanderlust adventure roadtrip traveling explore holiday mountains island trip",
    "youth_&_student_life": "school college university student students graduation finals backtoschool highschool classof2017 exams homework campus",
}


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-np.clip(x, -30.0, 30.0)))


class Classifier:
    """Independent probabilities of topics, linear in a unit-length embedding."""

    def __init__(self, matrix, bias, threshold=0.5):
        self.matrix, self.bias, self.threshold = matrix, bias, threshold

    def scores(self, vectors):
        return np.asarray(vectors, np.float32) @ self.matrix + self.bias

    def probabilities(self, vectors):
        return sigmoid(self.scores(vectors)).astype(np.float32)

    def save(self, path):
        np.savez(path, matrix=self.matrix.astype(np.float32), bias=self.bias.astype(np.float32), threshold=np.float32(self.threshold))

    @staticmethod
    def load(path):
        with np.load(path) as file:
            return Classifier(file["matrix"], file["bias"], float(file["threshold"]))


def fit(vectors, target, weight, prior, strength, steps=250):
    """Logistic regression whose matrix is drawn to `prior` by `strength`; `weight` is of each row and topic.

    Accelerated gradient descent (Nesterov) from the prior; the loss is convex, its curvature bounded by the weights' sum.
    """
    matrix, bias = prior.copy(), np.full(target.shape[1], -2.0)
    old, ahead, ahead_bias = matrix, matrix, bias
    old_bias = bias
    total = weight.sum(0)
    rate, rate_bias = 1.0 / (0.25 * total + strength), 1.0 / (0.5 * total + 1e-6)
    for step in range(steps):
        gap = (sigmoid(vectors @ ahead + ahead_bias) - target) * weight
        matrix = ahead - rate * (vectors.T @ gap + strength * (ahead - prior))
        bias = ahead_bias - rate_bias * gap.sum(0)
        speed = step / (step + 3.0)
        ahead, ahead_bias = matrix + speed * (matrix - old), bias + speed * (bias - old_bias)
        old, old_bias = matrix, bias
    return Classifier(matrix, bias)


def tagged(texts, most=250, seed=3):
    """Posts with a hashtag of HASHTAGS, without such tags, and 0/1 rows of the topics that their tags name."""
    topics = list(HASHTAGS)
    of_tag = {}
    for place, name in enumerate(topics):
        for tag in HASHTAGS[name].split():
            of_tag.setdefault(tag, set()).add(place)
    found = []
    for text in texts:
        named = {place for tag in re.findall(r"#(\w+)", text) for place in of_tag.get(tag.lower(), ())}
        if named:
            bare = re.sub(r"#(\w+)", lambda match: "" if match[1].lower() in of_tag else match[0], text)
            if len(clean.key(bare)) >= 20:
                found.append((bare, named))
    kept, counts = [], np.zeros(len(topics), int)
    for row in np.random.default_rng(seed).permutation(len(found)):
        bare, named = found[row]
        if counts[list(named)].min() < most:
            counts[list(named)] += 1
            kept.append((bare, named))
    target = np.zeros((len(kept), len(topics)))
    for row, (_, named) in enumerate(kept):
        target[row, list(named)] = 1.0
    return [text for text, _ in kept], target


def best_threshold(truth, probabilities):
    """Where micro and macro F1 together are largest, smoothed over neighbours."""
    grid = np.arange(0.1, 0.71, 0.02)
    found = np.array([sum(metrics.multilabel_f1(truth, probabilities, edge)) for edge in grid])
    return float(grid[np.convolve(np.pad(found, 2, mode="edge"), np.ones(5) / 5, "valid").argmax()])


class Evidence:
    """Gold posts, posts with hashtags and descriptions, as embeddings."""

    def __init__(self, gold, truth, weak, weak_truth, described):
        self.gold, self.truth, self.weak, self.weak_truth = gold, truth, weak, weak_truth
        self.described = (described - described.mean(0)).T

    def fit(self, rows, pull, strength, share):
        """`pull`: how large the prior's weights are; `share`: what a hashtag's post counts beside a gold one. A missing tag says little."""
        weak = share * np.where(self.weak_truth > 0, 1.0, 0.25)
        vectors = np.concatenate([self.gold[rows], self.weak])
        target = np.concatenate([self.truth[rows], self.weak_truth])
        weight = np.concatenate([np.ones_like(self.truth[rows]), weak])
        found = fit(vectors, target, weight, pull * self.described, strength)
        # Frequencies are those of the gold posts: the hashtags' were evened out.
        for _ in range(20):
            probabilities = found.probabilities(self.gold[rows])
            gap = self.truth[rows].sum(0) + 0.5 - probabilities.sum(0)
            found.bias = found.bias + gap / ((probabilities * (1 - probabilities)).sum(0) + 1.0)
        return found

    def folds(self, seed):
        return np.array_split(np.random.default_rng(seed).permutation(len(self.gold)), FOLDS)

    def cross(self, setting, seed=1, rows=None):
        """Probabilities of each of `rows` by a classifier that has not seen it."""
        rows = np.arange(len(self.gold)) if rows is None else rows
        out = np.zeros_like(self.truth)
        for part in np.array_split(np.random.default_rng(seed).permutation(rows), FOLDS):
            out[part] = self.fit(np.setdiff1d(rows, part), *setting).probabilities(self.gold[part])
        return out[rows]


SETTINGS = list(itertools.product((0.0, 6.0, 12.0), (0.1, 0.3, 1.0), (0.0, 0.1, 0.3)))  # pull, strength, share


def choose(evidence, rows=None):
    """The setting with the likeliest held-out gold labels, and the threshold for it."""
    truth = evidence.truth if rows is None else evidence.truth[rows]
    best = None
    for setting in SETTINGS:
        found = np.clip(evidence.cross(setting, rows=rows), 1e-6, 1 - 1e-6)
        loss = -(truth * np.log(found) + (1 - truth) * np.log(1 - found)).sum(1).mean()
        if rows is None:
            macro, micro = metrics.multilabel_f1(truth, found, best_threshold(truth, found))
            print(f"pull {setting[0]} strength {setting[1]} share {setting[2]}: loss {loss:.3f} macro {macro:.3f} micro {micro:.3f}", flush=True)
        if best is None or loss < best[0]:
            best = (loss, setting, best_threshold(truth, found))
    return best[1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--base", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--tsv", type=pathlib.Path, help="write posts with their probabilities here")
    parser.add_argument("--rows", type=int, default=140000, help="of the TSV, at most")
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    import teacher  # Needs the whole environment; the tests of what stands above do not.

    meanings = teacher.Meanings(args.work / "meaning.npz")
    recipe = tomllib.loads((HERE / "recipe.toml").read_text(encoding="utf8"))
    sources = [entry["name"] for entry in recipe["source"] if entry.get("meaning") and entry["name"] != "short"]
    training, _ = datasets.read_training(args.data, recipe, datasets.Heads(recipe["head"]), sources)
    texts = list({clean.key(text): text for rows in training for text in rows.texts}.values())
    path = args.work / "topics_teacher.npz"
    if not path.exists():
        train(args, meanings, texts, teacher.Teacher(args.base, args.threads)).save(path)
    if args.tsv:
        write_tsv(args.tsv, Classifier.load(path), meanings, texts, args.rows)


def train(args, meanings, texts, encoder):
    parts = {part: datasets.read_tweettopic(args.data / f"tweettopicxl/en_{part}.jsonl") for part in ("train", "validation")}
    vectors = {part: encoder.embed([datasets.meaning_text(text) for text, _ in rows]) for part, rows in parts.items()}
    truth = {part: np.array([labels for _, labels in rows], float) for part, rows in parts.items()}
    banned = datasets.validation_keys(args.data)
    weak, weak_truth = tagged([text for text in texts if clean.key(text) not in banned])
    print("posts by hashtag:", dict(zip(HASHTAGS, weak_truth.sum(0).astype(int).tolist())), flush=True)
    evidence = Evidence(vectors["train"], truth["train"], encoder.embed([datasets.meaning_text(text) for text in weak]), weak_truth,
                        encoder.embed([datasets.meaning_text(text) for text in datasets.TOPICS.values()]))
    setting, threshold = choose(evidence)
    out = evidence.cross(setting, seed=2)
    macro, micro = metrics.multilabel_f1(truth["train"], out, threshold)
    found = evidence.fit(np.arange(len(truth["train"])), *setting)
    found.threshold = threshold
    held_macro, held_micro = metrics.multilabel_f1(truth["validation"], found.probabilities(vectors["validation"]), threshold)
    print(f"kept pull {setting[0]} strength {setting[1]} share {setting[2]} threshold {threshold:.2f}; other folds: "
          f"macro {macro:.3f} micro {micro:.3f}; validation ({len(truth['validation'])} posts): macro {held_macro:.3f} micro {held_micro:.3f}")
    return found


def write_tsv(path, classifier, meanings, texts, most):
    rows = [(text, meanings.row(text)) for text in texts]
    rows = [(" ".join(text.split()), row) for text, row in rows if row >= 0]
    chosen = np.sort(np.random.default_rng(5).permutation(len(rows))[:most])
    with open(path.with_suffix(".partial"), "w", encoding="utf8", newline="\n") as file:
        file.write("\t".join(["text", *HASHTAGS]) + "\n")
        for start in range(0, len(chosen), 4096):
            part = [rows[row] for row in chosen[start:start + 4096]]
            for (text, _), values in zip(part, classifier.probabilities(meanings.vectors[[row for _, row in part]])):
                file.write("\t".join([text, *(f"{value:.4f}" for value in values)]) + "\n")
    path.with_suffix(".partial").replace(path)
    print(f"{path}: {len(chosen):,} posts")


if __name__ == "__main__":
    main()
