"""When is a figure, name or word of a sentence the same as one of its source? Knows nothing of sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from assistant.reading import Reading, Token, groups, opposites

Known = tuple[Reading, tuple[Any, ...]]  # a quote, and the keys of the words and names in the headings above it


def stands_in(token: Token, known: Known) -> bool:
    reading, context = known
    return bool(found_in(token, reading)) or (token.kind in ("word", "name") and any(same_key(token, key) for key in context))


def found_in(token: Token, reading: Reading) -> list[Token]:
    return [other for other in reading.tokens if is_same(token, other)]


def is_among(token: Token, others: Iterable[Token]) -> bool:
    return any(is_same(token, other) for other in others)


def share_of(tokens: Sequence[Token], among: Sequence[Token]) -> float:
    return sum(is_among(token, among) for token in tokens) / len(tokens)


def overlaps(tokens: Sequence[Token], among: Sequence[Token]) -> bool:
    return any(is_among(token, among) for token in tokens)


def is_in(token: Token, context: tuple[Any, ...]) -> bool:
    """Whether the headings have a word; a figure in a heading proves nothing."""
    return token.kind in ("word", "name") and any(same_key(token, key) for key in context)


def is_same(token: Token, other: Token) -> bool:
    """Whether a token of a sentence is covered by one of its source."""
    if token.kind == "date":
        return other.kind == "date" and _is_same_day(token.key, other.key)
    if token.kind == "citation":
        return other.kind == "citation" and (token.key == other.key or other.key.startswith((f"{token.key}(", f"{token.key}.")))
    if token.kind == "number":
        if other.kind != "number" or token.key[0] != other.key[0]:
            return False
        mine, theirs = token.key[1], other.key[1]
        units_agree = mine == theirs or (not token.key[0] and "" in (mine, theirs)) or (mine == "" and theirs not in ("%", "$", "€", "£", "¥", "₩"))
        return units_agree and (not token.label or not other.label or token.label == other.label)
    if token.kind == "code":
        return other.kind == "code" and token.key == other.key
    return other.kind in ("word", "name") and same_key(token, other.key)


Day = tuple[int | None, int | None, int | None]  # year, month, day


def _is_same_day(said: Day, known: Day) -> bool:
    """Whether a date is the source's, or less exact. A source may leave out the year: `_covered` looks for it elsewhere."""
    if any(mine is not None and mine != theirs for mine, theirs in zip(said[1:], known[1:], strict=True)):
        return False
    return said[0] is None or said[0] == known[0] or (known[0] is None and said[1] is not None)


def same_key(token: Token, key: str) -> bool:
    return token.key == key or (_is_people_of(token.key, key) if token.kind == "name" else _agree(token.key, key))


@lru_cache(maxsize=1 << 17)
def _agree(one: str, other: str) -> bool:
    return _roots_agree(one, other) or bool(groups().get(one, frozenset()) & groups().get(other, frozenset())) or _is_people_of(one, other)


@lru_cache(maxsize=1 << 16)
def _is_people_of(one: str, other: str) -> bool:
    """A country and its people: the same beginning, and one of the endings that make peoples.

    >>> _is_people_of("vietnames", "vietnam")
    True
    """
    short, long = sorted((one, other), key=len)
    return len(short) >= 4 and long.startswith(short) and long[len(short) :] in ("es", "ese", "an", "ian", "n", "ean", "ish", "i", "'s")


_ENDINGS = tuple("ization isation ation ition ement ment ance ence age ion ity ive able ible ness ful en er or al ed ing y e s".split())


_SUFFIXES = frozenset("enti ent ant al i it at iv ic or er r abl ibl ment ness ful ion ition ation ti ur anc enc age en th".split())


def _roots_agree(one: str, other: str) -> bool:
    """Whether two stems are of one root: register and registration.

    >>> _roots_agree("regist", "registr"), _roots_agree("cat", "cater")
    (True, False)
    """
    if any(letter.isdigit() for letter in one + other):
        return False
    short, long = sorted((one, other), key=len)
    if len(short) >= 5 and long.startswith(short) and long[len(short) :] in _SUFFIXES:  # president, presidential
        return True
    first, second = sorted((_root(one), _root(other)), key=len)
    return len(first) >= 4 and second.startswith(first) and len(second) - len(first) <= 1


@lru_cache(maxsize=1 << 16)
def _root(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def stems_opposed(one: str, other: str) -> bool:
    return frozenset((one, other)) in opposites()


ROOT = 4  # letters that forms of one root have in common


def forms_among(stem: str, others: Iterable[str]) -> frozenset[str]:
    """Other stems of the same root, or of the country whose people a stem names.

    >>> sorted(forms_among("registr", ["regist", "region"])), sorted(forms_among("itali", ["italian", "item"]))
    (['regist'], ['italian'])
    """
    near = (other for other in others if other[:ROOT] == stem[:ROOT] and other != stem)
    return frozenset(other for other in near if _roots_agree(stem, other) or _is_people_of(stem, other))
