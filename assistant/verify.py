"""Check an old answer against the files it cites: offline, without index or model. Knows nothing of how it came about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path, PurePosixPath

from assistant.answer import Answer, Citation
from assistant.citations import Library, as_markdown, as_prose, reading_of
from index import Document

_MARK = re.compile(r"(?<!\\)\[(\d+)\]")


def verify(answer: Answer, corpus: Path) -> list[str]:
    """What is wrong with an answer by the documents as they are now, one sentence each. An empty list is an answer that holds."""
    library = Library(corpus)
    return [*_form(answer, library), *(problem for citation in answer.citations for problem in _citation(citation, library))]


def _form(answer: Answer, library: Library) -> Iterator[str]:
    """Marks without citations, sentences that are not in the text or not in their quotes."""
    citations = {citation.number: citation for citation in answer.citations}
    if len(citations) != len(answer.citations):
        yield "Two citations have the same number."
    if not answer.complete:
        yield "The answer is not complete; it was kept while it was still growing."
    marked = {int(number) for number in _MARK.findall(answer.text)}
    for number in sorted((marked | {number for sentence in answer.sentences for number in sentence.citations}) - set(citations)):
        yield f"[{number}] leads to no citation."
    if answer.status != "declined" and not answer.sentences:
        yield f"The answer is {answer.status} and has no sentences."
    for sentence in answer.sentences:
        quotes = [_reading(citations[number], library) for number in sentence.citations if number in citations]
        if not sentence.citations:
            yield f"A sentence cites nothing: {sentence.text!r}"
        elif as_markdown(sentence.text) not in answer.text:
            yield f"A sentence is not in the answer's text: {sentence.text!r}"
        elif answer.mode == "quoted" and not any(sentence.text in quote for quote in quotes):
            yield f"A sentence is not what its source says: {sentence.text!r}"


def _reading(citation: Citation, library: Library) -> str:
    document = _document(citation, library)
    return reading_of(citation, document) if document else as_prose(citation.quote)


def _document(citation: Citation, library: Library) -> Document | None:
    path = PurePosixPath(citation.document_id)
    return None if path.is_absolute() or ".." in path.parts else library.document(citation.document_id)


def _citation(citation: Citation, library: Library) -> Iterator[str]:
    name = f"[{citation.number}] {citation.document_id}"
    document = _document(citation, library)
    if document is None:
        yield f"{name}: the document is gone or can no longer be read."
    elif document.text[citation.start : citation.end] != citation.quote:
        still = "stands elsewhere in it" if citation.quote in document.text else "is no longer in it"
        yield f"{name}: the document has changed; the quote {still}."
    elif document.sha256 != citation.document_sha256:
        yield f"{name}: the document has changed elsewhere; the quote stands where it stood."
    else:
        now = library.cite(citation.document_id, citation.start, citation.end, number=citation.number, sha256=citation.document_sha256)
        for field in fields(citation):
            was, is_now = getattr(citation, field.name), getattr(now, field.name)
            is_unknown = field.name == "page" and was is None  # of an answer kept before pages were
            if was != is_now and not is_unknown:
                yield f"{name}: {field.name} was {was!r} and is now {is_now!r}."
