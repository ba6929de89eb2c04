"""Rebuild an index: what changed → a new generation beside the old → checked → swapped in by one atomic replacement."""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from index.chunks import CHUNKER, split
from index.configuration import CONFIGURATION, read_configuration
from index.contradictions import contradictions
from index.documents import READER, READER_LIBRARIES, Document, document_id, find_documents, inspect_document, read_document
from index.embeddings import Embeddings, Vectors, unit
from index.errors import CorpusError, DocumentError, IndexDamaged, IndexMissing, SettingsError, UserError
from index.generations import current_generation as current_generation
from index.keywords import PASSAGE_WORDS, SENTENCE_WORDS, TOKENIZER, TOKENIZER_LIBRARIES, Collected, Collector, recall_stems, tokenize, words_of
from index.manifest import FORMAT, Changes, DocumentState, Manifest, Recipe, Skipped, Suspicion, compare, damages, files_of, state_of
from index.parsed import Parsed
from index.place import Place, place_of
from index.settings import IndexSettings
from index.store import PAGE, Passage, Store, passage_of

EMBEDDED = "sentences-in-context-3"  # part of an index's recipe: change it when the model reads other texts
WORN = 0.25  # share of deleted passages from which on a store is written anew instead of carried on
HELD = 32_000_000  # characters of documents held while they are indexed; what is beyond is read again when its turn comes
SAMPLE = 32  # passages of a new generation that are read back
Progress = Callable[[str, int, int], None]  # what is being done, how much of how many


@dataclass(frozen=True)
class AnswerChange:
    """A golden question of the corpus that a rebuild answers differently."""

    question: str
    outcome: str  # "lost": answered with all facts before, and no longer; "gained": the reverse; "changed": other words
    before: str
    after: str
    documents: tuple[str, ...] = ()  # changed documents that did it; none when only the day or the settings are others


# Compares the answers of a finished generation, which does not serve yet, with those of the one that serves:
# (settings, embeddings, the new generation's folder, whether to refuse when an answer is lost). Raises UserError to stop the rebuild.
Reviewer = Callable[[IndexSettings, Embeddings, Path, bool], tuple[AnswerChange, ...]]


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
    skipped: tuple[Skipped, ...] = ()  # files and folders that could not be indexed
    suspicious: tuple[Suspicion, ...] = ()
    answers: tuple[AnswerChange, ...] = ()  # of the corpus's golden questions, where a reviewer compared them


def recipe_of(settings: IndexSettings, embeddings: Embeddings) -> Recipe:
    """The recipe that these settings and this model ask for."""
    reader, tokenizer = _with_versions(READER, READER_LIBRARIES), _with_versions(TOKENIZER, TOKENIZER_LIBRARIES)
    return Recipe(
        format=FORMAT, reader=reader, chunker=CHUNKER, chunk_size=settings.chunk_size, tokenizer=tokenizer, embedded=EMBEDDED,
        embedding_model=embeddings.name, fingerprint=embeddings.fingerprint, dimensions=embeddings.dimensions,
        precision=embeddings.precision,
    )  # fmt: skip


def _with_versions(name: str, libraries: Sequence[str]) -> str:
    return " ".join((name, *(f"{library}-{importlib.metadata.version(library)}" for library in libraries)))


def corpus_states(settings: IndexSettings, known: Mapping[str, DocumentState] | None = None) -> dict[str, DocumentState]:
    """The files of the corpus as they are now, by document id; those whose size and times are as `known` are not read again."""
    paths, _ = find_documents(settings.corpus, exclude=read_configuration(settings.corpus).exclude)
    states: dict[str, DocumentState] = {}
    for path in paths:
        name = document_id(path, settings.corpus)
        states[name] = state_of(path, (known or {}).get(name), max_bytes=settings.max_file_mb * 1e6)
    return states


def pending_changes(settings: IndexSettings, manifest: Manifest) -> Changes:
    """How the corpus differs from what the index was built from."""
    return compare(manifest.states, corpus_states(settings, manifest.states))


def configuration_hash(corpus: Path) -> str:
    path = corpus / CONFIGURATION
    return hashlib.sha256(path.read_bytes() if path.is_file() else b"").hexdigest()


