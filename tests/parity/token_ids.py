#!/usr/bin/env python3
"""Checks that heartbeat's tokenizers give the ids of the Python package tokenizers 0.23.2.

usage: token_ids.py --helper PROGRAM [--posts N] [--random N] [--hostile N] [--characters N] [--seed S] [--only NAME] [--also FOLDER...] [--speed]

Trains small vocabularies on the spot, of each kind and with different settings, and compares the ids of real posts
(../shared/data/replay beside the repository, when it is there), random and hostile strings. --also: folders of models to compare too. --speed: instead, how many
real posts a second of CPU time each encodes, on one thread.
Runs itself again in .cache/venv/tests when the present Python lacks the package.
"""
import os
import pathlib
import random
import sys
import tempfile
import time
import unicodedata

from parity import as_bytes, command_line, real_posts, score_ours, use_package

WANTED = "0.23.2"
MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PICTURES = ["😀", "😂", "❤", "👍", "🇺🇸", "🔥", "☃", "✨"]
PIECES = ["the", "The", "THEY'RE", "don't", "n't", "'s", "'S", "'ll", "isn’t", "running", "unbelievable", "Ünïcödé", "İstanbul", "ıI", "ΑΣ", "straße", "ﬁne", "Ⅷ", "½", "²", "１２",
          "a\u0301\u0327", "q\u0307\u0323", "\u1e9b\u0323", "\u302e\u1d165".replace("\u1d165", "\U0001D165"), "\U0001D15E\U0001D16D", "\u1100\u1161\u11a8", "각", "가나다", "≮", ";", "\u2329",
          "中文", "漢字かな交じり", "\U00020000", "豈", "ไทย", "हिन्दी", "العربية", "עברית", "русский", "ещё", "Жя", "😀", "👍🏽", "❤️", "🇺🇸", "🤷🏽‍♀️", "©\u200d", "\u0600a", "e\u0301",
          "@user", "#tag", "http", "&amp;", "...", "…", "!!!", "--", "—", "$100", "1,000.50", "a_b", "x=y+z", "~", "^", "`", "``a", "\x01", "[SEP]", "[CLS]", "[unk]", "<s>", "</s>", "<mask>", " <mask> ",
          "<unk>", "<pad>", "##ing", "▁", "▁the", "Ġ", "<0x41>", "loooooool", "a" * 99, "a" * 100, "a" * 101, "é" * 101, "ab" * 200, "\0", "\u00ad", "\ufeff", "\ufffd", "\ue000", "\x7f",
          "\u200b", "\u200d", "\u180e", "\u2028", "\u0378"]
BLANKS = ["", "", " ", " ", " ", " ", "  ", "   ", "\n", "\n\n", "\t", "\r\n", "\u00a0", "\u3000", "\x0b", "\x1c", "\x85", "\u2009", " \n ", "\n "]


class Strings:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pieces(self):
        pick, longest = self.random.choice, self.random.choice([3, 8, 30])
        return "".join(pick(PIECES) + pick(BLANKS) for _ in range(self.random.randint(1, longest)))

    def point(self):
        """Any character that this Python knows: other libraries know newer ones."""
        while True:
            code = self.random.choice([self.random.randrange(0x250), self.random.randrange(0x3000), self.random.randrange(0x110000)])
            if unicodedata.category(chr(code)) not in ("Cn", "Cs"):
                return chr(code)

    def hostile(self):
        kind = self.random.randrange(4)
        if kind == 0:
            return bytes(self.random.choice([0x80, 0xBF, 0xC0, 0xC3, 0xA9, 0xE2, 0x80, 0x99, 0xED, 0xA0, 0xF0, 0x9F, 0x98, 0x80, 0xF4, 0xFF, 0x40, 0x61, 0x20])
                         for _ in range(self.random.randint(1, 30)))
        if kind == 1:  # Marks in any order.
            return "".join(self.random.choice("aä한\u0301\u0327\u0323\u0345\u302e\u302f\U0001D165\U0001D16D\u0591\u05b0\u093c\u094d\u1b44\u0f71\u0f72\u0903\u0902") for _ in range(12))
        if kind == 2:
            return "".join(self.point() for _ in range(self.random.randint(1, 20)))
        return self.random.choice([" ", "", "\n"]).join([self.point() + self.pieces() for _ in range(3)])


