"""Tests of what needs no TensorFlow: text, data, metrics, topics. Run: python3 -m pytest tools/train (needs numpy and pytest)."""
import collections
import pathlib

import numpy as np
import pytest

import clean
import data as datasets
import metrics
import topics_teacher

HERE = pathlib.Path(__file__).parent
DATA = HERE.parents[2] / "shared/data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the data sets are not beside the repository")


def make_heads():
    return datasets.Heads([
        {"name": "sentiment", "labels": ["negative", "neutral", "positive"], "kind": "one", "smoothing": 0.06},
        {"name": "emotion", "labels": ["anger", "joy", "optimism", "sadness", "none"], "kind": "one", "smoothing": 0.0},
        {"name": "stance", "labels": ["none", "against", "favour"], "kind": "one", "smoothing": 0.0},
        {"name": "goemotions", "labels": [str(label) for label in range(28)], "kind": "many", "smoothing": 0.0}])


def cases():
    lines = (HERE / "clean_cases.tsv").read_text(encoding="utf8").split("\n")[1:-1]
    return [line.split("\t") for line in lines]


def test_there_are_cases():
    assert len(cases()) > 20


@pytest.mark.parametrize("text,cleaned", cases())
def test_clean(text, cleaned):
    assert clean.clean(text) == cleaned


@pytest.mark.parametrize("text", ["", "\x00", "\udc00", "@" * 5000, "#" * 5000, "😀" * 5000, "a" * 20000, "\\u" * 5000, "&" * 5000,
                                  "@user " * 5000, "RT @user: " * 2000, "http" * 5000])
def test_clean_takes_anything(text):
    assert isinstance(clean.clean(text), str)


def test_key_ignores_what_collections_change():
    assert clean.key("@Bob It\\u2019s FINE! https://t.co/x") == clean.key("@user it’s fine") == "itsfine"


def test_heads_lie_side_by_side():
    heads = make_heads()
    assert heads.outputs == 39
    assert (heads.slices["emotion"].start, heads.slices["emotion"].stop) == (3, 8)


def test_smoothed_label_sums_to_one():
    heads = make_heads()
    target, weight = heads.blank(2)
    heads.set_one(target, weight, 1, "sentiment", 2)
    assert target[1, :3].tolist() == pytest.approx([0.02, 0.02, 0.96])
    assert weight.tolist() == [[0, 0, 0, 0], [1, 0, 0, 0]]


def test_split_keeps_equal_posts_together_and_is_stable():
    texts = [f"post number {index}" for index in range(2000)] * 2
    rows = datasets.Rows(texts, np.zeros((4000, 1)), np.zeros((4000, 1)))
    training, held = datasets.split(rows, 0.1)
    assert len(training.texts) + len(held.texts) == 4000
    assert not set(training.texts) & set(held.texts)
    assert 0.07 < len(held.texts) / 4000 < 0.13
    wider = datasets.split(rows, 0.2)[1]
    assert set(held.texts) < set(wider.texts)


def test_banned_posts_are_dropped():
    rows = datasets.Rows(["Good morning, everybody!", "another", "@user http://t.co/x"], np.zeros((3, 1)), np.zeros((3, 1)))
    assert datasets.without(rows, {clean.key("good morning everybody")}).texts == ["another"]


SOURCES = [{"epochs": 2.0, "focus": 0.5}, {"epochs": 0.5, "focus": -1.0}, {"epochs": 3.0, "focus": 1.0}]


def test_mixture_deals_every_row_as_often_as_the_recipe_says():
    mixture = datasets.Mixture([1000, 400, 100], SOURCES, 250, seed=3)
    dealt = collections.Counter(row for chunk in range(mixture.chunks) for row in mixture.rows(chunk))
    assert {dealt[0, index] for index in range(1000)} == {2}
    assert {dealt[2, index] for index in range(100)} == {3}
    assert sum(count for (source, _), count in dealt.items() if source == 1) == 200
    assert max(dealt[1, index] for index in range(400)) == 1


def test_mixture_follows_the_focus():
    mixture = datasets.Mixture([1000, 400, 100], SOURCES, 100, seed=3)

    def share(source, chunks):
        rows = [row for chunk in chunks for row in mixture.rows(chunk)]
        return sum(row[0] == source for row in rows) / len(rows)

    early, late = range(5), range(mixture.chunks - 5, mixture.chunks)
    assert share(1, early) > 0.1
    assert share(1, late) < 0.02
    assert share(2, late) > share(2, early)


