"""Documents in, hits out: reads a corpus, builds and checks its index, searches it. Knows nothing of answers."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.build import BuildReport, rebuild
    from index.chunks import Chunk
    from index.documents import Document, Section, Source, Validity, read_document, read_documents
    from index.embeddings import Embeddings, open_embeddings
    from index.errors import (
        CorpusError,
        DocumentError,
        EmbeddingModelError,
        GenerationGone,
        IndexDamaged,
        IndexLocked,
        IndexMissing,
        IndexStale,
        QuestionError,
        ServerUnavailable,
        SettingsError,
        UserError,
    )
    from index.search import Hit, Index, Sentence
    from index.settings import ChromaServer, IndexSettings

_HOMES = {
    "BuildReport": "build", "rebuild": "build", "Chunk": "chunks", "Document": "documents", "Section": "documents", "Source": "documents",
    "Validity": "documents", "read_document": "documents", "read_documents": "documents", "Embeddings": "embeddings", "open_embeddings": "embeddings",
    "CorpusError": "errors", "DocumentError": "errors", "EmbeddingModelError": "errors", "IndexDamaged": "errors", "IndexLocked": "errors",
    "IndexMissing": "errors", "IndexStale": "errors", "QuestionError": "errors", "SettingsError": "errors", "UserError": "errors",
    "GenerationGone": "errors", "ServerUnavailable": "errors",
    "Hit": "search", "Index": "search", "Sentence": "search", "ChromaServer": "settings", "IndexSettings": "settings",
}  # fmt: skip

__all__ = [
    "BuildReport",
    "ChromaServer",
    "Chunk",
    "CorpusError",
    "Document",
    "DocumentError",
    "EmbeddingModelError",
    "Embeddings",
    "GenerationGone",
    "Hit",
    "Index",
    "IndexDamaged",
    "IndexLocked",
    "IndexMissing",
    "IndexSettings",
    "IndexStale",
    "QuestionError",
    "Section",
    "Sentence",
    "ServerUnavailable",
    "SettingsError",
    "Source",
    "UserError",
    "Validity",
    "open_embeddings",
    "read_document",
    "read_documents",
    "rebuild",
]


def __getattr__(name: str) -> Any:
    """Load a name's module when it is first asked for: `--help` loads nothing heavy."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"index.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'index' has no attribute {name!r}")
