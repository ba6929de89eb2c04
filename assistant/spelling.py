"""Repair words that neither the corpus nor the language knows, against the corpus's own vocabulary."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from functools import cached_property, partial

from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import extract

from assistant.english import AUXILIARY, DETERMINERS, MEASURES, PERSONS, SHORTHAND, is_function, is_verb
from index.keywords import SHORT, STOPWORDS, is_english

_RUN_TOGETHER = re.compile(r"\b(how)(much|many|long|old|big|far|often)\b", re.I)
_WORD = re.compile(r"[^\W\d_]{3,}")
_FOLLOWERS = "|".join([AUXILIARY, *sorted(MEASURES | DETERMINERS | PERSONS | {"much", "many"})])
# a word where a question begins, before one that an asking word or a helping verb goes with: "hoe big", "dose the"
_OPENING = re.compile(rf"(?:^|(?<=[?.!;,] )|(?<=\band ))(?P<word>[a-z]{{3,5}})(?= (?:{_FOLLOWERS})\b)", re.I)
_OPENERS = ("how", "when", "what", "who", "why", "where", "which", "does", "did", "can", "will")
_ALWAYS_RIGHT = STOPWORDS | SHORTHAND | SHORT.keys()
COMMON = 20  # times that a short word has to stand in the corpus to be what was meant


class Speller:
    """The spellings of a corpus, and how to find the one that was meant."""

    def __init__(self, spellings: Mapping[str, int], is_word: Callable[[str], bool], *, also_right: Set[str] = frozenset()) -> None:
        self._spellings = spellings
        self._also_right = also_right  # lower-case words that the corpus knows without using them
        self._is_word = is_word  # whether the language knows a word, whatever the corpus says

    @cached_property
    def _words(self) -> Sequence[str]:
        return sorted(word for word in self._spellings.keys() | STOPWORDS if len(word) >= 3)

    def repair(self, text: str) -> tuple[str, list[tuple[str, str]]]:
        """The text with repaired words, and the repairs as (wrong, right) pairs."""
        repairs: list[tuple[str, str]] = []

        def mend(find: Callable[[str], str | None], match: re.Match[str]) -> str:
            right = find(match[0])
            if right is None:
                return match[0]
            repairs.append((match[0], right))
            return right

        text = _OPENING.sub(partial(mend, self._opener), _RUN_TOGETHER.sub(r"\1 \2", text))
        return _WORD.sub(partial(mend, self.nearest), text), repairs

    def _opener(self, word: str) -> str | None:
        """The asking word or helping verb that was meant by another word, which the corpus does not use."""
        low = word.lower()
        if low in self._spellings or is_function(low) or is_verb(low):
            return None
        return next((right for right in _OPENERS if right[0] == low[0] and DamerauLevenshtein.distance(low, right) == 1), None)

    def nearest(self, word: str) -> str | None:
        """The spelling that was probably meant, or None when the word is right or nothing is near."""
        low = word.lower()
        is_right = low in self._spellings or low in self._also_right or low in _ALWAYS_RIGHT
        if is_right or self._is_word(low) or is_english(low):
            return None
        allowed = 1 if len(low) <= 5 else 2  # edits; a swap of neighbours is one
        close = extract(low, self._words, scorer=DamerauLevenshtein.distance, score_cutoff=allowed, limit=None)
        close = [(found, distance, key) for found, distance, key in close if found[0] == low[0]]
        if len(low) == 6:  # two slips in so short a word move or double its letters; else it is another word
            close = [item for item in close if item[1] < 2 or set(item[0]) == set(low)]
        if not close:
            return None
        # of words equally near: the one of the same letters, as swapped ones are the commonest slip; then one of which letters were left out
        best = min(close, key=lambda item: (item[1], sorted(item[0]) != sorted(low), not set(low) <= set(item[0]), -self._frequency(item[0])))[0]
        # subtle: almost any three letters are one edit from something; only a common word is worth the guess
        return best if len(low) > 3 or self._frequency(best) >= COMMON else None

    def _frequency(self, word: str) -> int:
        return COMMON if word in STOPWORDS else self._spellings[word]
