"""What makes a sentence follow from a source: one rule for each way in which it may not. Knows nothing of models or of marks.

A rule takes the sentence and the source, both taken apart, and tells what is wrong in a few words, or nothing. In doubt it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from assistant.reading import AUXILIARIES, Cue, Reading, Token, bounds, groups, names, opposites, quantities, vocabulary
from index.keywords import stem

Known = tuple[Reading, frozenset[Any]]  # a quote, and the keys of the words and names in the headings above it


def _covered(said: Reading, known: Known) -> str:
    """Every figure, name and word of the sentence has to stand in the source."""
    for token in sorted(said.tokens, key=lambda token: token.kind in ("word", "name")):
        if not (stands_in(token, known) or _is_opposite(token, said, known) or _is_standing(token, known)):
            return f"{token.kind}: {token.text}"
        if (
            token.kind == "date"
            and token.key[0] is not None
            and all(other.key[0] != token.key[0] for other in known[0].tokens if other.kind == "date")
        ):
            return f"date: {token.text}"
    return ""


def _named(said: Reading, known: Known) -> str:
    """Names of several words stand together in the source, and a name stands with the thing that it is the name of."""
    reading = known[0]
    for first, second in pairwise(said.tokens):
        if second.place != first.place + 1 or first.segment != second.segment or not first.text[0].isupper() or first.kind not in ("word", "name"):
            continue
        found = _matches(second, reading)
        if not found:
            continue
        before = [_previous(place, reading) for place in found]
        is_other = all(other is not None and other.kind == "name" and not _same(first, other) for other in before)
        gaps = [after.place - place.place for place in _matches(first, reading) for after in found]
        is_near = any(0 < gap <= 4 for gap in gaps)
        is_turned = second.kind == "name" and any(-3 <= gap < 0 for gap in gaps) and not is_near
        if (
            is_other and not is_near and first.kind == "name" and not second.is_verb and not (second.text.isupper() or first.text in names())
        ) or is_turned:
            return f"name: {first.text} {second.text}"
    return ""


def _previous(token: Token, reading: Reading) -> Token | None:
    return next((other for other in reading.tokens if other.place == token.place - 1), None)


def _swapped(said: Reading, known: Known) -> str:
    """A sentence that follows its source word by word has the same figures, names and turns of sense in the same places."""
    for first, second in pairwise(said.tokens):
        is_part = said.words[first.place + 1 : first.place + 2] == ("of",)  # "12 of its 48 cranes"
        is_pair = first.kind == second.kind == "date" or (
            first.kind == second.kind == "number" and first.key[1] == second.key[1] and (first.key[1] != "" or is_part)
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
            if token.kind == other.kind != "word" and not _same(token, other):
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
            if len(said.of(family)) not in counts:
                return f"turned: {turns[0].word}"
    return ""


def _is_cue(item: Token | Cue, family: str) -> bool:
    return isinstance(item, Token) and family in vocabulary()["cue_of"].get(item.text.lower(), ())


def _is_turned(first: Token, second: Token, reading: Reading) -> bool:
    """Whether two figures that stand side by side do so in the source, too, but the other way round alone."""
    gaps = [after.place - before.place for before in _matches(first, reading) for after in _matches(second, reading)]
    near = second.place - first.place + 1
    return any(-near <= gap < 0 for gap in gaps) and not any(0 < gap <= near + 3 for gap in gaps)


def _sequence(reading: Reading) -> list[tuple[Any, Token | Cue]]:
    """Tokens and turns of sense in their order, each with what is compared of it."""
    taken = {token.place for token in reading.tokens}
    cues = [cue for cue in reading.of("negation", "necessity", "permission", "conditional", "quantity") if cue.place not in taken]
    items: list[Token | Cue] = sorted((*reading.tokens, *cues), key=lambda item: item.place)
    return [(item.word if isinstance(item, Cue) else item.key, item) for item in items]


def _related(said: Reading, known: Known) -> str:
    """Before, after, from, until, at least, at most: as in the source."""
    for token in said.tokens:
        found = _matches(token, known[0])
        if found and not any(_relations_agree(token, other) for other in found):
            return f"relation: {token.relation} {token.text}"
    return ""


_STRICT = {"before", "after", "above", "below", "least", "most"}
_AGAINST = {
    ("from", "to"),
    ("to", "from"),
    ("before", "from"),
    ("from", "before"),
    ("after", "to"),
    ("to", "after"),
    ("from", "asof"),
    ("asof", "from"),
}


def _relations_agree(said: Token, known: Token) -> bool:
    if said.label or known.label:  # "under section 5"
        return True
    mine, theirs = (token.relation if token.relation in bounds() else "" for token in (said, known))
    if said.kind not in ("number", "date"):
        return {mine, theirs} not in ({"above", "below"}, {"before", "after"}, {"from", "to"})
    if mine == theirs:
        return True
    if {mine, theirs} <= {"to", "most", ""}:  # "up to two days", "until May"
        return mine != ""
    if mine in _STRICT or theirs in _STRICT:
        return False
    return (mine, theirs) not in _AGAINST


def _bound(said: Reading, known: Known) -> str:
    """A figure belongs to what stands beside it: the sentence may not take it over to what stands beside another."""
    reading = known[0]
    for token in said.tokens:
        is_verb = token.is_verb
        if token.kind not in ("number", "date", "code") and not is_verb:
            continue
        found = _matches(token, reading)
        rivals = [other for other in reading.tokens if _is_rival(token, other)]
        if not found:
            continue
        if token.kind == "number" and rivals and _counts_another(token, found, rivals, said, reading):
            return f"binding: {token.text}"
        if rivals and all(_belongs_elsewhere(token, said, place, rivals, reading) for place in found):
            return f"binding: {token.text}"
        if (is_verb or token.kind == "number") and _is_first(token, said) and all(_is_of_another(token, place, said, known) for place in found):
            return f"subject: {token.text}"
    return ""


def _is_first(token: Token, said: Reading) -> bool:
    """Whether a figure is the first of its kind in its clause; a further one may belong to something else."""
    return token.kind == "word" or not any(
        other.place < token.place and other.clause == token.clause and other.kind == token.kind for other in said.tokens
    )


def _counts_another(token: Token, found: Sequence[Token], rivals: Sequence[Token], said: Reading, reading: Reading) -> bool:
    """ "140 boats" where the source has 140 passengers and 12 boats."""
    counted = _next(token, said)
    if (
        counted is None
        or any(_next(place, reading) is None for place in found)
        or any(_among(counted, filter(None, [_next(place, reading)])) for place in found)
    ):
        return False
    return any(_among(counted, filter(None, [_next(rival, reading)])) for rival in rivals)


def _next(token: Token, reading: Reading) -> Token | None:
    return next((other for other in reading.tokens if other.place == token.place + 1 and other.kind in ("word", "name")), None)


def _is_of_another(token: Token, place: Token, said: Reading, known: Known) -> bool:
    """Whether what the source says there is said of one thing, and the sentence says it of what the source speaks of elsewhere."""
    reading, context = known
    if token.kind == "word" and (token.joined or place.joined or _is_passive(token, said) != _is_passive(place, reading)):
        return False
    subject, other = _subject(said, token), _subject(reading, place)
    if not subject or not other or any(_same_key(mine, key) for mine in subject for key in context):
        return False
    home = [item for item in reading.tokens if item.segment == place.segment] + other
    is_named = any(other_place > place.place for other_place in reading.verbs) and not any(
        verb < place.place and reading.segments[verb] == place.segment for verb in reading.verbs
    )  # it stands in what the clause speaks of
    return not is_named and not _overlap(subject, home) and _overlap(subject, reading.tokens)


def _subject(reading: Reading, place: Token) -> list[Token]:
    """What the verb before or at a token speaks of: the words before the verb, in its segment or else in its clause."""
    for same in ("segment", "clause"):
        tokens = [token for token in reading.tokens if getattr(token, same) == getattr(place, same)]
        first = min((token.place for token in tokens), default=0)
        last = max((token.place for token in tokens), default=0)
        verbs = sorted(other for other in reading.verbs if first <= other <= last or (tokens and reading.segments[other] == tokens[0].segment))
        if not verbs:
            continue
        verb = min(verbs) if same == "segment" else max((other for other in verbs if other <= place.place), default=min(verbs))
        if any(word in ("who", "which", "that") for word in reading.words[max(first, verb - 2) : verb]):
            return []  # what a relative clause speaks of stands in front of it, somewhere
        subject = [token for token in tokens if token.place < verb or (place.is_verb and token.place < place.place)]  # "lets boats be moored"
        while subject and same == "segment":  # "the one and the other have …"
            before = [token for token in reading.tokens if token.segment == subject[0].segment - 1 and token.clause == place.clause]
            if not before or _has_verb(reading, before[0].segment):
                break
            subject = [*before, *subject]
        subject = [token for token in subject if token.kind not in ("number", "date") and not token.is_oblique and not token.is_verb]
        if subject:
            return subject
    return []


def _has_verb(reading: Reading, segment: int) -> bool:
    """Whether a segment states something by itself."""
    return any(reading.segments[place] == segment for place in reading.verbs)


def _beside(token: Token, said: Reading) -> tuple[list[Token], bool]:
    """What stands in a figure's segment; where that is nothing, in the one before and the first one (borrowed)."""
    beside = [other for other in said.tokens if other.segment == token.segment and other is not token]
    if beside:
        return beside, False
    first = min(other.segment for other in said.tokens)
    return [other for other in said.tokens if other.segment in (first, token.segment - 1) and other.segment != token.segment], True


