"""Does a sentence follow from its evidence? Figures, names, wording, order, negation and standing are compared. Knows nothing of models.

No language model judges another here: the rules (`rules.py`) are plain, and in doubt the answer is no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from assistant.evidence import points_out
from assistant.matching import stands_in
from assistant.reading import AUXILIARIES, STOP, Reading, has_subject, may_state, read, vocabulary
from assistant.rules import RULES
from index.sentences import sentence_spans

TOGETHER = 0.84  # cosine with its source from which on a sentence whose words stand apart in it is taken for a paraphrase
LONG = 6  # words with a claim that such a sentence needs
FEWEST = 2  # words with a claim of their own that a sentence needs


@dataclass(frozen=True)
class Source:
    """What a sentence is checked against: a quote, and the headings above it, which may name its subject."""

    text: str
    context: str = ""


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check: what does not follow, for logs and tests, or the places of the sources from which the sentence follows."""

    follows: bool
    reason: str = ""
    used: tuple[int, ...] = ()
    takes_all: bool = False  # of those places; else any one of them will do


Near = Callable[[str, str], float]  # the cosine of two texts, by the embedding model


# --- the check -------------------------------------------------------------------------------------------------------


def check(sentence: str, sources: Sequence[Source], near: Near | None = None) -> Verdict:
    """Whether a sentence follows from the sources: whole from one of them, or each of its clauses from one.

    `near` lets a long sentence pass whose words all stand in its source, though further apart, when the two mean nearly the same.

    >>> check("The fee is 15 percent.", [Source("Since May the fee has been 15%.")]).follows
    True
    >>> check("The fee is 16%.", [Source("Since May the fee has been 15%.")]).reason
    'number: 16%'
    """
    if not sources:
        return Verdict(False, "no evidence")
    if quoting := tuple(place for place, source in enumerate(sources) if _is_quoted(sentence, source.text)):
        return Verdict(True, used=quoting)
    pieces = [(place, piece) for place, source in enumerate(sources) for piece in _sentences(source)]
    parts = [piece for _, piece in pieces]
    verdict = _against_each(sentence, parts, near)
    if not verdict.follows:
        verdict = _in_parts(sentence, parts, near) or _in_a_list(sentence, parts, near) or verdict
    return replace(verdict, used=tuple(dict.fromkeys(pieces[number][0] for number in verdict.used)))


@lru_cache(maxsize=4096)
def _sentences(source: Source) -> tuple[Source, ...]:
    """The sentences of a quote as sources of their own, each with the one before when it points back to it."""
    if not STOP.search(source.text):
        return (source,)
    pieces: list[str] = []
    for start, end in sentence_spans(source.text):
        text = source.text[start:end]
        pieces.append(f"{pieces[-1]} {text}" if pieces and points_out(text) else text)
    return tuple(Source(piece, source.context) for piece in pieces)


def _in_parts(sentence: str, sources: Sequence[Source], near: Near | None, *, parts: int = 3) -> Verdict | None:
    """The verdict of a sentence that can be cut where two statements are joined, so that each follows from a source of its own."""
    if len(sources) < 2:
        return None
    aside = _ASIDE.match(sentence)
    if aside and not _states(aside["head"]):  # "the fee, which is paid at noon, is $5"
        verdicts = [_against_each(f"{aside['head']} {part}", sources, near) for part in (aside["rest"], f"{aside['aside']}.")]
        if all(verdict.follows for verdict in verdicts):
            return _whole(*verdicts)
    for joint in _JOINT.finditer(sentence):
        left, right = sentence[: joint.start()], sentence[joint.end() :]
        if not (_states(left) and _states(right)):
            continue
        first = _against_each(left, sources, near)
        if not first.follows:
            continue
        if not has_subject(right):  # "… and pays $5": who pays stands in the first part
            subjects = [token for token in read(left).tokens if token.kind == "name"]
            fitting = [any(stands_in(token, read_source(source)) for token in subjects) or not subjects for source in sources]
        else:
            fitting = [True] * len(sources)
        rest = [source if fits else _NOTHING for source, fits in zip(sources, fitting, strict=True)]
        second = _against_each(right, rest, near)
        if not second.follows and parts > 2:
            second = _in_parts(right, rest, near, parts=parts - 1) or second
        if second.follows:
            return _whole(first, second)
    return None


def _whole(*parts: Verdict) -> Verdict:
    """The verdict of a sentence by those of its parts: the places that it takes all of."""
    places = [part.used if part.takes_all else part.used[:1] for part in parts]
    return Verdict(True, used=tuple(dict.fromkeys(place for used in places for place in used)), takes_all=True)


