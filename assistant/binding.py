"""Rules on what belongs together: a figure, a verb, an attribute stays with what it stands beside in the source."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from assistant.matching import Known, found_in, is_among, is_in, is_same, overlaps
from assistant.reading import Reading, Token, bounds, vocabulary
from assistant.sense import is_named_bound, is_standing_word
from assistant.shape import (
    beside_of,
    is_attribute,
    is_first,
    is_governed,
    is_passive,
    next_noun,
    opening_of,
    own_of,
    statements,
    subject_at,
    token_before,
    verbs_of,
    with_verb,
)


def figures_bound(said: Reading, known: Known) -> str:
    """A figure belongs to what stands beside it: the sentence may not take it over to what stands beside another."""
    reading = known[0]
    for token in said.tokens:
        is_verb = token.is_verb and not (token.text in vocabulary()["reporting"] and is_passive(token, said))
        if token.kind not in ("number", "date", "code", "citation") and not is_verb:
            continue
        found = [place for place in found_in(token, reading) if place.is_verb or not is_standing_word(token)]  # "the need" requires nothing
        rivals = [other for other in reading.tokens if _is_rival(token, other)]
        if not found:
            continue
        if rivals and all(_belongs_elsewhere(token, said, place, rivals, reading) for place in found):
            return f"binding: {token.text}"
        if (is_verb or token.kind == "number") and is_first(token, said) and all(_is_of_another(token, place, said, known) for place in found):
            return f"subject: {token.text}"
    return ""


def _is_of_another(token: Token, place: Token, said: Reading, known: Known) -> bool:
    """Whether what the source says there is said of one thing, and the sentence says it of what the source speaks of elsewhere."""
    reading, context = known
    if token.kind == "word" and (token.joined or place.joined or is_passive(token, said) != is_passive(place, reading)):
        return False
    subject, other = subject_at(said, token), subject_at(reading, place)
    if token.kind == "number" and any(item.kind == "citation" for item in subject):
        return False  # "5 CFR 9 sets the fee at $5"
    if token.kind == "number" and (_is_reckoned(place, reading) or _is_object(token, place, said, known)):
        return False
    if token.kind == "word" and is_passive(place, reading):  # "building of the pier was completed"
        other = [*other, *(item for item in reading.tokens if item.relation == "of" and item.clause == place.clause and item.place < place.place)]
    if not subject or not other or any(is_in(mine, context) and not found_in(mine, reading) for mine in subject):
        return False
    home = [item for item in reading.tokens if item.segment == place.segment or _is_carried(item, place, reading)] + other
    is_named = any(other_place > place.place for other_place in reading.verbs) and not any(
        verb < place.place and reading.segments[verb] == place.segment for verb in reading.verbs
    )  # it stands in what the clause speaks of
    return not is_named and not overlaps(subject, home) and overlaps(subject, reading.tokens)


def _is_carried(item: Token, place: Token, reading: Reading) -> bool:
    """Whether a figure shares the noun of the figure before: "a 5% fee for boats and 9% for rafts"."""
    if place.kind != "number" or any(reading.segments[verb] == place.segment for verb in reading.verbs):
        return False
    before = next((other for other in reversed(reading.tokens) if other.kind == "number" and other.segment == place.segment - 1), None)
    is_list = before is not None and before.key[1] == place.key[1] and before.clause == place.clause
    return before is not None and is_list and before.place < item.place <= before.place + 3 and item.relation not in ("for", "in", "to", "on")


def _is_reckoned(place: Token, reading: Reading) -> bool:
    """Whether a figure of the source is what someone puts or estimates something at: its subject is not what it is the figure of."""
    words = [word for word, clause in zip(reading.words[: place.place], reading.clauses, strict=False) if clause == place.clause]
    return not vocabulary()["reckoning"].isdisjoint(words)


def _is_object(token: Token, place: Token, said: Reading, known: Known) -> bool:
    """Whether the source says elsewhere who does it: of "the $5 fee, which the board set", a sentence makes "the board set the $5 fee"."""
    reading = known[0]
    verb = next((other for other in reversed(said.tokens) if other.is_verb and other.place < token.place), None)
    if verb and verb.text in vocabulary()["reporting"]:
        return True  # "the mayor found a fee of $5": who says it is not what the fee is for
    acts = [act for act in found_in(verb, reading) if act.is_verb and act.clause != place.clause] if verb else []
    return any(overlaps(subject_at(said, token), subject_at(reading, act)) for act in acts)


def _is_rival(token: Token, other: Token) -> bool:
    if token.is_verb:
        return other.is_verb and not is_same(token, other)
    if other.kind in ("number", "code") and token.kind in ("number", "code") and token.label == other.label != "":
        return bool(other.key != token.key)
    if other.kind != token.kind or other.key == token.key:
        return False
    if token.kind == "number":
        same_unit = token.key[1] == other.key[1] or Decimal(0) in (token.key[0], other.key[0])
        return same_unit and token.label == other.label
    return True


def _belongs_elsewhere(token: Token, said: Reading, home: Token, rivals: Sequence[Token], reading: Reading) -> bool:
    beside, is_borrowed = beside_of(token, said)
    is_speaker = said.words[0] == "according" and token.kind == "date"  # who says it may say it in another year
    opening = opening_of(said) if token.segment == 1 and not is_speaker else []
    shared = opening_of(reading)
    if home in shared:
        return False  # it is said of the whole sentence
    if token.kind == "date" and token in opening_of(said) and any(rival in shared or rival.place <= 2 for rival in rivals):
        aside = own_of(home, reading)
        if aside and not overlaps(aside, said.tokens):
            return True  # "in May the board asked", which the source says of April, and of May that an answer is due
    here = own_of(home, reading) or [other for other in reading.tokens if other.segment == home.segment and other is not home]
    for rival in rivals:
        has_bound = home.relation in bounds() and (token.relation == home.relation or is_named_bound(token, home, said, reading))
        if rival.segment == home.segment or rival in shared or (has_bound and rival.relation != home.relation):
            continue
        there = own_of(rival, reading)
        own = [other for other in here if not is_among(other, there)]
        others = [other for other in there if not is_among(other, here) and other not in shared and not _is_carried(other, home, reading)]
        is_short = not any(reading.segments[verb] == home.segment for verb in reading.verbs)  # "… and seeds $5", which shares the verb
        named = [other for other in own if other.kind in ("word", "name")]
        if is_short and named and all(is_among(other, beside) for other in named) and not all(is_among(other, said.tokens) for other in others):
            continue
        with_own = sum(is_among(other, [*beside, *opening]) for other in own)
        with_others = sum(is_among(other, [*beside, *opening]) for other in others)
        if token.is_verb:
            if own and not with_own and with_others > 2 and rival.clause != home.clause:
                return True
        elif with_others > 2 * with_own and with_own < max(1, len(own)) and (own or not is_borrowed):
            return True
        is_opened = is_among(rival, opening)  # "by a count of 2023, …": what is told there is told of another year
        if opening and not is_opened and not token.is_verb and not overlaps(opening, own) and sum(is_among(other, others) for other in opening) > 1:
            return True
    return False


def verbs_bound(said: Reading, known: Known) -> str:
    """What a verb is said of in the sentence is said of it in the source, and not of another verb alone."""
    reading, _ = known
    for verb in said.tokens:
        if not verb.is_verb or verb.joined or is_attribute(verb, said):
            continue
        places = found_in(verb, reading)
        found = [place for place in places if place.is_verb]
        if places and not found:  # "Reed represented them", where Reed is their representative
            before = [token for token in said.tokens if token.place < verb.place and token.clause == verb.clause]
            names = [token for token in before if any(place.kind == "name" for place in found_in(token, reading))]
            apart = [token for token in names if all(token.clause not in {place.clause for place in places} for token in found_in(token, reading))]
            if apart and not any(is_in(token, known[1]) for token in apart):
                return f"apart: {verb.text}, {apart[0].text}"
        if not found:
            continue
        lacking = [_ungoverned(verb, place, said, known) for place in found]
        if all(lacking):
            return f"apart: {verb.text}, {lacking[0]}"
    return ""


def _ungoverned(verb: Token, place: Token, said: Reading, known: Known) -> str:
    """A word that the sentence says with a verb, and the source says with another one alone; empty when there is none."""
    reading, context = known
    near = with_verb(place, reading)
    opening = opening_of(said)
    behind: Token | None = None  # the token behind, when it holds
    for token in reversed(said.tokens):
        if token.kind in ("citation", "code") or token.is_verb or token in opening or not is_governed(token, verb, said):
            behind = None
            continue
        elsewhere = found_in(token, reading)
        holds = is_among(token, near) or is_in(token, context) or _completes(token, behind, said, reading)
        if not holds and token.is_oblique and any(other.is_oblique and other.clause < place.clause for other in elsewhere):
            holds = True  # "in the north", told in a clause before
        if not holds and token.is_oblique and token is said.tokens[0] and any(other.clause < place.clause for other in elsewhere):
            holds = True  # "under the treaty", which the source speaks of before
        if not holds and elsewhere and all(verbs_of(other, reading) for other in elsewhere):
            return token.text
        behind = token if holds else None
    return ""


def _completes(token: Token, behind: Token | None, said: Reading, reading: Reading) -> bool:
    """Whether a word is an attribute of the one behind it, by some place of the source: a noun may be told in full."""
    if behind is None or behind.place - token.place > 2 or not said.verbs.isdisjoint(range(token.place, behind.place)):
        return False
    reach = len(reading.words) if token.kind == behind.kind == "name" else 6
    return any(abs(place.place - noun.place) <= reach for place in found_in(token, reading) for noun in found_in(behind, reading))


def stated_once(said: Reading, known: Known) -> str:
    """What is said to be something is said so in one statement of the source, not put together from several."""
    reading, _ = known
    opening = opening_of(said)
    for clause in dict.fromkeys(token.clause for token in said.tokens):
        tokens = [token for token in said.tokens if token.clause == clause and token not in opening]
        reports = any(word in vocabulary()["reporting"] for word, place in zip(said.words, said.clauses, strict=True) if place == clause)
        if tokens and not reports and any(token.is_verb for token in tokens):  # "it is the best and wins": what it is said to be
            tokens = [token for token in tokens if token.segment == tokens[0].segment]
            tokens = tokens if any(said.segments[place] == tokens[0].segment for place in said.verbs) else []
        if not tokens or reports or any(token.is_verb for token in tokens):
            continue
        verb = min((place for place in said.verbs if place > tokens[0].place), default=0)
        heads = [token for token in tokens if token.place < verb and not token.is_oblique]
        has = said.words[verb] in ("has", "have", "had")
        lacking = [
            _lacking(tokens, near, said, known) or (heads[-1:] if _is_aside(heads, near, known[1], has=has) else []) for near in statements(reading)
        ]
        if lacking and all(lacking):
            return f"apart: {min(lacking, key=len)[0].text}"
    return ""


def _is_aside(heads: Sequence[Token], near: Sequence[Token], context: tuple[Any, ...], *, has: bool) -> bool:
    """Whether a sentence speaks of what its source only mentions on the way: of the pier, where "the mayor of the pier" is old.

    What a place `has` is what is in it.
    """
    found = [other for other in near if is_among(other, heads)]
    is_place = all(other.relation in ("in", "on", "at") for other in found)
    return bool(found) and all(other.is_oblique for other in found) and not any(is_in(head, context) for head in heads) and not (has and is_place)


def figures_at_home(said: Reading, known: Known) -> str:
    """A figure is not told of what the source tells of another figure in another statement: the words before or behind the verb stand there alone."""
    reading = known[0]
    for token in said.tokens:
        homes = found_in(token, reading) if token.kind in ("number", "code") and is_first(token, said) else []
        elsewhere = {other.clause for other in reading.tokens if homes and _is_rival(token, other)} - {home.clause for home in homes}
        beside = [other for other in said.tokens if other.clause == token.clause and other.kind in ("word", "name") and found_in(other, reading)]
        verb = min((place for place in said.verbs if said.clauses[place] == token.clause), default=0)
        for words in ([other for other in beside if other.place < verb], [other for other in beside if other.place >= verb]):
            told = [all(is_among(other, _told_in(clause, reading)) for other in words) for clause in {home.clause for home in homes}]
            if len(words) > 1 and not any(told) and any(all(is_among(other, _told_in(clause, reading)) for other in words) for clause in elsewhere):
                return f"binding: {token.text}"
    return ""


def _told_in(clause: int, reading: Reading) -> list[Token]:
    return [token for token in reading.tokens if token.clause == clause]


def pairs_kept(said: Reading, known: Known) -> str:
    """In a list each figure keeps its day and its words: "$7 in 2024" is not in "$6 in 2024 and $7 in 2025", nor "large boats pay $5" in
    "small boats pay $5 and large boats $6".
    """
    reading = known[0]
    for token in said.tokens:
        homes = found_in(token, reading) if token.kind == "number" else []
        days = [other for other in said.tokens if other.kind == "date" and other.clause == token.clause]
        for day in days if homes else ():
            places = found_in(day, reading)
            besides = said.tokens if day.segment != token.segment else ()  # a sentence may tell the whole list
            if places and all(
                _is_taken(day, home, reading, besides) and _is_taken(token, place, reading, besides) for home in homes for place in places
            ):
                return f"pair: {token.text}, {day.text}"
        rivals = [other for other in reading.tokens if homes and _is_rival(token, other) and not is_among(other, said.tokens)]
        if homes and any(all(_is_of_the_other(home, rival, said, reading) for home in homes) for rival in rivals):
            return f"pair: {token.text}"
    return ""


def _is_taken(figure: Token, place: Token, reading: Reading, besides: Sequence[Token]) -> bool:
    """Whether another figure of the kind stands where a figure would have to stand, and it does not."""
    beside = [other for other in reading.tokens if other.segment == place.segment and other.kind == figure.kind]
    return not is_among(figure, beside) and any(_is_rival(figure, other) and not is_among(other, besides) for other in beside)


def _is_of_the_other(home: Token, rival: Token, said: Reading, reading: Reading) -> bool:
    """Whether a sentence has the words of another figure of a list that shares its verb, and lacks some of the figure's own."""
    with_verb = {reading.segments[verb] for verb in reading.verbs}
    if home.segment == rival.segment or abs(home.clause - rival.clause) > 1 or {home.segment, rival.segment} <= with_verb:
        return False
    here, there = (
        [other for other in reading.tokens if other.segment == place.segment and other.kind in ("word", "name") and not other.is_verb]
        for place in (home, rival)
    )
    own = [other for other in here if not is_among(other, there)]
    others = [other for other in there if not is_among(other, here)]
    return bool(own and others) and all(is_among(other, said.tokens) for other in others) and not all(is_among(other, said.tokens) for other in own)


