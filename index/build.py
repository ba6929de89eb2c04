"""Rebuild an index: what changed → a new generation beside the old → checked → swapped in by one atomic replacement."""

from __future__ import annotations

import datetime
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from index.chunks import CHUNKER, Chunk, split
from index.documents import CONFIGURATION, Document, document_id, document_paths, read_configuration, read_document
from index.embeddings import Embeddings, Vectors
from index.errors import IndexDamaged, IndexLocked, IndexMissing, UserError
from index.keywords import TOKENIZER, Keywords, tokenize, words_of
from index.manifest import FORMAT, Changes, DocumentState, Manifest, Recipe, compare, state_of
from index.settings import IndexSettings
from index.store import Passage, Store, passage_of

CURRENT = "CURRENT"  # names the generation that serves
Progress = Callable[[str, int, int], None]  # what is being done, how much of how many


@dataclass(frozen=True)
class BuildReport:
    """What a rebuild did."""

    index: Path
    documents: int
    passages: int
    sentences: int
    embedded: int  # passages whose vectors were computed; the others were taken over
    changes: Changes
    seconds: float
    rebuilt: bool  # False when nothing had changed


def recipe_of(settings: IndexSettings, embeddings: Embeddings) -> Recipe:
    """The recipe that these settings and this model ask for."""
    return Recipe(FORMAT, CHUNKER, settings.chunk_size, TOKENIZER, embeddings.name, embeddings.fingerprint, embeddings.dimensions)


def current_generation(index: Path) -> Path:
    """The folder of the generation that serves. Raises IndexMissing or IndexDamaged."""
    pointer = index / CURRENT
    if not pointer.is_file():
        if index.exists() and not index.is_dir():
            raise IndexMissing(f"{index} is a file, not an index folder. Name another place with --index or KEI_INDEX.")
        raise IndexMissing(f"No index in {index}. Build it with: python -m index rebuild")
    name = pointer.read_text(encoding="utf-8").strip()
    folder = index / name
    if not name or not folder.is_dir():
        raise IndexDamaged(f"The index in {index} points to {name or 'nothing'}, which is missing. Build it anew with: python -m index rebuild --force")
    return folder


def corpus_states(settings: IndexSettings) -> dict[str, DocumentState]:
    """The files of the corpus as they are now, by document id."""
    exclude = read_configuration(settings.corpus).exclude
    return {document_id(path, settings.corpus): state_of(path) for path in document_paths(settings.corpus, exclude=exclude)}


def pending_changes(settings: IndexSettings, manifest: Manifest) -> Changes:
    """How the corpus differs from what the index holds; files whose size and time are as before are not read again."""
    exclude = read_configuration(settings.corpus).exclude
    now: dict[str, DocumentState] = {}
    for path in document_paths(settings.corpus, exclude=exclude):
        name = document_id(path, settings.corpus)
        known = manifest.documents.get(name)
        status = path.stat()
        companion = path.with_name(path.name + ".yaml").exists()
        same = known and not companion and (known.size, known.modified) == (status.st_size, status.st_mtime_ns)
        now[name] = known if known and same else state_of(path)
    return compare(manifest.documents, now)


def configuration_hash(corpus: Path) -> str:
    path = corpus / CONFIGURATION
    return hashlib.sha256(path.read_bytes() if path.is_file() else b"").hexdigest()


def rebuild(settings: IndexSettings, embeddings: Embeddings, *, force: bool = False, progress: Progress | None = None) -> BuildReport:
    """Bring the index in line with the corpus and the settings. The old index serves until the new one is whole.

    Raises CorpusError or DocumentError for the corpus, IndexLocked while another process rebuilds, UserError when the place
    cannot be written.
    """
    started = time.perf_counter()
    report = progress or (lambda _what, _done, _all: None)
    documents = _read(settings, report)
    try:
        settings.index.mkdir(parents=True, exist_ok=True)
        lock = FileLock(settings.index / "lock", timeout=0)
        with lock:
            return _rebuild(settings, embeddings, documents, force, report, started)
    except Timeout as error:
        raise IndexLocked(f"Another process is rebuilding the index in {settings.index}. Wait for it to end.") from error
    except PermissionError as error:
        raise UserError(f"Cannot write the index to {settings.index}: {error.strerror}. Give write permission, or name another place with --index or KEI_INDEX.") from error
    except OSError as error:
        raise UserError(f"Cannot write the index to {settings.index}: {error.strerror}. The old index is untouched.") from error


