"""What a built index is made of: its recipe and the hashes of its documents. Says whether it still fits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from index.errors import IndexDamaged

FORMAT = 1
FILE = "manifest.json"


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a text becomes vectors and words. Two indexes of one recipe and one corpus are equal."""

    format: int
    chunker: str
    chunk_size: int  # tokens
    tokenizer: str
    embedding_model: str
    fingerprint: str  # SHA-256 of the model's weights
    dimensions: int


@dataclass(frozen=True)
class DocumentState:
    """A file as it was when it was indexed."""

    file_sha256: str
    text_sha256: str
    size: int  # bytes
    modified: int  # nanoseconds since 1970


@dataclass(frozen=True)
class Manifest:
    """The description of one built index."""

    recipe: Recipe
    corpus: str  # the folder it was built from
    built_at: str  # UTC, ISO 8601
    seconds: float
    passages: int
    sentences: int
    documents: Mapping[str, DocumentState]
    configuration_sha256: str

    def save(self, folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """The manifest of a built index. Raises IndexDamaged when it is missing, cut off or of another format."""
        try:
            data = json.loads((folder / FILE).read_text(encoding="utf-8"))
            if data["recipe"]["format"] != FORMAT:
                raise IndexDamaged(f"The index in {folder} has format {data['recipe']['format']}, this program reads {FORMAT}. Build it anew with: python -m index rebuild")
            return cls(
                recipe=Recipe(**data.pop("recipe")),
                documents={identifier: DocumentState(**state) for identifier, state in data.pop("documents").items()},
                **data,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexDamaged(f"The index in {folder} has no readable manifest ({error}). Build it anew with: python -m index rebuild --force") from error


def state_of(path: Path, text_sha256: str = "") -> DocumentState:
    """A file as it is now."""
    status = path.stat()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    companion = path.with_name(path.name + ".yaml")
    if companion.is_file():  # a table's front matter
        digest.update(companion.read_bytes())
    return DocumentState(digest.hexdigest(), text_sha256, status.st_size, status.st_mtime_ns)


@dataclass(frozen=True)
class Changes:
    """How a corpus differs from what was indexed; ids in order."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        parts = [f"{len(ids)} {word}" for word, ids in (("added", self.added), ("changed", self.changed), ("removed", self.removed)) if ids]
        return ", ".join(parts) or "no changes"


def compare(before: Mapping[str, DocumentState], now: Mapping[str, DocumentState]) -> Changes:
    """What happened to the files between two states, by content."""
    return Changes(
        added=tuple(sorted(set(now) - set(before))),
        changed=tuple(sorted(name for name in set(now) & set(before) if now[name].file_sha256 != before[name].file_sha256)),
        removed=tuple(sorted(set(before) - set(now))),
    )
