"""Cut a Document into Chunks: spans along headings and sentences. Knows nothing of vectors or storage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from index.documents import Document, Section
from index.outline import Block, outline
from index.plain import without_pictures
from index.sentences import is_label, sentence_spans

CHUNKER = "headings-sentences-7"  # part of an index's recipe: change it when chunks come out differently

CountTokens = Callable[[Sequence[str]], list[int]]
Span = tuple[int, int]


@dataclass(frozen=True)
class Chunk:
    """A span of a document: `document.text[start:end] == text`. `sentences` are spans of the document inside it."""

    document_id: str
    title: str
    section: Section
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]
    header: str = ""  # the first row of the table that the chunk is cut from

    @property
    def context(self) -> str:
        """Title and headings: embedded and searched with the text, never cited."""
        return " > ".join(dict.fromkeys((self.title, *self.section.headings)))


def split(document: Document, *, size: int, count_tokens: CountTokens) -> Iterator[Chunk]:
    """The chunks of a document, in order, each at most `size` tokens long and inside one section or one table of it."""
    units = [
        ((document.section_at(start), block.header), (start, end))
        for block in outline(document.text)
        for start, end in _sentences(document.text, block)
    ]
    if not units:
        return
    lengths = count_tokens([document.text[start:end] for _, (start, end) in units])
    pieces = [
        (home, piece, tokens)
        for (home, span), length in zip(units, lengths, strict=True)
        for piece, tokens in _fit(document.text, span, length, size, count_tokens)
    ]
    for (section, place), run in groupby(pieces, key=lambda piece: piece[0]):
        header = document.text[slice(*place)] if place else ""
        taken = count_tokens([header])[0] if header else 0  # of the model's window
        if 2 * taken > size:
            header, taken = "", 0
        packed: list[Span] = []
        used = before = 0  # tokens; those of the sentence before
        for _, span, tokens in run:
            if packed and used + tokens > size:
                carried = packed[-1:] if len(packed) > 1 and _announces(document.text, packed[-1]) and taken + before + tokens <= size else []
                yield _chunk(document, section, packed[: len(packed) - len(carried)], header)
                packed, used = carried, taken + before * len(carried)
            packed.append(span)
            used += tokens
            before = tokens
        yield _chunk(document, section, packed, header)


def _announces(text: str, span: Span) -> bool:
    """Whether a sentence announces what comes after it, and tells nothing without that."""
    return text[span[1] - 1] == ":" or is_label(text[slice(*span)])


def _chunk(document: Document, section: Section, spans: Sequence[Span], header: str) -> Chunk:
    start, end = spans[0][0], spans[-1][1]
    return Chunk(document.document_id, document.title, section, start, end, document.text[start:end], tuple(spans), header)


def _sentences(text: str, block: Block) -> Iterator[Span]:
    piece = text[block.start : block.end]
    if block.kind == "heading" or not re.search(r"\w", piece):
        return
    if block.kind == "prose":
        for start, end in sentence_spans(piece):
            if _says_anything(piece[start:end]):
                yield block.start + start, block.start + end
    else:
        yield block.start, block.end


def _says_anything(text: str) -> bool:
    """Whether there is a word to read in a sentence: there is none in badges and tags."""
    return bool(re.search(r"\w", without_pictures(text)))


def _fit(text: str, span: Span, length: int, size: int, count_tokens: CountTokens) -> Iterator[tuple[Span, int]]:
    """The span itself, or, when it alone is too long, pieces cut at white space (in a word without any, anywhere)."""
    if length <= size:
        yield span, length
        return
    words = [(span[0] + match.start(), span[0] + match.end()) for match in re.finditer(r"\S{1,200}", text[span[0] : span[1]])]
    counts = count_tokens([text[start:end] for start, end in words])
    first, used = 0, 0
    for number, count in enumerate(counts):
        if number > first and used + count > size:
            yield (words[first][0], words[number - 1][1]), used
            first, used = number, 0
        used += count
    yield (words[first][0], words[-1][1]), used