def rebuild(
    settings: IndexSettings,
    embeddings: Embeddings,
    *,
    force: bool = False,
    strict: bool = False,
    progress: Progress | None = None,
    review: Reviewer | None = None,
    keep_answers: bool = False,
) -> BuildReport:
    """Bring the index in line with the corpus and the settings. The old index serves until the new one is whole.

    `review` compares answers before the new index takes over; with `keep_answers` it may refuse one that loses an answer.
    What cannot be read is skipped and reported; `strict`, or `curated = true` in corpus.toml, makes it an error.
    Raises CorpusError or DocumentError for the corpus, IndexLocked while another process rebuilds, SettingsError when the index on a
    server is that of another corpus, UserError when the place cannot be written, or when an answer would be lost.
    """
    configuration = read_configuration(settings.corpus)
    _, faults = find_documents(settings.corpus, exclude=configuration.exclude)
    place = place_of(settings)
    job = _Job(
        settings,
        place,
        embeddings,
        strict or configuration.curated,
        progress or (lambda _what, _done, _all: None),
        time.perf_counter(),
        review,
        keep_answers,
    )
    for fault in faults if job.strict else ():
        raise fault
    skipped = tuple(Skipped(document_id(Path(fault.path), settings.corpus), fault.problem) for fault in faults)
    try:
        with place.writing():
            place.remove_unused()
            report = _rebuild(job, None if force else _sound_generation(place), skipped)
            place.remove_unused()
            return report
    except PermissionError as error:
        remedy = "Give write permission, or name another place with --index or KEI_INDEX."
        raise UserError(f"Cannot write the index to {settings.index}: {error.strerror}. {remedy}") from error
    except OSError as error:
        raise UserError(f"Cannot write the index to {settings.index}: {error.strerror or error}. The old index is untouched.") from error


@dataclass(frozen=True)
class _Job:
    """What every step of a rebuild needs to know."""

    settings: IndexSettings
    place: Place
    embeddings: Embeddings
    strict: bool
    report: Progress
    started: float
    review: Reviewer | None = None
    keep_answers: bool = False

    def seconds(self) -> float:
        return round(time.perf_counter() - self.started, 3)


def _sound_generation(place: Place) -> tuple[Path, Manifest] | None:
    """The generation that serves with its manifest, or None when there is none or some of it is missing or altered."""
    try:
        folder = place.current()
        manifest = Manifest.load(folder)
    except (IndexMissing, IndexDamaged):
        return None
    return None if any(damages(folder, manifest)) else (folder, manifest)


def _rebuild(job: _Job, old: tuple[Path, Manifest] | None, folders: tuple[Skipped, ...]) -> BuildReport:
    settings, recipe = job.settings, recipe_of(job.settings, job.embeddings)
    before = old[1] if old else None
    known = before.states if before else {}
    states = corpus_states(settings, known)
    changes = compare(known, states)
    if before and settings.server:
        _refuse_other_corpus(settings, before, states)
    same_recipe = before is not None and before.recipe == recipe
    stale = {*changes.added, *changes.changed} if same_recipe else set(states)
    skipped = list(folders)
    if before and same_recipe:
        skipped += [item for item in before.skipped if item.document_id in states and item.document_id not in stale]
        if job.strict and skipped:
            raise DocumentError(settings.corpus / skipped[0].document_id, skipped[0].reason)
        if not changes and before.configuration_sha256 == configuration_hash(settings.corpus):
            sizes = len(before.documents), before.passages, before.sentences
            return BuildReport(settings.index, *sizes, 0, changes, job.seconds(), False, tuple(skipped), before.suspicious)

    earlier = _earlier(job.place, old) if before and before.recipe.model == recipe.model else None
    if same_recipe and earlier is None:  # its files are whole, what is in them is not
        return _rebuild(job, None, folders)
    if old and same_recipe:
        recall_stems(old[0] / PASSAGE_WORDS)
    documents, suspicious = _read(job, [name for name in states if name in stale], states, skipped)
    unread = {item.document_id for item in skipped}
    indexed = {name: state for name, state in states.items() if name not in unread}
    if not indexed:
        first = f"{skipped[0].document_id} {skipped[0].reason}"
        raise CorpusError(f"None of the {len(states)} documents in {settings.corpus} can be read. The first: {first}")
    known_suspicions = before.suspicious if before else ()
    suspicious = [*(item for item in known_suspicions if item.document_id in indexed and item.document_id not in stale), *suspicious]

    folder = job.place.new_generation()
    try:
        known_standings = before.standings if before else {}
        standings = {name: _standing(documents[name]) if name in documents else known_standings[name] for name in indexed}
        if standings != known_standings:
            _refuse_contradictions(job, documents, indexed, earlier)
        may_carry_on = job.place.copies_stores and same_recipe and earlier is not None and earlier.store.wear <= WORN
        is_carried_on = may_carry_on and earlier is not None and not stale.issuperset(earlier.places)
        with (
            closing(Parsed(folder)) as parsed,
            closing(job.place.create_store(folder, earlier.store if earlier and is_carried_on else None)) as store,
        ):
            passages = _Passages(job, documents, indexed, earlier, parsed, keep_serials=is_carried_on)
            if old:
                parsed.take_over(old[0], [name for name in indexed if name not in documents])
            store.hold(passages, passages.vectors)
            if earlier:
                earlier.store.close()
            job.report("Writing", 0, 1)
            passages.words.save(folder / PASSAGE_WORDS)
            passages.sentence_words.save(folder / SENTENCE_WORDS)
            manifest = Manifest(
                recipe=recipe, corpus=str(settings.corpus), built_at=f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}",
                seconds=job.seconds(), passages=passages.count, sentences=passages.sentences, documents=indexed,
                configuration_sha256=configuration_hash(settings.corpus), skipped=tuple(skipped), suspicious=tuple(suspicious), standings=standings,
                not_indexed={name: states[name] for name in states if name in unread}, files=files_of(folder),
            )  # fmt: skip
            manifest.save(folder)
            _verify(store, manifest, passages.sample)
        answers = job.review(settings, job.embeddings, folder, job.keep_answers) if job.review else ()
        job.place.make_current(folder)
    except BaseException:
        job.place.discard(folder)
        raise
    job.report("Writing", 1, 1)
    sizes = len(indexed), manifest.passages, manifest.sentences
    return BuildReport(settings.index, *sizes, passages.embedded, changes, job.seconds(), True, manifest.skipped, manifest.suspicious, answers)


