"""The served model beside sentence-transformers, in both precisions; an index of one precision is stale under the other."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from index import Embeddings, Index, IndexSettings, IndexStale, SettingsError, open_embeddings, rebuild
from index.embeddings import OnnxEmbeddings, fingerprint_of, model_folder
from index.settings import PACKAGED_MODEL

TEXTS = [
    "Who pays?",
    "The keeper of the lighthouse trims the lamp at dusk, and notes the hour, the wind and the height of the tide in a book.",
    "| berth | 9 dollars |",
    "Humpback whales sing for up to 30 minutes.",
    "A rate of 15% applies from 2025-08-07 to goods that are entered for consumption.",
]


@pytest.fixture(scope="module")
def int8(tmp_path_factory: pytest.TempPathFactory) -> Embeddings:
    return open_embeddings(PACKAGED_MODEL, cache=tmp_path_factory.mktemp("models"), precision="int8")


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    model = SentenceTransformer(str(model_folder(PACKAGED_MODEL)), device="cpu", local_files_only=True)
    return np.asarray(model.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False))


def test_fp32_gives_the_vectors_of_sentence_transformers(embeddings, reference):
    assert isinstance(embeddings, OnnxEmbeddings)
    assert float((embeddings.encode(TEXTS) * reference).sum(axis=1).min()) >= 0.9999


def test_int8_gives_nearly_the_vectors_of_sentence_transformers(int8, embeddings, reference):
    cosines = (int8.encode(TEXTS) * reference).sum(axis=1)
    assert float(cosines.mean()) >= 0.98
    assert not np.allclose(int8.encode(TEXTS), embeddings.encode(TEXTS), atol=1e-4), "8-bit weights leave a trace"


def test_index_of_the_other_precision_is_stale_until_rebuilt(tmp_path: Path, int8, embeddings):
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.md").write_text("Humpback whales sing for up to 30 minutes.\n", encoding="utf-8")
    settings = IndexSettings(corpus=tmp_path / "documents", index=tmp_path / "index")
    rebuild(settings, embeddings)
    eight = replace(settings, precision="int8")
    with pytest.raises(IndexStale, match=r"precision fp32 instead of int8.*python -m index rebuild"):
        Index.open(eight, int8)
    assert rebuild(eight, int8).embedded == 1
    assert Index.open(eight, int8).search("whales sing")[0].document_id == "a.md"


def test_unknown_precision_is_named():
    assert IndexSettings.from_environment(environment={"KEI_EMBEDDING_PRECISION": "int8"}).precision == "int8"
    with pytest.raises(SettingsError, match="KEI_EMBEDDING_PRECISION is 'int4'; set it to fp32 or int8"):
        IndexSettings.from_environment(environment={"KEI_EMBEDDING_PRECISION": "int4"})


def test_other_weights_of_the_same_size_and_time_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr("index.embeddings.SETTLED", 0)
    weights, cache = tmp_path / "model" / "model.safetensors", tmp_path / "cache"
    weights.parent.mkdir()
    weights.write_bytes(b"one")
    status = weights.stat()
    first = fingerprint_of(weights.parent, cache)
    assert [*cache.iterdir()], "the next opening need not read the weights"
    assert fingerprint_of(weights.parent, cache) == first
    time.sleep(0.05)
    weights.write_bytes(b"two")
    os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert fingerprint_of(weights.parent, cache) != first


def test_weights_that_were_just_written_are_read_each_time(tmp_path):
    weights = tmp_path / "model" / "model.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(b"one")
    fingerprint_of(weights.parent, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
