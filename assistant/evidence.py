"""Hits → the sentences that bear on the question, numbered, best first. Knows nothing of models or screens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant.citations import as_prose
from assistant.question import Kind, Question
from index import Hit, Index, Sentence
from index.keywords import STOPWORDS, tokenize

# Words with which a sentence points out of itself when it begins with them.
_POINTER = re.compile(
    r"\W*(?:it|its|they|their|theirs|them|he|his|him|she|her|hers|this|that|these|those|such|both|the (?:latter|former|same|other|others|two)|"
    r"another|others|here|there(?! (?:is|are|was|were|will|has|have)\b)|however|but|and|or|nor|so|yet|also|then|thus|therefore|hence|moreover|furthermore|instead|"
    r"otherwise|consequently|nevertheless|similarly|likewise|for (?:example|instance)|in (?:addition|contrast|turn|fact)|as a result|by contrast|"
    r"on the other hand|at (?:that|this) (?:time|point)|after(?:wards| that| this)|before (?:that|this)|until then|since then|each|which|who|whose|what follows)\b",
    re.I,
)


@dataclass(frozen=True)
class Evidence:
    """A sentence of a hit that bears on the question, under a number. The span may begin one sentence earlier to stand alone."""

    number: int
    hit: Hit
    start: int
    end: int
    quote: str  # document.text[start:end]
    prose: str  # the quote as it reads in a sentence
    tokens: frozenset[str]  # of the prose
    context: frozenset[str]  # of title and headings
    score: float
    features: Mapping[str, float]


def points_out(text: str) -> bool:
    """Whether a sentence leans on the one before it.

    >>> points_out("It rose to 15%."), points_out("The duty rose to 15%.")
    (True, False)
    """
    return bool(_POINTER.match(text))


# The share of each signal in a sentence's score; docs/answering.md tells what each is worth.
WEIGHTS: Mapping[str, float] = {"cosine": 1.0, "coverage": 0.9, "own": 0.5, "rank": 0.35, "kind": 0.12, "pointer": -0.15}


def gather(question: Question, hits: Sequence[Hit], index: Index, *, weights: Mapping[str, float] = WEIGHTS) -> list[Evidence]:
    """Every sentence of the hits as evidence, best first, numbered from 1."""
    wanted = {term.token: term.rarity for term in question.terms}
    expanded = _alternatives(question, index)
    total = sum(wanted.values()) or 1.0
    found: list[Evidence] = []
    for rank, hit in enumerate(hits, start=1):
        context = frozenset(tokenize(f"{hit.title} {hit.section}"))
        for place, sentence in enumerate(hit.sentences):
            own = frozenset(tokenize(sentence.text))
            covered_own = sum(rarity for token, rarity in wanted.items() if expanded[token] & own) / total
            covered = sum(rarity for token, rarity in wanted.items() if expanded[token] & (own | context)) / total
            features = {
                "cosine": sentence.cosine,
                "coverage": covered,
                "own": covered_own,
                "rank": 1.0 / rank,
                "kind": float(fits(question.kind, sentence.text)),
                "pointer": float(points_out(sentence.text)),
            }
            score = sum(weights.get(name, 0.0) * value for name, value in features.items())
            start = _begin(hit.sentences, place)
            quote = hit.text[start - hit.start : sentence.end - hit.start]
            prose = as_prose(quote)
            found.append(Evidence(0, hit, start, sentence.end, quote, prose, frozenset(tokenize(prose)), context, score, features))
    found.sort(key=lambda evidence: (-evidence.score, evidence.hit.document_id, evidence.start))
    return [_numbered(evidence, number) for number, evidence in enumerate(_distinct(found), start=1)]


def _alternatives(question: Question, index: Index) -> dict[str, frozenset[str]]:
    """For each term the tokens that count as it: itself and the corpus's synonyms."""
    tokens = [term.token for term in question.terms]
    result = {token: {token} for token in tokens}
    for group in index.configuration.synonyms:
        members = [[token for token in tokenize(phrase) if token not in STOPWORDS] for phrase in group]
        for member in members:
            if member and set(member) <= set(tokens):
                for token in member:
                    result[token] |= {other[0] for other in members if len(other) == 1}
                    result[token] |= {"".join(other) for other in members if len(other) > 1}
                    result[token] |= {token for other in members if len(other) > 1 for token in other[-1:]}
    return {token: frozenset(found) for token, found in result.items()}


def _begin(sentences: Sequence[Sentence], place: int) -> int:
    """Where the quote has to begin so that it does not point out of itself: at most two sentences earlier."""
    first = place
    while first > 0 and place - first < 2 and points_out(sentences[first].text):
        first -= 1
    return sentences[first].start


def _distinct(found: Iterable[Evidence]) -> list[Evidence]:
    seen: set[tuple[str, int, int]] = set()
    kept: list[Evidence] = []
    for evidence in found:
        span = (evidence.hit.document_id, evidence.start, evidence.end)
        if span not in seen:
            seen.add(span)
            kept.append(evidence)
    return kept


def _numbered(evidence: Evidence, number: int) -> Evidence:
    return Evidence(number, *(getattr(evidence, name) for name in list(Evidence.__dataclass_fields__)[1:]))


_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_SIGNS: Mapping[Kind, re.Pattern[str]] = {
    "number": re.compile(r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|hundred|thousand|million|billion|half|twice|none|zero)\b", re.I),
    "date": re.compile(rf"\b(?:1[5-9]|20)\d\d\b|\b(?:{_MONTHS})\b|\b\d+ (?:days?|weeks?|months?|years?)\b|\b\d{{1,2}}(?::\d\d)? ?[ap]\.?m\b|\bcentury\b", re.I),
    "person": re.compile(r"(?:^|[a-z,;(\"“] ?)\b[A-Z][\w'’.-]+(?: (?:[A-Z][\w'’.-]+|of|de|van|von|bin))* ?[A-Z][\w'’-]+"),
    "place": re.compile(r"\b(?:in|at|from|near|to|of|on|north|south|east|west) (?:the )?[A-Z]\w+"),
    "reason": re.compile(r"\b(?:because|since|due to|owing to|so that|in order to|reason|therefore|as a result|to (?:avoid|prevent|protect|reduce|make|keep|allow)|caused?|thanks to|led to|for fear)\b", re.I),
    "list": re.compile(r",[^.]*\band\b|;|:|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+)\b"),
}  # fmt: skip


def fits(kind: Kind, sentence: str) -> bool:
    """Whether a sentence holds what that kind of question asks for."""
    pattern = _SIGNS.get(kind)
    return pattern is None or bool(pattern.search(sentence))