def _opening(reading: Reading) -> list[Token]:
    """What a sentence begins with before its subject: "In May, …", "By the last count, …"."""
    opening = [token for token in reading.tokens if token.segment == 0]
    return opening if opening and opening[0].is_oblique and not _has_verb(reading, 0) else []


def _own(token: Token, reading: Reading) -> list[Token]:
    """What belongs to a figure and to no other: its segment, without what the segments behind it share with it.

    In "the fee was $5 in May, $6 in June and $7 in July" the fee is shared, and May is the own of $5.
    """
    segment = [other for other in reading.tokens if other.segment == token.segment]
    behind = [other for other in reading.tokens if other.segment == token.segment + 1]
    figures = [other for other in behind if other.kind in ("number", "date")]
    if figures and behind[0] is figures[0] and figures[0].clause == token.clause and not _has_verb(reading, token.segment + 1):
        begin = next(
            (other.place for other in segment if other.kind == figures[0].kind and (other.kind == "date" or other.key[1] == figures[0].key[1])), 0
        )
        segment = [other for other in segment if other.place >= begin]
    return [other for other in segment if other is not token]


def _is_rival(token: Token, other: Token) -> bool:
    if token.is_verb:
        return other.is_verb and not _same(token, other)
    if other.kind in ("number", "code") and token.kind in ("number", "code") and token.label == other.label != "":
        return bool(other.key != token.key)
    if other.kind != token.kind or other.key == token.key:
        return False
    if token.kind == "number":
        same_unit = token.key[1] == other.key[1] or Decimal(0) in (token.key[0], other.key[0])
        return same_unit and token.label == other.label
    return True


