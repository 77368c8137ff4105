"""What a sentence vector does not see: numbers, dates, negation, opposites, names and the order of words.

"safe with aspirin" and "unsafe with aspirin" have a cosine of 0.97, "3 May" and "4 May"
of 0.94. So two prompts have to agree in these traits before they may share an answer.
The rules know English; in another language they veto more, never less, since every word
that they do not know is content.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache

from llmcost.embeddings import lexicon

_TOKEN = re.compile(
    r"""
    (?P<code>`[^`\n]+`)
  | (?P<link>https?://\S+|[\w.+-]+@[\w-]+\.[\w.]+)
  | (?P<version>v\d+(?:\.\d+)*)
  | (?P<number>\d+(?:[.,:/-]\d+)*)
  | (?P<identifier>\w*_\w*|[^\W\d_]+\d\w*|[^\W\d_]*[^\W\d_A-Z][A-Z]\w*)
  | (?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)
  | (?P<operator>(?<=\s)[-+*/%<>=&|^~!]{1,2}(?=\s))
  | (?P<money>[$€£¥₹%])
  | (?P<end>[.!?:;]+(?=\s|$)|\n)
    """,
    re.VERBOSE,
)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "mis")
_ENDINGS = ("ing", "ed", "ly", "es", "s", "e")
_START = ("end", "", "")

_Token = tuple[str, str, str]
"""Kind, text, and the text in lower case without what does not tell words apart."""


@dataclass(frozen=True)
class Traits:
    """What two prompts are compared by. Words are codes: enough to see whether two of them agree."""

    numbers: frozenset[str]
    dates: frozenset[str]
    negations: int
    poles: frozenset[str]  # sides that its words take in groups of opposites
    operators: frozenset[str]
    names: frozenset[str]
    turned: frozenset[str]  # what a prefix turns round: "safe" of "unsafe"
    words: tuple[str, ...]  # without function words, in order
    vocabulary: frozenset[str]

    def to_json(self) -> str:
        """For a column of text."""
        return json.dumps({name: value if isinstance(value, int) else [*value] for name, value in asdict(self).items()})

    @staticmethod
    def from_json(text: str) -> "Traits":
        """The traits that `to_json` wrote."""
        values = json.loads(text)
        words, negations = tuple(values.pop("words")), values.pop("negations")
        return Traits(words=words, negations=negations, **{name: frozenset(value) for name, value in values.items()})


def veto(one: Traits, other: Traits) -> str | None:
    """Why the two prompts must not share an answer, in a word; None where nothing speaks against it."""
    if one.numbers != other.numbers:
        return "numbers"
    if one.dates != other.dates:
        return "dates"
    if one.negations != other.negations or _turns_round(one, other) or _turns_round(other, one):
        return "negation"
    if _opposed(one.poles, other.poles):
        return "opposites"
    if one.operators and other.operators and one.operators != other.operators:
        return "operators"
    if not (one.names <= other.vocabulary and other.names <= one.vocabulary):
        return "names"
    return _in_one_frame(one, other)


def traits(text: str) -> Traits:
    """What a prompt is compared by."""
    tokens = list(_tokens(text))
    around = zip([_START, *tokens], tokens, [*tokens[1:], _START], strict=False)
    said = [token for token in tokens if token[0] not in ("end", "operator", "money")]
    words = [_word(lower) for _, _, lower in said]
    return Traits(
        numbers=frozenset(number for token in said for number in _numbers(token)),
        dates=frozenset(_dates(tokens)),
        negations=sum(_negates(before, token, after) for before, token, after in around),
        poles=frozenset(pole for _, _, lower in said for pole in lexicon.OPPOSITES.get(lower, ())),
        operators=frozenset(text for kind, text, _ in tokens if kind in ("operator", "money")),
        names=frozenset(_word(lower).stem for lower in _names(tokens)),
        turned=frozenset(base for word in words for base in word.turned),
        words=tuple(word.meaning for word in words if word.meaning),
        vocabulary=frozenset(word.stem for word in words),
    )


def _turns_round(one: Traits, other: Traits) -> bool:
    return not one.turned.isdisjoint(other.vocabulary - one.vocabulary)


def _opposed(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether both take sides in some group, and no side in common."""
    sides: dict[str, tuple[set[str], set[str]]] = {}
    for place, poles in enumerate((one, other)):
        for pole in poles:
            sides.setdefault(pole.partition(".")[0], (set(), set()))[place].add(pole)
    return any(mine and theirs and mine.isdisjoint(theirs) for mine, theirs in sides.values())


def _in_one_frame(one: Traits, other: Traits) -> str | None:
    """Paraphrases differ in several words or in their order; one word exchanged in a frame asks another thing."""
    mine, theirs = set(one.words), set(other.words)
    shared = mine & theirs
    same_order = [word for word in one.words if word in shared] == [word for word in other.words if word in shared]
    apart = max(len(mine - shared), len(theirs - shared))
    if apart == 0:
        return None if same_order else "order"
    return "one word" if same_order and apart == 1 else None


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        said = match.group()
        lower = said.strip("`").removesuffix("()").lower().replace("’", "'").removesuffix("'s")
        yield str(match.lastgroup), said, lower