def values_kept(said: Reading, known: Known) -> str:
    """A figure right behind its noun is the source's for it, and one that the source denies is not asserted: "total 5%, not 9%"."""
    reading = known[0]
    for token in said.tokens:
        homes = found_in(token, reading) if token.kind in ("number", "date") else []
        if token.kind == "date" and not all(next_noun(home, reading) for home in homes):  # "the 2012 rule", which makes no year 2012
            continue
        noun = token_before(token, said)
        if homes and noun and noun.kind == "word" and not noun.is_verb and noun.segment == token.segment:
            values = [
                other for place in found_in(noun, reading) for other in reading.tokens if other.kind == token.kind and other.place == place.place + 1
            ]
            if any(_is_rival(token, value) for value in values) and not is_among(token, values):
                return f"value: {noun.text} {token.text}"
        is_denied = homes and all(reading.words[home.place - 1 : home.place] == ("not",) for home in homes)
        if is_denied and not any(cue.place < token.place and cue.clause == token.clause for cue in said.of("negation")):
            return f"negation: not {token.text} in the source"
    return ""


def counts_kept(said: Reading, known: Known) -> str:
    """A year is no number of things, nor the other way round: "2019 boats in 412" is not in "412 boats in 2019"."""
    reading = known[0]
    for token in said.tokens:
        noun = next_noun(token, said)
        is_counted = noun is not None and noun.segment == token.segment and not noun.is_verb and token.text.isdigit()
        if noun and is_counted and token.kind == "date" and token.key[1:] == (None, None):
            counting = [other.kind for other in reading.tokens if other.kind in ("number", "date") and _stands_before(noun, other, reading)]
            if counting and "date" not in counting:
                return f"count: {token.text}"
        if token.kind == "number" and token.key[1] == token.label == "" and not noun and not _is_dating(token, reading):
            before = token_before(token, said)
            if said.words[token.place - 1 : token.place] in (("in",), ("since",)) or (before and before.kind == "date" and not before.key[0]):
                return f"count: {token.text}"
    return ""