def _belongs_elsewhere(token: Token, said: Reading, home: Token, rivals: Sequence[Token], reading: Reading) -> bool:
    beside, is_borrowed = _beside(token, said)
    opening = _opening(said) if token.segment == 1 else []
    shared = _opening(reading)
    if home in shared:
        return False  # it is said of the whole sentence
    here = _own(home, reading)
    for rival in rivals:
        if rival.segment == home.segment or rival in shared:
            continue
        there = _own(rival, reading)
        own = [other for other in here if not _among(other, there)]
        others = [other for other in there if not _among(other, here) and other not in shared]
        with_own = sum(_among(other, [*beside, *opening]) for other in own)
        with_others = sum(_among(other, [*beside, *opening]) for other in others)
        if token.is_verb:
            if own and not with_own and with_others > 2 and rival.clause != home.clause:
                return True
        elif with_others > 2 * with_own and with_own < max(1, len(own)) and (own or not is_borrowed):
            return True
        if opening and not token.is_verb and not _overlap(opening, own) and sum(_among(other, others) for other in opening) > 1:
            return True
    return False


def _negated(said: Reading, known: Known) -> str:
    """What the source denies may not be asserted, nor the other way round."""
    reading = known[0]
    denied = [(cue, _scope(cue, reading)) for cue in reading.of("negation")]
    denials = [(cue, _scope(cue, said)) for cue in said.of("negation")]
    used = _used_clauses(said, reading)
    for cue, scope in denied:
        if cue.clause not in used:
            continue
        head = _head(cue, scope)
        if (
            head
            and _is_repeated(head, scope, said)
            and not _opposed(head[:1], said)
            and not any(_overlap(head, [*other, *_before(own, said)]) for own, other in denials)
        ):
            return f"negation: {cue.word} in the source"
    for cue in reading.of("reversal"):
        scope = [token for token in reading.tokens if token.place > cue.place and token.clause == cue.clause][:3]
        if scope and _share(scope, said.tokens) > 0.6 and _among(scope[0], said.tokens) and not said.of("negation", "reversal"):
            return f"negation: {cue.word} in the source"
    for cue, scope in denials:
        head = _head(cue, scope)
        if not any(_overlap(head, other) for _, other in denied) and not _opposed(head, reading):
            return f"negation: {cue.word}"
    return ""


def _is_repeated(head: Sequence[Token], scope: Sequence[Token], said: Reading) -> bool:
    """Whether a sentence says what the source denies: the word that is denied and most of the next, or nearly all of it."""
    return (min(_share(head, said.tokens), _share(scope[:5], said.tokens)) > 0.6 and _among(head[0], said.tokens)) or _share(
        scope, said.tokens
    ) >= 0.8


def _head(cue: Cue, scope: Sequence[Token]) -> Sequence[Token]:
    return scope if cue.word in ("neither", "nor", "none") else scope[:3]


def _scope(cue: Cue, reading: Reading) -> list[Token]:
    """What a cue speaks of: the words behind it, to the end of the clause; none there, those before it."""
    behind = [token for token in reading.tokens if token.place > cue.place and token.clause == cue.clause]
    if cue.family == "unproven" and len(behind) < 2:  # "estimated in May that …"
        behind += [token for token in reading.tokens if token.clause == cue.clause + 1 and (token.clause in reading.told or cue.word.endswith("ly"))]
    return behind or _before(cue, reading)[-2:]


def _before(cue: Cue, reading: Reading) -> list[Token]:
    return [token for token in reading.tokens if token.place < cue.place and token.clause == cue.clause]