def test_batches_hold_the_chunk_once_and_sorted_by_length():
    mixture = datasets.Mixture([1000, 400, 100], SOURCES, 250, seed=3)
    lengths = [[3 + index % 40 for index in range(size)] for size in mixture.sizes]
    batches = mixture.batches(2, lengths, 16)
    assert sorted(row for batch in batches for row in batch) == sorted(mixture.rows(2))
    assert max(max(lengths[s][i] for s, i in batch) - min(lengths[s][i] for s, i in batch) for batch in batches) <= 10
    assert batches == mixture.batches(2, lengths, 16)
    assert batches != mixture.batches(3, lengths, 16)


def test_pad():
    matrix, lengths = datasets.pad([[1, 2, 3], [4]])
    assert matrix.tolist() == [[1, 2, 3], [4, 0, 0]]
    assert lengths.tolist() == [3, 1]


def test_emoji_come_from_the_table_of_the_label():
    table = [(["😡"], np.array([1.0])), (["📷"], np.array([1.0])), (["😀"], np.array([1.0]))]
    found = datasets.add_emoji(["a", "b"] * 500, [0, 2] * 500, table, 0.5, np.random.default_rng(1))
    assert 400 < sum(len(text) > 1 for text in found) < 600
    assert all(set(text[1:]) <= {" ", "😡" if text[0] == "a" else "😀"} for text in found)


def test_metrics():
    truth, said = [0, 0, 1, 1, 2], [0, 1, 1, 1, 0]
    assert metrics.macro_recall(truth, said, 3) == pytest.approx((0.5 + 1 + 0) / 3)
    assert metrics.macro_f1(truth, said, 3) == pytest.approx((0.5 + 0.8 + 0) / 3)
    assert metrics.accuracy(truth, said) == 0.6


def test_calibration_error():
    sure = np.array([[0.9, 0.1]] * 10)
    assert metrics.calibration_error([0] * 9 + [1], sure) == pytest.approx(0.0)
    assert metrics.calibration_error([0] * 4 + [1] * 6, sure) == pytest.approx(0.5)
    assert metrics.calibration_error([0, 1], np.array([[1.0, 0.0], [1.0, 0.0]])) == pytest.approx(0.5)


def test_multilabel_f1():
    assert metrics.multilabel_f1([[1, 0], [1, 1]], [[1.0, -1.0], [-1.0, 2.0]]) == pytest.approx((5 / 6, 0.8))


@needs_data
def test_sentiment_rows_teach_the_absence_of_emotion():
    heads = make_heads()
    rows = datasets.read_source("sentiment", DATA, heads)
    assert len(rows.texts) > 40000
    neutral = rows.target[:, 0:3].argmax(1) == 1
    assert (rows.weight[neutral, 1] == 0.25).all()
    assert (rows.weight[~neutral, 1] == 0).all()
    assert (rows.target[neutral, 7] == 1).all()


@needs_data
def test_no_validation_post_is_trained_on():
    heads = make_heads()
    banned = datasets.validation_keys(DATA)
    rows = datasets.without(datasets.read_source("goemotions", DATA, heads), banned)
    assert not {clean.key(text) for text in rows.texts} & banned


def test_emoji_take_the_unused_words_and_no_word_moves():
    vocabulary = pytest.importorskip("vocabulary", reason="needs the tokenizers package", exc_type=ImportError)
    words = ["[PAD]", "[unused0]", "[unused1]", "[UNK]", "[unused2]", "good", "♥"]
    found = vocabulary.with_emoji(words, {"😀": 3, "🙏": 5, "♥": 9, "😡": 1}, 2)
    assert found == ["[PAD]", "🙏", "😀", "[UNK]", "[unused2]", "good", "♥"]


def test_tokens_are_berts():
    vocabulary = pytest.importorskip("vocabulary", reason="needs the tokenizers package", exc_type=ImportError)
    words = [f"[{index}]" for index in range(103)]
    words[100:103] = ["[UNK]", "[CLS]", "[SEP]"]
    words += ["good", "##ness", "😀", "[", "]", "sep"]
    tokenizer = vocabulary.Tokenizer(words, 6)
    assert tokenizer.encode(["Goodness😀", "", "zzz [SEP]", "good " * 9]) == [
        [101, 103, 104, 105, 102], [101, 102], [101, 100, 106, 108, 107, 102], [101, 103, 103, 103, 103, 102]]


def tags_of(bits):
    return {tag for place, tag in enumerate(datasets.TAGS) if bits >> place & 1}


