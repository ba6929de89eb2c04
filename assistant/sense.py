"""Rules on sense: bounds, negation, standing, cause and quantity are the source's own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.matching import Known, found_in, is_among, overlaps, share_of, stems_opposed
from assistant.reading import Cue, Reading, Token, bans, bounds, quantities, vocabulary
from assistant.shape import is_infinitive
from index.keywords import stem


def bounds_kept(said: Reading, known: Known) -> str:
    """Before, after, from, until, at least, at most: as in the source."""
    for token in said.tokens:
        found = found_in(token, known[0])
        opposite = {"above": "below", "below": "above"}.get(token.relation, "-")
        relations = {other.relation for other in found}
        if token.kind == "word" and opposite in relations and token.relation not in relations:
            return f"relation: {token.relation} {token.text}"
        if token.relation == "asof" not in relations and any(other.relation == "asof" for other in known[0].tokens):
            return f"relation: {token.relation} {token.text}"
        rivals = [other for other in known[0].tokens if other.kind == token.kind == "date" and other.relation == token.relation in bounds()]
        if found and rivals and not any(other.relation in bounds() or other in rivals for other in found):
            return f"relation: {token.relation} {token.text}"  # "from 4 May" of what was said on 4 May, and is so from 1 May
        if found and not any(_relations_agree(token, other) or is_named_bound(token, other, said, known[0]) for other in found):
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


_BOUND_WORDS = {"most": frozenset("maximum cap ceiling limit most".split()), "least": frozenset("minimum floor least".split())}


def is_named_bound(said: Token, known: Token, reading: Reading, source: Reading) -> bool:
    """ "The maximum is 5", where the source says "up to 5"."""
    for bound, words in _BOUND_WORDS.items():
        for one, other, text in ((said, known, reading), (known, said, source)):
            is_told = any(word in words and clause == one.clause for word, clause in zip(text.words, text.clauses, strict=True))
            if other.relation == bound and one.relation not in bounds() and is_told:
                return True
            ends = any(word in _ENDS and clause == one.clause for word, clause in zip(text.words, text.clauses, strict=True))
            if bound == "most" and other.relation == "to" and one.relation in ("", "on", "in", "at") and one.kind == "date" and ends:
                return True  # "ended in May" where the source says "until May"
    return False


def is_bound(token: Token, reading: Reading) -> bool:
    """ "The maximum", where the source says "up to 5"."""
    bound = next((bound for bound, words in _BOUND_WORDS.items() if token.text.lower() in words), None)
    return bound is not None and any(other.relation == bound for other in reading.tokens)


_ENDS = frozenset("end ends ended close closes closed expire expires expired stopped ran deadline".split())


def _relations_agree(said: Token, known: Token) -> bool:
    if said.label or known.label:  # "under section 5"
        return True
    mine, theirs = (_bound_of(token) for token in (said, known))
    if said.kind not in ("number", "date"):
        return {mine, theirs} not in ({"above", "below"}, {"before", "after"}, {"from", "to"})
    if mine == theirs or (said.relation == "into" and theirs == "to"):
        return True
    if {mine, theirs} <= {"to", "most", ""}:  # "up to two days", "until May"
        return mine != ""
    if {mine, theirs} <= {"within", "most", "below", ""} and "within" in (mine, theirs):
        return mine != ""
    if {mine, theirs} == {"asof", "to"}:
        return True
    if mine in _STRICT or theirs in _STRICT:
        return False
    return (mine, theirs) not in _AGAINST


def _bound_of(token: Token) -> str:
    """The bound in front of a figure; of a day, "beyond" is after and "under" before."""
    bound = token.relation if token.relation in bounds() else ""
    return {"above": "after", "below": "before"}.get(bound, bound) if token.kind == "date" else bound


def negation_kept(said: Reading, known: Known) -> str:
    """What the source denies may not be asserted, nor the other way round."""
    reading = known[0]
    denied = [(cue, _scope(cue, reading)) for cue in reading.of("negation")]
    denials = [(cue, _scope(cue, said)) for cue in said.of("negation")]
    used = _used_clauses(said, reading)
    is_banned = _is_said_to_be_banned(said, reading)
    for cue, scope in denied:
        if is_banned or cue.clause not in used:
            continue
        scope = [token for token in scope if not is_standing_word(token)] or scope  # "it is not possible to land"
        head = _head(cue, scope)
        if cue.word == "non" and head and len(found_in(head[0], reading)) > 1:
            continue
        if (
            head
            and _is_repeated(head, scope, said, reading)
            and not _opposed(head[:1], said)
            and not any(overlaps(head, [*other, *_before(own, said)]) for own, other in denials)
        ):
            return f"negation: {cue.word} in the source"
    for cue in reading.of("reversal") if not is_denied_leave(said, reading) else ():
        scope = [token for token in reading.tokens if token.place > cue.place and token.clause == cue.clause][:3]
        if scope and share_of(scope, said.tokens) > 0.6 and is_among(scope[0], said.tokens) and not said.of("negation", "reversal"):
            return f"negation: {cue.word} in the source"
    if _most_in_a_clause(said) - is_denied_leave(said, reading) > max(1, _most_in_a_clause(reading)):
        return "negation: twice"
    for cue, scope in denials:
        head = _head(cue, scope)
        if _opposed(head, reading) or (cue.word == "not" and is_denied_leave(said, reading)) or (cue.word == "no" and _is_nothing(head, reading)):
            continue
        if head and head[0].kind == "word" and not found_in(head[0], reading):  # "does not include the tax", where "the tax is not part of it"
            head = [*head[1:], *_before(cue, said)]
        if any(is_standing_word(token) for token in head):  # "it is not permitted"
            head = [*(token for token in head if not is_standing_word(token)), *_before(cue, said)]
        stopped = [_scope(other, reading) for other in reading.of("reversal")]  # "no longer asks" for "stopped asking"
        whole = [*head, *_before(cue, said)]  # "boats are not let in", where the source has "ships, not boats"
        if not any(overlaps(head if _has_verb(own, reading) else whole, _reach(own, other)) for own, other in denied) and not any(
            overlaps(head[:1], other[:2]) for other in stopped
        ):
            return f"negation: {cue.word}"
    return ""


def _has_verb(cue: Cue, reading: Reading) -> bool:
    """Whether a verb stands behind a cue in its segment."""
    return any(place > cue.place and reading.segments[place] == cue.segment for place in reading.verbs)


def _reach(cue: Cue, scope: Sequence[Token]) -> Sequence[Token]:
    return scope if cue.word in ("neither", "nor", "none") else scope[:DENIED]


def _is_nothing(head: Sequence[Token], reading: Reading) -> bool:
    """Whether "no fee" is a fee of nothing in the source: "0% fee"."""
    places = [place for token in head[:2] for place in found_in(token, reading)]
    zeros = [token for token in reading.tokens if token.kind == "number" and token.key[0] == 0]
    return any(0 < place.place - zero.place <= 4 and place.segment == zero.segment for place in places for zero in zeros)


def _most_in_a_clause(reading: Reading) -> int:
    """How many negations the clause with most of them has; "neither … nor" is one, and behind an "if" another clause begins."""
    cues = [cue for cue in reading.of("negation") if cue.word != "nor" and cue.place]
    clauses = [(cue.clause, sum(word in ("if", "when", "because", "although") for word in reading.words[: cue.place])) for cue in cues]
    return max(map(clauses.count, clauses), default=0)


def _is_repeated(head: Sequence[Token], scope: Sequence[Token], said: Reading, reading: Reading) -> bool:
    """Whether a sentence says what the source denies: the word that is denied and most of the next, or nearly all of it."""
    first = head[:1] if is_among(head[0], said.tokens) else head[1:2]  # "did not cancel (annul) the rule"
    first = [token for token in first if token.is_verb or token is head[0] or "or" in reading.words[head[0].place : token.place]]
    most = share_of(head, said.tokens) > 0.6 and share_of(scope[:5], said.tokens) >= 0.5
    return (most and overlaps(first, said.tokens)) or share_of(scope, said.tokens) >= 0.8


def _head(cue: Cue, scope: Sequence[Token]) -> Sequence[Token]:
    return scope if cue.word in ("neither", "nor", "none") else scope[:3]


def _scope(cue: Cue, reading: Reading) -> list[Token]:
    """What a cue speaks of: the words behind it, to the end of the clause; none there, those before it."""
    behind = [token for token in reading.tokens if token.place > cue.place and token.clause == cue.clause]
    if cue.word == "non":  # "non-passenger boats": nothing but its own word
        return behind[:1]
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


def is_ban(token: Token, reading: Reading) -> bool:
    """ "Forbidden" where the source says "may not"."""
    return token.text.lower() in bans() and _denies_leave(reading)


def _denies_leave(reading: Reading) -> bool:
    """Whether a source says that something may not be done."""
    leave = {cue.place for cue in reading.of("permission")}
    return any({cue.place - 1, cue.place + 1, cue.place + 2} & leave or (cue.word == "no" and leave) for cue in reading.of("negation"))


def is_denied_leave(said: Reading, reading: Reading) -> bool:
    """Whether a sentence says that what the source forbids may not be done: "you may not land" for "landing is forbidden"."""
    leave = {cue.place for cue in said.of("permission")}
    denials = [cue for cue in said.of("negation") if cue.place - 1 in leave and cue.word == "not"]
    forbidding = {segment for word, segment in zip(reading.words, reading.segments, strict=True) if word in bans()}
    forbidding -= {cue.segment for cue in reading.of("negation") if cue.word != "without"}
    for cue in denials:
        acts = _scope(cue, said)[:2]
        if not forbidding or not acts or any(forbidding.isdisjoint(place.segment for place in found_in(act, reading)) for act in acts):
            return False
    return bool(denials)


def _is_said_to_be_banned(said: Reading, reading: Reading) -> bool:
    return not bans().isdisjoint(said.words) and not said.of("negation") and _denies_leave(reading)


def is_standing_word(token: Token) -> bool:
    return bool({"necessity", "permission"} & set(vocabulary()["cue_of"].get(token.text.lower(), ())))


def is_standing(token: Token, known: Known) -> bool:
    """ "Allowed" where the source says "may": `standing_kept` looks at those."""
    families = set(vocabulary()["cue_of"].get(token.text.lower(), ())) & {"necessity", "permission"}
    return any(cue.family in families for cue in known[0].cues)


_NOUNS = frozenset("proposal petition criticism complaint allegation prediction expectation".split())
_TELLING = frozenset("call called calls describe described describes claim claimed claims argue argued suggest suggested estimate estimated".split())
_ATTRIBUTED = frozenset("said says say according stated states told tells announced reported reports warned".split())  # who says it is told

_STANDINGS = ("necessity", "permission", "advice", "conditional", "unproven", "condition")


def standing_kept(said: Reading, known: Known) -> str:
    """Must, may, would, proposed, expected, claimed: the source's standing is the sentence's, and no other."""
    reading = known[0]
    used = _used_clauses(said, reading)
    is_banned = _is_said_to_be_banned(said, reading)
    for cue in reading.of(*_STANDINGS):
        if (is_banned and cue.family == "permission") or (cue.word == "if" and "when" in said.words):
            continue
        scope = _scope(cue, reading)[: 4 if cue.family == "unproven" else 3]
        if cue.word in _NOUNS:  # "backs the proposal and sells boats": those it does sell
            scope = [token for token in scope if token.segment == cue.segment]
        if not used & {token.clause for token in scope}:
            continue
        least = 0.99 if cue.family == "condition" else 0.6
        if any(stems_opposed(stem(cue.word), token.key) for token in said.tokens if token.kind == "word"):
            continue
        if cue.family == "unproven" and cue.word in _TELLING and not _ATTRIBUTED.isdisjoint(said.words):
            continue
        if scope and share_of(scope, said.tokens) > least and not any(_standings_agree(cue, own) for own in said.of(*_STANDINGS)):
            return f"standing: {cue.word} in the source"
    for own in said.of("necessity", "permission", "advice", "conditional"):
        if own.family == "permission" and is_denied_leave(said, reading):
            continue
        if own.family == "advice" and _is_told_to(own, said, reading):
            continue
        if own.word == "can" and not reading.of("necessity", "unproven", "conditional", "negation"):
            continue  # what is done can be done
        if own.word == "can" and any(word.endswith(("able", "ible")) for word in reading.words):
            continue  # "refundable"
        agreeing = [cue for cue in reading.of(*_STANDINGS) if _standings_agree(own, cue)]
        if not agreeing or (own.family == "necessity" and not any(_of_one(own, cue, said, reading) for cue in agreeing)):
            return f"standing: {own.word}"
    return ""


def tense_kept(said: Reading, known: Known) -> str:
    """What the source says of a time that is over is not said of today."""
    ends = [token for token in known[0].tokens if token.kind == "date" and token.relation == "to"]
    is_over = ends and not _is_present(known[0]) and _is_present(said) and not any(token.kind == "date" for token in said.tokens)
    return f"standing: until {ends[0].text} in the source" if is_over else ""


def _is_present(reading: Reading) -> bool:
    """Whether something is told of today: a verb's plain form is the present, but of those that have one form for all times."""
    verbs = [reading.words[place] for place in reading.verbs]
    plain = vocabulary()["plain"] - vocabulary()["past"]
    return any(verb in _NOW or verb in plain or (verb.endswith("s") and verb != "was") for verb in verbs)


