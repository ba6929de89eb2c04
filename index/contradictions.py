"""Validity that cannot be: an end before a beginning; supersession to nowhere, in a circle, or by something that began earlier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from index.documents import Document, Validity
from index.errors import DocumentError

Place = str  # a document's id, or `id#Heading`


def contradictions(documents: Iterable[Document], corpus: Path) -> Iterator[DocumentError]:
    """Every contradiction in the days of documents and sections, and in what they supersede, with file and line."""
    edges: dict[Place, tuple[Place, ...]] = {}
    held: dict[Place, Validity] = {}
    for document in documents:
        held[document.document_id] = document.validity
        edges[document.document_id] = document.validity.supersedes
        for section in document.sections:
            if section.headings:
                place = f"{document.document_id}#{section.headings[-1]}"
                held[place] = section.validity
                edges[place] = () if section.validity.supersedes == document.validity.supersedes else section.validity.supersedes
    for place, targets in edges.items():
        path = corpus / place.split("#")[0]
        begin, end = held[place].effective_from, held[place].effective_until
        if begin and end and end < begin:  # subtle: a section may have the one from its document and the other of its own
            yield DocumentError(path, f"front matter: {place!r} ends on {end}, before it begins on {begin}.", line_with(path, "effective_until", end))
        for target in targets:
            if target not in held:
                problem = f"supersedes {target!r}, which is no document or heading of this corpus. Mend or remove it."
                yield DocumentError(path, problem, line_with(path, target))
            elif _begins_before(held[place], held[target]):
                problem = (f"front matter: {place!r} began on {held[place].effective_from}, before {target!r}, which it supersedes, "
                           f"began on {held[target].effective_from}.")  # fmt: skip
                yield DocumentError(path, problem, line_with(path, target))
    yield from _circles(edges, corpus)


def line_with(path: Path, *needles: str) -> int:
    """The first line of a file, or of a table's front matter beside it, that holds all the words; 1 where none does."""
    for file in (path, path.with_name(path.name + ".yaml")):
        if file.is_file():
            lines = enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
            found = next((number for number, line in lines if all(needle in line for needle in needles)), None)
            if found:
                return found
    return 1


def _begins_before(later: Validity, former: Validity) -> bool:
    return bool(later.effective_from and former.effective_from and later.effective_from < former.effective_from)


def _circles(edges: Mapping[Place, tuple[Place, ...]], corpus: Path) -> Iterator[DocumentError]:
    for origin in sorted(edges):
        reached: set[Place] = set()
        waiting = list(edges[origin])
        while waiting:
            place = waiting.pop()
            if place == origin:
                path = corpus / origin.split("#")[0]
                yield DocumentError(path, f"{origin!r} supersedes itself in a circle. Take one step out.", line_with(path, *edges[origin][:1]))
                break
            if place not in reached:
                reached.add(place)
                waiting += edges.get(place, ())
