"""The generations of an index: folders beside each other, of which CURRENT names the one that serves.

One process writes, many read. Locks are the operating system's: a dead process holds none.
"""

from __future__ import annotations

import datetime
import os
import re
import shutil
import uuid
from pathlib import Path
from typing import IO, Any

from filelock import FileLock

from index.errors import IndexDamaged, IndexMissing

try:
    import fcntl
except ImportError:  # Windows, where a folder in use cannot be renamed, which serves as well
    fcntl = None  # type: ignore[assignment]

CURRENT = "CURRENT"  # names the generation that serves
MANIFEST = "manifest.json"  # what a reader of a generation holds locked
Hold = IO[Any]  # keeps a generation from being removed until it is closed

_GENERATION = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}(?:\.removed)?")
_ATTEMPTS = 10  # a generation can go between reading its name and holding it


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
        named = name or "nothing"
        raise IndexDamaged(f"The index in {index} points to {named}, which is missing. Build it anew with: python -m index rebuild --force")
    return folder


def hold_current(index: Path) -> tuple[Path, Hold | None]:
    """The generation that serves, and what keeps it from being removed while it is read. Raises IndexMissing or IndexDamaged."""
    for _ in range(_ATTEMPTS - 1):
        try:
            folder = current_generation(index)
            held = hold(folder)
        except (IndexDamaged, FileNotFoundError):
            continue
        if held and current_generation(index) == folder:
            return folder, held
    return current_generation(index), None  # damaged, or on a disk without locks


def hold(folder: Path) -> Hold | None:
    """What keeps a generation from being removed while it is read; None on a disk without locks. Raises FileNotFoundError when it is gone."""
    file = (folder / MANIFEST).open("rb")
    if _lock(file, shared=True):
        return file
    file.close()
    return None


def writer_lock(index: Path) -> FileLock:
    """The lock that a rebuild holds. Raises filelock.Timeout when another process has it."""
    return FileLock(index / "lock", timeout=0)


def new_generation(index: Path) -> Path:
    """An empty folder for a generation that does not serve yet."""
    folder = index / f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    return folder


def make_current(folder: Path) -> None:
    """Let that generation serve from now on, by one atomic replacement, once all of it is on the disk."""
    for path in (*folder.rglob("*"), folder):
        _to_disk(path)
    pointer = folder.parent / f"{CURRENT}.new"
    pointer.write_text(folder.name + "\n", encoding="utf-8")
    _to_disk(pointer)
    pointer.replace(folder.parent / CURRENT)
    _to_disk(folder.parent)


def discard(folder: Path) -> None:
    """Remove a generation that came to nothing."""
    shutil.rmtree(folder, ignore_errors=True)


def remove_unused(index: Path, serving: str | None = None) -> None:
    """Remove what no reader holds and does not serve: earlier generations, and what a killed rebuild left. Needs the writer's lock.

    `serving` is the name of the generation that serves, where no pointer in the folder names it.
    """
    if serving is None:
        try:
            serving = current_generation(index).name
        except (IndexMissing, IndexDamaged):
            serving = ""
    for folder in index.iterdir():
        if folder.is_dir() and _GENERATION.fullmatch(folder.name) and folder.name != serving and not _is_held(folder):
            try:
                gone = folder if folder.name.endswith(".removed") else folder.rename(folder.with_name(f"{folder.name}.removed"))
            except OSError:  # in use
                continue
            shutil.rmtree(gone, ignore_errors=True)


def is_generation(name: str) -> bool:
    """Whether that is the name of a generation."""
    return _GENERATION.fullmatch(name) is not None


def _is_held(folder: Path) -> bool:
    try:
        with (folder / MANIFEST).open("rb") as file:
            return not _lock(file, shared=False)
    except OSError:  # no manifest: it never served
        return False


def _lock(file: Hold, *, shared: bool) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        return True
    except OSError:
        return False


def _to_disk(path: Path) -> None:
    if fcntl is None and path.is_dir():  # Windows opens no folders
        return
    descriptor = os.open(path, os.O_RDWR if fcntl is None else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
