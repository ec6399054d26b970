"""Makes a post's text ready for the tokenizer. The program does the same before it asks the model.

The steps and their order are the contract (README.md, "Text"); clean_cases.tsv holds cases for any other implementation.
Only the standard library is used.
"""
import html
import re

# Code points that stand alone as pictures. WordPiece knows a word by its whole spelling, so "great😀" would be unknown.
EMOJI = "[\u203c\u2049\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2b00-\u2bff\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_EMOJI = re.compile(f"({_FLAG}|{EMOJI})")
EMOJI_STYLE = re.compile("[\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_LINK = re.compile(r"(?:https?://|www\.|pic\.twitter\.com/)\S*|\bhttps?\b(?=\s|$)", re.IGNORECASE)
_MENTION = re.compile(r"@\w+")
_MENTIONS = re.compile(r"@user(?:\s+@user)+")
_REPOST = re.compile(r"^\s*RT\s+@user\s*:?\s*")
_HASHTAG = re.compile(r"#(\w+)")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|_+")
_LETTERS = re.compile(r"([A-Za-z])\1{2,}")
_MARKS = re.compile(r"([!?,*~=_-])\1{3,}")
_DOTS = re.compile(r"\.{2,}")
_BLANKS = re.compile(r"\s+")


def _unescape(text):
    """Decodes the \\u2019 that some collections hold literally; a pair of surrogates becomes one character."""
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _split_hashtag(match):
    return "# " + _HUMP.sub(" ", match[1])


def clean(text):
    """Returns the text the model reads. Never fails; may return an empty string."""
    text = html.unescape(_unescape(text))
    text = text.replace('\\"', '"').replace('""', '"')
    text = _LINK.sub(" ", text)
    text = _MENTION.sub("@user", text)
    text = _MENTIONS.sub("@user", text)
    text = _REPOST.sub("", text)
    text = _HASHTAG.sub(_split_hashtag, text)
    text = EMOJI_STYLE.sub("", text)
    text = _EMOJI.sub(r" \1 ", text)
    text = _LETTERS.sub(r"\1\1", text)
    text = _MARKS.sub(r"\1\1\1", text)
    text = _DOTS.sub("\u2026", text)
    return _BLANKS.sub(" ", text).strip()


def key(text):
    """What makes two posts the same post: letters and digits only, no mentions or links."""
    text = _MENTION.sub("", _LINK.sub("", html.unescape(_unescape(text))))
    return re.sub(r"[\W_]+", "", text).lower()
