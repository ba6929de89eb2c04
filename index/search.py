"""Question → ranked Hits: passages by their nearest sentence, by their words and by their sentences' words, fused by reciprocal rank."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.build import pending_changes, recipe_of
from index.configuration import Configuration, read_configuration
from index.documents import Document, read_document
from index.embeddings import Embeddings, Vectors, open_embeddings
from index.errors import GenerationGone, IndexDamaged, IndexStale
from index.generations import Hold
from index.keywords import PASSAGE_WORDS, SENTENCE_WORDS, STOPWORDS, Keywords, is_english, tokenize
from index.manifest import Changes, Manifest, damages, differences, state_of
from index.parsed import recall
from index.place import place_of
from index.settings import IndexSettings
from index.store import Passage

CANDIDATES = 60  # of each signal
_ATTEMPTS = 3
COMPOUNDED = 4  # letters of a word that compounds are looked for of; one less for what stands before it
SYNONYM_WEIGHT = 0.5  # of a word that only means the same as one of the question
RANK_CONSTANT = 20  # of reciprocal rank fusion; Cormack, Clarke and Büttcher 2009 use 60 for lists of thousands


@dataclass(frozen=True)
class Sentence:
    """A sentence of a hit: `document.text[start:end] == text`, with how near it is to the question."""

    text: str
    start: int
    end: int
    cosine: float  # of its vector, read under title and headings, with the question's
    bm25: float
    number: int  # in the index


@dataclass(frozen=True)
class Hit:
    """A chunk found for a question; a higher score is better."""

    document_id: str
    title: str
    section: str
    text: str
    start: int
    end: int
    score: float
    metadata: Mapping[str, Any] = field(default_factory=dict)
    sentences: tuple[Sentence, ...] = ()
    passage: Passage | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        names = ("document_id", "title", "section", "text", "start", "end", "score")
        return {name: getattr(self, name) for name in names} | {"metadata": dict(self.metadata)}


def reciprocal_rank_fusion(
    rankings: Sequence[Sequence[int]], *, weights: Sequence[float] | None = None, constant: int = RANK_CONSTANT
) -> dict[int, float]:
    """Each item's sum of weight / (constant + rank) over the rankings that hold it, ranks counted from 1.

    >>> scores = reciprocal_rank_fusion([[7, 8], [8]], constant=1)
    >>> sorted(scores, key=scores.get, reverse=True)
    [8, 7]
    """
    scores: dict[int, float] = {}
    for ranking, weight in zip(rankings, weights or [1.0] * len(rankings), strict=True):
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + weight / (constant + rank)
    return scores


Ranked = tuple[Vectors, Any, dict[str, list[int]]]


class Index:
    """A built index, open for questions."""

    _hold: Hold | None = None
    _last: tuple[str, Ranked] | None = None  # of the last question, which is often looked at twice
    is_pinned = False  # to a generation that does not serve yet

    def __init__(self, settings: IndexSettings, folder: Path, manifest: Manifest, embeddings: Embeddings) -> None:
        self.settings = settings
        self.manifest = manifest
        self.embeddings = embeddings
        self.folder = folder
        self.configuration: Configuration = read_configuration(settings.corpus) if settings.corpus.is_dir() else Configuration()
        self.place = place_of(settings)
        self.store = self.place.open_store(folder)
        try:
            self.passage_words = Keywords.load(folder / PASSAGE_WORDS)
            self.sentence_words = Keywords.load(folder / SENTENCE_WORDS)
        except (OSError, ValueError, KeyError) as error:
            raise IndexDamaged(
                f"The index in {folder} has no readable keyword data ({error}). Build it anew with: python -m index rebuild --force"
            ) from error
        # subtle: the keyword data comes first, for it brings the stems of most words
        self._synonyms = [[frozenset(member) for phrase in group if (member := _content(phrase))] for group in self.configuration.synonyms]
        self._abbreviations = [(frozenset(_content(short)), frozenset(_content(long))) for short, long in self.configuration.abbreviations.items()]
        self._groups_of: dict[str, list[int]] = {}  # synonyms' numbers by each word in them
        for number, group in enumerate(self._synonyms):
            for token in frozenset().union(*group):
                self._groups_of.setdefault(token, []).append(number)
        damage = next(damages(folder, manifest), None)
        if damage or self.store.counts() != (manifest.passages, manifest.sentences) or self.passage_words.size != manifest.passages:
            detail = f" ({damage})" if damage else ""
            remedy = "Build it anew with: python -m index rebuild --force"
            raise IndexDamaged(f"The index in {folder} does not hold what its manifest says{detail}. {remedy}")
        self._owners = self.store.owners

    @classmethod
    def open(cls, settings: IndexSettings, embeddings: Embeddings | None = None, *, allow_stale: bool = False) -> Index:
        """The index of those settings. Raises IndexMissing, IndexDamaged, or IndexStale when it fits no longer."""
        for attempt in range(_ATTEMPTS):
            try:
                return cls._open(settings, embeddings, allow_stale=allow_stale)
            except GenerationGone:  # replaced more than once while it was opened
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError

    @classmethod
    def _open(cls, settings: IndexSettings, embeddings: Embeddings | None, *, allow_stale: bool) -> Index:
        folder, hold = place_of(settings).hold_current()
        manifest = Manifest.load(folder)
        embeddings = embeddings or open_embeddings(settings.embedding_model, cache=settings.model_cache, precision=settings.precision)
        if detail := differences(manifest.recipe, recipe_of(settings, embeddings)):
            raise IndexStale(f"The index in {settings.shown} was built by another recipe ({detail}). Build it anew with: python -m index rebuild")
        if not allow_stale:
            changes = pending_changes(settings, manifest)
            if changes:
                raise IndexStale(f"The corpus has changed since the index was built ({changes}). Bring it up to date with: python -m index rebuild")
        index = cls(settings, folder, manifest, embeddings)
        index._hold = hold  # for as long as the index is in use
        return index

    def is_current(self) -> bool:
        """Whether this generation is still the one that serves; a single small file or record is read."""
        return self.is_pinned or self.place.is_current(self.folder)

    def document(self, document_id: str) -> Document:
        """The document as its file is now; a file that has not changed since it was indexed is hashed and not parsed.

        Raises DocumentError when it cannot be read.
        """
        path = self.settings.corpus / document_id
        return recall(self.folder, document_id, state_of(path).file_sha256) or read_document(path, self.settings.corpus)

    def changes(self) -> Changes:
        """How the corpus differs from this index now."""
        return pending_changes(self.settings, self.manifest)

    def _stands_for(self, present: set[str]) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
        """Members of the groups that a question has, each with the other words of its group."""
        numbers = {number for token in present for number in self._groups_of.get(token, ())}
        for group in (self._synonyms[number] for number in sorted(numbers)):
            asked = [member for member in group if member <= present]
            others = frozenset(token for member in group if member not in asked for token in member)
            yield from ((member, others) for member in asked)
        yield from ((short, long) for short, long in self._abbreviations if short <= present)

    def synonyms_of(self, tokens: Sequence[str]) -> dict[str, frozenset[str]]:
        """For words of a question the words that mean the same in this corpus, as `corpus.toml` lists them.

        For those that it does not hold they are its words that end in them: an earthworm is a worm.
        """
        present = set(tokens)
        found: dict[str, set[str]] = {}
        for token in present:
            if token not in self.passage_words.frequency and (compounds := {*self._compounds_of(token)}):
                found[token] = compounds
        for member, others in self._stands_for(present):
            for token in member:
                found.setdefault(token, set()).update(others - present)
        return {token: frozenset(others) for token, others in found.items()}

    @cached_property
    def _from_behind(self) -> list[str]:
        """The words of the corpus spelt backwards, in order."""
        return sorted(word[::-1] for word in self.passage_words.frequency if word.isalpha())

    def _compounds_of(self, token: str) -> Iterator[str]:
        """The words of the corpus that end in a word, where what stands before it is a word too."""
        if len(token) < COMPOUNDED or not token.isalpha():
            return
        ending = token[::-1]
        words = self._from_behind
        for word in words[bisect_left(words, ending) : bisect_left(words, f"{ending}\U0010ffff")]:
            first = word[len(ending) :][::-1]
            if len(first) >= COMPOUNDED - 1 and is_english(first):
                yield first + token

    def search(self, question: str, *, limit: int = 10, method: str = "fused") -> list[Hit]:
        """The passages that best fit a question, best first. `method`: "fused", "dense" or "keyword"."""
        chosen = {"fused": ("dense", "words", "sentence words"), "dense": ("dense",), "keyword": ("words",)}[method]
        vector, sentence_scores, rankings = self._rankings(question)
        scores = reciprocal_rank_fusion([rankings[name] for name in chosen])
        ranked = sorted(scores, key=lambda position: (-scores[position], position))[:limit]
        return self._hits(ranked, scores, vector, sentence_scores, rankings)

    def hits_at(self, question: str, positions: Sequence[int]) -> list[Hit]:
        """The passages at those positions, in that order, as hits for a question."""
        vector, sentence_scores, rankings = self._rankings(question)
        scores = reciprocal_rank_fusion(list(rankings.values()))
        return self._hits(positions, {position: scores.get(position, 0.0) for position in positions}, vector, sentence_scores, rankings)

    def vector_of(self, question: str) -> Vectors:
        """The vector of a question; that of the last one searched for is at hand."""
        last = self._last
        return last[1][0] if last and last[0] == question else self.embeddings.encode_question(question)

    def _rankings(self, question: str) -> Ranked:
        """A question's vector, the BM25 of each sentence, and the passages' positions in the order of each signal."""
        last = self._last
        if last is None or last[0] != question:
            self._last = last = (question, self._rank(question))
        return last[1]

    def _rank(self, question: str) -> Ranked:
        vector = self.embeddings.encode_question(question)
        tokens = [token for token in tokenize(question) if token not in STOPWORDS]
        meant = self.synonyms_of(tokens)
        unknown = [token for token in meant if token not in self.passage_words.frequency]
        tokens += [other for token in unknown for other in meant.pop(token)]  # the corpus has the thing under another word
        alike = [token for others in meant.values() for token in others]
        near = self._passages_of(self.store.nearest(vector, min(2 * CANDIDATES, self.manifest.sentences)))
        by_words = _best(_scores(self.passage_words, tokens, alike), CANDIDATES)
        sentence_scores = _scores(self.sentence_words, tokens, alike)
        by_sentence_words = self._passages_of(_best(sentence_scores, 2 * CANDIDATES))
        return vector, sentence_scores, {"dense": near, "words": [position for position, _ in by_words], "sentence words": by_sentence_words}

    def _passages_of(self, sentences: Sequence[tuple[int, float]]) -> list[int]:
        return list(dict.fromkeys(self._owners[[number for number, _ in sentences]].tolist())) if sentences else []

    def _hits(
        self, positions: Sequence[int], scores: Mapping[int, float], vector: Vectors, sentence_scores: Vectors, rankings: Mapping[str, Sequence[int]]
    ) -> list[Hit]:
        if not positions:
            return []
        passages = self.store.passages(positions)
        numbers = [passage.first_sentence + place for passage in passages for place in range(len(passage.sentences))]
        cosines = iter(self.store.sentence_vectors(numbers) @ vector)
        hits: list[Hit] = []
        for passage in passages:
            sentences = tuple(
                Sentence(
                    passage.text[start - passage.start : end - passage.start],
                    start,
                    end,
                    float(next(cosines)),
                    float(sentence_scores[passage.first_sentence + place]),
                    passage.first_sentence + place,
                )
                for place, (start, end) in enumerate(passage.sentences)
            )
            ranks = {name: ranking.index(passage.position) + 1 for name, ranking in rankings.items() if passage.position in ranking}
            hits.append(_hit(passage, scores[passage.position], sentences, ranks))
        return hits


def _content(phrase: str) -> list[str]:
    return [token for token in tokenize(phrase) if token not in STOPWORDS]


def _scores(words: Keywords, tokens: Sequence[str], alike: Sequence[str]) -> NDArray[np.float32]:
    scores = words.scores(tokens)
    return scores + np.float32(SYNONYM_WEIGHT) * words.scores(alike) if alike else scores


def _best(scores: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
    """The positions with the highest scores above zero, best first; of equals the first."""
    positions = np.flatnonzero(scores)
    if len(positions) > limit:
        found = scores[positions]
        positions = positions[found >= np.partition(found, -limit)[-limit]]
    pairs = zip(positions.tolist(), scores[positions].tolist(), strict=True)
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:limit]


def _hit(passage: Passage, score: float, sentences: tuple[Sentence, ...], ranks: Mapping[str, int]) -> Hit:
    validity = passage.validity
    metadata = {
        "publisher": passage.publisher, "published": validity.published, "as_of": validity.as_of, "status": validity.status,
        "effective_from": validity.effective_from, "effective_until": validity.effective_until, "jurisdiction": validity.jurisdiction,
        "authority": validity.authority, "supersedes": list(validity.supersedes), "kind": passage.kind, "topic": passage.topic, "url": passage.url,
        "page": passage.page,
        "document_sha256": passage.document_sha256, "ranks": dict(ranks),
    }  # fmt: skip
    return Hit(passage.document_id, passage.title, passage.section, passage.text, passage.start, passage.end, score, metadata, sentences, passage)
