"""What makes a sentence follow from a source: one rule for each way in which it may not. Knows nothing of models or of marks.

A rule takes the sentence and the source, both taken apart, and tells what is wrong in a few words, or nothing. In doubt it is wrong.
Those on sense, binding and order have files of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from assistant.binding import (
    attributes_bound,
    counts_kept,
    figures_at_home,
    figures_bound,
    labels_bound,
    limits_bound,
    pairs_kept,
    stated_once,
    values_kept,
    verbs_bound,
)
from assistant.matching import Known, found_in, is_same, same_key, stands_in
from assistant.order import agents_kept, none_swapped, order_kept, roles_kept, times_kept
from assistant.reading import Reading, Token, covered_by, faint, linking, names
from assistant.sense import (
    bounds_kept,
    cues_kept,
    figures_proven,
    infinitive_kept,
    is_ban,
    is_bound,
    is_opposite,
    is_standing,
    negation_kept,
    rank_kept,
    standing_kept,
    tense_kept,
)
from assistant.shape import subject_at, token_before


def _covered(said: Reading, known: Known) -> str:
    """Every figure, name and word of the sentence has to stand in the source."""
    for token in sorted(said.tokens, key=lambda token: token.kind in ("word", "name")):
        if not (_word_stands_in(token, said, known) if token.kind == "word" else stands_in(token, known)):
            return f"{token.kind}: {token.text}"
        if (
            token.kind == "date"
            and token.key[0] is not None
            and all(other.key[0] != token.key[0] for other in known[0].tokens if other.kind == "date")
        ):
            return f"date: {token.text}"
    return ""


def _word_stands_in(token: Token, said: Reading, known: Known) -> bool:
    """Whether the source has a word, one of the same root or sense, or as much in other words; a faint one need not be there."""
    says_little = token.key in faint() or (token.is_verb and token.key in linking())
    is_there = says_little or stands_in(token, known) or is_opposite(token, said, known) or is_bound(token, known[0])
    return is_there or is_standing(token, known) or is_ban(token, known[0]) or _is_covered(token, known[0]) or _is_charged(token, said, known[0])


def _is_covered(token: Token, reading: Reading) -> bool:
    """Whether a little word of the source says as much: "offers" where it has "with"."""
    return not covered_by().get(token.key, frozenset()).isdisjoint(reading.words)


def _is_charged(token: Token, said: Reading, reading: Reading) -> bool:
    """Whether what "pays" in a sentence is what the source has something "on" or "for": "the fee on boats is $5"."""
    if token.text.lower() not in ("pay", "pays", "paid", "face", "faces", "faced") or not token.is_verb:
        return False
    return any(place.relation in ("on", "for") for subject in subject_at(said, token) for place in found_in(subject, reading))


def _named(said: Reading, known: Known) -> str:
    """Names of several words stand together in the source, and a name stands with the thing that it is the name of."""
    reading = known[0]
    for first, second in pairwise(said.tokens):
        if second.place != first.place + 1 or first.segment != second.segment or not first.text[0].isupper() or first.kind not in ("word", "name"):
            continue
        found = found_in(second, reading)
        if not found or all(place.is_verb for place in found):  # "Reed's criticism", where Reed criticised
            continue
        before = [token_before(place, reading) for place in found]
        is_other = first.text[-2:] not in ("'s", "s'") and second.kind == "name" and bool(found_in(first, reading))
        is_other = is_other or all(other is not None and other.kind == "name" and not is_same(first, other) for other in before)
        gaps = [after.place - place.place for place in found_in(first, reading) for after in found]
        is_near = any(
            0 < after.place - place.place <= 4 and not _has_name_between(place, after, reading)
            for place in found_in(first, reading)
            for after in found
        )
        is_turned = second.kind == "name" and any(-3 <= gap < 0 for gap in gaps) and not is_near
        if (
            is_other and not is_near and first.kind == "name" and not second.is_verb and not (second.text.isupper() or first.text in names())
        ) or is_turned:
            return f"name: {first.text} {second.text}"
    return ""


def _named_in_headings(said: Reading, known: Known) -> str:
    """Names side by side, of which the headings alone have one, stand so in the headings."""
    reading, context = known
    pairs = set(pairwise(context))
    for first, second in pairwise(said.tokens):
        is_name = first.kind == second.kind == "name" and second.place == first.place + 1 and first.segment == second.segment
        lone = [token for token in (first, second) if is_name and not found_in(token, reading)]
        if lone and not first.text.endswith(("'s", "’s", "s'")) and not any(same_key(first, one) and same_key(second, two) for one, two in pairs):
            return f"name: {first.text} {second.text}"
    return ""


def _has_name_between(one: Token, other: Token, reading: Reading) -> bool:
    """Whether another name stands between two words that are no run of names: "President Donald Trump" is President Trump."""
    names = [token for token in reading.tokens if token.kind == "name" and one.place < token.place < other.place]
    return bool(names) and len(names) < other.place - one.place - 1


def _persons(said: Reading, known: Known) -> str:
    """Neither the writer nor the reader appears, unless in the source."""
    word = next((word for word in said.words if word in _PERSONS and word not in known[0].words), "")
    return f"person: {word}" if word else ""


_PERSONS = frozenset("i me my mine we us our ours myself ourselves".split())


def _heaped(said: Reading, known: Known) -> str:
    """No word twice in a row, and no figure twice in a list."""
    listed: list[Token] = []
    for one, two in pairwise(said.tokens):
        is_list = one.kind == two.kind in ("number", "date", "code") and set(said.words[one.place + 1 : two.place]) <= {"to", "and", "or"}
        listed = [*listed, one] if is_list else []
        if any(other.key == two.key for other in listed) or (one.kind == two.kind == "word" and one.key == two.key and two.place == one.place + 1):
            return f"heap: {two.text}"
        if _are_two_years(one, two) and not any(_are_two_years(*pair) for pair in pairwise(known[0].tokens)):
            return f"heap: {one.text} {two.text}"
    return ""


def _are_two_years(one: Token, two: Token) -> bool:
    return one.kind == two.kind == "date" and one.key[1:] == two.key[1:] == (None, None) and two.place == one.place + 1


RULES: tuple[Callable[[Reading, Known], str], ...] = (
    _persons, _heaped, _covered, _named, _named_in_headings, none_swapped, bounds_kept, negation_kept, standing_kept, figures_proven, cues_kept,
    rank_kept, tense_kept, figures_bound, figures_at_home, pairs_kept, values_kept, counts_kept, limits_bound, order_kept, times_kept, agents_kept,
    verbs_bound, stated_once, infinitive_kept, roles_kept, attributes_bound, labels_bound,
)  # fmt: skip