def _refuse_other_corpus(settings: IndexSettings, before: Manifest, states: Mapping[str, DocumentState]) -> None:
    """Raises SettingsError when an index that others share has nothing in common with this corpus: it must be that of another."""
    contents = [{state.file_sha256 for state in files.values()} for files in (before.states, states)]
    if before.states.keys().isdisjoint(states) and contents[0].isdisjoint(contents[1]):
        remedy = "Give this one another name with KEI_INDEX, or put it in the place of that one with: python -m index rebuild --force"
        raise SettingsError(f"The index {settings.shown} is of another corpus, {before.corpus}: they share no document. {remedy}")


def _read(
    job: _Job, names: Sequence[str], states: Mapping[str, DocumentState], skipped: list[Skipped]
) -> tuple[dict[str, Document], list[Suspicion]]:
    """Those documents by id, without text where there is too much of it, and what in them is suspicious; what cannot be read goes to `skipped`."""
    corpus, limit = job.settings.corpus, job.settings.max_file_mb
    documents: dict[str, Document] = {}
    suspicious: list[Suspicion] = []
    held = 0
    for number, name in enumerate(names, start=1):
        try:
            if states[name].size > limit * 1e6:
                raise DocumentError(corpus / name, f"is larger than {limit:g} MB. Split it, or raise the limit with KEI_MAX_FILE_MB.")
            document, orders = inspect_document(corpus / name, corpus)
            suspicious += [Suspicion(name, words, line) for words, line in orders.items()]
            held += len(document.text)
            documents[name] = document if held <= HELD else replace(document, text="", rows=())
        except DocumentError as error:
            if job.strict:
                raise
            skipped.append(Skipped(name, error.problem))
        job.report("Reading", number, len(names))
    return documents, suspicious


def _standing(document: Document) -> str:
    """A mark of what a document says of its days and headings: the same as before, it contradicts no other that it did not contradict before."""
    return hashlib.sha256(repr([(section.headings, section.validity) for section in document.sections]).encode()).hexdigest()


def _refuse_contradictions(job: _Job, documents: Mapping[str, Document], indexed: Iterable[str], earlier: _Earlier | None) -> None:
    """Raises DocumentError when what documents say of their days, or of what they supersede, cannot be."""
    corpus = job.settings.corpus
    supersedes = any(section.validity.supersedes for document in documents.values() for section in document.sections)
    if supersedes or (earlier and earlier.supersedes):  # one document may contradict another that has not changed
        documents = {name: documents.get(name) or read_document(corpus / name, corpus) for name in indexed}
    for fault in contradictions(documents.values(), corpus):
        raise fault


