"""What a sentence vector does not see: numbers, dates, negation, opposites, names and the order of words.

"safe with aspirin" and "unsafe with aspirin" have a cosine of 0.97, "3 May" and "4 May"
of 0.94. So two prompts have to agree in these traits before they may share an answer.
The rules know English; in another language they veto more, never less, since every word
that they do not know is content.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from llmcost.embeddings import lexicon

# Runs that may be followed by the wrong thing are bounded: a hostile text must not be searched again and again.
_TOKEN = re.compile(
    r"""
    (?P<code>`[^`\n]{1,200}`)
  | (?P<link>https?://\S+|[\w.+-]{1,64}@[\w-]+\.[\w.]+)
  | (?P<version>v\d+(?:\.\d+)*)
  | (?P<number>\d+(?:[.,:/-]\d+)*)
  | (?P<identifier>\w*_\w*|[^\W\d_]+\d\w*|[^\W\d_]*[^\W\d_A-Z][A-Z]\w*)
  | (?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)
  | (?P<operator>(?<=\s)[-+*/%<>=&|^~!]{1,2}(?=\s))
  | (?P<money>[$€£¥₹%])
  | (?P<end>[.!?:;]{1,8}(?=\s|$)|\n)
    """,
    re.VERBOSE,
)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "mis")
_ENDINGS = ("ing", "ed", "ly", "es", "s", "e")
# Dates and negations are compared as such.
_NO_CONTENT = lexicon.FUNCTION_WORDS | lexicon.NEGATIONS | lexicon.MONTHS.keys()
_LONGEST = 64  # letters of a token worth remembering


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

    def size(self) -> int:
        """About how many bytes it takes."""
        return 2000 + 8 * len(self.words) + 150 * (len(self.vocabulary) + len(self.names) + len(self.numbers))


def veto(one: Traits, other: Traits, *, frames: bool = True) -> str | None:
    """Why the two prompts must not share an answer, in a word; None where nothing speaks against it.

    Without `frames` one word exchanged, or another order of the same words, is no reason.
    """
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
    return _in_one_frame(one, other) if frames else None


def traits(text: str) -> Traits:
    """What a prompt is compared by."""
    tokens = [_START]
    for match in _TOKEN.finditer(text):
        said = match.group()
        tokens.append((_token if len(said) <= _LONGEST else _token.__wrapped__)(match.lastgroup, said))
    words = [token for token in tokens if token.stem]
    return Traits(
        numbers=frozenset(number for token in tokens for number in token.numbers),
        dates=frozenset(_dates(tokens)),
        negations=_negations(tokens),
        poles=frozenset(pole for token in words for pole in token.poles),
        operators=frozenset(token.text for token in tokens if token.kind in ("operator", "money")),
        names=frozenset(_names(tokens)),
        turned=frozenset(base for token in words for base in token.turned),
        words=tuple(content for token in words for content in token.content),
        vocabulary=frozenset(token.stem for token in words),
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


@dataclass(frozen=True, slots=True)
class _Token:
    """The contents of a prompt, with everything that follows from the prompt alone."""

    kind: str
    text: str
    lower: str = ""
    capital: bool = False
    negates: bool = False
    numbers: tuple[str, ...] = ()
    poles: tuple[str, ...] = ()
    stem: str = ""  # a code, as all that follows; empty for what is not a word
    content: tuple[str, ...] = ()  # the same for words that ask for the same; none for a function word
    turned: tuple[str, ...] = ()


_START = _Token("end", "")


@lru_cache(maxsize=1 << 16)
def _token(kind: str, said: str) -> _Token:
    if kind in ("end", "operator", "money"):
        return _Token(kind, said)
    lower = said.strip("`").removesuffix("()").lower().replace("’", "'").removesuffix("'s")
    stem = _stem(lower)
    meaning = _stem(lexicon.SYNONYMS.get(lower) or lexicon.SYNONYMS.get(stem) or stem)
    contracted = lower.endswith("n't")
    numbers = _numbers(kind, lower)
    bases = [lower.removeprefix(prefix) for prefix in _PREFIXES if lower.startswith(prefix)]
    return _Token(
        kind,
        said,
        lower,
        capital=said[0].isupper(),
        negates=contracted or lower in lexicon.NEGATIONS,
        numbers=numbers,
        poles=tuple(lexicon.OPPOSITES.get(lower, ())),
        stem=_code(stem),
        content=numbers or (() if contracted or lower in _NO_CONTENT else (_code(meaning),)),
        turned=tuple(_code(_stem(base)) for base in bases),
    )


def _numbers(kind: str, lower: str) -> tuple[str, ...]:
    """The numbers that a token means, in one spelling."""
    if kind == "word":
        return (lexicon.NUMBERS[lower],) if lower in lexicon.NUMBERS else ()
    if kind == "version":
        return (lower[1:],)
    if kind != "number":
        return ()
    if date := _ISO_DATE.fullmatch(lower):
        return (str(int(date[3])), date[1])
    number = re.sub(r",(?=\d{3}\b)", "", lower)
    return (number.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", number) else number,)


def _dates(tokens: list[_Token]) -> Iterator[str]:
    for before, token, after in zip([_START, *tokens], tokens, [*tokens[1:], _START], strict=False):
        lower = token.lower
        if token.kind == "number":
            if date := _ISO_DATE.fullmatch(lower):
                yield f"month {int(date[2])}"
        elif lower in lexicon.MONTHS:
            as_name = token.capital and before.kind != "end"
            if lower not in lexicon.AMBIGUOUS_MONTHS or as_name or "number" in (before.kind, after.kind):
                yield f"month {lexicon.MONTHS[lower]}"
        elif lower in lexicon.DAYS:
            yield lower
        elif lower in lexicon.PERIODS and before.lower in lexicon.RELATIVE:
            yield f"{lexicon.RELATIVE[before.lower]} {lower}"


def _negations(tokens: list[_Token]) -> int:
    """How often something is negated. "No, it does not" says no once, "not only" not at all."""
    return sum(
        token.negates
        and not (token.lower == "no" and tokens[place - 1].kind == "end")
        and not (token.lower == "not" and place + 1 < len(tokens) and tokens[place + 1].lower == "only")
        for place, token in enumerate(tokens)
    )


def _names(tokens: list[_Token]) -> Iterator[str]:
    """Code, links and identifiers, and what is written with a capital letter inside a sentence."""
    capitals = [token.capital for token in tokens if token.kind == "word"]
    # Where most words are capitalised, capitals mean nothing.
    telling = 2 * sum(capitals) <= len(capitals)
    for before, token in zip([_START, *tokens], tokens, strict=False):
        if token.kind in ("code", "link", "identifier"):
            yield token.stem
        elif token.kind == "word" and telling and token.capital and token.content:
            acronym = len(token.text) > 1 and token.text.isupper()
            if acronym or before.kind != "end":
                yield token.stem


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