_NOW = frozenset("is are has have will".split())


def _is_told_to(own: Cue, said: Reading, reading: Reading) -> bool:
    """Whether a sentence says that one should do what the source tells one to do: "run it again"."""
    act = next((token for token in said.tokens if token.place > own.place), None)
    pairs = list(zip(reading.words, reading.segments, strict=True))
    before = {token: {word for word, segment in pairs[: token.place] if segment == token.segment} for token in reading.tokens}
    opens = [token for token, words in before.items() if words <= _BIDDING]
    return act is not None and act.text in vocabulary()["plain"] and any(token.text.lower() == act.text for token in opens)


_BIDDING = frozenset("do not then first please always never".split())

DENIED = 5  # words behind a negation that it denies
TAKEN_UP = 0.7  # share of a clause's words in a sentence that takes it up


def figures_proven(said: Reading, known: Known) -> str:
    """A figure that the source only proposes, plans or expects is told as such: who proposes a fee of $25 has not set it."""
    reading = known[0]
    cues = [cue for cue in reading.of("unproven", "conditional") if cue.word not in _NAMING]
    if not cues or said.of("unproven", "conditional", "advice"):
        return ""
    for token in said.tokens:
        places = found_in(token, reading) if token.kind == "number" else []
        over = [next((cue for cue in cues if cue.segment == place.segment and _reaches(cue, place, reading)), None) for place in places]
        if places and all(over) and not (over[0] and over[0].word in _TELLING and not _ATTRIBUTED.isdisjoint(said.words)):
            return f"standing: {over[0].word if over[0] else ''} in the source"
    return ""


