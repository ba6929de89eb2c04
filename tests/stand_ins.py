"""Small, predictable things for the tests: a corpus of five documents, and a model that counts words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from index import Embeddings
from index.embeddings import Progress, Vectors

SMALL_CORPUS = {
    "sea/whales.md": "---\ntitle: Whales\nstatus: background\npublished: 2024-05-01\n---\n\n# Whales\n\n## Song\n\n"
    "Humpback whales sing for up to 30 minutes.[^book] Only male humpback whales sing.\n\n[^book]: Marine Press, Whale Song, 2019\n",
    "sea/tides.md": "# Tides\n\nThe tide at Port Ellen rises by 2.1 metres in spring. The moon causes tides.\n",
    "land/foxes.txt": "Foxes\n\nA red fox sleeps 10 hours a day. Foxes hunt mice at night.\n",
    "land/rules.md": "# Harbour rules\n\n## Fees\n\n- A boat up to 8 metres pays $12 a night.\n- A larger boat pays $20 a night.\n\n"
    "## Noise\n\nEngines are off after 10 pm.\n",
    "lamps.csv": "lamp,year,range\nOil lamp,1854,12 miles\nElectric lamp,1931,20 miles\n",
}


def write_corpus(folder: Path, files: Mapping[str, str]) -> Path:
    """A folder of documents from their texts by path."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


class WordEmbeddings(Embeddings):
    """Counts words: texts are near when they share words, and a reader sees why."""

    name = "words"
    fingerprint = "words-1"
    dimensions = 512

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        self.encoded += texts
        vectors = np.full((len(texts), self.dimensions), 1e-6, np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                vectors[row, int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.dimensions] += 1
        if progress:
            progress(len(texts))
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]
