"""What a reader sees of Markdown in one line: no pictures, addresses of links, tags of HTML or marks of emphasis. Knows nothing of documents."""

from __future__ import annotations

import re

_LINK = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\[(?!\d)[^\]]*\])")  # [text](address) or [text][label]
_NAMED_ADDRESS = re.compile(r"`([^`<>]*\S)\s+<[^<>\s]+>`__?")  # `text <address>`_ of reStructuredText
_MARKS = frozenset("`*_")
_EMPHASIS = re.compile(r"(\*\*|__|\*|(?<!\w)_|_(?!\w))")
_PICTURE = re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])")
_EMPTY_LINK = re.compile(r"\[\s*\](?:\([^)]*\)|\[[^\]]*\])")
_TAG = re.compile(
    r"</?(?:a|b|i|u|p|br|hr|em|strong|small|sub|sup|kbd|code|pre|span|div|center|font|h[1-6]|ul|ol|li|dl|dt|dd|table|thead|tbody|tr|th|td|img|picture|source"
    r"|video|abbr|cite|del|ins|mark|var|samp|dfn|details|summary|blockquote|section|figure|figcaption)(?:\s[^<>]*)?/?>",
    re.I,
)


def without_pictures(text: str) -> str:
    """Markdown without pictures, links on nothing else, and tags of HTML: what is left to read.

    >>> without_pictures("[![build](b.svg)](https://ci.example) A <b>fast</b> boat ![boat](a.png)")
    ' A fast boat '
    """
    if "[" not in text and "<" not in text:
        return text
    pieces = re.split(r"(`+(?:(?!`).)+`+)", text)  # code is shown as it stands
    return "".join(piece if place % 2 else _EMPTY_LINK.sub("", _TAG.sub("", _PICTURE.sub("", piece))) for place, piece in enumerate(pieces))


def without_links(text: str) -> str:
    """Markdown with the texts of links in their place, and without what `without_pictures` leaves out.

    >>> without_links("See `the\\nmanual <https://x.example>`_ and [the rest](y).")
    'See the\\nmanual and the rest.'
    """
    return _LINK.sub(r"\1", without_pictures(_NAMED_ADDRESS.sub(r"\1", text)))


def on_one_line(text: str) -> str:
    """Without marks of emphasis; code keeps its own characters and loses its quotes."""
    if not _MARKS.intersection(text):
        return " ".join(text.split())
    pieces = re.split(r"(`+)((?:(?!\1).)+?)\1(?!`)", text, flags=re.S)
    kept = [piece if place % 3 == 2 else _EMPHASIS.sub("", piece) for place, piece in enumerate(pieces) if place % 3 != 1]
    return " ".join("".join(kept).split())


def plain(text: str) -> str:
    """A line of Markdown, a heading above all, as it reads.

    >>> plain("The **fee** of [`gull`](x) [![](b.svg)](y)")
    'The fee of gull'
    """
    return on_one_line(without_links(text))