def _stands_before(noun: Token, figure: Token, reading: Reading) -> bool:
    behind = next_noun(figure, reading)
    return behind is not None and is_same(noun, behind)


def _is_dating(token: Token, reading: Reading) -> bool:
    """Whether a bare number stands in the source, too, where a year may stand."""
    places = found_in(token, reading)
    return any(reading.words[place.place - 1 : place.place] in (("in",), ("since",), ("of",)) for place in places)


def limits_bound(said: Reading, known: Known) -> str:
    """A figure goes with its limit: "$20 up to 8 metres" is not in "$12 up to 8 metres and $20 above"."""
    reading = known[0]
    for figure in said.tokens:
        limit = next((other for other in said.tokens if _is_limit_of(other, figure)), None)
        if limit is None:
            continue
        limits = [place for place in found_in(limit, reading) if place.relation == limit.relation]
        beside = [other for place in limits for other in reading.tokens if _is_limit_of(place, other)]
        if limits and beside and not is_among(figure, beside) and all(other.key[1] == figure.key[1] for other in beside):
            return f"limit: {figure.text}"
    return ""


def _is_limit_of(limit: Token, figure: Token) -> bool:
    """Whether a figure with a bound follows another of another unit in its segment."""
    is_pair = limit.kind == figure.kind == "number" and limit.segment == figure.segment and figure.place < limit.place
    return is_pair and limit.relation in ("most", "least", "above", "below") and figure.relation not in bounds() and limit.key[1] != figure.key[1]


