"""A search for words in whole documents: which hold them all, and where. Knows nothing of how it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from index import Document

AROUND = 60  # characters shown on each side of a word
MOST = 12  # words looked for
LENGTH = 200  # characters of a search


@dataclass(frozen=True)
class Place:
    """A document that holds all words. Where its title and headings lack one, the words of the text around it and its span."""

    document: str
    before: str = ""
    found: str = ""
    after: str = ""
    start: int = 0
    end: int = 0


def find(documents: Iterable[Document], search: str) -> list[Place]:
    """The documents that hold all words of a search, in any case of letters and as parts of words, too.

    >>> find([], "toll")
    []
    """
    words = _lower(search[:LENGTH]).split()[:MOST]
    places = (_place(document, words) for document in documents)
    return [place for place in places if place is not None]


def _place(document: Document, words: list[str]) -> Place | None:
    names = _lower("\n".join((document.title, *(section.headings[-1] for section in document.sections if section.headings))))
    lacking = [word for word in words if word not in names]
    if not lacking:
        return Place(document.document_id)
    text = document.text
    lowered = _lower(text)
    if not all(word in lowered for word in lacking):
        return None
    start = lowered.index(lacking[0])
    end = start + len(lacking[0])
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    if start > AROUND:  # in whole words
        before = re.sub(r"\A\S*\s", "", before)
    if len(text) > end + AROUND:
        after = re.sub(r"\s\S*\Z", "", after)
    return Place(document.document_id, before, text[start:end], after, start, end)


def _lower(text: str) -> str:
    # subtle: İ alone grows in lower case, which would shift every place after it
    return text.replace("İ", "i").lower()
