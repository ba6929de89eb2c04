"""Vectors and passages in Chroma. The only file that knows Chroma, and the only home of metadata dictionaries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.chunks import Chunk, Span
from index.documents import Document, Validity
from index.embeddings import Vectors
from index.errors import IndexDamaged

PAGE = 1000  # records a call; Chroma takes at most some 5,000


@dataclass(frozen=True)
class Passage:
    """A stored chunk: what a hit is made from. `position` is its number in the index."""

    position: int
    document_id: str
    title: str
    section: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]  # of the document
    first_sentence: int  # number of its first sentence in the index
    validity: Validity
    key: str  # of the embedded text: equal keys have equal vectors
    publisher: str | None
    kind: str | None
    topic: str | None
    url: str | None
    document_sha256: str

    @property
    def context(self) -> str:
        return f"{self.title} > {self.section}" if self.section and self.section != self.title else self.title


def passage_of(chunk: Chunk, document: Document, *, position: int, first_sentence: int, key: str) -> Passage:
    """What is stored of a chunk of that document."""
    return Passage(
        position=position, document_id=chunk.document_id, title=chunk.title, section=" > ".join(chunk.section.headings), start=chunk.start,
        end=chunk.end, text=chunk.text, sentences=chunk.sentences, first_sentence=first_sentence, validity=chunk.section.validity, key=key,
        publisher=document.publisher, kind=document.kind, topic=document.topic, url=document.url, document_sha256=document.sha256,
    )  # fmt: skip


class Store:
    """Two collections of one folder: passages with their text, and the sentences in them as vectors alone."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        import chromadb
        from chromadb.config import Settings

        # subtle: Chroma creates an empty index in silence where there is none
        if not create and not (folder / "chroma.sqlite3").is_file():
            raise IndexDamaged(f"The index has no chroma.sqlite3 in {folder}. Build it anew with: python -m index rebuild --force")
        settings = Settings(anonymized_telemetry=False, allow_reset=False, is_persistent=True, persist_directory=str(folder))
        try:
            self._client = chromadb.PersistentClient(path=str(folder), settings=settings)
            options: dict[str, Any] = {"embedding_function": None}
            if create:
                options["configuration"] = {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 32}}
                self._passages = self._client.create_collection("passages", **options)
                self._sentences = self._client.create_collection("sentences", **options)
            else:
                self._passages = self._client.get_collection("passages", **options)
                self._sentences = self._client.get_collection("sentences", **options)
        except (chromadb.errors.ChromaError, ValueError, OSError) as error:
            raise IndexDamaged(f"The index in {folder} cannot be opened ({error}). Build it anew with: python -m index rebuild --force") from error

    def add(self, passages: Sequence[Passage], vectors: Vectors, sentence_vectors: Sequence[Vectors]) -> None:
        """Store passages with their vectors and those of their sentences."""
        for start in range(0, len(passages), PAGE):
            page = slice(start, start + PAGE)
            self._passages.add(
                ids=[str(passage.position) for passage in passages[page]], embeddings=vectors[page],
                documents=[passage.text for passage in passages[page]], metadatas=[_metadata(passage) for passage in passages[page]],
            )  # fmt: skip
        numbers = [str(passage.first_sentence + place) for passage in passages for place in range(len(passage.sentences))]
        owners = [{"passage": passage.position} for passage in passages for _ in passage.sentences]
        stacked = np.concatenate(list(sentence_vectors)) if sentence_vectors else np.zeros((0, 1), np.float32)
        for start in range(0, len(numbers), PAGE):
            page = slice(start, start + PAGE)
            self._sentences.add(ids=numbers[page], embeddings=stacked[page], metadatas=owners[page])  # type: ignore[arg-type]

    def nearest_passages(self, vector: Vectors, limit: int) -> list[tuple[int, float]]:
        """Positions of the passages nearest to a vector with their cosine, nearest first."""
        return self._nearest(self._passages, vector, limit)

    def nearest_sentences(self, vector: Vectors, limit: int) -> list[tuple[int, float]]:
        """Numbers of the sentences nearest to a vector with their cosine, nearest first."""
        return self._nearest(self._sentences, vector, limit)

    @staticmethod
    def _nearest(collection: Any, vector: Vectors, limit: int) -> list[tuple[int, float]]:
        found = collection.query(query_embeddings=[vector], n_results=limit, include=["distances"])
        # Chroma returns distance; the rest of the code expects "higher is better".
        return [(int(number), 1 - float(distance)) for number, distance in zip(found["ids"][0], found["distances"][0], strict=True)]

    def passages(self, positions: Sequence[int]) -> list[Passage]:
        """The passages at those positions, in that order."""
        found = self._passages.get(ids=[str(position) for position in positions], include=["documents", "metadatas"])
        by_id = {identifier: _passage(identifier, text, metadata)
                 for identifier, text, metadata in zip(found["ids"], found["documents"] or [], found["metadatas"] or [], strict=True)}  # fmt: skip
        try:
            return [by_id[str(position)] for position in positions]
        except KeyError as error:
            raise IndexDamaged(f"The index lacks passage {error}. Build it anew with: python -m index rebuild --force") from error

    def sentence_vectors(self, numbers: Sequence[int]) -> Vectors:
        """The vectors of those sentences, in that order."""
        found = self._sentences.get(ids=[str(number) for number in numbers], include=["embeddings"])
        rows = {identifier: row for identifier, row in zip(found["ids"], found["embeddings"], strict=True)}  # type: ignore[arg-type]
        return np.array([rows[str(number)] for number in numbers], np.float32)

    def all_passages(self) -> Iterator[tuple[Passage, Any]]:
        """Every passage with its vector, in order of position."""
        for start in range(0, self._passages.count(), PAGE):
            numbers = [str(number) for number in range(start, start + PAGE)]
            found = self._passages.get(ids=numbers, include=["documents", "metadatas", "embeddings"])
            rows = zip(found["ids"], found["documents"] or [], found["metadatas"] or [], found["embeddings"], strict=True)  # type: ignore[arg-type]
            for identifier, text, metadata, vector in sorted(rows, key=lambda row: int(row[0])):
                yield _passage(identifier, text, metadata), vector

    def counts(self) -> tuple[int, int]:
        """Passages and sentences stored."""
        return self._passages.count(), self._sentences.count()


