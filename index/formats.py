"""HTML, PDF and Word files → Markdown-like text. The only file that knows Beautiful Soup, pypdf and python-docx.

Headings, lists and tables keep their form; what a reader of the page would not see is left out.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from index.errors import DocumentError

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import Tag

T = TypeVar("T")

UNPACKED_BYTES = 500_000_000  # a Word file that unpacks to more is no letter but a trap


def _named(read: Callable[[bytes, Path], T]) -> Callable[[bytes, Path], T]:
    """Whatever a library raises about a broken file becomes a DocumentError."""

    @wraps(read)
    def guarded(data: bytes, path: Path) -> T:
        try:
            return read(data, path)
        except DocumentError:
            raise
        # subtle: parsers of broken files raise anything from KeyError to RecursionError
        except Exception as error:
            raise DocumentError(path, f"is broken ({type(error).__name__}: {error}). Save it again with the program that made it.") from error

    return guarded


def pipe_table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first row is its header.

    >>> print(pipe_table([["lamp", "year"], ["Oil | gas", "1854"]]))
    | lamp | year |
    | --- | --- |
    | Oil \\| gas | 1854 |
    """
    width = max(len(row) for row in rows)
    lines = []
    for row in rows:
        cells = [" ".join(cell.split()).replace("|", r"\|") for cell in (*row, *[""] * (width - len(row)))]
        lines.append(f"| {' | '.join(cells)} |")
    lines.insert(1, "|" + " --- |" * width)
    return "\n".join(lines)


# --- HTML ------------------------------------------------------------------------------------------------------------

_UNSEEN = "script, style, template, noscript, svg, iframe, object, canvas, audio, video, nav, button, select, datalist, textarea, dialog, [hidden]"
_UNSEEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:font-size|opacity)\s*:\s*0(?:\.0*)?(?![\d.])", re.I)
_SETTING = re.compile(r"(?:^|;)\s*(color|background(?:-color)?)\s*:\s*([^;]+)", re.I)
_WHITE = ("#fff", "#ffffff", "rgb(255,255,255)")
_NESTED_RULES = re.compile(r"@[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")  # @media print and its like
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_BLOCKS = frozenset(
    """address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr
    html legend li main ol p pre section summary table tbody td tfoot th thead tr ul""".split()
)