def test_a_label_allows_what_its_data_set_does_not_tell_apart():
    assert tags_of(datasets.allowed_tags("wnut17", "O")) == {"O"}
    assert tags_of(datasets.allowed_tags("btc", "B-ORG")) == {"B-organisation", "B-group"}
    assert tags_of(datasets.allowed_tags("wnut17", "I-creative-work")) == {"I-work"}
    assert tags_of(datasets.allowed_tags("tweebank_ner", "B-MISC")) == {"B-product", "B-work", "B-other"}
    assert tags_of(datasets.allowed_tags("btc", "O")) == {"O", "B-product", "I-product", "B-work", "I-work", "B-other", "I-other"}


def test_conll(tmp_path):
    path = tmp_path / "some.conll"
    path.write_text("\na\tO\nb\tB-PER\n\n\t\nc\tO", encoding="utf8")
    assert datasets.read_conll(path) == [[("a", "O"), ("b", "B-PER")], [("c", "O")]]


def test_mentions_join_and_lose_their_tag():
    assert datasets.join_mentions([("@", 2), ("bob", 2), ("@", 1), ("!", 1)]) == [("@bob", 0), ("@", 1), ("!", 1)]


def test_meaning_is_of_words_alone():
    assert datasets.meaning_text("RT @bob: Love #PizzaDay 🍕🍕 https://t.co/x 🇺🇸") == "Love Pizza Day"
    assert datasets.meaning_text("😀 @a @b") == ""


def test_stance_rows_know_their_target(tmp_path):
    heads = make_heads()
    for target in datasets.STANCE_TARGETS:
        folder = tmp_path / "tweeteval/stance" / target
        folder.mkdir(parents=True)
        rows = [f"{label}\tpost {row} on {target} #SemST" for row, label in enumerate([0, 1, 2] * 20)]
        (folder / "train.tsv").write_text("\n".join(["label\ttext", *rows]), encoding="utf8")
    found = datasets.read_stance(tmp_path, heads, left_out=("hillary",))
    labels = found.target[:, heads.slices["stance"]].argmax(1)
    assert not any("hillary" in text.lower() or "semst" in text.lower() for text in found.texts)
    assert found.clean
    assert 3.2 < len(found.texts) / 240 < 3.8
    for text, post, label in zip(found.texts, found.posts, labels):
        words, target = text.split(": ")[0], post.split(" on ")[1]
        there = int(post.split()[1]) % 3
        same, opposite = datasets.STANCE_TARGETS[target]
        assert label == (there if words in same else (0, 2, 1)[there] if words in opposite else 0)
    training, held = datasets.split(found, 0.3)
    assert held.texts
    assert not set(training.posts) & set(held.posts)


def test_words_are_tagged_at_their_first_piece():
    vocabulary = pytest.importorskip("vocabulary", reason="needs the tokenizers package", exc_type=ImportError)
    words = [f"[{index}]" for index in range(103)]
    words[100:103] = ["[UNK]", "[CLS]", "[SEP]"]
    words += ["good", "##ness", "#", "@", "user", "day"]
    tokenizer = vocabulary.Tokenizer(words, 10)
    tokens, first = tokenizer.encode_words(["Goodness", "https://t.co/x", "#goodDay", "@a", "@b", "day", "good"])
    assert tokens == [101, 103, 104, 105, 103, 108, 106, 107, 108, 102]
    assert first == [1, -1, 4, 6, -1, 8, -1]
    assert tokenizer.encode_words([]) == ([101, 102], [])


def test_prepared_rows_have_bits_at_the_words():
    vocabulary = pytest.importorskip("vocabulary", reason="needs the tokenizers package", exc_type=ImportError)
    words = [f"[{index}]" for index in range(103)] + ["good", "##ness"]
    words[100:103] = ["[UNK]", "[CLS]", "[SEP]"]
    rows = datasets.Rows(["goodness good"], np.zeros((1, 1)), np.zeros((1, 1)), words=[[("goodness", 6), ("good", 1)]])
    found = datasets.Prepared(rows, vocabulary.Tokenizer(words, 10))
    assert found.bits[0].tolist() == [0, 6, 0, 1, 0]
    assert found.meaning.tolist() == [-1]


def test_spans_are_seqevals():
    assert metrics.spans(["B-PER", "I-PER", "B-PER", "I-LOC", "O", "I-LOC"]) == [
        ("PER", 0, 2), ("PER", 2, 3), ("LOC", 3, 4), ("LOC", 5, 6)]
    found = metrics.span_f1([["B-a", "I-a", "O"], ["B-b", "O", "B-a"]], [["B-a", "O", "O"], ["B-b", "O", "B-a"]])
    assert (found["names"], found["precision"], found["recall"]) == (3, 2 / 3, 2 / 3)
    assert found["by_type"] == {"a": 0.5, "b": 1.0}