def _read(settings: IndexSettings, report: Progress) -> dict[Path, Document]:
    paths = document_paths(settings.corpus, exclude=read_configuration(settings.corpus).exclude)
    documents: dict[Path, Document] = {}
    for number, path in enumerate(paths, start=1):
        documents[path] = read_document(path, settings.corpus)
        report("Reading", number, len(paths))
    return documents


def _rebuild(
    settings: IndexSettings, embeddings: Embeddings, documents: Mapping[Path, Document], force: bool, report: Progress, started: float
) -> BuildReport:
    recipe = recipe_of(settings, embeddings)
    states = {document.document_id: state_of(path, document.sha256) for path, document in documents.items()}
    old = None if force else _old_generation(settings.index)
    changes = compare(old[1].documents if old else {}, states)
    same_recipe = old is not None and old[1].recipe == recipe
    if old and same_recipe and not changes and old[1].configuration_sha256 == configuration_hash(settings.corpus):
        manifest = old[1]
        return BuildReport(settings.index, len(manifest.documents), manifest.passages, manifest.sentences, 0, changes, time.perf_counter() - started, False)

    chunks: list[tuple[Document, Chunk]] = []
    for number, document in enumerate(documents.values(), start=1):
        chunks += [(document, chunk) for chunk in split(document, size=settings.chunk_size, count_tokens=embeddings.count_tokens)]
        report("Cutting", number, len(documents))
    passages = _passages(chunks)
    known = _known_vectors(old[0], {passage.key for passage in passages}) if old and same_recipe else {}
    vectors, sentence_vectors, embedded = _vectors(passages, embeddings, known, report)

    generation = f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    folder = settings.index / generation
    try:
        folder.mkdir()
        report("Writing", 0, 1)
        store = Store(folder / "chroma", create=True)
        store.add(passages, vectors, sentence_vectors)
        _keywords_of_passages(passages).save(folder / "passage-words")
        _keywords_of_sentences(passages).save(folder / "sentence-words")
        manifest = Manifest(
            recipe=recipe, corpus=str(settings.corpus), built_at=f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}",
            seconds=round(time.perf_counter() - started, 3), passages=len(passages), sentences=sum(len(passage.sentences) for passage in passages),
            documents=states, configuration_sha256=configuration_hash(settings.corpus),
        )  # fmt: skip
        manifest.save(folder)
        _verify(store, manifest, passages, documents.values())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _point_to(settings.index, generation)
    _remove_others(settings.index, keep={generation, *([old[0].name] if old else [])})
    report("Writing", 1, 1)
    return BuildReport(settings.index, len(documents), manifest.passages, manifest.sentences, embedded, changes, time.perf_counter() - started, True)


def _old_generation(index: Path) -> tuple[Path, Manifest] | None:
    try:
        folder = current_generation(index)
        return folder, Manifest.load(folder)
    except (IndexMissing, IndexDamaged):
        return None


def _passages(chunks: Sequence[tuple[Document, Chunk]]) -> list[Passage]:
    passages: list[Passage] = []
    first_sentence = 0
    for position, (document, chunk) in enumerate(chunks):
        spans = [(start - chunk.start, end - chunk.start) for start, end in chunk.sentences]
        key = hashlib.sha256(f"{chunk.context}\0{chunk.text}\0{spans}".encode()).hexdigest()
        passages.append(passage_of(chunk, document, position=position, first_sentence=first_sentence, key=key))
        first_sentence += len(chunk.sentences)
    return passages


