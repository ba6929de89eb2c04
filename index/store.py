"""Vectors and passages in Chroma. The only file that knows Chroma, and the only home of metadata dictionaries."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from textwrap import shorten
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from index.chunks import Chunk, Span
from index.documents import Document, Validity
from index.embeddings import Vectors
from index.errors import GenerationGone, IndexDamaged, ServerUnavailable, UserError
from index.settings import ChromaServer

T = TypeVar("T")

PAGE = 5000  # records a call; Chroma takes few more
SERVER_PAGE = 300  # likewise, over a network; Chroma Cloud takes and gives no more
SERVER_BATCH = 100  # records to write in a call: sorting in one vector may take a busy server 50 ms
CONNECTING = 10  # seconds at most
SAID = 300  # characters of what a server says that are told to people
DATABASE = "chroma.sqlite3"
ORDER = "order.npy"  # for each passage by position: its serial number, and how many sentences it has
# the rows of a table are much alike: with half of this, one sentence in 25 of such a text is not found by its own vector
GRAPH = {"space": "cosine", "ef_construction": 400, "ef_search": 200, "max_neighbors": 64}
WRITTEN = {"sync_threshold": 2, "batch_size": 2}  # the graph is on the disk after each call: what is not is put in anew at every opening
KEPT = 4096  # passages and vectors of sentences that an open store keeps at hand; they are found again and again
FEW = 8192  # sentences, whose vectors an open store holds: a product with all of them is exact, and quicker than the graph
REMEDY = "Build it anew with: python -m index rebuild --force"


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
    header: str = ""  # the header row of the table that the passage is cut from
    page: int | None = None  # of a PDF, from 1, on which the passage begins
    serial: int | None = field(default=None, compare=False)  # its name in the store, kept for life; None before it is stored

    @property
    def context(self) -> str:
        """Title and headings, each once."""
        return " > ".join(dict.fromkeys((self.title, *self.section.split(" > ")))) if self.section else self.title


def passage_of(chunk: Chunk, document: Document, *, position: int, first_sentence: int, key: str) -> Passage:
    """What is stored of a chunk of that document."""
    return Passage(
        position=position, document_id=chunk.document_id, title=chunk.title, section=" > ".join(chunk.section.headings), start=chunk.start,
        end=chunk.end, text=chunk.text, sentences=chunk.sentences, first_sentence=first_sentence, validity=chunk.section.validity, key=key,
        publisher=document.publisher, kind=document.kind, topic=document.topic, url=document.url, document_sha256=document.sha256,
        header=chunk.header, page=document.page_at(chunk.start),
    )  # fmt: skip


class Store:
    """Two collections of one folder or server: passages with their text, and the sentences in them as vectors alone.

    A record is named by the passage's serial number, a sentence's by that and its place; positions change from build to build, names do not.
    """

    def __init__(self, folder: Path, *, create: bool = False, collections: tuple[Any, Any] | None = None) -> None:
        """The store in that folder, or in those two collections of a server, whose order alone is in the folder.

        Raises IndexDamaged when it cannot be opened, UserError when it cannot be made.
        """
        import chromadb
        from chromadb.api.shared_system_client import SharedSystemClient
        from chromadb.config import Settings

        self._is_remote = collections is not None
        if collections:
            self.folder, self._page, self._batch = folder, SERVER_PAGE, SERVER_BATCH
            self.close: Callable[[], object] = lambda: None  # the connection is others' too
            self._passages, self._sentences = collections
            folder.mkdir(exist_ok=True)
            try:
                self._set_order(np.zeros((0, 2), np.int64) if create else np.load(folder / ORDER))
            except (ValueError, EOFError, OSError) as error:
                raise IndexDamaged(f"The copy of the index in {folder} cannot be read ({error}). Delete the folder; it is fetched again.") from error
            return

        # subtle: Chroma creates an empty index in silence where there is none
        if not create and not (folder / DATABASE).is_file():
            raise IndexDamaged(f"The index has no {DATABASE} in {folder}. {REMEDY}")
        self.folder = folder
        self._page = self._batch = PAGE
        settings = Settings(anonymized_telemetry=False, allow_reset=False, is_persistent=True, persist_directory=str(folder))
        try:
            client: Any = chromadb.PersistentClient(path=str(folder), settings=settings)
            self.close = closing_client = weakref.finalize(self, client.close)  # Chroma itself keeps a client open for ever
            closing_client.atexit = False
            options: dict[str, Any] = {"embedding_function": None}
            if create:
                # passages are found by their sentences: nobody asks their own graph for neighbours
                self._passages = client.create_collection("passages", configuration={"hnsw": {"space": "cosine", **WRITTEN}}, **options)
                self._sentences = client.create_collection("sentences", configuration={"hnsw": {**GRAPH, **WRITTEN}}, **options)
            else:
                self._passages = client.get_collection("passages", **options)
                self._sentences = client.get_collection("sentences", **options)
            self._set_order(np.zeros((0, 2), np.int64) if create else np.load(folder / ORDER))
        except (chromadb.errors.ChromaError, ValueError, EOFError, OSError, AttributeError) as error:
            # subtle: Chroma keeps a client that failed to start and hands it out again
            SharedSystemClient._identifier_to_system.pop(str(folder), None)
            if create:
                raise UserError(f"Chroma cannot write to {folder}: {error}. Make room on the disk. The old index is untouched.") from error
            if "disk is full" in str(error):  # Chroma writes a little to open an index, too
                raise UserError(f"Chroma cannot open the index in {folder}: {error}. Make room on the disk.") from error
            raise IndexDamaged(f"The index in {folder} cannot be opened ({error}). {REMEDY}") from error

    @classmethod
    def copy(cls, original: Path, folder: Path) -> Store:
        """A store of its own with all that another holds. Raises UserError when it cannot be written."""
        try:
            shutil.copytree(original, folder, ignore=shutil.ignore_patterns(f"{DATABASE}*"))
            # subtle: Chroma writes to the database when it opens it, so a plain copy could be torn
            with closing(sqlite3.connect(original / DATABASE)) as source, closing(sqlite3.connect(folder / DATABASE)) as target:
                source.backup(target)
        except sqlite3.Error as error:
            raise UserError(f"The index in {original} cannot be copied to {folder} ({error}). Make room on the disk, or: {REMEDY}") from error
        return cls(folder)

    def _set_order(self, order: NDArray[np.int64]) -> None:
        self._serials, self._lengths = order.reshape(-1, 2).T
        self._first_sentences = np.cumsum(self._lengths) - self._lengths
        self.__dict__.pop("owners", None)
        self._by_serial = np.argsort(self._serials)
        self._kept_passages: dict[int, Passage] = {}
        self._kept_vectors: dict[int, Vectors] = {}
        self._held: Vectors | None = None  # the vectors of all sentences

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """The position of each sentence's passage, by the sentence's number."""
        return np.repeat(np.arange(len(self._serials)), self._lengths)

    @property
    def wear(self) -> float:
        """The share of names given that are no longer in use: what is deleted still takes room and time in the graph of vectors."""
        return 1 - len(self._serials) / (int(self._serials.max()) + 1) if len(self._serials) else 1.0

    def hold(self, passages: Iterable[Passage], vectors: Callable[[Sequence[Passage]], Mapping[str, tuple[Vectors, Vectors]]]) -> None:
        """Hold these passages and no others: those with a serial number stay as they are, the rest come in with the vectors of their keys.

        They are taken one after the other, and `vectors` is asked for those of as many as are written at once. Raises UserError when they
        cannot be written.
        """
        import chromadb

        serial = int(self._serials.max()) + 1 if len(self._serials) else 0
        order: list[tuple[int, int]] = []
        fresh: list[Passage] = []
        try:
            for passage in passages:
                if passage.serial is None:
                    passage = replace(passage, serial=serial)
                    serial += 1
                    fresh.append(passage)
                order.append((cast(int, passage.serial), len(passage.sentences)))
                if len(fresh) == PAGE:  # on a server too: other batches are embedded to other last bits
                    self._add(fresh, vectors(fresh))
                    fresh = []
            if fresh:
                self._add(fresh, vectors(fresh))
            gone = ~np.isin(self._serials, [serial for serial, _ in order])
            leaving = list(zip(self._serials[gone].tolist(), self._lengths[gone].tolist(), strict=True))
            for page in _pages([str(serial) for serial, _ in leaving], self._page):
                self._passages.delete(ids=list(page))
            for page in _pages([f"{serial}.{place}" for serial, length in leaving for place in range(length)], self._page):
                self._sentences.delete(ids=list(page))
        except chromadb.errors.ChromaError as error:
            raise UserError(f"Chroma cannot write to {self.folder}: {error}. Make room on the disk. The old index is untouched.") from error
        np.save(self.folder / ORDER, np.array(order, np.int64).reshape(-1, 2))
        self._set_order(np.array(order, np.int64))

    def _add(self, passages: Sequence[Passage], vectors: Mapping[str, tuple[Vectors, Vectors]]) -> None:
        for page in _pages(passages, self._batch):
            self._passages.add(
                ids=[str(passage.serial) for passage in page], embeddings=np.stack([vectors[passage.key][0] for passage in page]),
                documents=[passage.text for passage in page], metadatas=[_metadata(passage) for passage in page],
            )  # fmt: skip
        numbers = [f"{passage.serial}.{place}" for passage in passages for place in range(len(passage.sentences))]
        stacked = np.concatenate([vectors[passage.key][1] for passage in passages])
        for start in range(0, len(numbers), self._batch):
            self._sentences.add(ids=numbers[start : start + self._batch], embeddings=stacked[start : start + self._batch])

    def nearest(self, vector: Vectors, limit: int) -> list[tuple[int, float]]:
        """Like `nearest_sentences`, but exact, in a folder that has few."""
        if self._is_remote or len(self.owners) > FEW:
            return self.nearest_sentences(vector, limit)
        if self._held is None:
            self._held = np.array([*self._read_sentence_vectors(range(len(self.owners)))], np.float32)
        elif len(self._kept_passages) < len(self._serials) <= KEPT:
            # not for the first question, which may be the only one: all at once take the time of some dozen reads of few
            self.passages(range(len(self._serials)))
        cosines = self._held @ vector
        least = np.partition(cosines, -limit)[-limit] if limit < len(cosines) else -1.0
        numbers = np.flatnonzero(cosines >= least - 1e-6)
        numbers = numbers[np.lexsort((numbers, -cosines[numbers].round(6)))][:limit]
        return list(zip(numbers.tolist(), cosines[numbers].tolist(), strict=True))

    def nearest_sentences(self, vector: Vectors, limit: int) -> list[tuple[int, float]]:
        """Numbers of the sentences nearest to a vector with their cosine, nearest first."""
        found = self._nearest(self._sentences, vector, limit)
        names = np.array([name.split(".") for name, _ in found], np.int64).reshape(-1, 2)
        positions = self._by_serial[np.searchsorted(self._serials, names[:, 0], sorter=self._by_serial)]
        numbers = self._first_sentences[positions] + names[:, 1]
        return _in_order(zip(numbers.tolist(), (cosine for _, cosine in found), strict=True))

    @staticmethod
    def _nearest(collection: Any, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        found = collection.query(query_embeddings=[vector], n_results=limit, include=["distances"])
        # Chroma returns distance; the rest of the code expects "higher is better". A server sends 32 bits in fewer digits than a folder gives.
        return [(name, 1 - float(np.float32(distance))) for name, distance in zip(found["ids"][0], found["distances"][0], strict=True)]

    def passages(self, positions: Sequence[int]) -> list[Passage]:
        """The passages at those positions, in that order."""
        return _at_hand(self._kept_passages, positions, self._read_passages)

    def _read_passages(self, positions: Sequence[int]) -> Iterator[Passage]:
        for page in _pages(positions, self._page):
            for position, stored in zip(page, self._get(self._passages, self._names(page), "documents", "metadatas"), strict=True):
                yield self._passage(position, *stored)

    def vectors(self, positions: Sequence[int]) -> Vectors:
        """The vectors of the passages at those positions, in that order."""
        return np.array(
            [row[0] for page in _pages(positions, self._page) for row in self._get(self._passages, self._names(page), "embeddings")], np.float32
        )

    def sentence_vectors(self, numbers: Sequence[int]) -> Vectors:
        """The vectors of those sentences, in that order."""
        if self._held is not None:
            return self._held[list(numbers)]
        return np.array(_at_hand(self._kept_vectors, numbers, self._read_sentence_vectors), np.float32)

    def _read_sentence_vectors(self, numbers: Sequence[int]) -> Iterator[Vectors]:
        owners = self.owners
        names = [f"{self._serials[owners[number]]}.{number - self._first_sentences[owners[number]]}" for number in numbers]
        for page in _pages(names, self._page):
            for (vector,) in self._get(self._sentences, page, "embeddings"):
                yield np.asarray(vector, np.float32)

    def all_passages(self) -> Iterator[Passage]:
        """Every passage, in order of position."""
        for page in _pages(range(len(self._serials)), self._page):
            yield from self.passages(page)

    def _names(self, positions: Sequence[int]) -> list[str]:
        return [str(self._serials[position]) for position in positions]

    @staticmethod
    def _get(collection: Any, names: Sequence[str], *what: str) -> list[tuple[Any, ...]]:
        """What is stored under those names, in that order. Raises IndexDamaged when one is missing."""
        if not names:
            return []
        found = collection.get(ids=list(names), include=list(what))
        by_name = dict(zip(found["ids"], zip(*(found[item] for item in what), strict=True), strict=True))
        try:
            return [by_name[name] for name in names]
        except KeyError as error:
            raise IndexDamaged(f"The index lacks record {error} of its {collection.name}. {REMEDY}") from error

    def _passage(self, position: int, text: str, metadata: Mapping[str, Any]) -> Passage:
        names = ("status", "published", "as_of", "effective_from", "effective_until", "jurisdiction", "authority")
        validity = Validity(
            **{name: metadata.get(name) for name in names},
            supersedes=tuple(json.loads(metadata["supersedes"])),
        )
        optional: dict[str, Any] = {name: metadata.get(name) for name in ("publisher", "kind", "topic", "url", "page")}
        return Passage(
            position=position, text=text, validity=validity, sentences=tuple((a, b) for a, b in json.loads(metadata["sentences"])),
            first_sentence=int(self._first_sentences[position]), serial=int(self._serials[position]), header=metadata.get("header", ""),
            **{name: metadata[name] for name in ("document_id", "title", "section", "start", "end", "key", "document_sha256")},
            **optional,
        )  # fmt: skip

    def counts(self) -> tuple[int, int]:
        """Passages and sentences stored."""
        return self._passages.count(), self._sentences.count()


class Server:
    """A connection to a Chroma server: collections by name, with facts about each and records in them. Threads may share it.

    Everything in it raises ServerUnavailable when the server does not answer, lets nobody in, or refuses what it is asked, and
    GenerationGone when a collection is not there.
    """

    def __init__(self, settings: ChromaServer) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._opened: Any = None
        self._handles: dict[str, Any] = {}  # collections by name

    def seconds(self) -> float:
        """The time by the server's clock, which all machines share; seconds since 1970."""
        return float(self.ask(lambda client: client.heartbeat())) / 1e9

    def names(self) -> dict[str, Mapping[str, Any]]:
        """All collections with the facts about them."""
        found: dict[str, Mapping[str, Any]] = {}
        for offset in count(0, SERVER_PAGE):
            page = self.ask(partial(_list, offset=offset))
            found |= {collection.name: collection.metadata or {} for collection in page}
            if len(page) < SERVER_PAGE:
                break
        return found

    def create(self, name: str, facts: Mapping[str, Any]) -> bool:
        """Make a collection for records. False when there is one of that name: of all who try at once, one makes it."""
        try:
            self.ask(lambda client: client.create_collection(name, metadata=dict(facts), embedding_function=None))
        except ServerUnavailable as error:
            if "already exists" not in str(error):
                raise
            return False
        return True

    def state(self, name: str, facts: Mapping[str, Any]) -> None:
        """Put other facts about a collection in the place of those it has."""
        self._with(name, lambda collection: collection.modify(metadata=dict(facts)))

    def remove(self, name: str) -> None:
        """Remove a collection, where there is one."""
        self._handles.pop(name, None)
        try:
            self.ask(lambda client: client.delete_collection(name))
        except GenerationGone:
            pass

    def put(self, name: str, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep records by their id in a collection."""
        vectors = [[1.0 + number] for number in range(len(records))]  # Chroma keeps no record without one
        metadatas = [dict(record) for record in records.values()]
        self._with(name, lambda collection: collection.upsert(ids=list(records), metadatas=metadatas, embeddings=vectors))

    def get(self, name: str, ids: Sequence[str] | None = None) -> dict[str, Mapping[str, Any]]:
        """Records of a collection: those with some ids, or all."""
        found = self._with(name, lambda collection: collection.get(ids=ids and list(ids), include=["metadatas"]))
        return dict(zip(found["ids"], found["metadatas"], strict=True))

    def drop(self, name: str, ids: Sequence[str]) -> None:
        """Remove records of a collection."""
        self._with(name, lambda collection: collection.delete(ids=list(ids)))

    def open_store(self, folder: Path, passages: str, sentences: str) -> Store:
        """The store in those two collections, its order in a folder."""
        return Store(folder, collections=(_Remote(self, self._collection(passages)), _Remote(self, self._collection(sentences))))

    def create_store(self, folder: Path, passages: str, sentences: str, facts: Mapping[str, Any]) -> Store:
        """A new store in two new collections of those names."""
        # passages are found by their sentences: nobody asks their own graph for neighbours
        graphs: dict[str, Mapping[str, Any]] = {passages: {"space": "cosine"}, sentences: GRAPH}
        first, second = (_Remote(self, self._create_vectors(name, graph, facts)) for name, graph in graphs.items())
        return Store(folder, collections=(first, second), create=True)

    def _create_vectors(self, name: str, graph: Mapping[str, Any], facts: Mapping[str, Any]) -> Any:
        """A collection for vectors: with that graph where the server takes it, else with its own kind of index, over cosines too."""
        options: dict[str, Any] = {"metadata": dict(facts), "embedding_function": None}
        try:
            return self.ask(lambda client: client.create_collection(name, configuration={"hnsw": dict(graph)}, **options))
        except ServerUnavailable as error:
            if error.is_passing:
                raise
            return self.ask(lambda client: client.create_collection(name, configuration={"spann": {"space": "cosine"}}, **options))

    def _with(self, name: str, act: Callable[[Any], T]) -> T:
        """What an act on a collection gives; a collection that was made anew under its name is looked up again."""
        known = self._handles.get(name)
        if known is not None:
            try:
                return self.ask(lambda _client: act(known))
            except GenerationGone:
                pass
        collection = self._handles[name] = self._collection(name)
        return self.ask(lambda _client: act(collection))

    def _collection(self, name: str) -> Any:
        return self.ask(lambda client: client.get_collection(name, embedding_function=None))

    def ask(self, act: Callable[[Any], T]) -> T:
        """What an act on Chroma's client gives; what goes wrong in words for people. A connection that broke off is tried once more."""
        import httpx

        for is_last in (False, True):
            try:
                return act(self._client())
            except UserError:
                raise
            except Exception as error:
                cause = next((link for link in _links(error) if isinstance(link, httpx.HTTPError)), None)
                if is_last or not isinstance(cause, (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)):
                    raise self._in_words(error, cause) from error
        raise AssertionError

    def _in_words(self, error: Exception, cause: Any) -> UserError:
        import chromadb
        import httpx

        server, wait = f"The Chroma server at {self.settings.url}", f"{self.settings.timeout_seconds:g} seconds"
        status = cause.response.status_code if isinstance(cause, httpx.HTTPStatusError) else None
        said = f"HTTP status {status}" if status and isinstance(error, httpx.HTTPError) else shorten(str(error), SAID, placeholder=" …")
        if isinstance(cause, httpx.TimeoutException):
            return ServerUnavailable(f"{server} did not answer within {wait}. Ask again, or set KEI_CHROMA_TIMEOUT higher.", is_passing=True)
        if isinstance(cause, httpx.TransportError):
            remedy = "Start it, or put KEI_CHROMA_URL right; the next question tries again."
            return ServerUnavailable(f"{server} cannot be reached ({cause}). {remedy}", is_passing=True)
        if status in (401, 403) or isinstance(error, (chromadb.errors.AuthorizationError, chromadb.errors.ChromaAuthError)):
            remedy = "Set KEI_CHROMA_HEADER, KEI_CHROMA_API_KEY or the user in KEI_CHROMA_URL to what it asks for."
            return ServerUnavailable(f"{server} lets nobody in with this login ({said}). {remedy}", is_passing=True)
        if status in (429, 502, 503, 504) or isinstance(error, chromadb.errors.RateLimitError):
            return ServerUnavailable(f"{server} is not ready or has too much to do ({said}). Ask again in a while.", is_passing=True)
        if isinstance(error, chromadb.errors.NotFoundError) and self._opened is None:
            return ServerUnavailable(f"{server} refuses: {said} Make it there, or put KEI_CHROMA_TENANT and KEI_CHROMA_DATABASE right.")
        if isinstance(error, chromadb.errors.NotFoundError):
            return GenerationGone(f"{said} on {self.settings.url}: the index was rebuilt meanwhile, or removed. Ask again.")
        if self._opened is None and not isinstance(error, chromadb.errors.ChromaError):
            return ServerUnavailable(f"{server} does not speak as one of version 1 does ({said}). Put KEI_CHROMA_URL right.", is_passing=True)
        return ServerUnavailable(f"{server} refuses: {said}")

    def _client(self) -> Any:
        with self._lock:
            if self._opened is None:
                self._opened = self._connect()
            return self._opened

    def _connect(self) -> Any:
        import chromadb
        import httpx
        from chromadb.config import Settings

        url, api_key = self.settings.url, self.settings.api_key
        headers = dict([self.settings.header] if self.settings.header else [])
        # subtle: Chroma's client opens with questions of its own, and waits for ever on a server that does not answer
        limit = httpx.Timeout(self.settings.timeout_seconds, connect=min(self.settings.timeout_seconds, CONNECTING))
        login = headers | ({"x-chroma-token": api_key} if api_key else {})
        int(httpx.get(f"{url}/api/v2/heartbeat", headers=login, timeout=limit).raise_for_status().json()["nanosecond heartbeat"])
        options: dict[str, Any] = {name: value for name in ("tenant", "database") if (value := getattr(self.settings, name))}
        options["settings"] = Settings(anonymized_telemetry=False, chroma_server_headers=headers)
        if api_key:
            client: Any = chromadb.CloudClient(api_key=api_key, cloud_host=url, enable_ssl=url.startswith("https"), **options)
        else:
            client = chromadb.HttpClient(host=url, headers=headers, **options)
        client._server._session.timeout = limit
        return client


class _Remote:
    """A collection on a server; what goes wrong with it is said in words for people."""

    def __init__(self, server: Server, collection: Any) -> None:
        self._server = server
        self._collection = collection

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._collection, name)
        return partial(self._asked, value) if callable(value) else value

    def _asked(self, act: Callable[..., T], *arguments: Any, **options: Any) -> T:
        return self._server.ask(lambda _client: act(*arguments, **options))