def _share(tokens: Sequence[Token], among: Sequence[Token]) -> float:
    return sum(_among(token, among) for token in tokens) / len(tokens)


def _overlap(tokens: Sequence[Token], among: Sequence[Token]) -> bool:
    return any(_among(token, among) for token in tokens)


def _opposed(tokens: Sequence[Token], reading: Reading) -> bool:
    return any(_stems_opposed(token.key, other.key) for token in tokens for other in reading.tokens if token.kind == other.kind == "word")


def _is_opposite(token: Token, said: Reading, known: Known) -> bool:
    """ "Forbidden" where the source says "not allowed", and the other way round."""
    if token.kind != "word":
        return False
    reading = known[0]
    negated = any(token in _scope(cue, said)[:3] for cue in said.of("negation"))
    for other in reading.tokens:
        if other.kind == "word" and _stems_opposed(token.key, other.key):
            denied = any(other in _scope(cue, reading)[:3] for cue in reading.of("negation"))
            if denied != negated:
                return True
    return False


def _is_standing(token: Token, known: Known) -> bool:
    """ "Allowed" where the source says "may": `_standing` looks at those."""
    families = set(vocabulary()["cue_of"].get(token.text.lower(), ())) & {"necessity", "permission"}
    return any(cue.family in families for cue in known[0].cues)


_STANDINGS = ("necessity", "permission", "conditional", "unproven", "condition")


def _standing(said: Reading, known: Known) -> str:
    """Must, may, would, proposed, expected, claimed: the source's standing is the sentence's, and no other."""
    reading = known[0]
    used = _used_clauses(said, reading)
    for cue in reading.of(*_STANDINGS):
        scope = _scope(cue, reading)[: 4 if cue.family == "unproven" else 3]
        if not used & {token.clause for token in scope}:
            continue
        least = 0.99 if cue.family == "condition" else 0.6
        if any(_stems_opposed(stem(cue.word), token.key) for token in said.tokens if token.kind == "word"):
            continue
        if scope and _share(scope, said.tokens) > least and not any(_standings_agree(cue, own) for own in said.of(*_STANDINGS)):
            return f"standing: {cue.word} in the source"
    for own in said.of("necessity", "permission", "conditional"):
        if own.word == "can" and not reading.of("necessity", "unproven", "conditional", "negation"):
            continue  # what is done can be done
        if not any(_standings_agree(own, cue) for cue in reading.of(*_STANDINGS)):
            return f"standing: {own.word}"
    return ""


def _used_clauses(said: Reading, reading: Reading) -> set[int]:
    """The clauses of the source that a sentence takes up: the one it shares most with, and each that it has most of."""
    clauses: dict[int, list[bool]] = {}
    for token in reading.tokens:
        clauses.setdefault(token.clause, []).append(_among(token, said.tokens))
    best = max(map(sum, clauses.values()), default=0)
    return {clause for clause, shared in clauses.items() if sum(shared) == best or sum(shared) >= TAKEN_UP * len(shared)}


def _standings_agree(one: Cue, other: Cue) -> bool:
    if one.family == other.family or one.word == other.word:
        return True
    return {one.family, other.family} <= {"conditional", "unproven"}


def _same_cues(said: Reading, known: Known) -> str:
    """No cause and no quantity that the source does not have, and none of its reservations left out."""
    reading = known[0]
    if said.of("cause") and not reading.of("cause"):
        return f"cause: {said.of('cause')[0].word}"
    families = quantities()
    have = {families[cue.word] for cue in reading.of("quantity")}
    for cue in said.of("quantity"):
        if families[cue.word] not in have:
            return f"quantity: {cue.word}"
    return ""


def _ordered(said: Reading, known: Known) -> str:
    """Who does what to whom: what stands before a verb in the source does not stand behind it in the sentence."""
    reading = known[0]
    for pivot in said.tokens:
        if not pivot.is_verb:
            continue
        matches = [place for place in _matches(pivot, reading) if place.is_verb]
        if matches and all(_is_swapped(pivot, said, place, reading) for place in matches):
            return f"order: {pivot.text}"
    for word in (
        "than",
        "lessthan",
        "morethan",
        "fewerthan",
        "higherthan",
        "lowerthan",
        "greaterthan",
        "not",
        "like",
        "part",
        "who",
        "which",
        "whose",
    ):
        here, there = _only(word, said), _only(word, reading)
        if here is not None and there is not None and _is_crossed(said, here, reading, there):
            return f"order: {word}"
    return ""


def _only(word: str, reading: Reading) -> int | None:
    places = [place for place, other in enumerate(reading.words) if other == word]
    return places[0] if len(places) == 1 else None


