"""Break rebuilds off: kill them at random moments, and let them run out of disk. A program of its own, for it forks.

python breaking.py CORPUS INDEX kill 100
python breaking.py CORPUS INDEX full 20000 100000
"""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

import bm25s  # noqa: F401  # loaded once here, not in every child
import chromadb  # noqa: F401
from stand_ins import WordEmbeddings

from index import Index, IndexSettings, UserError, rebuild
from index.build import current_generation
from index.manifest import Manifest, damages

FULL = 3  # what a child that was told of a full disk exits with


def child(work: Callable[[], object]) -> int:
    """Start that work in a process of its own; its number."""
    number = os.fork()
    if number:
        return number
    try:
        work()
        os._exit(0)
    except UserError as error:
        sys.stdout.write(f"{error}\n")
        sys.stdout.flush()
        os._exit(FULL)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def outcome(number: int) -> int:
    """How that process ended: 0 well, FULL told so, negative by a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def build(settings: IndexSettings, *, room: int | None = None) -> None:
    """Rebuild, with no file longer than `room` bytes."""
    if room:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    rebuild(settings, WordEmbeddings())


def must_serve(settings: IndexSettings, *, searching: bool) -> None:
    """The index is whole and answers."""
    folder = current_generation(settings.index)
    assert not list(damages(folder, Manifest.load(folder)))
    if searching:
        hits = Index.open(settings, WordEmbeddings(), allow_stale=True).search("how often does the beacon blink", limit=1)
        assert "beacon blinks" in hits[0].text, hits


def change(settings: IndexSettings, number: int) -> None:
    (settings.corpus / "beacon.md").write_text(f"# Beacon\n\nThe beacon blinks {number} times a minute.\n", encoding="utf-8")


def main(corpus: str, index: str, way: str, *numbers: str) -> None:
    settings = IndexSettings(corpus=Path(corpus), index=Path(index), embedding_model="words", chunk_size=40)
    change(settings, 0)
    started = time.perf_counter()
    assert outcome(child(partial(build, settings))) == 0
    duration = time.perf_counter() - started
    moments = random.Random(6)
    for turn in range(1, int(numbers[0]) + 1) if way == "kill" else map(int, numbers):
        change(settings, turn)
        if way == "kill":
            number = child(partial(build, settings))
            time.sleep(moments.uniform(0, duration))
            os.kill(number, signal.SIGKILL)
            outcome(number)
        else:
            assert outcome(child(partial(build, settings, room=turn))) == FULL
        assert outcome(child(partial(must_serve, settings, searching=way == "full" or turn % 10 == 0))) == 0
    assert outcome(child(partial(build, settings))) == 0


if __name__ == "__main__":
    main(*sys.argv[1:])
