"""Hits → the sentences that bear on the question, numbered, best first. Knows nothing of models or screens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from assistant.citations import as_read
from assistant.kinds import enumerates, fits, gives_reason, kind_of, rules_on
from assistant.matching import forms_among
from assistant.question import Question, speaks_of_age, years_of_make
from assistant.reading import related
from index import Hit, Index
from index.keywords import STOPWORDS, tokenize

WEIGHTS = Path(__file__).with_name("weights.json")  # fitted; the file says from which data

COMMONEST = 0.2  # what a word counts that stands in every text: it tells little, but the question did say it
LIST_WORDS = 90  # of a list that is quoted whole
TOGETHER = 2  # how far apart two words of a sentence may stand, stop words left out, to count as next to each other

# Words with which a sentence points out of itself when it begins with them.
_POINTER = re.compile(
    r"""\W*(?:it|its|they|their|theirs|them|he|his|him|she|her|hers|this|that|these|those|such|both|another|others|here|each|which|who|whose
        |the\ (?:latter|former|same|other|others|two)|there(?!\ (?:is|are|was|were|will|has|have)\b)
        |however|but|and|or|nor|so|yet|also|then|thus|therefore|hence|moreover|furthermore|instead|otherwise|consequently|nevertheless|similarly|likewise
        |for\ (?:example|instance)|in\ (?:addition|contrast|turn|fact)|as\ a\ result|by\ contrast|on\ the\ other\ hand
        |at\ (?:that|this)\ (?:time|point)
        |after(?:wards|\ that|\ this)|before\ (?:that|this)|until\ then|since\ then|what\ follows)\b""",
    re.I | re.X,
)


@dataclass(frozen=True)
class Evidence:
    """A sentence of a hit that bears on the question. The span may begin earlier, so that the quote stands alone."""

    hit: Hit
    start: int
    end: int
    quote: str  # document.text[start:end]
    prose: str  # the quote as it reads in a sentence
    tokens: frozenset[str]  # of the prose
    context: frozenset[str]  # of title and headings
    score: float
    features: Mapping[str, float]
    covered: frozenset[str]  # the tokens of the question that it has, in itself, its context or by a synonym


@cache
def weights(name: str) -> Mapping[str, float]:
    """Fitted weights by their name in weights.json."""
    data: dict[str, dict[str, float]] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return data[name]


def points_out(text: str) -> bool:
    """Whether a sentence leans on the one before it.

    >>> points_out("It rose to 15%."), points_out("The duty rose to 15%.")
    (True, False)
    """
    return bool(_POINTER.match(text))


def as_answerable(question: Question, hits: Sequence[Hit]) -> Question:
    """A question for what a thing is, taken as one about it where no sentence of the hits defines the thing: "what's the mooring fee"."""
    if question.kind != "definition" or any(fits(question.text, question.kind, sentence.text) for hit in hits for sentence in hit.sentences):
        return question
    return replace(question, kind=kind_of(question.text, may_define=False))


def gather(question: Question, hits: Sequence[Hit], index: Index) -> list[Evidence]:
    """Every sentence of the hits as evidence, best first; its place in the list, from 1, is its number."""
    alike = _alike(question, hits, index)
    rarity = {term.token: COMMONEST + (1 - COMMONEST) * term.rarity for term in question.terms}
    total = sum(rarity.values()) or 1.0
    names = {term.token for term in question.terms if term.is_name}
    neighbours = tuple(pairwise(rarity))
    of_make = years_of_make(question.text) & rarity.keys()
    highest = max((sentence.bm25 for hit in hits for sentence in hit.sentences), default=0.0) or 1.0
    share = weights("sentence")
    asked = _tokens(question.text)
    found: list[Evidence] = []
    together = sum(hit.score for hit in hits) or 1.0
    for rank, hit in enumerate(hits, start=1):
        context = _tokens(f"{hit.title} {hit.section}")
        heading = hit.section.rpartition(" > ")[2]
        nearest = max((sentence.cosine for sentence in hit.sentences), default=0.0)
        of_document = sum(other.score for other in hits if other.document_id == hit.document_id) / together
        for place, sentence in enumerate(hit.sentences):
            if hit.passage and sentence.text == hit.passage.header:  # each row of the table is read under it
                continue
            if not sentence.text.endswith((".", "!", "?", ":")) and not _tokens(sentence.text) - context - asked - STOPWORDS:  # a title
                continue
            start, end = _extent(hit, place)
            quote = hit.text[start - hit.start : end - hit.start]
            fitting = fits(question.text, question.kind, sentence.text)
            is_told_above = not fitting and question.kind != "definition" and fits(question.text, question.kind, heading)
            prose = as_read(quote, hit.section, header=hit.passage.header if hit.passage else "", under_heading=is_told_above)
            own = _tokens(prose)
            had = {token for token in rarity if token in own or alike.get(token, frozenset()) & own}
            had -= _parts_of_names(prose, frozenset(had - names), alike)
            if of_make and speaks_of_age(prose):  # which a thing's year decides
                had |= of_make
            around = {token for token in rarity if token in context or alike.get(token, frozenset()) & context}
            features = {
                "cosine": sentence.cosine,
                "bm25": sentence.bm25 / highest,
                "own": sum(rarity[token] for token in had) / total,
                "covered": sum(rarity[token] for token in had | around) / total,
                "rank": 1.0 / rank,
                "document": of_document,
                "kind": float(fitting or is_told_above),
                "definition": float(fitting and question.kind == "definition"),
                "rule": float(rules_on(question.text, sentence.text)),
                "reason": float((question.kind == "reason" and gives_reason(prose)) or (question.kind == "list" and enumerates(prose))),
                "together": _share_together(neighbours, prose),
                "nearest": float(sentence.cosine >= nearest),
                "bm25_per_term": sentence.bm25 / (10.0 * total),
            }
            score = sum(share.get(name, 0.0) * value for name, value in features.items())
            covered = frozenset(had | around)
            found.append(Evidence(hit, start, end, quote, prose, own, context, score, features, covered))
    found.sort(key=lambda evidence: (-evidence.score, evidence.hit.document_id, evidence.start))
    return _distinct(found)


def _alike(question: Question, hits: Sequence[Hit], index: Index) -> dict[str, frozenset[str]]:
    """For words of a question what may stand for them in the hits: by the corpus's own list, forms of one root, and, but for names, what
    English has for them."""
    alike = index.synonyms_of([term.token for term in question.terms])
    texts = (text for hit in hits for text in (f"{hit.title} {hit.section}", *(sentence.text for sentence in hit.sentences)))
    there = frozenset[str]().union(*map(_tokens, texts)) - STOPWORDS
    for term in question.terms:
        others = forms_among(term.token, there) | (frozenset() if term.is_name else related(term.token) & there)
        if others:
            alike[term.token] = alike.get(term.token, frozenset()) | others
    return alike


@lru_cache(maxsize=8192)
def _read(text: str) -> tuple[frozenset[str], Mapping[str, Sequence[int]]]:
    """The words of a text, and where each of them stands, stop words left out; the same passages are found again and again."""
    tokens = tokenize(text)
    places: dict[str, list[int]] = {}
    for place, token in enumerate(token for token in tokens if token not in STOPWORDS):
        places.setdefault(token, []).append(place)
    return frozenset(tokens), places


def _tokens(text: str) -> frozenset[str]:
    return _read(text)[0]


def _share_together(neighbours: Sequence[tuple[str, str]], text: str) -> float:
    """The share of a question's neighbouring words that are neighbours in a text, in either order."""
    if not neighbours:
        return 0.0
    _, places = _read(text)
    found = sum(
        any(abs(one - other) <= TOGETHER for one in places.get(first, ()) for other in places.get(second, ())) for first, second in neighbours
    )
    return found / len(neighbours)


