"""Rules on sense: bounds, negation, standing, cause and quantity are the source's own."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.matching import Known, found_in, is_among, overlaps, share_of, stems_opposed
from assistant.reading import Cue, Reading, Token, bounds, quantities, vocabulary
from assistant.shape import is_infinitive
from index.keywords import stem


def bounds_kept(said: Reading, known: Known) -> str:
    """Before, after, from, until, at least, at most: as in the source."""
    for token in said.tokens:
        found = found_in(token, known[0])
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


def negation_kept(said: Reading, known: Known) -> str:
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
            and not any(overlaps(head, [*other, *_before(own, said)]) for own, other in denials)
        ):
            return f"negation: {cue.word} in the source"
    for cue in reading.of("reversal"):
        scope = [token for token in reading.tokens if token.place > cue.place and token.clause == cue.clause][:3]
        if scope and share_of(scope, said.tokens) > 0.6 and is_among(scope[0], said.tokens) and not said.of("negation", "reversal"):
            return f"negation: {cue.word} in the source"
    for cue, scope in denials:
        head = _head(cue, scope)
        if not any(overlaps(head, other) for _, other in denied) and not _opposed(head, reading):
            return f"negation: {cue.word}"
    return ""


def _is_repeated(head: Sequence[Token], scope: Sequence[Token], said: Reading) -> bool:
    """Whether a sentence says what the source denies: the word that is denied and most of the next, or nearly all of it."""
    return (min(share_of(head, said.tokens), share_of(scope[:5], said.tokens)) > 0.6 and is_among(head[0], said.tokens)) or share_of(
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


def _opposed(tokens: Sequence[Token], reading: Reading) -> bool:
    return any(stems_opposed(token.key, other.key) for token in tokens for other in reading.tokens if token.kind == other.kind == "word")


def is_opposite(token: Token, said: Reading, known: Known) -> bool:
    """ "Forbidden" where the source says "not allowed", and the other way round."""
    if token.kind != "word":
        return False
    reading = known[0]
    negated = any(token in _scope(cue, said)[:3] for cue in said.of("negation"))
    for other in reading.tokens:
        if other.kind == "word" and stems_opposed(token.key, other.key):
            denied = any(other in _scope(cue, reading)[:3] for cue in reading.of("negation"))
            if denied != negated:
                return True
    return False


def is_standing(token: Token, known: Known) -> bool:
    """ "Allowed" where the source says "may": `standing_kept` looks at those."""
    families = set(vocabulary()["cue_of"].get(token.text.lower(), ())) & {"necessity", "permission"}
    return any(cue.family in families for cue in known[0].cues)


_STANDINGS = ("necessity", "permission", "conditional", "unproven", "condition")


def standing_kept(said: Reading, known: Known) -> str:
    """Must, may, would, proposed, expected, claimed: the source's standing is the sentence's, and no other."""
    reading = known[0]
    used = _used_clauses(said, reading)
    for cue in reading.of(*_STANDINGS):
        scope = _scope(cue, reading)[: 4 if cue.family == "unproven" else 3]
        if not used & {token.clause for token in scope}:
            continue
        least = 0.99 if cue.family == "condition" else 0.6
        if any(stems_opposed(stem(cue.word), token.key) for token in said.tokens if token.kind == "word"):
            continue
        if scope and share_of(scope, said.tokens) > least and not any(_standings_agree(cue, own) for own in said.of(*_STANDINGS)):
            return f"standing: {cue.word} in the source"
    for own in said.of("necessity", "permission", "conditional"):
        if own.word == "can" and not reading.of("necessity", "unproven", "conditional", "negation"):
            continue  # what is done can be done
        if not any(_standings_agree(own, cue) for cue in reading.of(*_STANDINGS)):
            return f"standing: {own.word}"
    return ""


TAKEN_UP = 0.7  # share of a clause's words in a sentence that takes it up


def _used_clauses(said: Reading, reading: Reading) -> set[int]:
    """The clauses of the source that a sentence takes up: the one it shares most with, and each that it has most of."""
    clauses: dict[int, list[bool]] = {}
    for token in reading.tokens:
        clauses.setdefault(token.clause, []).append(is_among(token, said.tokens))
    best = max(map(sum, clauses.values()), default=0)
    return {clause for clause, shared in clauses.items() if sum(shared) == best or sum(shared) >= TAKEN_UP * len(shared)}


def _standings_agree(one: Cue, other: Cue) -> bool:
    if one.family == other.family or one.word == other.word:
        return True
    return {one.family, other.family} <= {"conditional", "unproven"}


def cues_kept(said: Reading, known: Known) -> str:
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


def infinitive_kept(said: Reading, known: Known) -> str:
    """What the source says is to happen has not happened: "agreed to pay" is not "paid"."""
    reading = known[0]
    for token in said.tokens:
        if not token.is_verb or token.joined or is_infinitive(token, said):
            continue
        found = found_in(token, reading)
        if found and all(is_infinitive(place, reading) for place in found) and not said.of(*_STANDINGS, "negation"):
            return f"standing: to {token.text}"
    return ""