def _in_a_list(sentence: str, sources: Sequence[Source], near: Near | None) -> Verdict | None:
    """The verdict of a sentence with two figures of one kind, each with what it is for: told one by one, each follows from a source.

    "Boats pay $5 in May and $6 in June" is "boats pay $5 in May" and "boats pay $6 in June".
    """
    for joint in _AND.finditer(sentence):
        left, right = sentence[: joint.start()], sentence[joint.end() :]
        first = next(iter(read(right).tokens), None)
        last = next((token for token in read(left).tokens if first and token.kind == first.kind == "number" and token.key[1] == first.key[1]), None)
        start = left.find(last.text) if last else -1
        has_more = last is not None and left[start + len(last.text) :].strip(" ,")  # not "$5 and $6 a night"
        if start < 0 or not has_more or not _states(left[:start]) or not right.startswith(first.text if first else "-"):
            continue
        verdicts = [_against_each(part, sources, near) for part in (f"{left}.", f"{left[:start]}{right}")]
        if all(verdict.follows for verdict in verdicts):
            return _whole(*verdicts)
    return None


_NOTHING = Source("")
_AND = re.compile(r",?\s+(?:and|but|while)\s+(?=[$€£¥₩]?\d)")
# "so" and "because" join no two statements here: that one is the cause of the other would be a statement of its own
_JOINT = re.compile(r"\s*;\s+|(?:,\s+|\s+)(?:and|but|while|whereas|although|even though|though)\s+")
_ASIDE = re.compile(r"(?P<head>[^,;]+), (?:which|who) (?P<aside>[^;]+?), (?!\d{4}\b)(?P<rest>[^;]+)\Z")


def _states(text: str) -> bool:
    """Whether a part of a sentence has a verb; a participle alone, as in "all boats combined in May", is none."""
    reading = read(text)
    verbs = [token for token in reading.tokens if token.is_verb]
    ends = [" ".join(reading.words[token.place + 1 : token.place + 2]) for token in verbs]
    plain = any(
        token.text.lower() in vocabulary()["verbs"] or end not in vocabulary()["neutral"] | {""} for token, end in zip(verbs, ends, strict=True)
    )
    return plain or not AUXILIARIES.isdisjoint(reading.words)


def _against_each(sentence: str, sources: Sequence[Source], near: Near | None) -> Verdict:
    """The verdict of the sources from which the sentence follows; where there is none, of the one that gets furthest."""
    verdicts = [_against(sentence, source, near) for source in sources]
    used = tuple(place for place, (_, verdict) in enumerate(verdicts) if verdict.follows)
    return Verdict(True, used=used) if used else max(verdicts, key=lambda found: found[0])[1]


def _against(sentence: str, source: Source, near: Near | None) -> tuple[int, Verdict]:
    said, known = read(sentence), read_source(source)
    if _is_quoted(sentence, source.text):
        return len(RULES) + 1, Verdict(True)
    if len(said.tokens) < FEWEST or not (said.verbs or may_state(said)):
        return 0, Verdict(False, "too little")
    if fault := _plain_text(sentence, source):
        return 0, Verdict(False, fault)
    apart = ""
    for passed, rule in enumerate(RULES, start=1):
        if fault := rule(said, known):
            if near is None or not fault.startswith("apart"):
                return passed, Verdict(False, fault)
            apart = apart or fault
    if apart and (near is None or len(said.tokens) < LONG or near(sentence, source.text) < TOGETHER):
        return len(RULES), Verdict(False, apart)
    return len(RULES) + 1, Verdict(True)


def _is_quoted(sentence: str, text: str) -> bool:
    """Whether a sentence is one of the source's, word for word."""
    start = text.find(sentence)
    end = start + len(sentence)
    opens = start == 0 or re.search(r"[.!?:][\"”’)]*\s+\Z", text[:start]) is not None
    return start >= 0 and len(sentence) > 20 and opens and (end == len(text) or text[end].isspace())


def _plain_text(sentence: str, source: Source) -> str:
    """No sign that is neither a letter, a figure nor plain punctuation, unless the source has it."""
    strange = next((sign for sign in sentence if not (sign.isalnum() or sign in _PUNCTUATION or sign in source.text)), "")
    return f"sign: {strange!r}" if strange else ""


_PUNCTUATION = frozenset(" .,;:!?'\"()[]-–—‐‑’‘“”%$€£¥₩°§&/+\u00a0\u202f")


def read_source(source: Source) -> tuple[Reading, tuple[Any, ...]]:
    """A source taken apart: its quote, and the keys of the words and names in its headings."""
    return read(source.text), tuple(token.key for token in read(source.context).tokens if token.kind in ("word", "name"))
