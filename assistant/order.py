"""Rules on order: who does what to whom, and who says it, as in the source."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from assistant.matching import Known, found_in, is_among, is_same, overlaps, share_of
from assistant.reading import Cue, Reading, Token, vocabulary
from assistant.sense import is_denied_leave
from assistant.shape import is_passive, nearest_to, only_place, sides_of, subject_at

ALIKE = 0.75  # share of a sentence's words in the source's order from which on it follows the source word by word


def none_swapped(said: Reading, known: Known) -> str:
    """A sentence that follows its source word by word has the same figures, names and turns of sense in the same places."""
    for first, second in pairwise(said.tokens):
        is_part = said.words[first.place + 1 : first.place + 2] == ("of",)  # "12 of its 48 cranes"
        between = said.words[first.place + 1 : second.place]
        if first.kind == second.kind == "number" and first.key[1] == second.key[1] and between[:1] == ("of",) and first.key[0] > second.key[0]:
            return f"swapped: {first.text} of {second.text}"  # more than the whole
        is_part = is_part or "per" in between
        is_pair = (first.kind == second.kind and (first.kind == "date" or is_clock(first))) or (
            first.kind == second.kind == "number"
            and first.key[1] == second.key[1]
            and (first.key[1] != "" or is_part or between in (("and",), ("to",)))
        )
        if is_pair and first.key != second.key and _is_turned(first, second, known[0]):
            return f"swapped: {first.text}, {second.text}"
    mine, theirs = _sequence(said), _sequence(known[0])
    codes = SequenceMatcher(None, [key for key, _ in mine], [key for key, _ in theirs], autojunk=False).get_opcodes()
    if sum(end - start for code, start, end, _, _ in codes if code == "equal") < ALIKE * len(mine):
        return ""
    changed = [(mine[start:end], theirs[known_start:known_end]) for code, start, end, known_start, known_end in codes if code != "equal"]
    for ours, others in changed:
        for (_, token), (_, other) in zip(ours, others, strict=True) if len(ours) == len(others) <= 3 else ():
            if not (isinstance(token, Token) and isinstance(other, Token)):
                continue
            is_figure = {token.kind, other.kind} <= {"number", "date"}  # a year is no count of things
            if (is_figure or token.kind == other.kind != "word") and not is_same(token, other) and not _is_paired(token, said, known[0]):
                return f"swapped: {token.text}"
    equal = [(start, end) for code, _, _, start, end in codes if code == "equal"]
    region = theirs[equal[0][0] : equal[-1][1]]
    for ours, others in changed:
        turns = [item for _, item in (*ours, *others) if isinstance(item, Cue)]
        is_inside = any(item is not theirs[-1] for item in others) or not others
        if turns and len(turns) == len(ours) + len(others) and len(ours) != len(others) and is_inside:
            family = turns[0].family
            counts = {
                sum((isinstance(item, Cue) and item.family == family) or _is_cue(item, family) for _, item in part) for part in (region, theirs)
            }
            if len(said.of(family)) not in counts and not is_denied_leave(said, known[0]):
                return f"turned: {turns[0].word}"
    return ""


def _is_paired(token: Token, said: Reading, reading: Reading) -> bool:
    """Whether a number of a list stands with the date behind it as in the source: "4 in 2024" of "3 in 2023, 4 in 2024"."""
    pairs = [
        next((other for other in text.tokens if other.place > place.place and other.segment == place.segment and other.kind == "date"), None)
        for text, places in ((said, [token]), (reading, found_in(token, reading) if token.kind == "number" else []))
        for place in places
    ]
    return len(pairs) > 1 and pairs[0] is not None and all(other is not None and is_same(pairs[0], other) for other in pairs[1:])


def is_clock(token: Token) -> bool:
    return token.kind == "code" and ":" in token.key


def _is_cue(item: Token | Cue, family: str) -> bool:
    return isinstance(item, Token) and family in vocabulary()["cue_of"].get(item.text.lower(), ())


def _is_turned(first: Token, second: Token, reading: Reading) -> bool:
    """Whether two figures that stand side by side do so in the source, too, but the other way round alone."""
    gaps = [after.place - before.place for before in found_in(first, reading) for after in found_in(second, reading)]
    near = second.place - first.place + 1
    return any(-near <= gap < 0 for gap in gaps) and not any(0 < gap <= near + 3 for gap in gaps)


def _sequence(reading: Reading) -> list[tuple[Any, Token | Cue]]:
    """Tokens and turns of sense in their order, each with what is compared of it."""
    taken = {token.place for token in reading.tokens}
    cues = [cue for cue in reading.of("negation", "necessity", "permission", "conditional", "quantity") if cue.place not in taken]
    items: list[Token | Cue] = sorted((*reading.tokens, *cues), key=lambda item: item.place)
    return [(item.word if isinstance(item, Cue) else item.key, item) for item in items]


_PIVOTS = ("than", "over", "not", "because", "then")  # what stands on either side keeps to it


def order_kept(said: Reading, known: Known) -> str:
    """Who does what to whom: what stands before a verb in the source does not stand behind it in the sentence."""
    reading = known[0]
    for pivot in said.tokens:
        if not pivot.is_verb or (pivot.text in vocabulary()["reporting"] and is_passive(pivot, said)):  # "is estimated to": of what follows
            continue
        matches = [place for place in found_in(pivot, reading) if place.is_verb]
        if matches and all(_is_swapped(pivot, said, place, reading) for place in matches):
            return f"order: {pivot.text}"
    for word in (*_PIVOTS, *(word for word in vocabulary()["relation_of"] if word.endswith("than"))):
        here = only_place(word, said)
        if here is None:
            continue
        for there in (place for place, other in enumerate(reading.words) if other == word):
            is_turned = word == "not" and _is_passive_behind(here, said) != _is_passive_behind(there, reading)
            if not is_turned and _is_crossed(said, here, reading, there):
                return f"order: {word}"
    return ""


def _is_passive_behind(place: int, reading: Reading) -> bool:
    """Whether the verb behind a "not" is passive: `agents_kept` looks at who does it."""
    verb = next((token for token in reading.tokens if token.is_verb and token.place > place), None)
    return verb is not None and verb.place - place <= 2 and is_passive(verb, reading)


def times_kept(said: Reading, known: Known) -> str:
    """What comes before and what after, told of two events: as in the source."""
    reading = known[0]
    for word, opposite in (("before", "after"), ("after", "before")):
        here = only_place(word, said)
        if here is None or here == 0 or _is_of_a_figure(said, here):
            continue
        same, other = only_place(word, reading), only_place(opposite, reading)
        left, right = sides_of(said, nearest_to(said, here))
        if same is not None:
            known_left, known_right = sides_of(reading, nearest_to(reading, same))
            if _moved(right, left, known_left, known_right) and (_moved(left, right, known_right, known_left) or not overlaps(left, known_left)):
                return f"order: {word}"
        elif other is not None:
            known_left, known_right = sides_of(reading, nearest_to(reading, other))
            stays = left and right and share_of(left, known_left) > share_of(left, known_right)
            if stays and share_of(right, known_left) < share_of(right, known_right):
                return f"order: {word}"
        elif _TIMES.isdisjoint(reading.words):
            return f"order: {word}"
    return ""


_TIMES = frozenset("later earlier then prior previously following followed until when once then subsequently afterwards next ago upon".split())


def _is_of_a_figure(reading: Reading, place: int) -> bool:
    behind = next((token for token in reading.tokens if token.place > place), None)
    return behind is not None and behind.kind in ("number", "date")


def _is_swapped(pivot: Token, said: Reading, place: Token, reading: Reading) -> bool:
    if pivot.joined or place.joined or is_passive(pivot, said) != is_passive(place, reading):
        return False
    if not {"who", "which", "that"}.isdisjoint(said.words[max(0, pivot.place - 2) : pivot.place]):
        return False  # what a relative clause speaks of stands in front of it, somewhere
    subject = [
        token for token in subject_at(said, pivot) if token.place < pivot.place and any(other is not place for other in found_in(token, reading))
    ]
    before = [token for token in reading.tokens if token.place < place.place]
    beside = [token for token in said.tokens if token.place < pivot.place][-1:]  # "the number of boats registered there"
    if subject and before and not overlaps([*subject, *beside], before):
        return True
    left, right = sides_of(said, pivot)
    known_left, known_right = sides_of(reading, place)
    return bool(_moved(right, left, known_left, known_right)) and any(token in subject for token in _moved(left, right, known_right, known_left))


def _moved(there: Sequence[Token], here: Sequence[Token], known_here: Sequence[Token], known_there: Sequence[Token]) -> list[Token]:
    """What stands on one side in the sentence, and on the other alone in the source."""
    return [token for token in there if is_among(token, known_here) and not is_among(token, known_there) and not is_among(token, here)]


def _is_crossed(said: Reading, here: int, reading: Reading, there: int) -> bool:
    """Whether two things have changed sides of a word like "than"."""
    left, right = sides_of(said, nearest_to(said, here))
    verb = min((place for place in said.verbs if place > here), default=len(said.words))
    if said.words[here].endswith("than"):  # "a boat with more cargo than crew is a freighter"
        right = [token for token in right if token.place < verb]
    known_left, known_right = sides_of(reading, nearest_to(reading, there))
    return bool(_moved(right, left, known_left, known_right) and _moved(left, right, known_right, known_left))


def agents_kept(said: Reading, known: Known) -> str:
    """ "Run by the council": as in the source, where the council runs it."""
    reading = known[0]
    for token in said.tokens:
        if token.relation != "by" or token.kind not in ("word", "name"):
            continue
        verb = next((other for other in reversed(said.tokens) if other.place < token.place and other.is_verb), None)
        if verb is None or token.place - verb.place > 4:
            continue
        acts, agents = found_in(verb, reading), found_in(token, reading)
        others = [other for other in reading.tokens if other.relation == "by" and other.kind in ("word", "name")]
        if acts and not agents and all(any(other.segment == act.segment and other.place > act.place for other in others) for act in acts):
            return f"order: by {token.text}"  # the headings have it, and the source has another
        if acts and agents and not any(_acts(agent, act, reading) or act.key != verb.key for act in acts for agent in agents):
            return f"order: by {token.text}"
    return ""


def _acts(agent: Token, act: Token, reading: Reading) -> bool:
    """Whether the source lets one do what the act is: it stands in front of an active verb, or with one that is passive."""
    return agent.place < act.place or (act.clause == agent.clause and (agent.relation == "by" or not act.is_verb or is_passive(act, reading)))


def roles_kept(said: Reading, known: Known) -> str:
    """Two names have not changed places: a boat from A under the flag of B is not one from B under the flag of A."""
    reading = known[0]
    names = [token for token in said.tokens if token.kind == "name" or token.text[0].isupper()]
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            if is_same(one, other):
                continue
            mine, theirs = _role(one), _role(other)
            known_mine = {_role(place) for place in found_in(one, reading)}
            known_theirs = {_role(place) for place in found_in(other, reading)}
            if mine != theirs and mine not in known_mine and theirs not in known_theirs and mine in known_theirs and theirs in known_mine:
                return f"roles: {one.text}, {other.text}"
    return ""


def _role(token: Token) -> str:
    return token.relation if token.relation in ("from", "to", "by", "against", "with", "for") else ""
