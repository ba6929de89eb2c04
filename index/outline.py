"""The structure of a Markdown text as spans: headings, paragraphs, list items, table rows, code. Knows nothing of files.

The only file that knows markdown-it. Spans are code points of the text, end exclusive.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

BlockKind = Literal["heading", "prose", "row", "code"]

_LIST_MARK = re.compile(r"(?:\s|>|[-*+]\s|\d{1,9}[.)]\s)*")

# The line that opens or closes a box: "!!! note", ":::tip", "> [!WARNING]".
_BOX = re.compile(
    r"""^([ \t>]*)(?:(?:!!!|\?\?\?\+?)[ \t]*\w[^\n]*|:{3,}[^\n]*|\[!\w+\][ \t]*)$
        (?P<body>(?:\n(?:\1(?:[ ]{4}|\t)[^\n]*|[ \t]*(?=\n)))*)""",
    re.X | re.M,
)

# What reStructuredText says to its builder alone: ".. image:: b.svg" with its options, ".. code-block:: python", ".. _manual: https://…".
_DIRECTIVE = re.compile(r"^[ \t]*\.\.[ \t]+(?:_\S.*?:(?:[ \t]+\S*)?|(?:\|[^|\n]+\|[ \t]+)?[\w-]+::[ \t]*\S*)$(?:\n[ \t]+:[\w-]+:[^\n]*)*", re.M)


@dataclass(frozen=True)
class Block:
    """A run of text that is never cut across: `text[start:end]`, without list marks; code with its fences."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0  # of a heading, 1 to 6; else 0
    header: tuple[int, int] | None = None  # of a row: where the first row of its table stands


@lru_cache(maxsize=8)  # a document is looked at once as it is read, and again as it is cut
def outline(text: str, *, indented_code: bool = True) -> Sequence[Block]:
    """The blocks of `text`, in order and without overlap.

    >>> [(block.kind, "# A\\n\\n- one\\n- two\\n"[block.start:block.end]) for block in outline("# A\\n\\n- one\\n- two\\n")]
    [('heading', 'A'), ('prose', 'one'), ('prose', 'two')]
    """
    line_starts = [0]
    for match in re.finditer("\n", text):
        line_starts.append(match.end())
    line_starts.append(len(text))

    blocks: list[Block] = []
    header: tuple[int, int] | None = None
    for kind, level, first, last in _line_ranges(_parser(indented_code).parse(_without_boxes(text))):
        start, end = line_starts[first], line_starts[min(last, len(line_starts) - 1)]
        block = _trim(text, "row" if kind == "header" else kind, level, start, end)
        # subtle: nested list items can report lines that an outer block has claimed already
        if block and (not blocks or block.start >= blocks[-1].end):
            header = (block.start, block.end) if kind == "header" else header if kind == "row" else None
            blocks.append(replace(block, header=header))
    return tuple(blocks)


def _without_boxes(text: str) -> str:
    """A text of as many lines, without directives, and with what stands in boxes as if it stood outside them.

    >>> _without_boxes("!!! note\\n    Mind it.")
    '\\nMind it.'
    >>> _without_boxes(".. |ci| image:: ci.svg\\n   :alt: Tests\\n\\nA boat.")
    '\\n\\n\\nA boat.'
    """
    text = _DIRECTIVE.sub(lambda match: "\n" * match[0].count("\n"), text)
    return _BOX.sub(lambda box: box[1] + re.sub(r"(?m)^([ \t>]*?)(?: {4}|\t)", r"\1", box["body"]), text)


@cache
def _parser(indented_code: bool) -> MarkdownIt:
    """Reads blocks alone: what stands in a line is nobody's concern here, and takes half the time."""
    parser = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
    return parser if indented_code else parser.disable("code")


def _line_ranges(tokens: list[Token]) -> Iterator[tuple[BlockKind | Literal["header"], int, int, int]]:
    for before, token in pairwise([Token("", "", 0), *tokens]):
        if token.map is None:
            continue
        first, last = token.map
        if token.type == "heading_open":
            yield "heading", int(token.tag[1]), first, last
        elif token.type in ("paragraph_open", "html_block"):
            yield "prose", 0, first, last
        elif token.type == "tr_open":
            yield "header" if before.type == "thead_open" else "row", 0, first, last
        elif token.type in ("fence", "code_block"):
            yield "code", 0, first, last


def _trim(text: str, kind: BlockKind, level: int, start: int, end: int) -> Block | None:
    piece = text[start:end]
    if kind == "heading":
        if match := re.match(r"[\s>]*#{1,6}[ \t]*(.*?)[ \t]*#*[ \t]*\n*\Z", piece, re.S):
            start, end = start + match.start(1), start + match.end(1)
        else:  # underlined with === or ---
            title = re.sub(r"\n[ \t]*(=+|-+)[ \t]*\n*\Z", "", piece)
            end = start + len(title)
    elif kind == "prose" and (mark := _LIST_MARK.match(piece)):
        start += mark.end()
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return Block(kind, start, end, level) if end > start else None


def line_number(text: str, position: int) -> int:
    """The line, counted from 1, on which `position` stands."""
    return bisect_right([match.start() for match in re.finditer("\n", text)], position - 1) + 1 if position else 1