def _reaches(cue: Cue, place: Token, reading: Reading) -> bool:
    """Whether a plan or an estimate takes in a figure behind it; not one of what came first, as in "is to close after it had lost 5 boats"."""
    between = range(cue.place + 1, place.place)
    opens = next((other for other in between if reading.words[other] in ("after", "since", "because", "when")), None)
    return cue.place < place.place and (opens is None or not any(opens < verb < place.place for verb in reading.verbs))


_NAMING = frozenset("say tell call called calls describe described describes criticised criticized complained complains complain".split())


def _of_one(own: Cue, cue: Cue, said: Reading, reading: Reading) -> bool:
    """Whether an obligation of the sentence and one of the source speak of the same."""
    return overlaps(_scope(own, said)[:4], [*_scope(cue, reading), *_before(cue, reading)[-2:]])


def _used_clauses(said: Reading, reading: Reading) -> set[int]:
    """The clauses of the source that a sentence takes up: the one it shares most with, and each that it has most of."""
    clauses: dict[int, list[bool]] = {}
    for token in reading.tokens:
        clauses.setdefault(token.clause, []).append(is_among(token, said.tokens))
    places = {clause: [token for token in reading.tokens if token.clause == clause] for clause in clauses}
    whole = {clause for clause, tokens in places.items() if len(said.tokens) > 2 and share_of(said.tokens, tokens) == 1}
    if whole:  # it all stands there
        return whole
    best = max(map(sum, clauses.values()), default=0)
    return {clause for clause, shared in clauses.items() if sum(shared) == best or sum(shared) >= TAKEN_UP * len(shared)}


