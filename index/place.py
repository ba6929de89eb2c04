"""Where the generations of an index are: in a folder of this machine, or on a server that many machines ask. The rest need not know which."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from filelock import Timeout

from index import generations
from index.errors import IndexLocked
from index.generations import CURRENT, Hold
from index.settings import IndexSettings
from index.store import Store


class Place(ABC):
    """Keeps the generations of one index. Each has a folder on this machine, with all of it, or with all but its passages and vectors."""

    copies_stores: bool  # whether a new store may begin as a copy of an earlier one

    @abstractmethod
    def current(self) -> Path:
        """The folder of the generation that serves. Raises IndexMissing or IndexDamaged."""

    @abstractmethod
    def hold_current(self) -> tuple[Path, Hold | None]:
        """The same, and what keeps that folder from being removed while it is read."""

    @abstractmethod
    def is_current(self, folder: Path) -> bool:
        """Whether that generation still serves, or none is there to take its place."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[None]:
        """What a rebuild works within: one process at a time. Raises IndexLocked when there is another."""

    @abstractmethod
    def new_generation(self) -> Path:
        """An empty folder for a generation that does not serve yet."""

    @abstractmethod
    def open_store(self, folder: Path) -> Store:
        """The passages and vectors of a generation."""

    @abstractmethod
    def create_store(self, folder: Path, earlier: Store | None = None) -> Store:
        """The store of a new generation: a copy of an earlier one, or empty."""

    @abstractmethod
    def make_current(self, folder: Path) -> None:
        """Let that generation serve from now on, by one atomic replacement, once all of it is kept."""

    @abstractmethod
    def discard(self, folder: Path) -> None:
        """Remove a generation that came to nothing."""

    @abstractmethod
    def remove_unused(self) -> None:
        """Remove what nobody reads and what broken rebuilds left. Only a writer may."""


class Folder(Place):
    """An index in a folder of this machine."""

    copies_stores = True

    def __init__(self, index: Path) -> None:
        self._index = index

    def current(self) -> Path:
        return generations.current_generation(self._index)

    def hold_current(self) -> tuple[Path, Hold | None]:
        return generations.hold_current(self._index)

    def is_current(self, folder: Path) -> bool:
        try:
            return (self._index / CURRENT).read_text(encoding="utf-8").strip() == folder.name
        except OSError:
            return True

    @contextmanager
    def writing(self) -> Iterator[None]:
        self._index.mkdir(parents=True, exist_ok=True)
        try:
            with generations.writer_lock(self._index):
                yield
        except Timeout as error:
            raise IndexLocked(f"Another process is rebuilding the index in {self._index}. Wait for it to end.") from error

    def new_generation(self) -> Path:
        return generations.new_generation(self._index)

    def open_store(self, folder: Path) -> Store:
        return Store(folder / "chroma")

    def create_store(self, folder: Path, earlier: Store | None = None) -> Store:
        return Store.copy(earlier.folder, folder / "chroma") if earlier else Store(folder / "chroma", create=True)

    def make_current(self, folder: Path) -> None:
        generations.make_current(folder)

    def discard(self, folder: Path) -> None:
        generations.discard(folder)

    def remove_unused(self) -> None:
        generations.remove_unused(self._index)


def place_of(settings: IndexSettings) -> Place:
    """Where the index of those settings is."""
    if settings.server is None:
        return Folder(settings.index)
    from index.server import OnServer

    return OnServer(settings.index, settings.server, settings.shown)