@dataclass(frozen=True)
class _Earlier:
    """What an earlier generation has that a new one may take over."""

    store: Store
    places: Mapping[str, Sequence[int]]  # of each document: the positions of its passages
    by_key: Mapping[str, tuple[int, int, int]]  # of each embedded text: a position, the number of the first sentence, and how many it has
    supersedes: bool  # whether any of it supersedes anything
    words: Collected  # of its passages by their position
    sentence_words: Collected  # of its sentences by their number


def _earlier(place: Place, old: tuple[Path, Manifest] | None) -> _Earlier | None:
    """That generation, or None when it does not hold what its manifest says."""
    if old is None:
        return None
    try:
        store = place.open_store(old[0])
    except IndexDamaged:
        return None
    if store.counts() != (old[1].passages, old[1].sentences):
        return None
    places: dict[str, list[int]] = {}
    by_key: dict[str, tuple[int, int, int]] = {}
    supersedes = False
    for passage in store.all_passages():
        places.setdefault(passage.document_id, []).append(passage.position)
        by_key[passage.key] = passage.position, passage.first_sentence, len(passage.sentences)
        supersedes = supersedes or bool(passage.validity.supersedes)
    return _Earlier(store, places, by_key, supersedes, Collected(old[0] / PASSAGE_WORDS), Collected(old[0] / SENTENCE_WORDS))


