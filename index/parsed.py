"""Documents as they were read when an index was built: to cite from a file that has not changed since, nobody has to parse it again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from index.documents import Document, Note, Section, Source, Validity

PARSED = "documents.sqlite3"  # in a generation


class Parsed:
    """The file of a new generation that its documents are written to, in the order in which they come.

    Raises OSError when it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / PARSED)
        # a journal would protect nothing: a generation that is not whole is thrown away
        for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF",
                          "CREATE TABLE documents (document_id TEXT PRIMARY KEY, file_sha256 TEXT, document TEXT, sha256 TEXT)"):  # fmt: skip
            self._do(statement)

    def keep(self, document: Document, file_sha256: str) -> None:
        """Write a document down as it was read from a file of that hash."""
        text = json.dumps(document, default=vars, ensure_ascii=False)
        self._insert((document.document_id, file_sha256, text, _digest(text)))

    def take_over(self, earlier: Path, names: Iterable[str]) -> None:
        """Those documents of an earlier generation, as far as it has them."""
        try:
            with closing(_open(earlier)) as known:
                for name in names:
                    for row in known.execute("SELECT * FROM documents WHERE document_id = ?", (name,)):
                        self._insert(row)
        except sqlite3.Error:  # missing or damaged: the files are read when they are needed
            return

    def close(self) -> None:
        try:
            self._database.commit()
        except sqlite3.Error as error:
            raise OSError(str(error)) from error
        finally:
            self._database.close()

    def _insert(self, row: tuple[str, str, str, str]) -> None:
        self._do("INSERT INTO documents VALUES (?, ?, ?, ?)", row)

    def _do(self, statement: str, values: tuple[str, ...] = ()) -> None:
        try:
            self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise OSError(str(error)) from error


def recall(folder: Path, document_id: str, file_sha256: str) -> Document | None:
    """The document that was read from a file of that hash as the generation was built; None where none was, or what is kept of it is damaged."""
    try:
        with closing(_open(folder)) as database:
            row = database.execute(
                "SELECT document, sha256 FROM documents WHERE document_id = ? AND file_sha256 = ?", (document_id, file_sha256)
            ).fetchone()
    except sqlite3.Error:
        return None
    return _document(json.loads(row[0])) if row and _digest(row[0]) == row[1] else None


def _open(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{(folder / PARSED).absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _document(data: dict[str, Any]) -> Document:
    sections = tuple(Section(tuple(item["headings"]), item["start"], item["end"], _validity(item["validity"])) for item in data.pop("sections"))
    notes = tuple(Note(item["position"], item["label"], Source(**item["source"])) for item in data.pop("notes"))
    pages = tuple((start, number) for start, number in data.pop("pages"))
    validity, rows = _validity(data.pop("validity")), tuple(data.pop("rows"))
    return Document(**data, validity=validity, sections=sections, notes=notes, rows=rows, pages=pages)


def _validity(data: dict[str, Any]) -> Validity:
    return Validity(**{**data, "supersedes": tuple(data["supersedes"])})