def _lacking(tokens: Sequence[Token], near: Sequence[Token], said: Reading, known: Known) -> list[Token]:
    reading, context = known
    lacking: list[Token] = []
    behind: Token | None = None
    for token in reversed(tokens):
        holds = is_among(token, near) or is_in(token, context) or _completes(token, behind, said, reading)
        holds = holds or (token.is_oblique and any(other.is_oblique for other in found_in(token, reading)))
        holds = holds or not found_in(token, reading)  # taken for the opposite of a denied word, or for a "may"
        behind = token if holds else None
        lacking += [] if holds else [token]
    return lacking


def _is_attribute_of(one: Token, noun: Token, reading: Reading) -> bool:
    places = {token.place for token in reading.tokens if not token.is_verb}
    return abs(noun.place - one.place) <= 4 or (one.place < noun.place and places.issuperset(range(one.place, noun.place)))


def attributes_bound(said: Reading, known: Known) -> str:
    """An attribute belongs to its noun: "monthly rain" is not in a source of yearly rain and wet months."""
    reading = known[0]
    for first, second in pairwise(said.tokens):
        if not (first.kind == second.kind == "word" and second.place == first.place + 1 and not first.is_verb and not second.is_verb):
            continue
        if first.segment != second.segment or first.text.endswith("ly") or second.text.endswith("ly"):
            continue
        if first.place == 0 and first.text.endswith("ing"):  # "Collecting boats is forbidden", of which they are the object
            continue
        found, attributes = found_in(second, reading), found_in(first, reading)
        before = [token_before(place, reading) for place in found]
        has_others = all(other is not None and other.kind == "word" and not other.is_verb for other in before)
        if found and attributes and has_others and not any(_is_attribute_of(other, place, reading) for place in found for other in attributes):
            return f"attribute: {first.text} {second.text}"
    return ""


