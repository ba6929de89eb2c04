"""Hits → the sentences that bear on the question, numbered, best first. Knows nothing of models or screens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from assistant.citations import ENDED, as_read
from assistant.kinds import enumerates, fits, gives_reason, kind_of, names_kind, rules_on
from assistant.matching import ROOT, forms_among
from assistant.question import Question, speaks_of_age, years_of_make
from assistant.reading import related
from index import Hit, Index
from index.keywords import STOPWORDS, tokenize
from index.search import Sentence
from index.sentences import is_label, label_of

WEIGHTS = Path(__file__).with_name("weights.json")  # fitted; the file says from which data

_NONE: frozenset[str] = frozenset()
COMMONEST = 0.2  # what a word counts that stands in every text: it tells little, but the question did say it
ABOVE = 0.5  # what a word counts that a sentence has by its title and headings alone, of one that it says itself
LIST_WORDS = 90  # of a list that is quoted whole, or as far as that
TOGETHER = 2  # how far apart two words of a sentence may stand, stop words left out, to count as next to each other

# Words with which a sentence points out of itself when it begins with them.
_POINTER = re.compile(
    r"""\W*(?:it|its|they|their|theirs|them|he|his|him|she|her|hers|this|that|these|those|such|both|another|others|here|each|which|who|whose
        |the\ (?:latter|former|same|other|others|two)|there(?!\ (?:is|are|was|were|will|has|have)\b)
        |however|but|and|or|nor|so|yet|also|then|thus|therefore|hence|moreover|furthermore|instead|otherwise|consequently|nevertheless|similarly|likewise
        |for\ (?:example|instance)|in\ (?:addition|contrast|turn|fact)|as\ a\ result|by\ contrast|on\ the\ other\ hand
        |at\ (?:that|this)\ (?:time|point)
        |after(?:wards|\ that|\ this)|before\ (?:that|this)|until\ then|since\ then|what\ follows
        |(?-i:[A-Z][a-z]+)\ (?:it|them))\b  # "Set it to 0"
    """,
    re.I | re.X,
)


_DECADE = re.compile(r"\b((?:1[5-9]|20)?)(\d)0['’]?s\b")  # "1990s", "90s"
_TENS = "twenties thirties forties fifties sixties seventies eighties nineties".split()
_ADDRESS = re.compile(r"\b(?:https?://|www\.)[^\s<>()]+")


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
    listed = index.synonyms_of([term.token for term in question.terms])
    said = [*_said(question, hits, listed)]
    scale = _Scale(question, hits, _alike(question, said, listed))
    found = [scale.weigh(item) for item in said]
    found.sort(key=lambda evidence: (-evidence.score, evidence.hit.document_id, evidence.start))
    return _distinct(found)


@dataclass(frozen=True)
class _Said:
    """A sentence of a hit as it reads, not yet weighed."""

    hit: Hit
    rank: int  # of the hit, from 1
    sentence: Sentence
    start: int
    end: int
    quote: str
    prose: str
    tokens: frozenset[str]
    context: frozenset[str]
    fits: bool  # the kind of answer asked for
    is_told_above: bool  # it does so by its heading
    is_nearest: bool  # of its hit's, to the question


def _said(question: Question, hits: Sequence[Hit], listed: Mapping[str, frozenset[str]]) -> Iterator[_Said]:
    """The sentences of the hits, without rows of headings and what says no more than its headings and the question."""
    asked = _tokens(question.text) | STOPWORDS
    for rank, hit in enumerate(hits, start=1):
        context = _tokens(f"{hit.title} {hit.section}")
        heading, header = hit.section.rpartition(" > ")[2], hit.passage.header if hit.passage else ""
        above = question.kind != "definition" and fits(question.text, question.kind, heading)
        nearest = max((sentence.cosine for sentence in hit.sentences), default=0.0)
        label = _NONE
        for place, sentence in enumerate(hit.sentences):
            if header == sentence.text:  # each row of the table is read under it
                continue
            if found := label_of(sentence.text):
                label = _tokens(found)
                if found == sentence.text:
                    continue
            elif label and not _is_of_same_item(hit, place):
                label = _NONE
            start, end = _extent(hit, place)
            quote = hit.text[start - hit.start : end - hit.start]
            is_fitting = fits(question.text, question.kind, sentence.text, listed)
            prose = as_read(quote, hit.section, header=header, under_heading=above and not is_fitting)
            tokens = _tokens(_ADDRESS.sub(" ", prose) if "//" in prose or "www" in prose else prose)
            if ENDED.search(prose) or tokens - context - asked:
                is_nearest, is_told_above = sentence.cosine >= nearest, above and not is_fitting
                yield _Said(hit, rank, sentence, start, end, quote, prose, tokens | label, context, is_fitting, is_told_above, is_nearest)


class _Scale:
    """What sentences are weighed by: the words of a question, and what the hits have in all."""

    def __init__(self, question: Question, hits: Sequence[Hit], alike: Mapping[str, frozenset[str]]) -> None:
        self._question = question
        self._weights = weights("sentence")
        self._alike = alike
        self._rarity = {term.token: COMMONEST + (1 - COMMONEST) * term.rarity for term in question.terms}
        self._total = sum(self._rarity.values()) or 1.0
        self._names = {term.token for term in question.terms if term.is_name}
        self._neighbours = tuple(pairwise(self._rarity))
        shares = {token for token in self._rarity if token.endswith("%")}
        self._shares = shares | {token.rstrip("%") for token in shares}  # which a heading has of some of its sentences only
        self._of_make = years_of_make(question.text) & self._rarity.keys()
        self._highest = max((sentence.bm25 for hit in hits for sentence in hit.sentences), default=0.0) or 1.0
        together = sum(hit.score for hit in hits) or 1.0
        self._around: dict[frozenset[str], set[str]] = {}  # of each title and headings: the words of the question that they have
        self._of_document: dict[str, float] = {}
        for hit in hits:
            self._of_document[hit.document_id] = self._of_document.get(hit.document_id, 0.0) + hit.score / together

    def weigh(self, said: _Said) -> Evidence:
        """A sentence with its score: the features by their weights."""
        question, sentence, hit = self._question, said.sentence, said.hit
        had = self._covered_by(said.tokens)
        had -= _parts_of_names(said.prose, frozenset(had - self._names), self._alike)
        if self._of_make and speaks_of_age(said.prose):  # which a thing's year decides
            had |= self._of_make
        if said.context not in self._around:
            self._around[said.context] = self._covered_by(said.context) - self._shares
        covered = frozenset(had | self._around[said.context])
        covered_share = self._share(covered)
        is_definition = question.kind == "definition" and said.fits
        features = {
            "cosine": sentence.cosine,
            "bm25": sentence.bm25 / self._highest,
            "own": ABOVE * covered_share + (1 - ABOVE) * (covered_share if len(had) == len(covered) else self._share(had)),
            "covered": covered_share,
            "rank": 1.0 / said.rank,
            "document": self._of_document[hit.document_id],
            "kind": float(said.fits or said.is_told_above),
            "definition": 0.5 + 0.5 * names_kind(question.text, said.prose) if is_definition else 0.0,
            "rule": float(rules_on(question.text, sentence.text)),
            "reason": float(question.kind == "reason" and gives_reason(said.prose)),
            "several": float(question.kind == "list" and enumerates(said.prose)),
            "together": _share_together(self._neighbours, said.prose),
            "nearest": float(said.is_nearest),
            "bm25_per_term": sentence.bm25 / (10.0 * self._total),
        }
        score = sum(self._weights.get(name, 0.0) * value for name, value in features.items())
        return Evidence(hit, said.start, said.end, said.quote, said.prose, said.tokens, said.context, score, features, covered)

    def _covered_by(self, tokens: frozenset[str]) -> set[str]:
        return {token for token in self._rarity if token in tokens or not self._alike.get(token, _NONE).isdisjoint(tokens)}

    def _share(self, tokens: Iterable[str]) -> float:
        return sum(self._rarity[token] for token in tokens) / self._total


def _alike(question: Question, said: Sequence[_Said], listed: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """For words of a question what may stand for them in sentences: by the corpus's own list, forms of one root, and, but for names, what English
    has for them."""
    alike = dict(listed)
    there = frozenset[str]().union(*(item.tokens | item.context for item in said)) - STOPWORDS
    decades = {f"{century}{ten}0": f"{century or '19'}{ten}" for century, ten in _DECADE.findall(question.text)}
    decades |= {name: f"19{number}" for number, name in enumerate(_TENS, start=2)}
    like: dict[str, list[str]] = {}  # by their first letters
    for token in there:
        like.setdefault(token[:ROOT], []).append(token)
    for term in question.terms:
        others = forms_among(term.token, like.get(term.token[:ROOT], ())) | (frozenset() if term.is_name else related(term.token) & there)
        if decade := decades.get(term.word.lower()):
            others |= {token for token in there if re.fullmatch(rf"{decade}\d", token)}
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
    found, elsewhere = _long_names(prose) if had else ((), _NONE)
    if not found:
        return set()
    meant = {token: {token} | alike.get(token, frozenset()) for token in had}
    inside = [{token for token in had if meant[token] & name} for name in found]
    whole = set().union(*(tokens for tokens in inside if len(tokens) > 1))
    return {token for tokens in inside if len(tokens) == 1 for token in tokens if not meant[token] & elsewhere} - whole


@lru_cache(maxsize=8192)
def _long_names(prose: str) -> tuple[tuple[frozenset[str], ...], frozenset[str]]:
    """The words of each long name in a sentence, and those that stand outside of all."""
    names = [name for found in _LONG_NAME.findall(prose) for name in _apart(found)]
    outside = prose
    for name in names:
        outside = outside.replace(name, " ")
    return tuple(_tokens(name) for name in names), _tokens(outside) if names else _NONE


def _apart(name: str) -> list[str]:
    """The long names in words with capitals: "and" joins two, where it does not stand behind "of" or "for".

    >>> _apart("Oracle and SQL Server"), _apart("Department of Health and Human Services")
    ([], ['Department of Health and Human Services'])
    """
    parts = [name] if re.search(r" (?:of|for) .* and ", name) else name.split(" and ")
    return [part for part in parts if _LONG_NAME.fullmatch(part)]


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
        while last + 1 < len(sentences) and (_is_joined(hit, last + 1) or (last > place and _is_of_same_item(hit, last + 1))):
            last += 1
        while announces and last > place and _length(hit, first, last) > LIST_WORDS:  # as much of the list as there is room for
            last -= 1
        if _length(hit, first, last) > LIST_WORDS:
            first = last = place
    elif text.endswith("?") and last + 1 < len(sentences):
        last += 1
    while first > 0 and place - first < 2 and points_out(sentences[first].text) and not is_label(sentences[first - 1].text):
        first -= 1
    return sentences[first].start, sentences[last].end


def _length(hit: Hit, first: int, last: int) -> int:
    """The words from one sentence to another."""
    return len(hit.text[hit.sentences[first].start - hit.start : hit.sentences[last].end - hit.start].split())


def _between(hit: Hit, place: int) -> str:
    """The text between a sentence and the one before it."""
    return hit.text[hit.sentences[place - 1].end - hit.start : hit.sentences[place].start - hit.start] if place else ""


_ITEM = re.compile(r"\n\s*(?:[-*+]|\d{1,3}[.)])\s+\Z")
_STEP = re.compile(r"\n\s*\d{1,3}[.)]\s+\Z")


def _is_item(hit: Hit, place: int) -> bool:
    """Whether a sentence begins an item of a list."""
    return bool(_ITEM.search(_between(hit, place)))


def _is_step(hit: Hit, place: int) -> bool:
    """Whether a sentence begins an item of a numbered list."""
    return bool(_STEP.search(_between(hit, place)))


def _is_code(hit: Hit, place: int) -> bool:
    """Whether a sentence is code that the one before announces."""
    return place > 0 and hit.sentences[place].text.startswith(("```", "~~~")) and hit.sentences[place - 1].text.endswith(":")


def _is_joined(hit: Hit, place: int) -> bool:
    """Whether a sentence belongs to a list or code with the one before it."""
    return _is_item(hit, place) or _is_code(hit, place)


def _is_of_same_item(hit: Hit, place: int) -> bool:
    """Whether a sentence stands in one paragraph with the one before it."""
    return "\n\n" not in _between(hit, place)


def _distinct(found: Iterable[Evidence]) -> list[Evidence]:
    """Each quote once, in the order given."""
    return list({(evidence.hit.document_id, evidence.start, evidence.end): evidence for evidence in reversed(list(found))}.values())[::-1]