def _is_swapped(pivot: Token, said: Reading, place: Token, reading: Reading) -> bool:
    if pivot.joined or place.joined or _is_passive(pivot, said) != _is_passive(place, reading):
        return False
    if not {"who", "which", "that"}.isdisjoint(said.words[max(0, pivot.place - 2) : pivot.place]):
        return False  # what a relative clause speaks of stands in front of it, somewhere
    subject = [token for token in _subject(said, pivot) if token.place < pivot.place and _matches(token, reading)]
    before = [token for token in reading.tokens if token.place < place.place]
    beside = [token for token in said.tokens if token.place < pivot.place][-1:]  # "the number of boats registered there"
    if subject and before and not _overlap([*subject, *beside], before):
        return True
    left, right = _sides(said, pivot)
    known_left, known_right = _sides(reading, place)
    return bool(_moved(right, left, known_left, known_right)) and any(token in subject for token in _moved(left, right, known_right, known_left))


def _moved(there: Sequence[Token], here: Sequence[Token], known_here: Sequence[Token], known_there: Sequence[Token]) -> list[Token]:
    """What stands on one side in the sentence, and on the other alone in the source."""
    return [token for token in there if _among(token, known_here) and not _among(token, known_there) and not _among(token, here)]


def _is_crossed(said: Reading, here: int, reading: Reading, there: int) -> bool:
    """Whether two things have changed sides of a word like "than"."""
    left, right = _sides(said, _nearest(said, here))
    known_left, known_right = _sides(reading, _nearest(reading, there))
    return bool(_moved(right, left, known_left, known_right) and _moved(left, right, known_right, known_left))


def _nearest(reading: Reading, place: int) -> Token:
    """A stand-in for a word that carries no claim, at its place."""
    clause = next((token.clause for token in reading.tokens if token.place >= place), 0)
    return Token("word", "", "", place, 0, clause)


def _sides(reading: Reading, pivot: Token) -> tuple[list[Token], list[Token]]:
    things = [token for token in reading.tokens if token.kind in ("word", "name") and not token.is_verb]
    left = [token for token in things if token.place < pivot.place and pivot.clause - 1 <= token.clause]
    return left, [token for token in things if token.place > pivot.place and token.clause == pivot.clause]


def _governed(said: Reading, known: Known) -> str:
    """What a verb is said of in the sentence is said of it in the source, and not of another verb alone."""
    reading, _ = known
    for verb in said.tokens:
        if not verb.is_verb or verb.joined or _is_attribute(verb, said):
            continue
        found = [place for place in _matches(verb, reading) if place.is_verb]
        if not found:
            continue
        lacking = [_ungoverned(verb, place, said, known) for place in found]
        if all(lacking):
            return f"apart: {verb.text}, {lacking[0]}"
    return ""


def _ungoverned(verb: Token, place: Token, said: Reading, known: Known) -> str:
    """A word that the sentence says with a verb, and the source says with another one alone; empty when there is none."""
    reading, context = known
    near = _with_verb(place, reading)
    opening = _opening(said)
    behind: Token | None = None  # the token behind, when it holds
    for token in reversed(said.tokens):
        if token.kind in ("citation", "code") or token.is_verb or token in opening or not _is_governed(token, verb, said):
            behind = None
            continue
        elsewhere = _matches(token, reading)
        holds = _among(token, near) or _is_in(token, context) or _completes(token, behind, said, reading)
        if not holds and token.is_oblique and any(other.is_oblique and other.clause < place.clause for other in elsewhere):
            holds = True  # "in the north", told in a clause before
        if not holds and elsewhere and all(_verbs_of(other, reading) for other in elsewhere):
            return token.text
        behind = token if holds else None
    return ""


def _is_in(token: Token, context: frozenset[Any]) -> bool:
    """Whether the headings have a word; a figure in a heading proves nothing."""
    return token.kind in ("word", "name") and any(_same_key(token, key) for key in context)


def _completes(token: Token, behind: Token | None, said: Reading, reading: Reading) -> bool:
    """Whether a word is an attribute of the one behind it, by some place of the source: a noun may be told in full."""
    if behind is None or behind.place - token.place > 2 or not said.verbs.isdisjoint(range(token.place, behind.place)):
        return False
    reach = len(reading.words) if token.kind == behind.kind == "name" else 6
    return any(abs(place.place - noun.place) <= reach for place in _matches(token, reading) for noun in _matches(behind, reading))


def _is_attribute(verb: Token, reading: Reading) -> bool:
    """Whether a verb's form belongs to a noun: "the boats built here pay"."""
    if not AUXILIARIES.isdisjoint(reading.words[max(0, verb.place - 3) : verb.place]):
        return False
    if any(place > verb.place and reading.segments[place] == verb.segment for place in reading.verbs):
        return True
    opens = verb.place > 0 and reading.segments[verb.place - 1] != verb.segment  # "…, built in 1847, …"
    return opens and reading.words[verb.place + 1 : verb.place + 2] in (("by",), ("in",), ("on",), ("at",), ("under",), ("from",))


