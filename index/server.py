"""An index on a Chroma server: one machine rebuilds it, many ask. What is not passages and vectors is copied to each, once for each generation.

A generation is three collections: passages, sentences, and files, an archive of the rest. A record in a fourth names the one that serves.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import platform
import re
import shutil
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from filelock import FileLock

from index import generations
from index.errors import GenerationGone, IndexDamaged, IndexLocked, IndexMissing, ServerUnavailable, UserError
from index.generations import MANIFEST, Hold
from index.manifest import Manifest, damages
from index.place import Place
from index.settings import ChromaServer
from index.store import Server, Store

logger = logging.getLogger(__name__)

KINDS = ("passages", "sentences", "files")
PART = 3000  # bytes of an archive in one value of a record: 4,000 characters as base64, of which Chroma Cloud takes 4,096
PARTS = 4  # of them in a record
RECORDS = 100  # in a request
CLAIM_SECONDS = 60  # for which a writer has the index to itself, unless it says again that it is there
WRITING_SECONDS = 120  # at least, for one request of a writer: sorting in vectors takes a busy server long
POLL_SECONDS = 1.0  # for which the name of the generation that serves is taken to be still the same
ATTEMPTS = 5  # a generation can go between reading its name and holding it


@dataclass(frozen=True)
class Pointer:
    """Names the generation that serves. Of several the one with the highest number counts, so that a writer who was overtaken changes nothing."""

    number: int  # of the writer's claim
    generation: str
    records: int  # of its archive
    sha256: str  # of its archive
    manifest_sha256: str


class OnServer(Place):
    """An index of some name on a Chroma server, with this machine's copies of what is not passages and vectors."""

    copies_stores = False

    def __init__(self, copies: Path, server: ChromaServer, shown: str) -> None:
        self._copies = copies
        self._settings = server
        self._server = _connection(server)
        self._name = collection_name(copies.name)
        self._shown = shown
        self._claim: Claim | None = None
        self._named = ""  # the generation that was to serve
        self._latest: Pointer | None = None
        self._looked = -POLL_SECONDS  # when, by time.monotonic()

    def current(self) -> Path:
        pointer = self._pointer()
        if pointer is None:
            raise IndexMissing(f"No index {self._shown}. Build it with: python -m index rebuild")
        return self._copy_of(pointer)

    def hold_current(self) -> tuple[Path, Hold | None]:
        for _ in range(ATTEMPTS - 1):
            try:
                folder = self.current()
                hold = generations.hold(folder)
            except (GenerationGone, FileNotFoundError):  # replaced meanwhile
                continue
            latest = self._pointer()
            if hold and latest and latest.generation == folder.name:
                return folder, hold
        return self.current(), None  # a disk without locks

    def is_current(self, folder: Path) -> bool:
        if time.monotonic() - self._looked > POLL_SECONDS:
            try:
                self._latest = self._pointer()
            except UserError:  # the question itself will say so, where it matters to it
                return True
            self._looked = time.monotonic()
        return self._latest is None or self._latest.generation == folder.name

    @contextmanager
    def writing(self) -> Iterator[None]:
        latest = self._pointer()
        self._claim = Claim.take(self._server, self._name, self._shown, above=latest.number if latest else 0)
        hasty, self._server = self._server, _connection(replace(self._settings, timeout_seconds=max(self._settings.timeout_seconds, WRITING_SECONDS)))
        try:
            yield
        finally:
            self._server = hasty
            self._claim.release()
            self._claim = None

    def new_generation(self) -> Path:
        beside = self._copies / "new"
        shutil.rmtree(beside, ignore_errors=True)  # of a rebuild that was killed
        beside.mkdir(parents=True)
        return generations.new_generation(beside)

    def open_store(self, folder: Path) -> Store:
        passages, sentences, _ = self._collections(folder.name)
        return self._server.open_store(folder / "chroma", passages, sentences)

    def create_store(self, folder: Path, earlier: Store | None = None) -> Store:
        passages, sentences, _ = self._collections(folder.name)
        return self._server.create_store(folder / "chroma", passages, sentences, self._facts)

    def make_current(self, folder: Path) -> None:
        archive = folder.with_name("archive.zip")
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                packed.write(path, path.relative_to(folder))
        files = self._collections(folder.name)[2]
        self._server.create(files, self._facts)
        records, written = _records(archive), 0
        while page := list(islice(records, RECORDS)):
            self._server.put(files, {str(number): record for number, record in enumerate(page, start=written)})
            written += len(page)
        pointer = Pointer(self._writer.number, folder.name, written, _sha256(archive), _sha256(folder / MANIFEST))
        self._copy_of(pointer)  # reads back what every reader will
        self._server.create(self._pointers, self._facts)
        self._writer.renew()
        self._named = folder.name
        self._server.put(self._pointers, {str(pointer.number): asdict(pointer)})
        shutil.rmtree(folder.parent, ignore_errors=True)

    def discard(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        if folder.name == self._named:  # subtle: the server may have taken the record of which it told nothing any more
            return
        try:
            for name in self._collections(folder.name):
                self._server.remove(name)
        except UserError as error:
            logger.info("The next rebuild will remove what this one left on the server. %s", error)

    def remove_unused(self) -> None:
        self._writer.renew()
        pointers = self._all_pointers()
        kept = {pointer.generation for pointer in pointers[:2]}  # questions may still be under way in the last but one
        if pointers[2:]:
            self._server.drop(self._pointers, [str(pointer.number) for pointer in pointers[2:]])
        for name, facts in self._server.names().items():
            generation = name.removeprefix(f"{self._name}.").rpartition(".")[0]
            is_ours = generations.is_generation(generation) and name in self._collections(generation)
            if is_ours and generation not in kept and facts.get("writer", 0) <= self._writer.number:
                self._server.remove(name)

    @property
    def _writer(self) -> Claim:
        assert self._claim, "only while writing"
        return self._claim

    @property
    def _facts(self) -> dict[str, Any]:
        return {"writer": self._writer.number}

    @property
    def _pointers(self) -> str:
        return f"{self._name}.current"

    def _collections(self, generation: str) -> tuple[str, str, str]:
        passages, sentences, files = (f"{self._name}.{generation}.{kind}" for kind in KINDS)
        return passages, sentences, files

    def _all_pointers(self) -> list[Pointer]:
        """The newest first."""
        try:
            records = self._server.get(self._pointers).values()
            return sorted((Pointer(**record) for record in records), key=lambda pointer: -pointer.number)
        except GenerationGone:
            return []
        except TypeError as error:
            remedy = "Give this index another name with KEI_INDEX, or bring all machines to one version of this program."
            raise IndexDamaged(f"The index {self._shown} was written by another version ({error}). {remedy}") from error

    def _pointer(self) -> Pointer | None:
        return next(iter(self._all_pointers()), None)

    # --- copies ------------------------------------------------------------------------------------------------------

    def _copy_of(self, pointer: Pointer) -> Path:
        """This machine's copy of what is not passages and vectors, fetched when it is not there or not whole."""
        folder = self._copies / pointer.generation
        if _is_whole(folder, pointer):
            return folder
        try:
            self._copies.mkdir(parents=True, exist_ok=True)
            with FileLock(self._copies / "lock"):  # several processes of this machine may want it
                if not _is_whole(folder, pointer):
                    self._fetch(pointer, folder)
                    generations.remove_unused(self._copies, pointer.generation)
        except OSError as error:
            remedy = "Make room, give write permission, or set XDG_CACHE_HOME to another place."
            raise UserError(f"Cannot keep a copy of the index in {self._copies}: {error.strerror or error}. {remedy}") from error
        return folder

    def _fetch(self, pointer: Pointer, folder: Path) -> None:
        beside = self._copies / "fetching"
        shutil.rmtree(beside, ignore_errors=True)  # of a process that was killed
        beside.mkdir()
        archive = beside / "archive.zip"
        files = self._collections(pointer.generation)[2]
        try:
            with archive.open("wb") as file:
                for start in range(0, pointer.records, RECORDS):
                    names = [str(number) for number in range(start, min(start + RECORDS, pointer.records))]
                    found = self._server.get(files, names)
                    file.writelines(_bytes_of(found[name]) for name in names)
            if _sha256(archive) != pointer.sha256:
                raise ValueError("its files are not as they were written")
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(beside / "generation")
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            raise IndexDamaged(f"The index {self._shown} is damaged ({error}). Build it anew with: python -m index rebuild --force") from error
        shutil.rmtree(folder, ignore_errors=True)
        (beside / "generation").replace(folder)
        shutil.rmtree(beside, ignore_errors=True)


class Claim:
    """One writer's claim to an index: a collection whose name only one can make, good until a time that the writer keeps moving on.

    Claims are numbered. The highest counts, and what a lower one still writes counts for nothing.
    """

    def __init__(self, server: Server, name: str, number: int, owner: str, shown: str) -> None:
        self.number = number
        self._server = server
        self._name = name
        self._owner = owner
        self._shown = shown
        self._ended = threading.Event()
        self._keeping = threading.Thread(target=self._keep, daemon=True)

    @classmethod
    def take(cls, server: Server, name: str, shown: str, *, above: int) -> Claim:
        """The claim to write, with a number above that. Raises IndexLocked when another process has it."""
        earlier = _claims(server, name)
        now = server.seconds()
        latest = max(earlier, default=0)
        left = earlier[latest]["until"] - now if earlier else 0
        if left > 0:
            end = f"Wait for it to end; if it has died, its claim runs out in {left:.0f} seconds."
            raise IndexLocked(f"Another process is rebuilding {shown}: {earlier[latest]['owner']}. {end}")
        claim = cls(server, name, max(latest, above) + 1, f"process {os.getpid()} on {platform.node()}", shown)
        is_mine = server.create(_claim(name, claim.number), claim._facts(now + CLAIM_SECONDS))
        if not is_mine or max(_claims(server, name)) > claim.number:
            if is_mine:
                server.remove(_claim(name, claim.number))
            raise IndexLocked(f"Another process has just begun to rebuild {shown}. Wait for it to end.")
        for number in earlier:
            server.remove(_claim(name, number))
        claim._keeping.start()
        return claim

    def renew(self) -> None:
        """Move the end of the claim on. Raises IndexLocked when another has taken over meanwhile."""
        try:
            self._server.state(_claim(self._name, self.number), self._facts(self._server.seconds() + CLAIM_SECONDS))
            is_mine = max(_claims(self._server, self._name)) == self.number
        except GenerationGone:
            is_mine = False
        if not is_mine:
            raise IndexLocked(f"Another process took over the rebuild of {self._shown}, as this one did not answer for {CLAIM_SECONDS} seconds.")

    def release(self) -> None:
        """Let the next writer begin at once. The claim itself stays, so that numbers only rise."""
        self._ended.set()
        self._keeping.join()
        try:
            self._server.state(_claim(self._name, self.number), self._facts(0.0))
        except UserError as error:
            logger.info("The claim to %s runs out by itself. %s", self._shown, error)

    def _keep(self) -> None:
        while not self._ended.wait(CLAIM_SECONDS / 4):
            try:
                self.renew()
            except ServerUnavailable as error:
                logger.info("The claim to %s could not be renewed yet. %s", self._shown, error)
            except UserError:  # taken over: what needs the claim asks for itself
                return

    def _facts(self, until: float) -> dict[str, Any]:
        return {"owner": self._owner, "until": until}  # seconds since 1970 by the server's clock


def _claim(name: str, number: int) -> str:
    return f"{name}.writer.{number}"


def _claims(server: Server, name: str) -> dict[int, Mapping[str, Any]]:
    found = ((re.fullmatch(re.escape(name) + r"\.writer\.(\d+)", other), facts) for other, facts in server.names().items())
    return {int(match[1]): facts for match, facts in found if match}


def collection_name(name: str) -> str:
    """An index's name as Chroma's rules for names of collections allow it; no two indexes get the same.

    >>> collection_name("my-docs"), collection_name("Мои документы")
    ('my-docs', 'index-f3168c42')
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("._-")[:60].strip("._-")
    return plain if plain == name else f"{plain or 'index'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


@cache
def _connection(server: ChromaServer) -> Server:
    return Server(server)


def _is_whole(folder: Path, pointer: Pointer) -> bool:
    try:
        if _sha256(folder / MANIFEST) != pointer.manifest_sha256:
            return False
        return not any(damages(folder, Manifest.load(folder)))
    except IndexDamaged:  # of another format, as it was written
        return True
    except OSError:
        return False


def _records(archive: Path) -> Iterator[dict[str, str]]:
    """An archive as records of text."""
    with archive.open("rb") as file:
        while parts := [part for _ in range(PARTS) if (part := file.read(PART))]:
            yield {f"part{place}": base64.b64encode(part).decode("ascii") for place, part in enumerate(parts)}


def _bytes_of(record: Mapping[str, str]) -> bytes:
    return b"".join(base64.b64decode(record[f"part{place}"]) for place in range(len(record)))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
