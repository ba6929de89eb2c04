"""Four processes ask an index on a server while a fifth rebuilds it. A program of its own, for it forks.

python asking.py CORPUS NAME URL
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path

import bm25s  # noqa: F401  # loaded once here, not in every child
import chromadb  # noqa: F401
from breaking import child, outcome
from stand_ins import WordEmbeddings

from assistant import Assistant
from index import ChromaServer, Index, IndexSettings, rebuild

ASKERS = 4
REBUILDS = 2
QUESTION = "How often does the beacon blink in a minute?"
TIRED = 60  # seconds after which an asker no longer waits for the last generation


def document(number: int) -> str:
    """The document as the rebuild of that number finds it."""
    return f"# Beacon\n\nThe beacon blinks {number} times in a minute. In a minute the beacon of rebuild {number} is seen by all ships.\n"


def ask(settings: IndexSettings, log: Path) -> None:
    """Ask until the last generation answers. Whatever is found is the whole of one generation."""
    asking = Assistant(Index.open(settings, WordEmbeddings(), allow_stale=True))
    seen: list[int] = []
    ends = time.monotonic() + TIRED
    while (not seen or seen[-1] != REBUILDS) and time.monotonic() < ends:
        best = asking.search(QUESTION, limit=1)[0]
        numbers = {int(word) for word in best.text.replace(".", " ").split() if word.isdigit()}
        assert len(numbers) == 1, best.text
        assert max(sentence.cosine for sentence in best.sentences) > 0.5, best
        asking.answer(QUESTION)
        seen += numbers
        log.write_text(" ".join(map(str, seen)))
    assert seen == sorted(seen), "no way back to an earlier generation"
    assert seen[-1] == REBUILDS, seen
    assert f"blinks {REBUILDS} times" in asking.answer(QUESTION).citations[0].quote


def main(corpus: str, name: str, url: str) -> None:
    place = Path(corpus).parent
    # two machines have a folder of copies each
    machines = [
        IndexSettings(corpus=Path(corpus), index=place / machine / name, embedding_model="words", chunk_size=40, server=ChromaServer(url))
        for machine in ("one", "other")
    ]
    logs = [place / f"asker-{number}" for number in range(ASKERS)]

    def build(*numbers: int) -> None:
        for number in numbers:
            (place / corpus / "beacon.md").write_text(document(number), encoding="utf-8")
            (place / corpus / f"aa{number}.md").write_text(f"# Buoy {number}\n\nA buoy floats.\n", encoding="utf-8")  # moves the others on
            rebuild(machines[0], WordEmbeddings())

    assert outcome(child(partial(build, 0))) == 0
    askers = [child(partial(ask, machines[number % 2], log)) for number, log in enumerate(logs)]
    while not all(log.exists() for log in logs):  # all of them ask before the first rebuild begins
        assert os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None, "an asker ended"
        time.sleep(0.02)
    writer = child(partial(build, *range(1, REBUILDS + 1)))
    assert [outcome(number) for number in (writer, *askers)] == [0] * (1 + ASKERS)


if __name__ == "__main__":
    main(*sys.argv[1:])