@_named
def read_html(data: bytes, path: Path) -> tuple[str, str | None]:
    """The visible text of a page as Markdown, and its title, if it has one."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(data, "lxml")
    title = " ".join(soup.title.get_text().split()) if soup.title else None
    _remove_unseen(soup)
    blocks = list(_blocks(soup.body or soup))
    return "\n\n".join(blocks) + "\n", title or None


def _remove_unseen(soup: BeautifulSoup) -> None:
    from bs4.element import Comment, Declaration, Doctype, ProcessingInstruction
    from soupsieve import SelectorSyntaxError

    selectors = [_UNSEEN]
    for sheet in soup.find_all("style"):
        rules = _RULE.findall(_NESTED_RULES.sub("", re.sub(r"/\*.*?\*/", "", sheet.get_text(), flags=re.S)))
        selectors += [selector.strip() for selector, style in rules if _is_unseen(style)]
    for selector in selectors:
        try:
            unseen = soup.select(selector)
        except (SelectorSyntaxError, NotImplementedError):  # what only a browser understands
            continue
        for tag in unseen:
            tag.decompose()
    for tag in soup.find_all(style=_is_unseen):
        tag.decompose()
    for remark in soup.find_all(string=lambda text: isinstance(text, (Comment, Declaration, Doctype, ProcessingInstruction))):
        remark.extract()
    if soup.head:
        soup.head.decompose()


def _is_unseen(style: str | None) -> bool:
    """Whether a style hides its text: not displayed, without size, or in the colour of its own background.

    >>> _is_unseen("color: white; background: #FFF"), _is_unseen("color: white; background: navy")
    (True, False)
    """
    if not style or _UNSEEN_STYLE.search(style):
        return bool(style)
    colours = {name.lower()[:10]: re.sub(r"\s|!important", "", value.lower()) for name, value in _SETTING.findall(style)}
    text, ground = ("white" if colours.get(name) in _WHITE else colours.get(name) for name in ("color", "background"))
    return text is not None and text in (ground, "transparent")


def _blocks(root: Tag) -> Iterator[str]:
    """The blocks of a page in order: runs of inline text between the starts and ends of block elements."""
    from bs4.element import NavigableString, Tag

    inline: list[str] = []
    prefix = ""
    # subtle: a stack instead of recursion, for pages are nested thousands deep
    waiting: list[Any] = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str) and not isinstance(item, NavigableString):  # the end of a block element
            yield from _block(inline, prefix)
            inline, prefix = [], item
        elif isinstance(item, NavigableString):
            inline.append(str(item))
        elif isinstance(item, Tag) and item.name == "br":
            inline.append("\0")
        elif isinstance(item, Tag):
            if item.name in _BLOCKS:
                yield from _block(inline, prefix)
                inline, after = [], "  " * (len(prefix) - len(prefix.lstrip())) if item.name == "li" else prefix
                if item.name == "pre":
                    yield f"```\n{item.get_text().strip(chr(10))}\n```"
                    continue
                if item.name == "table" and (rows := _rows(item)):
                    yield pipe_table(rows)
                    continue
                prefix = _prefix(item, prefix)
                waiting.append(after)
            waiting.extend(reversed(item.contents))
    yield from _block(inline, prefix)


def _prefix(tag: Tag, inherited: str) -> str:
    """What Markdown writes before the text of a block element."""
    if re.fullmatch(r"h[1-6]", tag.name):
        return "#" * int(tag.name[1]) + " "
    if tag.name == "li":
        depth = len(tag.find_parents(["ul", "ol"]))
        parent = tag.find_parent(["ul", "ol"])
        number = len(tag.find_previous_siblings("li")) + 1
        return "  " * max(0, depth - 1) + (f"{number}. " if parent is not None and parent.name == "ol" else "- ")
    return inherited


def _block(inline: Iterable[str], prefix: str) -> Iterator[str]:
    lines = [" ".join(line.split()) for line in "".join(inline).split("\0")]
    text = "\n".join(line for line in lines if line)
    if text:
        yield prefix + (" ".join(text.split("\n")) if prefix else text)


def _rows(table: Tag) -> list[list[str]]:
    """The cells of a table of data; nothing for one that only lays out a page."""
    rows = [row for row in table.find_all("tr") if row.find_parent("table") is table]
    cells = [[" ".join(cell.get_text(" ").split()) for cell in row.find_all(["td", "th"], recursive=False)] for row in rows]
    cells = [row for row in cells if any(row)]
    is_grid = len(cells) > 1 and max(len(row) for row in cells) > 1 and not table.find("table")
    return cells if is_grid and (table.find("th") or not table.find(["h1", "h2", "h3", "p", "ul", "ol"])) else []


# --- PDF -------------------------------------------------------------------------------------------------------------

_POOR_TITLE = re.compile(r"microsoft|untitled|unknown|\.\w{2,4}$|^\W*$", re.I)


@_named
def read_pdf(data: bytes, path: Path) -> tuple[list[str], str | None]:
    """The text of each page, and the title that the file gives itself, if it is one."""
    import logging

    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    if b"%PDF-" not in data[:1024]:
        raise DocumentError(path, "ends in .pdf but is no PDF file. Give it the ending of what it is.")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it reports what it mends
    reader = PdfReader(io.BytesIO(data))
    try:
        locked = reader.is_encrypted and not reader.decrypt("")
    except DependencyError:
        locked = True
    if locked:
        raise DocumentError(path, "is encrypted. Save a copy without a password.")
    pages = _without_running_heads([page.extract_text() for page in reader.pages])
    if not any(re.search(r"\w", page) for page in pages):
        raise DocumentError(path, "holds pictures of pages and no text. Run text recognition over it first.")
    everything = "\n".join(pages)
    title = str(reader.metadata.title or "").strip() if reader.metadata else ""
    return [_joined(page, everything) for page in pages], None if _POOR_TITLE.search(title) else title or None


def _without_running_heads(pages: Sequence[str]) -> list[str]:
    """Pages without a first or last line that most of them share, but for its numbers, and that is no sentence."""

    def bare(line: str) -> str:
        return re.sub(r"\d+", "#", line.strip())

    cut = [page.strip().split("\n") for page in pages]
    for place in (0, -1):
        common = Counter(bare(lines[place]) for lines in cut if len(lines) > 1)
        for lines in cut:
            line = lines[place].strip()
            if len(lines) > 1 and common[bare(line)] >= max(3, len(pages) / 2) and not line.endswith((".", "!", "?")):
                del lines[place]
    return ["\n".join(lines) for lines in cut]


def _joined(page: str, everything: str) -> str:
    """A page with its words whole: a hyphen at the end of a line goes, unless the text writes the word with it elsewhere."""

    def whole(match: re.Match[str]) -> str:
        with_hyphen = f"{match[1]}-{match[2]}"
        return with_hyphen if with_hyphen in everything else match[1] + match[2]

    return re.sub(r"(\w+)[-\u2010\u00ad]\n(\w+)", lambda match: whole(match) if match[2][0].islower() else f"{match[1]}-{match[2]}", page)


# --- Word ------------------------------------------------------------------------------------------------------------


@_named
def read_docx(data: bytes, path: Path) -> tuple[str, str | None]:
    """The text of a Word document as Markdown, and the title that the file gives itself, if any."""
    from docx import Document
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise DocumentError(path, "is encrypted, or of a Word before 2007. Save a copy as .docx without a password.")
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise DocumentError(path, "ends in .docx but is no Word file. Give it the ending of what it is.")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(part.file_size for part in archive.infolist()) > UNPACKED_BYTES:
            raise DocumentError(path, f"unpacks to more than {UNPACKED_BYTES // 1_000_000} MB. Split it or move it away.")
        if "[Content_Types].xml" not in archive.namelist() or not any(name.startswith("word/") for name in archive.namelist()):
            raise DocumentError(path, "ends in .docx but is no Word file. Give it the ending of what it is.")
    document = Document(io.BytesIO(data))
    blocks: list[str] = []
    for element in document.element.body.iter(qn("w:p"), qn("w:tbl")):
        if element.xpath("ancestor::w:tbl") or element.xpath("ancestor::*[local-name()='Fallback']"):
            continue
        if element.tag == qn("w:tbl"):
            rows: list[list[str]] = []
            for row in element.xpath("./w:tr"):
                rows.append(_cells(row, above=rows[-1] if rows else []))
            blocks += [pipe_table(rows)] if any(map(any, rows)) else []
        elif text := _shown(element):
            blocks.append(_paragraph_prefix(Paragraph(element, document)) + " ".join(text.split()))
    return "\n\n".join(blocks) + "\n", str(document.core_properties.title or "").strip() or None


def _shown(paragraph: Any) -> str:
    """The words of a paragraph that a reader sees: insertions with, deletions and hidden runs without."""
    pieces: list[str] = []
    for run in paragraph.xpath(".//w:r[not(ancestor::w:del) and not(ancestor::w:moveFrom)]"):
        if run.xpath("ancestor::w:p[1]")[0] is paragraph and not run.xpath("./w:rPr/w:vanish[not(@w:val='0') and not(@w:val='false')]"):
            parts = run.xpath("./w:t | ./w:tab | ./w:br | ./w:cr")
            pieces += [part.text or "" if part.tag.endswith("}t") else " " for part in parts]
    return "".join(pieces).strip()


def _cells(row: Any, *, above: Sequence[str]) -> list[str]:
    """The cells of a row; one that is merged with the cell above repeats it, so that the row stands alone."""
    cells: list[str] = []
    for cell in row.xpath("./w:tc | ./w:sdt/w:sdtContent/w:tc"):
        is_merged = cell.xpath("./w:tcPr/w:vMerge[not(@w:val='restart')]") and len(cells) < len(above)
        cells.append(above[len(cells)] if is_merged else " ".join(filter(None, map(_shown, cell.xpath(".//w:p")))))
        cells += [""] * (int((cell.xpath("./w:tcPr/w:gridSpan/@w:val") or ["1"])[0]) - 1)
    return cells


def _paragraph_prefix(paragraph: Any) -> str:
    """What Markdown writes before a paragraph of that style."""
    style = (paragraph.style.name or "") if paragraph.style is not None else ""
    if heading := re.fullmatch(r"Heading (\d)", style):
        return "#" * min(6, int(heading[1])) + " "
    if style == "Title":
        return "# "
    level = paragraph._p.xpath("./w:pPr/w:numPr/w:ilvl/@w:val")
    if level or style.startswith("List"):
        return "  " * int((level or ["0"])[0]) + "- "
    return ""
