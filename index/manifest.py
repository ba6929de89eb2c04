"""What a built index is made of: its recipe, the hashes of its documents and files. Says whether it still fits."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from index.errors import IndexDamaged
from index.generations import MANIFEST

FORMAT = 6


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a text becomes vectors and words. Two indexes of one recipe and one corpus are equal."""

    format: int
    reader: str  # of files, with the versions of the libraries that read them
    chunker: str
    chunk_size: int  # tokens
    tokenizer: str
    embedded: str  # which texts the model reads
    embedding_model: str
    fingerprint: str  # SHA-256 of the model's weights
    dimensions: int
    precision: str = "fp32"  # of those weights as they are served

    @property
    def model(self) -> tuple[str, str, int, str]:
        """What decides which vector a text gets."""
        return self.embedding_model, self.fingerprint, self.dimensions, self.precision


def differences(built: Recipe, wanted: Recipe) -> str:
    """How an index was built otherwise than asked for now, in words; empty when it was not.

    >>> recipe = Recipe(2, "reader-1", "chunks-1", 200, "words-1", "texts-1", "small", "ab12", 384)
    >>> differences(recipe, Recipe(2, "reader-1", "chunks-1", 120, "words-1", "texts-1", "other", "cd34", 384))
    'chunk size 200 instead of 120; embedding model small instead of other; fingerprint ab12 instead of cd34'
    """
    pairs = [(name, getattr(built, name), getattr(wanted, name)) for name in Recipe.__dataclass_fields__]
    told = [f"{name.replace('_', ' ')} {was!s:.40} instead of {now!s:.40}" for name, was, now in pairs if was != now]
    if built.embedding_model == wanted.embedding_model and built.fingerprint != wanted.fingerprint:
        told.append(f"the weights of {wanted.embedding_model} are others under the same name")
    return "; ".join(told)


@dataclass(frozen=True)
class DocumentState:
    """A file as it was when it was indexed."""

    file_sha256: str  # or "unread"
    size: int  # bytes
    modified: int  # nanoseconds since 1970
    changed: int  # likewise, of content, name or rights: no program sets it back


@dataclass(frozen=True)
class Skipped:
    """A file or folder that is not indexed, and why."""

    document_id: str
    reason: str


@dataclass(frozen=True)
class Suspicion:
    """Words of a document that read like orders to a program. They are reported and stay text."""

    document_id: str
    words: str
    line: int | None = None  # of the file, from 1; None where a file has no lines


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
    skipped: tuple[Skipped, ...] = ()
    suspicious: tuple[Suspicion, ...] = ()
    not_indexed: Mapping[str, DocumentState] = field(default_factory=dict)  # the files that were skipped
    standings: Mapping[str, str] = field(default_factory=dict)  # of each document: a mark of its days and headings
    files: Mapping[str, str] = field(default_factory=dict)  # of the index, with their marks

    @property
    def states(self) -> dict[str, DocumentState]:
        """Every file that was looked at, indexed or skipped."""
        return {**self.documents, **self.not_indexed}

    def save(self, folder: Path) -> None:
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """The manifest of a built index. Raises IndexDamaged when it is missing, cut off or of another format."""
        try:
            data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            found = data["recipe"]["format"]
            if found != FORMAT:
                remedy = "Build it anew with: python -m index rebuild"
                raise IndexDamaged(f"The index in {folder} has format {found}, this program reads {FORMAT}. {remedy}")
            return cls(
                recipe=Recipe(**data.pop("recipe")),
                documents={name: DocumentState(**state) for name, state in data.pop("documents").items()},
                not_indexed={name: DocumentState(**state) for name, state in data.pop("not_indexed").items()},
                skipped=tuple(Skipped(**item) for item in data.pop("skipped")),
                suspicious=tuple(Suspicion(**item) for item in data.pop("suspicious")),
                **data,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            remedy = "Build it anew with: python -m index rebuild --force"
            raise IndexDamaged(f"The index in {folder} has no readable manifest ({error}). {remedy}") from error


def files_of(folder: Path) -> dict[str, str]:
    """The files of a generation, each with a mark by which it is known again."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): _mark(path) for path in paths}


def damages(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What is missing or altered among the files of a generation, without opening its vectors."""
    for name, mark in manifest.files.items():
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif _mark(path) != mark:
            yield f"{name} is not as it was written"


def _mark(path: Path) -> str:
    """The SHA-256 of a file; the size of a large one of vectors; nothing for what Chroma writes to whenever it opens it."""
    if path.suffix in (".bin", ".pickle"):
        return str(path.stat().st_size) if path.with_name("index_metadata.pickle").is_file() else ""
    return "" if path.suffix == ".sqlite3" else _sha256(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def state_of(path: Path, known: DocumentState | None = None, *, max_bytes: float = float("inf")) -> DocumentState:
    """A file as it is now. It is not read when its size and times are those of `known`, when it is too large, or when it cannot be."""
    try:
        status = path.stat()
    except OSError:  # a link to nothing
        return DocumentState("unread", 0, 0, 0)
    state = DocumentState("unread", status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    if not stat.S_ISREG(status.st_mode) or status.st_size > max_bytes:
        return state
    companion = path.with_name(path.name + ".yaml")  # a table's front matter
    if known and known == replace(state, file_sha256=known.file_sha256) and known.file_sha256 != "unread" and not companion.is_file():
        return known
    try:
        digest = _sha256(path)
        if companion.is_file():
            digest = hashlib.sha256(f"{digest}{_sha256(companion)}".encode()).hexdigest()
    except OSError:
        return state
    return replace(state, file_sha256=digest)


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