def test_words_get_the_likeliest_sound_labels():
    evaluate = pytest.importorskip("evaluate", reason="needs onnxruntime and tokenizers", exc_type=ImportError)
    scores = np.full((4, len(datasets.TAGS)), -9.0)
    for place, tag in enumerate(["B-group", "I-organisation", "I-person", "B-product"]):
        scores[place, datasets.TAGS.index(tag)] = 0.0
    names = evaluate.NAMES_OF["btc"]
    assert evaluate.tag_words(scores, [0, 1, -1, 3], datasets.TAGS, names) == ["B-ORG", "I-ORG", "O", "O"]
    assert evaluate.tag_words(scores, [2], datasets.TAGS, names) == ["O"]
    assert evaluate.tag_words(scores, [], datasets.TAGS, names) == ["O"]


def test_topics_lean_on_descriptions_until_posts_say_otherwise():
    generator = np.random.default_rng(1)
    directions = np.linalg.qr(generator.standard_normal((32, 19)))[0].T
    truth = (generator.random((400, 19)) < 0.15).astype(float)
    vectors = truth @ directions + 0.1 * generator.standard_normal((400, 32))
    nothing = np.zeros((0, 32)), np.zeros((0, 19))
    few = topics_teacher.Evidence(vectors[:30], truth[:30], *nothing, directions)
    leaning, alone = few.fit(np.arange(30), 8.0, 0.3, 0.0), few.fit(np.arange(30), 0.0, 0.3, 0.0)
    assert sum(metrics.multilabel_f1(truth[30:], leaning.probabilities(vectors[30:]), 0.4)) > 0.2 + sum(
        metrics.multilabel_f1(truth[30:], alone.probabilities(vectors[30:]), 0.4))
    assert 0.9 < leaning.probabilities(vectors[:30]).sum() / (truth[:30].sum() + 9.5) < 1.1
    wrong = topics_teacher.Evidence(vectors, truth, *nothing, np.roll(directions, 1, 0))
    assert metrics.multilabel_f1(truth, wrong.fit(np.arange(400), 8.0, 0.3, 0.0).probabilities(vectors), 0.4)[1] > 0.9


def test_hashtags_name_topics_and_are_taken_out():
    texts = ["What a match tonight, what a goal #Soccer #fun", "too short #soccer", "nothing named here at all #fun",
             "cooking with mom all afternoon #food #family"]
    found, truth = topics_teacher.tagged(texts)
    names = list(datasets.TOPICS)
    rows = {text: {names[place] for place in np.flatnonzero(row)} for text, row in zip(found, truth)}
    assert {text.strip(): topics for text, topics in rows.items()} == {
        "What a match tonight, what a goal  #fun": {"sports"}, "cooking with mom all afternoon": {"food_&_dining", "family"}}


def test_every_topic_has_hashtags_and_a_description():
    assert list(topics_teacher.HASHTAGS) == list(datasets.TOPICS)


@needs_data
def test_dev_posts_of_names_are_not_trained_on():
    banned = datasets.validation_keys(DATA)
    rows = datasets.without(datasets.read_source("btc", DATA, make_heads()), banned)
    assert len(rows.texts) > 7000
    assert not {clean.key(text) for text in rows.posts} & banned


def test_merging_keeps_what_only_the_second_run_has():
    merge = pytest.importorskip("merge", reason="needs safetensors", exc_type=ImportError)
    first_heads = datasets.Heads([{"name": "b", "labels": "xy"}, {"name": "a", "labels": "xyz"}])
    second_heads = datasets.Heads([{"name": "a", "labels": "xyz"}, {"name": "new", "labels": "x"}, {"name": "b", "labels": "xy"}])
    first = {"w": np.ones(2), "head.bias": np.array([10.0, 20, 30, 40, 50])}
    second = {"w": np.zeros(2), "head.bias": np.array([0.0, 0, 0, 7, 0, 0]), "head_tags.bias": np.array([3.0])}
    found = merge.merged(first, first_heads, second, second_heads, 0.5)
    assert found["w"].tolist() == [0.5, 0.5]
    assert found["head.bias"].tolist() == [15, 20, 25, 7, 5, 10]
    assert found["head_tags.bias"].tolist() == [3]
    assert second["head.bias"].tolist() == [0, 0, 0, 7, 0, 0]
