"""What the sources of a corpus do not agree on, as `disagreements.toml` lists it. Knows nothing of any index."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.documents import AUTHORITIES, Document
from index.errors import DocumentError

FILE = "disagreements.toml"


@dataclass(frozen=True)
class Quote:
    """Words of a document: `text` stands in it exactly so."""

    document_id: str
    text: str


@dataclass(frozen=True)
class Position:
    """What one side says, who says it and where it can be read."""

    claim: str
    by: str
    quotes: tuple[Quote, ...]  # the sentence of the first is shown; any of them in an answer makes the disagreement known
    authority: str | None = None
    date: str | None = None  # YYYY-MM-DD


@dataclass(frozen=True)
class Disagreement:
    """One fact on which sources differ; the positions in the order of their authority."""

    about: str
    positions: tuple[Position, ...]


def read_disagreements(corpus: Path) -> tuple[Disagreement, ...]:
    """The disagreements of a corpus; none where it has no such file. Raises DocumentError with file and line."""
    path = corpus / FILE
    if not path.is_file():
        return ()
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DocumentError(path, f"is no TOML: {error}.") from error
    items = data.get("disagreement", [])
    if not isinstance(items, list):
        raise DocumentError(path, "must be a list of [[disagreement]] tables.", 1)
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line.strip() == "[[disagreement]]"]
    return tuple(_disagreement(item, path, line) for item, line in zip(items, lines, strict=False))


def faults_of(disagreements: tuple[Disagreement, ...], documents: Mapping[str, Document], corpus: Path) -> Iterator[DocumentError]:
    """Quotes that stand in no document of the corpus."""
    path = corpus / FILE
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    for disagreement in disagreements:
        for quote in (quote for position in disagreement.positions for quote in position.quotes):
            document = documents.get(quote.document_id)
            if document is None or quote.text not in document.text:
                line = next((number for number, text in enumerate(lines, start=1) if quote.text[:40] in text), None)
                problem = "which is no document of this corpus" if document is None else "which does not hold it"
                yield DocumentError(path, f"quotes {quote.text[:60]!r} from {quote.document_id!r}, {problem}.", line)


def _disagreement(data: Mapping[str, Any], path: Path, line: int) -> Disagreement:
    try:
        positions = tuple(_position(item) for item in data["position"])
        if len(positions) < 2:
            raise ValueError("a disagreement has two positions or more")
        order = [*AUTHORITIES, None]
        return Disagreement(str(data["about"]), tuple(sorted(positions, key=lambda position: order.index(position.authority))))
    except KeyError as error:
        raise DocumentError(path, f"the disagreement lacks {error}. It has `about` and positions with `claim`, `by` and `quotes`.", line) from error
    except (ValueError, TypeError) as error:
        raise DocumentError(path, f"the disagreement cannot be read: {error}.", line) from error


def _position(data: Mapping[str, Any]) -> Position:
    quotes = tuple(Quote(str(quote["document"]), str(quote["text"])) for quote in data["quotes"])
    if not quotes:
        raise ValueError("a position has at least one quote")
    authority = data.get("authority")
    if authority is not None and authority not in AUTHORITIES:
        raise ValueError(f"authority is {authority!r}; use one of {', '.join(AUTHORITIES)}")
    date = data.get("date")
    return Position(str(data["claim"]), str(data["by"]), quotes, authority, datetime.date.fromisoformat(str(date)).isoformat() if date else None)