def _stated(said: Reading, known: Known) -> str:
    """What is said to be something is said so in one statement of the source, not put together from several."""
    reading, _ = known
    opening = _opening(said)
    for clause in dict.fromkeys(token.clause for token in said.tokens):
        tokens = [token for token in said.tokens if token.clause == clause and token not in opening]
        reports = any(word in vocabulary()["reporting"] for word, place in zip(said.words, said.clauses, strict=True) if place == clause)
        if not tokens or reports or any(token.is_verb for token in tokens):
            continue
        verb = min((place for place in said.verbs if place > tokens[0].place), default=0)
        heads = [token for token in tokens if token.place < verb and not token.is_oblique]
        lacking = [
            _lacking(tokens, near, said, known) or (heads[-1:] if _is_aside(heads, near, known[1]) else []) for near in _statements(reading)
        ]  # fmt: skip
        if lacking and all(lacking):
            return f"apart: {min(lacking, key=len)[0].text}"
    return ""


def _is_aside(heads: Sequence[Token], near: Sequence[Token], context: frozenset[Any]) -> bool:
    """Whether a sentence speaks of what its source only mentions on the way: of the pier, where "the mayor of the pier" is old."""
    found = [other for other in near if _among(other, heads)]
    return bool(found) and all(other.is_oblique for other in found) and not any(_is_in(head, context) for head in heads)


def _counts_alone(said: Reading, known: Known) -> str:
    """A figure that is said to be something by itself is no attribute in the source: "the notice is 15%" is not in "the notice of a 15% fee"."""
    reading = known[0]
    for token in said.tokens:
        if token.kind != "number" or said.words[token.place - 1 : token.place] not in (("is",), ("are",), ("was",), ("were",)):
            continue
        nouns = [_next(place, reading) for place in _matches(token, reading)]
        if nouns and all(noun is not None and not noun.is_verb and not _among(noun, said.tokens) for noun in nouns):
            return f"binding: {token.text}"
    return ""


def _lacking(tokens: Sequence[Token], near: Sequence[Token], said: Reading, known: Known) -> list[Token]:
    reading, context = known
    lacking: list[Token] = []
    behind: Token | None = None
    for token in reversed(tokens):
        holds = _among(token, near) or _is_in(token, context) or _completes(token, behind, said, reading)
        holds = holds or (token.is_oblique and any(other.is_oblique for other in _matches(token, reading)))
        holds = holds or not _matches(token, reading)  # taken for the opposite of a denied word, or for a "may"
        behind = token if holds else None
        lacking += [] if holds else [token]
    return lacking


def _statements(reading: Reading) -> Iterator[list[Token]]:
    """What a source says to be something: each segment with a verb, with what follows it without one and with its subject."""
    segments: dict[int, list[Token]] = {}
    for token in reading.tokens:
        segments.setdefault(token.segment, []).append(token)
    for segment, tokens in segments.items():
        verbs = [place for place in reading.verbs if reading.segments[place] == segment]
        clause = tokens[0].clause
        near = list(tokens)
        for behind in range(segment + 1, max(segments) + 1):
            if _has_verb(reading, behind) or (behind in segments and segments[behind][0].clause != clause):
                break
            near += segments.get(behind, [])
        words = {word for word, place in zip(reading.words, reading.segments, strict=True) if place == segment}
        if not words.isdisjoint(_PRONOUNS):
            near += [token for token in reading.tokens if token.place < tokens[0].place]
        elif not verbs or not any(token.place < min(verbs) for token in tokens):  # "… and costs $5": the subject stands before
            front = [token for token in reading.tokens if token.segment < segment and clause - bool(verbs) <= token.clause <= clause]
            first = min((place for place in reading.verbs if front and place > front[0].place), default=0)
            near += [token for token in front if token.place < first or not verbs]
        else:
            for before in range(segment - 1, -1, -1):  # "the one and the other are …"
                if _has_verb(reading, before) or (before in segments and segments[before][0].clause != clause):
                    break
                near += segments.get(before, [])
        yield near


def _persons(said: Reading, known: Known) -> str:
    """Neither the writer nor the reader appears, unless in the source."""
    word = next((word for word in said.words if word in _PERSONS and word not in known[0].words), "")
    return f"person: {word}" if word else ""


_PERSONS = frozenset("i me my mine we us our ours myself ourselves".split())


def _heaped(said: Reading, known: Known) -> str:
    """No word twice in a row."""
    twice = next((one for one, two in pairwise(said.tokens) if one.kind == "word" and one.key == two.key and two.place == one.place + 1), None)
    return f"heap: {twice.text}" if twice else ""


def _verbs_of(token: Token, reading: Reading) -> list[Token]:
    """The verbs that govern a word: those of its segment; where it has none, of the nearest before it in the clause, or behind it."""
    verbs = [other for other in reading.tokens if other.is_verb and not other.joined and other.clause == token.clause]
    before = [other for other in verbs if other.segment <= token.segment]
    if before:
        last = max(other.segment for other in before)
        return [other for other in before if other.segment == last]
    first = min((other.segment for other in verbs), default=0)
    return [other for other in verbs if other.segment == first]