def _numbers(token: _Token) -> list[str]:
    """The numbers that the token stands for, written one way."""
    kind, _, lower = token
    if kind == "word":
        return [lexicon.NUMBERS[lower]] if lower in lexicon.NUMBERS else []
    if kind == "version":
        return [lower[1:]]
    if kind != "number":
        return []
    if date := _ISO_DATE.fullmatch(lower):
        return [date[1], str(int(date[3]))]
    number = re.sub(r",(?=\d{3}\b)", "", lower)
    return [number.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", number) else number]


def _dates(tokens: list[_Token]) -> Iterator[str]:
    for before, (kind, said, lower), after in zip([_START, *tokens], tokens, [*tokens[1:], _START], strict=False):
        if kind == "number":
            if date := _ISO_DATE.fullmatch(lower):
                yield f"month {int(date[2])}"
        elif lower in lexicon.MONTHS:
            as_name = said[0].isupper() and before[0] != "end"
            if lower not in lexicon.AMBIGUOUS_MONTHS or as_name or "number" in (before[0], after[0]):
                yield f"month {lexicon.MONTHS[lower]}"
        elif lower in lexicon.DAYS:
            yield lower
        elif lower in lexicon.PERIODS and before[2] in lexicon.RELATIVE:
            yield f"{lexicon.RELATIVE[before[2]]} {lower}"


def _negates(before: _Token, token: _Token, after: _Token) -> bool:
    lower = token[2]
    if lower == "no" and before[0] == "end":  # "No, it does not" says no once
        return False
    if lower == "not" and after[2] == "only":
        return False
    return lower in lexicon.NEGATIONS or lower.endswith("n't")


def _names(tokens: list[_Token]) -> Iterator[str]:
    """Code, links and identifiers, and what is written with a capital letter inside a sentence."""
    words = [said for kind, said, _ in tokens if kind == "word"]
    # Where most words are written large, capitals tell nothing.
    telling = 2 * sum(said[0].isupper() for said in words) <= len(words)
    for before, (kind, said, lower) in zip([_START, *tokens], tokens, strict=False):
        if kind in ("code", "link", "identifier"):
            yield lower
        elif kind == "word" and telling and said[0].isupper() and _word(lower).meaning:
            acronym = len(said) > 1 and said.isupper()
            if acronym or before[0] != "end":
                yield lower


@dataclass(frozen=True)
class _Word:
    """A word as it is compared."""

    stem: str
    meaning: str  # the same for words that ask for the same; empty for a function word
    turned: tuple[str, ...]


@lru_cache(maxsize=1 << 16)
def _word(lower: str) -> _Word:
    stem = _stem(lower)
    meaning = _stem(lexicon.SYNONYMS.get(lower) or lexicon.SYNONYMS.get(stem) or stem)
    empty = lower in lexicon.FUNCTION_WORDS or lower in lexicon.NEGATIONS
    bases = [lower.removeprefix(prefix) for prefix in _PREFIXES if lower.startswith(prefix)]
    return _Word(_code(stem), "" if empty else _code(meaning), tuple(_code(_stem(base)) for base in bases))


def _stem(word: str) -> str:
    """Without the commonest endings, so that "cancelled" is "cancel"."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word.removesuffix(ending)
            return stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] and ending in ("ing", "ed") else stem
    return word


def _code(word: str) -> str:
    return hashlib.blake2b(word.encode(), digest_size=6).hexdigest()