def _metadata(passage: Passage) -> dict[str, Any]:
    validity = {name: value for name, value in asdict(passage.validity).items() if value and name != "supersedes"}
    data = {
        "document_id": passage.document_id, "title": passage.title, "section": passage.section, "start": passage.start, "end": passage.end,
        "sentences": json.dumps(passage.sentences), "first_sentence": passage.first_sentence, "key": passage.key, "publisher": passage.publisher,
        "kind": passage.kind, "topic": passage.topic, "url": passage.url, "document_sha256": passage.document_sha256,
        "supersedes": json.dumps(passage.validity.supersedes), **validity,
    }  # fmt: skip
    return {name: value for name, value in data.items() if value is not None}


def _passage(identifier: str, text: str, metadata: Mapping[str, Any]) -> Passage:
    validity = Validity(
        **{name: metadata.get(name) for name in ("status", "published", "as_of", "effective_from", "effective_until", "jurisdiction", "authority")},
        supersedes=tuple(json.loads(metadata["supersedes"])),
    )
    return Passage(
        position=int(identifier), text=text, validity=validity, sentences=tuple((a, b) for a, b in json.loads(metadata["sentences"])),
        **{name: metadata[name] for name in ("document_id", "title", "section", "start", "end", "first_sentence", "key", "document_sha256")},
        **{name: metadata.get(name) for name in ("publisher", "kind", "topic", "url")},
    )  # fmt: skip
