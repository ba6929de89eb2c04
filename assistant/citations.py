"""Citations: quotes checked against their files. No citation that fails the check leaves here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from assistant.answer import Citation
from index import CorpusError, Document, read_document
from index.plain import on_one_line, plain, without_links


class Library:
    """The corpus's documents as their files are now; a file is read again only when it has changed."""

    def __init__(self, corpus: Path, read: Callable[[str], Document] | None = None) -> None:
        """The files of that folder, read as they are, or by `read` where that is quicker; it takes an id and raises CorpusError."""
        self._corpus = corpus
        self._read = read or (lambda document_id: read_document(corpus / document_id, corpus))
        self._documents: dict[str, tuple[tuple[int, int], Document]] = {}

    def document(self, document_id: str) -> Document | None:
        """The document, or None when its file is gone or can no longer be read."""
        path = self._corpus / document_id
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._documents.get(document_id)
            if known is None or known[0] != stamp:
                known = (stamp, self._read(document_id))
                self._documents[document_id] = known
            return known[1]
        except (OSError, CorpusError):
            return None

    def is_intact(self, citation: Citation) -> bool:
        """Whether the quote stands in the document, where the citation says, in the text the citation was made from."""
        document = self.document(citation.document_id)
        return document is not None and document.sha256 == citation.document_sha256 and document.text[citation.start : citation.end] == citation.quote

    def cite(self, document_id: str, start: int, end: int, *, number: int, sha256: str) -> Citation | None:
        """The citation of a span, or None when the file no longer holds the text with that hash."""
        document = self.document(document_id)
        if document is None or document.sha256 != sha256 or not 0 <= start < end <= len(document.text):
            return None
        section = document.section_at(start)
        validity = section.validity
        return Citation(
            number=number, document_id=document_id, title=document.title, publisher=document.publisher, published=validity.published,
            status=validity.status, section=" > ".join(section.headings), quote=document.text[start:end], start=start, end=end,
            document_sha256=document.sha256, url=document.url, sources=document.sources_in(start, end), as_of=validity.as_of,
            effective_from=validity.effective_from, effective_until=validity.effective_until, page=document.page_at(start),
        )  # fmt: skip


_FENCE = re.compile(r"(?m)^[ \t]*(?:`{3,}|~{3,})[^\n]*$")
_FENCED = re.compile(r"(?ms)^[ \t>]*(`{3,}|~{3,})[^\n]*\n(.*?)(?:^[ \t>]*\1[ \t]*$|\Z)")
_CELLS = re.compile(r"(?<!\\)\|")
ENDED = re.compile(r"[.!?:][\"'”’)\]]*\Z")
FRAGMENT = 14  # words; what is no longer and ends in no full stop is told with its heading


def as_prose(quote: str, *, header: str = "") -> str:
    """A quote as it reads in a sentence: on one line, without Markdown's marks; the cells of a table's row under their columns' names.

    >>> as_prose("The **fee**\\nis [here](x).")
    'The fee is here.'
    >>> as_prose("[![badge](b.svg)](x) A <b>small</b> [fee][dues]")
    'A small fee'
    >>> as_prose("| berth | 9 |", header="| what | dollars |")
    'what: berth; dollars: 9'
    >>> as_prose("So:\\n```python\\nberth(**fees)\\n```")
    'So: berth(**fees)'
    """
    if quote.lstrip().startswith("|"):
        return "; ".join(read for row in without_links(quote).strip().splitlines() if (read := _row(row, header)))
    pieces = _FENCED.split(quote)  # prose, fence, code and so on
    parts = (" ".join(piece.split()) if place % 3 == 2 else _prose(piece) for place, piece in enumerate(pieces) if place % 3 != 1)
    return " ".join(part for part in parts if part)


def _prose(text: str) -> str:
    text = _FENCE.sub(" ", without_links(text))
    text = re.sub(r"(?m)^\s*(?:>\s?)+", "", text)
    text = re.sub(r"(?<=[:;.!?])\s*\n\s*(?:[-*+]|\d{1,3}[.)])\s+", " ", text)
    text = re.sub(r"[,;]?\s*\n\s*(?:[-*+]|\d{1,3}[.)])\s+", "; ", text)  # the items of a list
    return on_one_line(text)


def _row(row: str, header: str) -> str:
    cells = _cells(row)
    names = _cells(header) if header and header.strip() != row.strip() else []
    if not re.search(r"\w", row):
        return ""  # the rule under a header
    if len(names) != len(cells):
        return " · ".join(cell for cell in cells if cell)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=True) if cell)


def _cells(row: str) -> list[str]:
    return [on_one_line(cell.replace("\\|", "|")) for cell in _CELLS.split(row.strip().removeprefix("|").removesuffix("|"))]


@lru_cache(maxsize=8192)
def as_read(quote: str, section: str, *, header: str = "", under_heading: bool = False) -> str:
    """A quote as it is shown by itself: like `as_prose`, with the last heading in front of a row or of a few words that are no sentence,
    or of any quote that is to be read under it.

    >>> as_read("five days a year", "Leave > Sick leave")
    'Sick leave: five days a year'
    """
    prose = as_prose(quote, header=header)
    heading = plain(section.rpartition(" > ")[2])
    is_row = quote.lstrip().startswith("|")
    if not heading or not (under_heading or is_row or (len(prose.split()) <= FRAGMENT and not ENDED.search(prose))):
        return prose
    said = prose.casefold()
    return prose if all(word in said for word in re.findall(r"\w+", heading.casefold())) else f"{heading}: {prose}"


def reading_of(citation: Citation, document: Document) -> str:
    """The most that a quoted answer may say with this citation."""
    return as_read(citation.quote, citation.section, header=document.table_header_at(citation.start), under_heading=True)


def as_markdown(text: str) -> str:
    """Prose so written that Markdown shows it as it stands: nothing in it becomes a link, a mark or markup.

    >>> as_markdown("a <b> [1] *c*")
    'a &lt;b&gt; \\\\[1\\\\] \\\\*c\\\\*'
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*\[\]|~])", r"\\\1", text)
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", text)


def marks(numbers: Sequence[int]) -> str:
    """Citation marks: `[1][3]`."""
    return "".join(f"[{number}]" for number in numbers)
