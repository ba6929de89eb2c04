"""How the words of a sentence hang together: what a verb speaks of, what stands beside a figure. Knows nothing of evidence."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.reading import AUXILIARIES, Reading, Token


def token_before(token: Token, reading: Reading) -> Token | None:
    return next((other for other in reading.tokens if other.place == token.place - 1), None)


def next_noun(token: Token, reading: Reading) -> Token | None:
    return next((other for other in reading.tokens if other.place == token.place + 1 and other.kind in ("word", "name")), None)


def is_first(token: Token, said: Reading) -> bool:
    """Whether a figure is the first of its kind in its clause; a further one may belong to something else."""
    return token.kind == "word" or not any(
        other.place < token.place and other.clause == token.clause and other.kind == token.kind for other in said.tokens
    )


def _has_verb(reading: Reading, segment: int) -> bool:
    """Whether a segment states something by itself."""
    return any(reading.segments[place] == segment for place in reading.verbs)


def opening_of(reading: Reading) -> list[Token]:
    """What a sentence begins with before its subject: "In May, …", "By the last count, …"."""
    opening = [token for token in reading.tokens if token.segment == 0]
    return opening if opening and opening[0].is_oblique and not _has_verb(reading, 0) else []


def own_of(token: Token, reading: Reading) -> list[Token]:
    """What belongs to a figure and to no other: its segment, without what the segments behind it share with it.

    In "the fee was $5 in May, $6 in June and $7 in July" the fee is shared, and May is the own of $5.
    """
    segment = [other for other in reading.tokens if other.segment == token.segment]
    behind = [other for other in reading.tokens if other.segment == token.segment + 1]
    figures = [other for other in behind if other.kind in ("number", "date", "code")]
    if figures and behind[0] is figures[0] and figures[0].clause == token.clause and not _has_verb(reading, token.segment + 1):
        begin = next(
            (other.place for other in segment if other.kind == figures[0].kind and (other.kind != "number" or other.key[1] == figures[0].key[1])), 0
        )
        segment = [other for other in segment if (other.place >= begin) == (token.place >= begin)]
    return [other for other in segment if other is not token]


def beside_of(token: Token, said: Reading) -> tuple[list[Token], bool]:
    """What stands in a figure's segment; where that is nothing, in the one before and the first one (borrowed)."""
    beside = [other for other in said.tokens if other.segment == token.segment and other is not token]
    if beside:
        return beside, False
    first = min(other.segment for other in said.tokens)
    return [other for other in said.tokens if other.segment in (first, token.segment - 1) and other.segment != token.segment], True


def subject_at(reading: Reading, place: Token) -> list[Token]:
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


def sides_of(reading: Reading, pivot: Token) -> tuple[list[Token], list[Token]]:
    things = [token for token in reading.tokens if token.kind in ("word", "name") and not token.is_verb]
    left = [token for token in things if token.place < pivot.place and pivot.clause - 1 <= token.clause]
    return left, [token for token in things if token.place > pivot.place and token.clause == pivot.clause]


def nearest_to(reading: Reading, place: int) -> Token:
    """A stand-in for a word that carries no claim, at its place."""
    clause = next((token.clause for token in reading.tokens if token.place >= place), 0)
    return Token("word", "", "", place, 0, clause)


def only_place(word: str, reading: Reading) -> int | None:
    places = [place for place, other in enumerate(reading.words) if other == word]
    return places[0] if len(places) == 1 else None


def verbs_of(token: Token, reading: Reading) -> list[Token]:
    """The verbs that govern a word: those of its segment; where it has none, of the nearest before it in the clause, or behind it."""
    verbs = [other for other in reading.tokens if other.is_verb and not other.joined and other.clause == token.clause]
    before = [other for other in verbs if other.segment <= token.segment]
    if before:
        last = max(other.segment for other in before)
        return [other for other in before if other.segment == last]
    first = min((other.segment for other in verbs), default=0)
    return [other for other in verbs if other.segment == first]


def is_governed(token: Token, verb: Token, reading: Reading) -> bool:
    """Whether a word belongs to that verb and no other: the last before it, or the first where none is."""
    verbs = verbs_of(token, reading)
    before = [other for other in verbs if other.place < token.place]
    return bool(verbs) and (before[-1] if before else verbs[0]) is verb


def with_verb(verb: Token, reading: Reading) -> list[Token]:
    """What a verb is said of: what it governs, its subject, what the sentence begins with; behind a pronoun, all before it."""
    near = [token for token in reading.tokens if any(other is verb for other in verbs_of(token, reading))]
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
    return near + opening_of(reading)


_PRONOUNS = frozenset("it its they their them he his him she her this these those which who whose such".split())


def statements(reading: Reading) -> Iterator[list[Token]]:
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


def is_passive(pivot: Token, reading: Reading) -> bool:
    before = reading.words[max(0, pivot.place - 3) : pivot.place]
    if reading.words[pivot.place + 1 : pivot.place + 2] == ("by",):
        return True
    if any(word in ("is", "are", "was", "were", "be", "been", "being") for word in before):
        return True
    near = [token for token in reading.tokens if token.place > pivot.place and token.segment == pivot.segment]
    goes_on = reading.words[pivot.place + 1 : pivot.place + 2]
    done_by = next((token for token in near if token.relation == "by" and token.kind in ("word", "name")), None)
    # "… and closed in May by the board"
    return done_by is not None and goes_on in (("in",), ("on",), ("at",)) and not any(token.is_verb for token in near if token.place < done_by.place)


def is_attribute(verb: Token, reading: Reading) -> bool:
    """Whether a verb's form belongs to a noun: "the boats built here pay"."""
    if not AUXILIARIES.isdisjoint(reading.words[max(0, verb.place - 3) : verb.place]):
        return False
    if any(place > verb.place and reading.segments[place] == verb.segment for place in reading.verbs):
        return True
    opens = verb.place > 0 and reading.segments[verb.place - 1] != verb.segment  # "…, built in 1847, …"
    return opens and reading.words[verb.place + 1 : verb.place + 2] in (("by",), ("in",), ("on",), ("at",), ("under",), ("from",))


def is_infinitive(token: Token, reading: Reading) -> bool:
    before = reading.words[max(0, token.place - 2) : token.place]
    return "to" in before and not any(word[-1].isdigit() for word in before)  # "2 to 5 boats"