def embedded_text(passage: Passage) -> tuple[str, list[tuple[int, int]]]:
    """What the model reads of a passage, and where its sentences stand in that."""
    lead = f"{passage.context}\n"
    shift = len(lead) - passage.start
    return lead + passage.text, [(start + shift, end + shift) for start, end in passage.sentences]


def _known_vectors(folder: Path, keys: set[str]) -> dict[str, tuple[Vectors, Vectors]]:
    """Vectors of the old generation for passages that are embedded from the same text."""
    try:
        store = Store(folder / "chroma")
        kept = [(passage, vector) for passage, vector in store.all_passages() if passage.key in keys]
        numbers = [passage.first_sentence + place for passage, _ in kept for place in range(len(passage.sentences))]
        rows = iter(np.concatenate([store.sentence_vectors(numbers[start : start + 1000]) for start in range(0, len(numbers), 1000)]) if numbers else [])
        return {passage.key: (vector, np.stack([next(rows) for _ in passage.sentences])) for passage, vector in kept}
    except (IndexDamaged, KeyError):
        return {}


def _vectors(
    passages: Sequence[Passage], embeddings: Embeddings, known: Mapping[str, tuple[Vectors, Vectors]], report: Progress
) -> tuple[Vectors, list[Vectors], int]:
    fresh = [passage for passage in passages if passage.key not in known]
    report("Embedding", 0, len(fresh))
    texts = [embedded_text(passage) for passage in fresh]
    new, new_sentences = embeddings.encode_passages(
        [text for text, _ in texts], [spans for _, spans in texts], progress=lambda done: report("Embedding", done, len(fresh))
    )
    found = {**known, **{passage.key: pair for passage, pair in zip(fresh, zip(new, new_sentences, strict=True), strict=True)}}
    vectors = np.array([found[passage.key][0] for passage in passages], np.float32).reshape(len(passages), embeddings.dimensions)
    return vectors, [found[passage.key][1] for passage in passages], len(fresh)


def _keywords_of_passages(passages: Sequence[Passage]) -> Keywords:
    spellings = [word.lower() for passage in passages for _, word in words_of(f"{passage.context}\n{passage.text}") if word.isalpha()]
    return Keywords.build([tokenize(f"{passage.context}\n{passage.text}") for passage in passages], spellings)


def _keywords_of_sentences(passages: Sequence[Passage]) -> Keywords:
    texts: list[list[str]] = []
    for passage in passages:
        context = tokenize(passage.context)
        texts += [tokenize(passage.text[start - passage.start : end - passage.start]) + context for start, end in passage.sentences]
    return Keywords.build(texts)


def _verify(store: Store, manifest: Manifest, passages: Sequence[Passage], documents: Sequence[Document] | object) -> None:
    """Read the new generation back: all there, spans right, vectors where they were put."""
    if store.counts() != (manifest.passages, manifest.sentences):
        raise IndexDamaged("The new index does not hold what was written to it; the old one still serves. Run the rebuild again.")
    texts = {document.document_id: document.text for document in documents}  # type: ignore[attr-defined]
    for passage in passages:
        if texts[passage.document_id][passage.start : passage.end] != passage.text:
            raise IndexDamaged(f"{passage.document_id} [{passage.start}:{passage.end}] is no span of its document; the old index still serves.")
    for passage in passages[:: max(1, len(passages) // 16)]:
        if store.passages([passage.position])[0] != passage:
            raise IndexDamaged(f"Passage {passage.position} reads back differently from what was written; the old index still serves.")


def _point_to(index: Path, generation: str) -> None:
    pointer = index / f"{CURRENT}.{os.getpid()}"
    pointer.write_text(generation + "\n", encoding="utf-8")
    os.replace(pointer, index / CURRENT)


def _remove_others(index: Path, keep: set[str]) -> None:
    """Remove generations that nobody can be reading any more: all but the new one and the one before it."""
    for folder in index.iterdir():
        if folder.is_dir() and folder.name not in keep and (folder / "chroma").is_dir():
            shutil.rmtree(folder, ignore_errors=True)