def _is_governed(token: Token, verb: Token, reading: Reading) -> bool:
    """Whether a word belongs to that verb and no other: the last before it, or the first where none is."""
    verbs = _verbs_of(token, reading)
    before = [other for other in verbs if other.place < token.place]
    return bool(verbs) and (before[-1] if before else verbs[0]) is verb


def _with_verb(verb: Token, reading: Reading) -> list[Token]:
    """What a verb is said of: what it governs, its subject, what the sentence begins with; behind a pronoun, all before it."""
    near = [token for token in reading.tokens if any(other is verb for other in _verbs_of(token, reading))]
    own = [token for token in reading.tokens if token.segment == verb.segment and token.place < verb.place]
    clause = [token for token in reading.tokens if token.clause == verb.clause and token.place < verb.place]
    words = [word for place, word in enumerate(reading.words[: verb.place]) if reading.segments[place] == verb.segment]
    if not _PRONOUNS.isdisjoint(words):
        near += [token for token in reading.tokens if token.place < verb.place]
    first = min((place for place in reading.verbs if any(token.place < place for token in clause)), default=verb.place)
    near += [token for token in clause if token.place < first]
    if own:  # "… and light boats pay": a subject of two parts
        earlier = [token for token in clause if token.segment == verb.segment - 1]
        last = max((token.place for token in earlier if token.is_verb), default=-1)
        near += [token for token in earlier if token.place > last]
    elif not clause:  # "… but left it in place": the subject stands in the clause before
        before = [token for token in reading.tokens if token.clause == verb.clause - 1]
        near += [token for token in before if token.place < min((place for place in reading.verbs if place > before[0].place), default=0)]
    return near + _opening(reading)


_PRONOUNS = frozenset("it its they their them he his him she her this these those which who whose such".split())


def _infinitive(said: Reading, known: Known) -> str:
    """What the source says is to happen has not happened: "agreed to pay" is not "paid"."""
    reading = known[0]
    for token in said.tokens:
        if not token.is_verb or token.joined or _is_infinitive(token, said):
            continue
        found = _matches(token, reading)
        if found and all(_is_infinitive(place, reading) for place in found) and not said.of(*_STANDINGS, "negation"):
            return f"standing: to {token.text}"
    return ""


def _is_infinitive(token: Token, reading: Reading) -> bool:
    before = reading.words[max(0, token.place - 2) : token.place]
    return "to" in before


def _speakers(said: Reading, known: Known) -> str:
    """Who says something in the sentence says it in the source, where the source tells who says what."""
    reading = known[0]
    reporting = vocabulary()["reporting"]
    known_places = [place for place, word in enumerate(reading.words) if word in reporting]
    speakers = [token for place in known_places for token in _around(reading, place)]
    for place, word in enumerate(said.words):
        if word in ("said", "says", "say", "told", "stated") and known_places:
            subject = [token for token in _around(said, place) if token.place < place and not token.is_oblique]
            if subject and speakers and not _overlap(subject, speakers):
                return f"speaker: {subject[0].text}"
    return ""


def _around(reading: Reading, place: int) -> list[Token]:
    """The words of the clause in front of a reporting verb, and those right behind it."""
    clause = reading.clauses[place]
    return [
        token for token in reading.tokens
        if token.kind in ("word", "name") and not token.is_verb and token.place <= place + 3 and token.clause == clause
    ]  # fmt: skip


def _roles(said: Reading, known: Known) -> str:
    """Two names have not changed places: a boat from A under the flag of B is not one from B under the flag of A."""
    reading = known[0]
    names = [token for token in said.tokens if token.kind == "name" or token.text[0].isupper()]
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            if _same(one, other):
                continue
            mine, theirs = _role(one), _role(other)
            known_mine = {_role(place) for place in _matches(one, reading)}
            known_theirs = {_role(place) for place in _matches(other, reading)}
            if mine != theirs and mine not in known_mine and theirs not in known_theirs and mine in known_theirs and theirs in known_mine:
                return f"roles: {one.text}, {other.text}"
    return ""


def _role(token: Token) -> str:
    return token.relation if token.relation in ("from", "to", "by", "against", "with", "for") else ""


def _modified(said: Reading, known: Known) -> str:
    """An attribute belongs to its noun: "monthly rain" is not in a source of yearly rain and wet months."""
    reading = known[0]
    for first, second in pairwise(said.tokens):
        if not (first.kind == second.kind == "word" and second.place == first.place + 1 and not first.is_verb and not second.is_verb):
            continue
        if first.segment != second.segment:
            continue
        found, attributes = _matches(second, reading), _matches(first, reading)
        before = [_previous(place, reading) for place in found]
        has_others = all(other is not None and other.kind == "word" and not other.is_verb for other in before)
        if found and attributes and has_others and all(abs(place.place - other.place) > 4 for place in found for other in attributes):
            return f"attribute: {first.text} {second.text}"
    return ""


