"""Question → ranked Hits: dense and keyword search over passages and sentences, fused by reciprocal rank."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from index.build import CURRENT, current_generation, pending_changes, recipe_of
from index.documents import Configuration, read_configuration
from index.embeddings import Embeddings, Vectors, open_embeddings
from index.errors import IndexDamaged, IndexStale
from index.keywords import STOPWORDS, Keywords, tokenize
from index.manifest import Changes, Manifest
from index.settings import IndexSettings
from index.store import Passage, Store

CANDIDATES = 60  # of each signal
RANK_CONSTANT = 20  # of reciprocal rank fusion; Cormack, Clarke and Büttcher 2009 use 60 for lists of thousands


@dataclass(frozen=True)
class Sentence:
    """A sentence of a hit: `document.text[start:end] == text`, with how near it is to the question."""

    text: str
    start: int
    end: int
    cosine: float  # of its vector in context with the question's
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


def reciprocal_rank_fusion(rankings: Sequence[Sequence[int]], *, weights: Sequence[float] | None = None, constant: int = RANK_CONSTANT) -> dict[int, float]:
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


class Index:
    """A built index, open for questions."""

    def __init__(self, settings: IndexSettings, folder: Path, manifest: Manifest, embeddings: Embeddings) -> None:
        self.settings = settings
        self.manifest = manifest
        self.embeddings = embeddings
        self.folder = folder
        self.configuration: Configuration = read_configuration(settings.corpus) if settings.corpus.is_dir() else Configuration()
        self.store = Store(folder / "chroma")
        try:
            self.passage_words = Keywords.load(folder / "passage-words")
            self.sentence_words = Keywords.load(folder / "sentence-words")
        except (OSError, ValueError, KeyError) as error:
            raise IndexDamaged(f"The index in {folder} has no readable keyword data ({error}). Build it anew with: python -m index rebuild --force") from error
        if self.store.counts() != (manifest.passages, manifest.sentences) or self.passage_words.size != manifest.passages:
            raise IndexDamaged(f"The index in {folder} does not hold what its manifest says. Build it anew with: python -m index rebuild --force")
        self._owners = np.zeros(manifest.sentences, np.int64)  # the passage of each sentence
        for passage, _ in self.store.all_passages():
            self._owners[passage.first_sentence : passage.first_sentence + len(passage.sentences)] = passage.position

    @classmethod
    def open(cls, settings: IndexSettings, embeddings: Embeddings | None = None, *, allow_stale: bool = False) -> Index:
        """The index of those settings. Raises IndexMissing, IndexDamaged, or IndexStale when it fits no longer."""
        folder = current_generation(settings.index)
        manifest = Manifest.load(folder)
        embeddings = embeddings or open_embeddings(settings.embedding_model, cache=settings.model_cache)
        wanted = recipe_of(settings, embeddings)
        if manifest.recipe != wanted:
            differing = [name for name in wanted.__dataclass_fields__ if getattr(wanted, name) != getattr(manifest.recipe, name)]
            detail = "; ".join(f"{name.replace('_', ' ')} {getattr(manifest.recipe, name)!s:.40} instead of {getattr(wanted, name)!s:.40}" for name in differing)
            raise IndexStale(f"The index in {settings.index} was built by another recipe ({detail}). Build it anew with: python -m index rebuild")
        if not allow_stale:
            changes = pending_changes(settings, manifest)
            if changes:
                raise IndexStale(f"The corpus has changed since the index was built ({changes}). Bring it up to date with: python -m index rebuild")
        return cls(settings, folder, manifest, embeddings)

    def is_current(self) -> bool:
        """Whether this generation is still the one that serves; a single small file is read."""
        try:
            return (self.settings.index / CURRENT).read_text(encoding="utf-8").strip() == self.folder.name
        except OSError:
            return True  # nothing newer is there to go to

    def changes(self) -> Changes:
        """How the corpus differs from this index now."""
        return pending_changes(self.settings, self.manifest)

    def expand(self, tokens: Sequence[str]) -> list[str]:
        """The words of a question and, where the corpus lists synonyms of them, those too."""
        present = set(tokens)
        extra: list[str] = []
        for group in self.configuration.synonyms:
            members = [tokenize(phrase) for phrase in group]
            if any(member and set(member) <= present for member in members):
                extra += [token for member in members for token in member if token not in present]
        return [*tokens, *dict.fromkeys(extra)]

    def search(self, question: str, *, limit: int = 10, method: str = "fused") -> list[Hit]:
        """The passages that best fit a question, best first. `method`: "fused", "dense" or "keyword"."""
        started = time.perf_counter()
        vector = self.embeddings.encode([question])[0]
        embedded = time.perf_counter()
        tokens = self.expand([token for token in tokenize(question) if token not in STOPWORDS])
        dense = self.store.nearest_passages(vector, min(CANDIDATES, self.manifest.passages))
        near = self._passages_of(self.store.nearest_sentences(vector, min(2 * CANDIDATES, self.manifest.sentences)))
        by_words = _best(self.passage_words.scores(tokens), CANDIDATES)
        by_sentence_words = self._passages_of(_best(self.sentence_words.scores(tokens), 2 * CANDIDATES))
        rankings = {"dense": [position for position, _ in dense], "near": near, "words": [position for position, _ in by_words], "sentence_words": by_sentence_words}
        chosen = {"fused": ("dense", "near", "words", "sentence_words"), "dense": ("dense",), "keyword": ("words",)}[method]
        scores = reciprocal_rank_fusion([rankings[name] for name in chosen])
        ranked = sorted(scores, key=lambda position: (-scores[position], position))[:limit]
        hits = self._hits(ranked, scores, vector, rankings)
        self.seconds = {"embed": embedded - started, "search": time.perf_counter() - embedded}
        return hits

    def _passages_of(self, sentences: Sequence[tuple[int, float]]) -> list[int]:
        return list(dict.fromkeys(int(self._owners[number]) for number, _ in sentences))

    def _hits(self, positions: Sequence[int], scores: Mapping[int, float], vector: Vectors, rankings: Mapping[str, Sequence[int]]) -> list[Hit]:
        if not positions:
            return []
        passages = self.store.passages(positions)
        numbers = [passage.first_sentence + place for passage in passages for place in range(len(passage.sentences))]
        cosines = iter(self.store.sentence_vectors(numbers) @ vector)
        hits: list[Hit] = []
        for passage in passages:
            sentences = tuple(
                Sentence(passage.text[start - passage.start : end - passage.start], start, end, float(next(cosines)), passage.first_sentence + place)
                for place, (start, end) in enumerate(passage.sentences)
            )
            ranks = {name: ranking.index(passage.position) + 1 for name, ranking in rankings.items() if passage.position in ranking}
            hits.append(_hit(passage, scores[passage.position], sentences, ranks))
        return hits


def _best(scores: Any, limit: int) -> list[tuple[int, float]]:
    """The positions with the highest scores above zero, best first."""
    limit = min(limit, len(scores))
    if not limit:
        return []
    top = np.argpartition(-scores, limit - 1)[:limit]
    ordered = sorted(((int(position), float(scores[position])) for position in top), key=lambda pair: (-pair[1], pair[0]))
    return [pair for pair in ordered if pair[1] > 0]


def _hit(passage: Passage, score: float, sentences: tuple[Sentence, ...], ranks: Mapping[str, int]) -> Hit:
    validity = passage.validity
    metadata = {
        "publisher": passage.publisher, "published": validity.published, "as_of": validity.as_of, "status": validity.status,
        "effective_from": validity.effective_from, "effective_until": validity.effective_until, "jurisdiction": validity.jurisdiction,
        "authority": validity.authority, "supersedes": list(validity.supersedes), "kind": passage.kind, "topic": passage.topic, "url": passage.url,
        "document_sha256": passage.document_sha256, "ranks": dict(ranks),
    }  # fmt: skip
    return Hit(passage.document_id, passage.title, passage.section, passage.text, passage.start, passage.end, score, metadata, sentences, passage)


def with_score(hit: Hit, score: float) -> Hit:
    """The same hit with another score."""
    return replace(hit, score=score)