def known(text):
    """Whether a Unicode of 2021 knows all characters: the libraries behind both know different newer ones."""
    return all(unicodedata.category(c) != "Cn" for c in text)


def fields(data, wanted):
    """The byte strings of one field of a protocol buffer."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte, at = data[at], at + 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = number()
        if key & 7 == 2:
            size = number()
            if key >> 3 == wanted:
                yield data[at:at + size]
            at += size
        elif key & 7 == 0:
            number()
        else:
            at += 4 if key & 7 == 5 else 8


def charsmap(folder, rule, texts):
    """sentencepiece's precompiled map: it comes with any model that is trained with the rule."""
    import sentencepiece

    path = pathlib.Path(folder) / rule
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(text.split()) for text in texts[:500]]), model_prefix=str(path), vocab_size=3000, hard_vocab_limit=False,
        character_coverage=0.98, normalization_rule_name=rule, minloglevel=2)
    normalizer = next(fields(path.with_suffix(".model").read_bytes(), 3))
    return next(fields(normalizer, 2))


class Kinds:
    """Tokenizers, trained on `texts`: each makes a folder and the original."""

    def __init__(self, folder, texts):
        self.folder, self.texts = pathlib.Path(folder), texts

    def make_folder(self, name):
        path = self.folder / name
        path.mkdir()
        return path

    def bert(self, name, save, **rules):
        import tokenizers
        from tokenizers import models, normalizers, pre_tokenizers, processors, trainers

        made = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
        made.normalizer = normalizers.BertNormalizer(**rules)
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.train_from_iterator(self.texts, trainers.WordPieceTrainer(vocab_size=8000, special_tokens=MARKS + PICTURES, show_progress=False))
        words = sorted(made.get_vocab(), key=made.get_vocab().get)
        # Without the tokens added by training: pictures are ordinary words.
        made = tokenizers.Tokenizer(models.WordPiece(dict(zip(words, range(len(words)))), unk_token="[UNK]", max_input_chars_per_word=100))
        made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(**rules), pre_tokenizers.BertPreTokenizer()
        made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
        if save == "json":
            made.add_special_tokens(MARKS)
            made.save(str(self.make_folder(name) / "tokenizer.json"))
        else:
            (self.make_folder(name) / "vocab.txt").write_text("".join(word + "\n" for word in words), encoding="utf-8")
        return made

    ROBERTA = ["<s>", "<pad>", "</s>", "<unk>"]

    def roberta_marks(self):
        from tokenizers import AddedToken

        return [AddedToken(mark, special=True, normalized=True) for mark in self.ROBERTA] + [AddedToken("<mask>", lstrip=True, special=True, normalized=False)]

    def bpe(self, name, prefix=False, **model):
        import tokenizers
        from tokenizers import models, pre_tokenizers, processors, trainers

        made = tokenizers.Tokenizer(models.BPE(**model))
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
        made.train_from_iterator(self.texts, trainers.BpeTrainer(
            vocab_size=6000, show_progress=False, special_tokens=self.roberta_marks(), initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
        made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=prefix)
        made.save(str(self.make_folder(name) / "tokenizer.json"))
        return made

    def bpe_roberta(self):
        return self.bpe("bpe_roberta")

    def bpe_files(self):
        """The same model from the older pair of files."""
        made = self.bpe("bpe_files")
        (self.folder / "bpe_files/tokenizer.json").unlink()
        made.model.save(str(self.folder / "bpe_files"))
        return made

    def bpe_prefix(self):
        """With a blank put first, words taken whole, and marks by a template."""
        from tokenizers import processors

        made = self.bpe("bpe_prefix", prefix=True, ignore_merges=True)
        made.add_tokens(["loooooool", "#tag"])
        made.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), processors.TemplateProcessing(
            single="<s> <s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])])
        made.save(str(self.folder / "bpe_prefix/tokenizer.json"))
        return made

    def unigram(self, name, normalizer, parting, fallback=False):
        import json

        import tokenizers
        from tokenizers import models, processors, trainers

        made = tokenizers.Tokenizer(models.Unigram())
        made.normalizer, made.pre_tokenizer = normalizer, parting
        pieces = [f"<0x{byte:02X}>" for byte in range(256)] if fallback else []
        made.train_from_iterator(self.texts, trainers.UnigramTrainer(
            vocab_size=6000, show_progress=False, unk_token="<unk>", special_tokens=self.ROBERTA + pieces))
        words = json.loads(made.to_str())["model"]["vocab"]
        # Made anew: the trainer's tokens would be looked for in the text, also those for bytes.
        made = tokenizers.Tokenizer(models.Unigram([tuple(word) for word in words], unk_id=3, byte_fallback=fallback))
        made.normalizer, made.pre_tokenizer = normalizer, parting
        made.add_special_tokens(self.ROBERTA)
        made.add_special_tokens([self.roberta_marks()[-1]])
        made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
        made.save(str(self.make_folder(name) / "tokenizer.json"))
        return made

    def unigram_spaces(self):
        from tokenizers import Regex, normalizers, pre_tokenizers

        return self.unigram("unigram_spaces", normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]),
                            pre_tokenizers.Metaspace(prepend_scheme="always"))

    def unigram_xlmr(self):
        from tokenizers import normalizers, pre_tokenizers

        return self.unigram("unigram_xlmr", normalizers.Precompiled(charsmap(self.folder, "nmt_nfkc", self.texts)),
                            pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]))

    def unigram_folded(self):
        """sentencepiece's other map, which folds case; bytes for the unknown; one blank put first at most; not split into words."""
        from tokenizers import Regex, normalizers, pre_tokenizers

        return self.unigram("unigram_folded", normalizers.Sequence([
            normalizers.Precompiled(charsmap(self.folder, "nmt_nfkc_cf", self.texts)), normalizers.Strip(left=False, right=True),
            normalizers.Replace(Regex(" {2,}"), "▁"), normalizers.Replace("``", '"')]),
            pre_tokenizers.Metaspace(prepend_scheme="first", split=False), fallback=True)

    def unigram_first(self):
        """What drops or joins a text's beginning also takes the blank put first from it."""
        from tokenizers import normalizers, pre_tokenizers

        return self.unigram("unigram_first", normalizers.Sequence([
            normalizers.Nmt(), normalizers.Strip(left=True, right=True), normalizers.Replace("``", '"'), normalizers.Replace("a", "e")]),
            pre_tokenizers.Metaspace(prepend_scheme="first"))

    def wordpiece_vocab(self):
        return self.bert("wordpiece_vocab", "txt", lowercase=True)

    def wordpiece_uncased(self):
        return self.bert("wordpiece_uncased", "json", lowercase=True)

    def wordpiece_cased(self):
        return self.bert("wordpiece_cased", "json", lowercase=False)

    def wordpiece_accents(self):
        return self.bert("wordpiece_accents", "json", lowercase=True, strip_accents=False, clean_text=False, handle_chinese_chars=False)