def _agents(said: Reading, known: Known) -> str:
    """ "Run by the council": as in the source, where the council runs it."""
    reading = known[0]
    for token in said.tokens:
        if token.relation != "by" or token.kind not in ("word", "name"):
            continue
        verb = next((other for other in reversed(said.tokens) if other.place < token.place and other.is_verb), None)
        if verb is None or token.place - verb.place > 4:
            continue
        pairs = [(act, agent) for act in _matches(verb, reading) for agent in _matches(token, reading)]
        if pairs and not any(act.clause == agent.clause or agent.place < act.place for act, agent in pairs):
            return f"order: by {token.text}"
    return ""


def _is_passive(pivot: Token, reading: Reading) -> bool:
    before = reading.words[max(0, pivot.place - 3) : pivot.place]
    if reading.words[pivot.place + 1 : pivot.place + 2] == ("by",):
        return True
    return any(word in ("is", "are", "was", "were", "be", "been", "being") for word in before)


def _connected(said: Reading, known: Known) -> str:
    """Neighbours in the sentence are near each other in the source: its words are not shuffled into a new claim."""
    reading, _ = known
    aligned = [(token, _matches(token, reading)) for token in said.tokens]
    aligned = [(token, places) for token, places in aligned if places]
    breaks = 0
    for (_, first), (_, second) in pairwise(aligned):
        if min(abs(one.place - other.place) for one in first for other in second) > NEAR:
            breaks += 1
    if len(aligned) > 3 and breaks > LOOSE * (len(aligned) - 1):
        return f"loose: {breaks} of {len(aligned) - 1}"
    return ""


NEAR = 9  # words between neighbours that still belong together
ALIKE = 0.75  # share of a sentence's words in the source's order from which on it follows the source word by word
TAKEN_UP = 0.7  # share of a clause's words in a sentence that takes it up
LOOSE = 0.5  # share of neighbours that may be further apart


# --- what counts as the same -----------------------------------------------------------------------------------------


def stands_in(token: Token, known: Known) -> bool:
    reading, context = known
    return bool(_matches(token, reading)) or (token.kind in ("word", "name") and any(_same_key(token, key) for key in context))


def _matches(token: Token, reading: Reading) -> list[Token]:
    return [other for other in reading.tokens if _same(token, other)]


def _among(token: Token, others: Iterable[Token]) -> bool:
    return any(_same(token, other) for other in others)


def _same(token: Token, other: Token) -> bool:
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
    return other.kind in ("word", "name") and _same_key(token, other.key)


Day = tuple[int | None, int | None, int | None]  # year, month, day


def _is_same_day(said: Day, known: Day) -> bool:
    """Whether a date is the source's, or less exact. A source may leave out the year: `_covered` looks for it elsewhere."""
    if any(mine is not None and mine != theirs for mine, theirs in zip(said[1:], known[1:], strict=True)):
        return False
    return said[0] is None or said[0] == known[0] or (known[0] is None and said[1] is not None)


def _same_key(token: Token, key: str) -> bool:
    if token.key == key:
        return True
    if token.kind == "name":
        return _is_people_of(token.key, key)
    return (
        _roots_agree(token.key, key) or bool(groups().get(token.key, frozenset()) & groups().get(key, frozenset())) or _is_people_of(token.key, key)
    )


def _is_people_of(one: str, other: str) -> bool:
    """A country and its people: the same beginning, and one of the endings that make peoples.

    >>> _is_people_of("vietnames", "vietnam")
    True
    """
    short, long = sorted((one, other), key=len)
    return len(short) >= 4 and long.startswith(short) and long[len(short) :] in ("es", "ese", "an", "ian", "n", "ean", "ish", "i", "'s")


_ENDINGS = (
    "ization",
    "isation",
    "ation",
    "ition",
    "ement",
    "ment",
    "ance",
    "ence",
    "age",
    "ion",
    "ity",
    "ive",
    "able",
    "ible",
    "er",
    "or",
    "al",
    "ed",
    "ing",
    "y",
    "e",
    "s",
)


def _roots_agree(one: str, other: str) -> bool:
    """Whether two stems are of one root: register and registration.

    >>> _roots_agree("regist", "registr"), _roots_agree("cat", "cater")
    (True, False)
    """
    if any(letter.isdigit() for letter in one + other):
        return False
    first, second = sorted((_root(one), _root(other)), key=len)
    return len(first) >= 4 and second.startswith(first) and len(second) - len(first) <= 1


def _root(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _stems_opposed(one: str, other: str) -> bool:
    return frozenset((one, other)) in opposites()


# --- all of them -----------------------------------------------------------------------------------------------------

RULES: tuple[Callable[[Reading, Known], str], ...] = (
    _persons, _heaped, _covered, _named, _swapped, _related, _negated, _standing, _same_cues, _bound, _ordered, _agents, _governed, _stated,
    _counts_alone, _infinitive, _speakers, _roles, _modified, _connected,
)  # fmt: skip