def _standings_agree(one: Cue, other: Cue) -> bool:
    if one.family == other.family or one.word == other.word:
        return True
    return {one.family, other.family} in ({"conditional", "unproven"}, {"advice", "unproven"}, {"advice", "conditional"})


def cues_kept(said: Reading, known: Known) -> str:
    """No cause and no quantity that the source does not have, and none of its reservations left out."""
    reading = known[0]
    if said.of("cause") and not reading.of("cause") and not _is_explained(said, reading):
        return f"cause: {said.of('cause')[0].word}"
    families = quantities()
    have = {families[cue.word] for cue in reading.of("quantity")}
    for cue in said.of("quantity"):
        is_remark = cue.word in ("only", "just") and any(
            cue.place < token.place <= cue.place + 2 and token.kind in ("number", "date") for token in said.tokens
        )
        if (
            families[cue.word] not in have
            and not is_remark
            and not _is_superlative(cue, said, reading)
            and not (cue.word in ("each", "every") and _is_each(cue, said, reading))
            and not (cue.word in ("any", "anyone", "anybody") and said.of("negation") and reading.of("negation"))  # "not any" is "no"
        ):
            return f"quantity: {cue.word}"
        if families[cue.word] == families["only"] and families[cue.word] in have and _is_of_another_only(cue, said, reading):
            return f"quantity: {cue.word}"
        if families[cue.word] in have and _is_of_another_quantity(cue, said, reading):
            return f"quantity: {cue.word}"
    return ""