# Three words with capitals and more: "Institute for Highway Safety".
_LONG_NAME = re.compile(r"\b[A-Z][\w'’&-]*(?:(?: (?:of|for|the|and|on|in|to|de))* [A-Z][\w'’&-]*){2,}")


def _parts_of_names(prose: str, had: frozenset[str], alike: Mapping[str, frozenset[str]]) -> set[str]:
    """Which common words of a question a sentence has only as the one part of a long name: the name's owner is not what is asked about."""
    found = [_tokens(name) for name in _LONG_NAME.findall(prose)] if had else []
    if not found:
        return set()
    elsewhere = _tokens(_LONG_NAME.sub(" ", prose))
    meant = {token: {token} | alike.get(token, frozenset()) for token in had}
    inside = [{token for token in had if meant[token] & name} for name in found]
    whole = set().union(*(tokens for tokens in inside if len(tokens) > 1))
    return {token for tokens in inside if len(tokens) == 1 for token in tokens if not meant[token] & elsewhere} - whole


def _extent(hit: Hit, place: int) -> tuple[int, int]:
    """The quote of a sentence that stands alone: from what it leans on, with its list or code; a question with the sentence after it."""
    sentences = hit.sentences
    first = last = place
    text = sentences[place].text
    is_whole = text.endswith((".", "!", "?"))  # an item that is a sentence needs no list around it
    announces = text.endswith(":")
    if announces or _is_code(hit, place) or _is_step(hit, place) or (_is_item(hit, place) and not is_whole):
        while first > 0 and _is_joined(hit, first):
            first -= 1
        while last + 1 < len(sentences) and _is_joined(hit, last + 1):
            last += 1
        if len(hit.text[sentences[first].start - hit.start : sentences[last].end - hit.start].split()) > LIST_WORDS:
            first = last = place
    elif text.endswith("?") and last + 1 < len(sentences):
        last += 1
    while first > 0 and place - first < 2 and points_out(sentences[first].text):
        first -= 1
    return sentences[first].start, sentences[last].end


def _between(hit: Hit, place: int) -> str:
    """The text between a sentence and the one before it."""
    return hit.text[hit.sentences[place - 1].end - hit.start : hit.sentences[place].start - hit.start] if place else ""


def _is_item(hit: Hit, place: int) -> bool:
    """Whether a sentence begins an item of a list."""
    return bool(re.search(r"\n\s*(?:[-*+]|\d{1,3}[.)])\s+\Z", _between(hit, place)))


def _is_step(hit: Hit, place: int) -> bool:
    """Whether a sentence begins an item of a numbered list."""
    return bool(re.search(r"\n\s*\d{1,3}[.)]\s+\Z", _between(hit, place)))


def _is_code(hit: Hit, place: int) -> bool:
    """Whether a sentence is code that the one before announces."""
    return bool(re.search(r"(?:`{3,}|~{3,})[^\n]*\n\s*\Z", _between(hit, place))) and hit.sentences[place - 1].text.endswith(":")


def _is_joined(hit: Hit, place: int) -> bool:
    """Whether a sentence belongs to a list or code with the one before it."""
    return _is_item(hit, place) or _is_code(hit, place)


def _distinct(found: Iterable[Evidence]) -> list[Evidence]:
    """Each quote once, in the order given."""
    return list({(evidence.hit.document_id, evidence.start, evidence.end): evidence for evidence in reversed(list(found))}.values())[::-1]