def _list(client: Any, offset: int) -> Sequence[Any]:
    found: Sequence[Any] = client.list_collections(limit=SERVER_PAGE, offset=offset)
    return found


def _links(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and those it came of."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _pages(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _at_hand(kept: dict[int, T], numbers: Sequence[int], read: Callable[[Sequence[int]], Iterable[T]]) -> list[T]:
    """The items of those numbers, in that order; only those that are not kept are read, and few are kept."""
    found = {number: item for number in numbers if (item := kept.get(number)) is not None}
    missing = [number for number in dict.fromkeys(numbers) if number not in found]
    fresh = dict(zip(missing, read(missing), strict=True)) if missing else {}
    if len(kept) + len(fresh) > KEPT:
        kept.clear()
    if len(fresh) <= KEPT:
        kept.update(fresh)
    return [found[number] if number in found else fresh[number] for number in numbers]


def _in_order(found: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
    """The nearest first; what is equally near in the order of the documents, not in that of their coming."""
    return sorted(found, key=lambda pair: (-round(pair[1], 6), pair[0]))


def _metadata(passage: Passage) -> dict[str, Any]:
    validity = {name: value for name, value in asdict(passage.validity).items() if value and name != "supersedes"}
    data = {
        "document_id": passage.document_id, "title": passage.title, "section": passage.section, "start": passage.start, "end": passage.end,
        "sentences": json.dumps(passage.sentences), "key": passage.key, "publisher": passage.publisher, "header": passage.header or None,
        "page": passage.page,
        "kind": passage.kind, "topic": passage.topic, "url": passage.url, "document_sha256": passage.document_sha256,
        "supersedes": json.dumps(passage.validity.supersedes), **validity,
    }  # fmt: skip
    return {name: value for name, value in data.items() if value is not None}