def rank_kept(said: Reading, known: Known) -> str:
    """ "One of the longest" is not the longest."""
    words = known[0].words
    for place, word in enumerate(said.words):
        ranked = [other for other, same in enumerate(words) if same == word and place and said.words[place - 1] == words[other - 1] == "the"]
        is_shared = all(words[other - 2] in ("of", "among") for other in ranked) and {"1", "among"}.isdisjoint(said.words)
        if ranked and is_shared and _SUPERLATIVE.fullmatch(word):
            return f"quantity: the {word}"
    return ""


_SUPERLATIVE = re.compile(r"\w{3,}est|best|worst|most|least")


def _is_explained(said: Reading, reading: Reading) -> bool:
    """Whether a sentence says with "because" or "so" what the source says with a colon: the reason stands behind it."""
    causes, colons = said.of("cause"), reading.of("explanation")
    if len(causes) != 1 or not colons or causes[0].word not in ("because", "since", "so", "therefore"):
        return False
    sides = [[token for token in said.tokens if (token.place < causes[0].place) == is_before] for is_before in (True, False)]
    claim, reason = sides[::-1] if causes[0].word in ("so", "therefore") else sides
    if not claim or not reason:
        return False
    for colon in colons:
        before, behind = ([token for token in reading.tokens if (token.place < colon.place) == is_before] for is_before in (True, False))
        if share_of(claim, before) > 0.7 and share_of(reason, behind) > 0.7:
            return True
    return False


def _is_of_another_only(cue: Cue, said: Reading, reading: Reading) -> bool:
    """Whether an "only" stands with something that none of the source's stands with."""
    behind = next((token for token in said.tokens if token.place > cue.place and token.segment == cue.segment), None)
    clauses = {other.clause for other in reading.of("quantity") if quantities()[other.word] == quantities()[cue.word]}
    found = found_in(behind, reading) if behind else []
    return bool(found) and all(place.clause not in clauses for place in found)


def _is_of_another_quantity(cue: Cue, said: Reading, reading: Reading) -> bool:
    """Whether the source tells of the same thing with another quantity alone: "all drawings" where it has "most of the drawings"."""
    families = quantities()
    noun = next((token for token in said.tokens if cue.place < token.place <= cue.place + 3), None)
    if noun is None or noun.kind not in ("word", "name"):
        return False
    before = [[families[other.word] for other in reading.of("quantity") if 0 < place.place - other.place <= 3] for place in found_in(noun, reading)]
    return bool(before) and all(before) and all(families[cue.word] not in others for others in before)


def infinitive_kept(said: Reading, known: Known) -> str:
    """What the source says is to happen has not happened: "agreed to pay" is not "paid"."""
    reading = known[0]
    for token in said.tokens:
        if not token.is_verb or token.joined or is_infinitive(token, said):
            continue
        found = found_in(token, reading)
        if found and all(is_infinitive(place, reading) and _is_intended(place, reading) for place in found) and not said.of(*_STANDINGS, "negation"):
            return f"standing: to {token.text}"
    return ""


def _is_intended(token: Token, reading: Reading) -> bool:
    """Whether an infinitive is what someone means to do: "agreed to pay", "is to pay"; not what something is for."""
    before = reading.words[max(0, token.place - 4) : token.place]
    cues = {cue.word for cue in reading.of(*_STANDINGS, "reversal")}
    return any(word in _INTENDING or word in cues for word in before)


_INTENDING = frozenset(
    "is are was were be going due set scheduled supposed agree agrees agreed agreement decide decides decided vote votes voted".split()
)


def _is_superlative(cue: Cue, said: Reading, reading: Reading) -> bool:
    """Whether a "most" belongs to an adjective, as in "the most reliable", and the source has a superlative, too."""
    if cue.word != "most" or said.words[cue.place - 1 : cue.place] not in (("the",), ("its",), ("their",)):
        return False
    return any((word.endswith("est") and len(word) > 5) or word in ("most", "best", "worst") for word in reading.words)


def _is_each(cue: Cue, said: Reading, reading: Reading) -> bool:
    """Whether the source says it of each: "per boat", or "boats" without more."""
    noun = next((token for token in said.tokens if token.place == cue.place + 1), None)
    found = found_in(noun, reading) if noun else []
    return any(reading.words[place.place - 1 : place.place] in (("per",), ("a",), ("an",)) or place.text.lower().endswith("s") for place in found)