class _Passages:
    """The passages of a new generation, one after the other as they go into the store; what is left of each is its words.

    Those of documents that have not changed come from the earlier generation. Of the rest no more is held at a time than goes into the store
    at once, and the texts of the documents only up to a limit.
    """

    def __init__(
        self, job: _Job, documents: Mapping[str, Document], states: Mapping[str, DocumentState], earlier: _Earlier | None, parsed: Parsed,
        *, keep_serials: bool
    ) -> None:  # fmt: skip
        self._job = job
        self._documents = documents
        self._states = states
        self._parsed = parsed
        self._earlier = earlier
        self._keep_serials = keep_serials
        self.count = self.sentences = self.embedded = 0
        self.sample: list[Passage] = []  # spread evenly over those that have gone by
        self._step = 1  # positions between those of the sample
        self.words, self.sentence_words = Collector(), Collector()
        self._cut = self._told = 0  # documents that are cut; that the progress of embedding was told of

    def __iter__(self) -> Iterator[Passage]:
        for passage in self._unnumbered():
            self._collect(passage)
            passage = replace(passage, position=self.count, first_sentence=self.sentences)
            self.count += 1
            self.sentences += len(passage.sentences)
            if passage.position % self._step == 0:
                self.sample.append(passage)
            if len(self.sample) > SAMPLE:
                self._step *= 2
                self.sample = self.sample[::2]
            yield passage

    def _unnumbered(self) -> Iterator[Passage]:
        places = self._earlier.places if self._earlier else {}
        waiting: list[int] = []
        for name in self._states:
            if name not in self._documents:
                waiting += places.get(name, ())
            if waiting and (name in self._documents or len(waiting) >= PAGE):
                yield from self._taken_over(waiting)
                waiting = []
            if name in self._documents:
                yield from self._cut_up(name)
        yield from self._taken_over(waiting)

    def _taken_over(self, positions: Sequence[int]) -> Iterator[Passage]:
        if self._earlier and positions:
            for passage in self._earlier.store.passages(positions):
                yield passage if self._keep_serials else replace(passage, serial=None)

    def _cut_up(self, name: str) -> Iterator[Passage]:
        """The passages of a document that was read. Raises DocumentError when the file is no longer what it was."""
        job, document = self._job, self._documents[name]
        if not document.text:  # too much was read to be held
            document = read_document(job.settings.corpus / name, job.settings.corpus)
            if document.sha256 != self._documents[name].sha256:
                raise DocumentError(job.settings.corpus / name, "was changed while the index was built. Run the rebuild again.")
        if state_of(job.settings.corpus / name, self._states[name]) == self._states[name]:  # subtle: else it may be text of another hash
            self._parsed.keep(document, self._states[name].file_sha256)
        for chunk in split(document, size=job.settings.chunk_size, count_tokens=job.embeddings.count_tokens):
            passage = passage_of(chunk, document, position=0, first_sentence=0, key="")
            if document.text[passage.start : passage.end] != passage.text:
                raise IndexDamaged(f"{name} [{passage.start}:{passage.end}] is no span of its document; the old index still serves.")
            yield replace(passage, key=hashlib.sha256("\0".join(embedded_texts(passage)).encode()).hexdigest())
        self._cut += 1
        job.report("Cutting", self._cut, len(self._documents))

    def _collect(self, passage: Passage) -> None:
        """Passages by their words; sentences by theirs and, once each, those of title and headings that they do not say themselves."""
        if self._earlier and passage.document_id not in self._documents:
            self.words.add(*self._earlier.words[passage.position])
            for number in range(passage.first_sentence, passage.first_sentence + len(passage.sentences)):
                self.sentence_words.add(*self._earlier.sentence_words[number])
            return
        self.words.add(tokenize(f"{passage.context}\n{_under_header(passage, passage.text)}"), [*_spelled(passage)])
        context = dict.fromkeys(tokenize(passage.context))
        for text in _sentences(passage):
            own = tokenize(_under_header(passage, text))
            self.sentence_words.add([*own, *(token for token in context if token not in own)])

    def vectors(self, passages: Sequence[Passage]) -> dict[str, tuple[Vectors, Vectors]]:
        """The vectors of passages and of their sentences by key, taken over where the earlier generation has them."""
        wanted = {passage.key: self._earlier.by_key[passage.key] for passage in passages if self._earlier and passage.key in self._earlier.by_key}
        fresh = [passage for passage in passages if passage.key not in wanted]
        texts = [embedded_texts(passage) for passage in fresh]
        rows = _split(self._encoded(texts), [*map(len, texts)])
        found = {passage.key: (unit(own.mean(axis=0)), own) for passage, own in zip(fresh, rows, strict=True)}
        if self._earlier and wanted:
            numbers = [first + place for _, first, length in wanted.values() for place in range(length)]
            rows = _split(self._earlier.store.sentence_vectors(numbers), [length for _, _, length in wanted.values()])
            whole = self._earlier.store.vectors([position for position, _, _ in wanted.values()])
            found |= zip(wanted, zip(whole, rows, strict=True), strict=True)
        self.embedded += len(fresh)
        return found

    def _encoded(self, texts: Sequence[Sequence[str]]) -> Vectors:
        """Their vectors. What is told of the progress are documents, for how many texts there will be is not known before the last is cut."""
        flat = [text for inner in texts for text in inner]
        before, report = self._told, self._job.report
        report("Embedding", before, len(self._documents))
        rows = self._job.embeddings.encode(
            flat, progress=lambda done: report("Embedding", before + (self._cut - before) * done // max(1, len(flat)), len(self._documents))
        )
        self._told = self._cut
        return rows


def _split(rows: Vectors, lengths: Sequence[int]) -> list[Vectors]:
    return [rows[first:last] for first, last in pairwise(np.cumsum([0, *lengths]))]


def embedded_texts(passage: Passage) -> list[str]:
    """What the model reads of a passage: each of its sentences under title and headings, a row under its table's header too."""
    return [f"{passage.context}\n{_under_header(passage, text)}" for text in _sentences(passage)]


def _sentences(passage: Passage) -> list[str]:
    return [passage.text[start - passage.start : end - passage.start] for start, end in passage.sentences]


def _spelled(passage: Passage) -> Iterator[str]:
    """Its words as they are spelt; a dot before those at the beginning of a sentence, in headings and in tables, which all have capitals."""
    for word in _words(f"{passage.context}\n{passage.header}"):
        yield f".{word}"
    for text in _sentences(passage):
        for place, word in enumerate(_words(text)):
            yield f".{word}" if place == 0 or passage.header else word


def _words(text: str) -> list[str]:
    return [word for _, word in words_of(text) if word.isalpha()]


def _under_header(passage: Passage, text: str) -> str:
    return f"{passage.header}\n{text}" if passage.header and not text.startswith(passage.header) else text


def _verify(store: Store, manifest: Manifest, sample: Sequence[Passage]) -> None:
    """Read the new generation back: all there, and a sample of it as it was written and found by the sentences' own vectors."""
    if store.counts() != (manifest.passages, manifest.sentences):
        raise IndexDamaged("The new index does not hold what was written to it; the old one still serves. Run the rebuild again.")
    vectors = store.sentence_vectors([passage.first_sentence for passage in sample])
    for passage, read in zip(sample, store.passages([passage.position for passage in sample]), strict=True):
        if read != passage:
            raise IndexDamaged(f"Passage {passage.position} reads back differently from what was written; the old index still serves.")
    found = sum(store.nearest_sentences(vector, 1)[0][1] > 0.999 for vector in vectors)
    if 2 * found < len(sample):  # the graph of vectors is not exact: one that is whole may miss a few
        problem = f"Only {found} of {len(sample)} sentences are found by their own vectors"
        raise IndexDamaged(f"{problem}; the old index still serves. Run the rebuild again.")
