"""The words the model knows: BERT's, with emoji in the slots that BERT left unused."""
import collections
import csv
import gzip
import pathlib
import re

import tokenizers

import clean
import data as datasets

PAD, UNKNOWN, BEGIN, END = 0, 100, 101, 102
_PICTURE = re.compile("[\U0001f1e6-\U0001f1ff]{2}|" + clean.EMOJI)


def pictures(text):
    """The emoji of a text, as `clean` parts them."""
    return _PICTURE.findall(clean.EMOJI_STYLE.sub("", text))


def count_emoji(data):
    """How often each emoji stands in the unlabelled posts and the training texts; 0 for others that have a description."""
    data, counts = pathlib.Path(data), collections.Counter()
    # Newer emoji than the posts: their description gives them a meaning without training.
    for symbol in describe(data):
        found = pictures(symbol)
        if found == [symbol]:
            counts[symbol] = 0
    csv.field_size_limit(1 << 24)
    for path in sorted((data / "replay").glob("*.csv.gz")):
        if "authors" in path.name:
            continue
        with gzip.open(path, "rt", encoding="utf8", newline="") as file:
            for row in csv.DictReader(file):
                counts.update(pictures(row.get("content") or row.get("text") or ""))
    for path in sorted(data.glob("tweeteval/*/train.tsv")) + [data / "goemotions/train.tsv"]:
        for fields in datasets.read_tsv(path):
            counts.update(pictures(max(fields, key=len)))
    return counts


def with_emoji(words, counts, slots):
    """Returns the vocabulary with the most frequent emoji in its unused slots. A word's id is its place: none moves."""
    words = list(words)
    known = set(words)
    # Of those never seen the highest code points first: they are the newest.
    order = sorted(counts, key=lambda symbol: (counts[symbol], symbol), reverse=True)
    chosen = [symbol for symbol in order if symbol not in known][:slots]
    free = [index for index, word in enumerate(words) if re.fullmatch(r"\[unused\d+\]", word)]
    for index, symbol in zip(free, chosen):
        words[index] = symbol
    return words


def describe(data):
    """What each emoji shows, in words (VADER's table)."""
    with open(pathlib.Path(data) / "lexicons/vader/emoji_utf8_lexicon.txt", encoding="utf8") as file:
        return dict(line.rstrip("\n").split("\t")[:2] for line in file if "\t" in line)


class Tokenizer:
    """Texts to token ids: cleaned, in WordPiece, between the two marks of BERT, at most `max_tokens`."""

    def __init__(self, words, max_tokens):
        self.words, self.max_tokens = words, max_tokens
        self._pieces = tokenizers.Tokenizer(tokenizers.models.WordPiece(
            {word: index for index, word in enumerate(words)}, unk_token="[UNK]", max_input_chars_per_word=100))
        self._pieces.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
        self._pieces.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()

    def pieces(self, text):
        """Ids of a text as it is, without marks."""
        return self._pieces.encode(text, add_special_tokens=False).ids

    def encode(self, texts, ready=False):
        """`ready`: the texts are cleaned already."""
        cleaned = texts if ready else [clean.clean(text) for text in texts]
        found = self._pieces.encode_batch(cleaned, add_special_tokens=False)
        return [[BEGIN, *encoding.ids[:self.max_tokens - 2], END] for encoding in found]

    def encode_words(self, words):
        """Tokens of a text of words, each cleaned by itself, and where each word's first piece is: -1 for a word without one.

        Of a hashtag that is the piece after its sign; of several names in a row only the first is kept, as in a whole text.
        """
        tokens, first, before = [BEGIN], [], None
        for word in words:
            cleaned = clean.clean(word)
            ids = [] if cleaned == before == "@user" else self.pieces(cleaned)
            before = cleaned or before
            place = len(tokens) + (cleaned.startswith("# ") and len(ids) > 1)
            kept = ids[:max(0, self.max_tokens - 1 - len(tokens))]
            first.append(place if kept and place < len(tokens) + len(kept) else -1)
            tokens += kept
        return [*tokens, END], first