KINDS = ["wordpiece_vocab", "wordpiece_uncased", "wordpiece_cased", "wordpiece_accents", "bpe_roberta", "bpe_files", "bpe_prefix",
         "unigram_spaces", "unigram_xlmr", "unigram_folded", "unigram_first"]


def load(folder):
    """The original for a model's folder."""
    import tokenizers
    from tokenizers import models, normalizers, pre_tokenizers, processors

    folder = pathlib.Path(folder)
    if not (folder / "vocab.txt").exists() or (folder / "tokenizer.json").exists():
        made = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        made.no_padding()
        return made
    words = {word: i for i, word in enumerate((folder / "vocab.txt").read_text(encoding="utf-8").split("\n"))}
    made = tokenizers.Tokenizer(models.WordPiece(words, unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", words["[SEP]"]), ("[CLS]", words["[CLS]"]))
    return made


def compare(name, original, folder, sets, options):
    """How many texts were compared, how many differ."""
    compared = failed = 0
    for kind, texts in sets.items():
        differ = pieces = 0
        for max_tokens, some in ((128, texts), (9, texts[::20])):
            original.enable_truncation(max_tokens)
            theirs = original.encode_batch([text.decode("utf-8", "replace") for text in some])
            for text, line, encoding in zip(some, score_ours(options.helper, some, [folder, str(max_tokens)]), theirs):
                ours = [int(number) for number in line.split()]
                pieces += len(ours)
                differ += ours != encoding.ids
                if ours != encoding.ids and failed + differ <= 8:
                    first = next((i for i, (a, b) in enumerate(zip(ours, encoding.ids)) if a != b), min(len(ours), len(encoding.ids)))
                    print(f"DIFFERS {name}, {kind}: {text!r} {text.decode('utf-8', 'replace')!a}\n  heartbeat {ours[first:first + 12]} from {first}\n"
                          f"  original  {encoding.ids[first:first + 12]} {encoding.tokens[first:first + 12]}")
            compared += len(some)
        failed += differ
        print(f"{name}, {kind}: {len(texts)} texts, {pieces} ids, {differ} differ", flush=True)
    return compared, failed


def tell_speed(name, original, folder, posts, options):
    """The original gets all posts in one call, which is its fastest way."""
    original.enable_truncation(128)
    texts = [text.decode("utf-8") for text in posts]
    original.encode_batch(texts)
    started, rounds = time.process_time(), 0
    while time.process_time() - started < 1:
        original.encode_batch(texts)
        rounds += 1
    theirs = rounds * len(texts) / (time.process_time() - started)
    ours = float(score_ours(options.helper, posts, ["speed", folder, "128"], lines=1)[0])
    print(f"{name}: heartbeat {ours:,.0f}, tokenizers {theirs:,.0f} posts a second ({ours / theirs:.1f} times)", flush=True)
    return 0, 0


def main():
    parser = command_line(__doc__)
    parser.add_argument("--only", choices=KINDS, action="append")
    parser.add_argument("--also", nargs="*", default=[])
    parser.add_argument("--characters", type=int, default=1, help="one character in N, each kind another part of them")
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false" if options.speed else "true"
    use_package("tokenizers", WANTED)

    make, left_out, compared, failed = Strings(options.seed), [], 0, 0
    sets = {
        "characters": [f"a{chr(code)}b {chr(code)}" for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")],
        "random pieces": [make.pieces() for _ in range(options.random // 4)],
        "hostile strings": [make.hostile() for _ in range(options.hostile)],
        "real posts": [text for text in real_posts(options.posts, left_out) if known(text)],
    }
    training = (sets["real posts"][::20] + sets["random pieces"][:2000]) or sets["random pieces"]
    sets = {name: as_bytes(texts) for name, texts in sets.items()}
    check = compare
    if options.speed:
        if not sets["real posts"]:
            sys.exit("LEFT OUT " + left_out[0])
        check, sets = tell_speed, sets["real posts"]
    with tempfile.TemporaryDirectory() as folder:
        kinds = Kinds(folder, training)
        for turn, name in enumerate(options.only or KINDS):
            some = sets if options.speed else {**sets, "characters": sets["characters"][turn % options.characters::options.characters]}
            counts = check(name, getattr(kinds, name)(), kinds.folder / name, some, options)
            compared, failed = compared + counts[0], failed + counts[1]
        for path in options.also:
            counts = check(path, load(path), path, sets, options)
            compared, failed = compared + counts[0], failed + counts[1]
    for what in left_out:
        print("LEFT OUT", what)
    if failed:
        sys.exit(f"{failed} of {compared} differ (seed {options.seed})")
    if options.speed:
        return
    print(f"all {compared} agree with tokenizers {WANTED}, Python {sys.version.split()[0]}, seed {options.seed}")


if __name__ == "__main__":
    main()