def labels_bound(said: Reading, known: Known) -> str:
    """A name or number in front of a noun is the source's for that noun: "North fees on South boats" are not "South fees on North boats"."""
    reading = known[0]
    labels = {token.label for token in reading.tokens}
    for token in said.tokens:
        places = found_in(token, reading)
        if (
            token.kind == "number" and token.label in labels - {""} and places and not any(place.label for place in places)
        ):  # "part 9" of "part 5 has 9 rules"
            return f"label: {token.label} {token.text}"
    for first, second in pairwise(said.tokens):
        is_label = first.kind in ("name", "number", "code") or (first.joined and second.joined)
        if not is_label or second.kind != "word" or second.place != first.place + 1 or first.segment != second.segment or is_in(second, known[1]):
            continue
        nouns = [noun for noun in found_in(second, reading) if noun.key == second.key] or found_in(second, reading)
        before = [token_before(noun, reading) for noun in nouns]
        others = [other for other in before if other is not None and other.kind in ("name", "number", "code") and not is_same(first, other)]
        mine = found_in(first, reading)
        has_own = any(0 < noun.place - place.place <= 4 for noun in nouns for place in mine)
        after = [_noun_behind(place, reading) for place in mine]
        is_anothers = bool(after) and all(other is not None and not is_same(second, other) for other in after)
        is_compound = first.joined and second.joined and any(noun.joined for noun in nouns)  # "North-built" is not "South-built"
        if others and mine and not has_own and (is_anothers or is_compound):
            return f"label: {first.text} {second.text}"
    return ""


def _noun_behind(token: Token, reading: Reading) -> Token | None:
    return next((other for other in reading.tokens if other.place == token.place + 1 and other.kind == "word"), None)
