"""Show what sources do not agree on side by side: which disagreements an answer touches, and the sentences of each side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant import prompts
from assistant.answer import Citation
from assistant.citations import Library, as_prose
from assistant.evidence import Evidence
from assistant.question import Question
from index import Document
from index.disagreements import Disagreement, Position, Quote
from index.keywords import STOPWORDS, tokenize
from index.outline import outline
from index.sentences import sentence_spans

LEAD = 2  # sentences of an answer that make a disagreement known, whatever the question's words
ABOUT = 0.65  # share of a disagreement's words that makes a question one about it
SHARED = 0.3  # share of a disagreement's words that a question needs for its other sentences to do so

Span = tuple[str, int, int]  # document, start, end


def span_of(quote: Quote, library: Library) -> Span | None:
    """Where a quote stands now; None when its document no longer holds it."""
    document = library.document(quote.document_id)
    start = document.text.find(quote.text) if document else -1
    return (quote.document_id, start, start + len(quote.text)) if start >= 0 else None


def touched(question: Question, chosen: Sequence[Evidence], disagreements: Iterable[Disagreement], library: Library) -> list[Disagreement]:
    """The disagreements that a question is about, or that the sentences of its answer take a side in."""
    asked = {term.token for term in question.terms}
    found: list[Disagreement] = []
    for disagreement in disagreements:
        about = set(tokenize(disagreement.about)) - STOPWORDS
        share = len(about & asked) / (len(about) or 1)
        considered = chosen if share >= SHARED else chosen[:LEAD]
        spans = [(item.hit.document_id, item.start, item.end) for item in considered]
        if share >= ABOUT or any(_meets(position, spans, library) for position in disagreement.positions):
            found.append(disagreement)
    return found


def beside(chosen: Sequence[Evidence], disagreements: Iterable[Disagreement], library: Library, *, limit: int) -> list[Evidence]:
    """The sentences of an answer with those of the other sides right behind the one that takes a side, about `limit`.

    Where none takes a side, though the question is about the disagreement, the sides come first.
    """
    result = list(chosen)
    kept = 0
    for disagreement in disagreements:
        place = next((number for number, item in enumerate(result) if _takes_side(disagreement, item, library)), -1)
        for position in disagreement.positions:
            spans = [(item.hit.document_id, item.start, item.end) for item in result]
            side = None if _meets(position, spans, library) else _evidence(position, result[max(place, 0)], library)
            if side is not None:
                place += 1
                result.insert(place, side)
        kept = max(kept, place + 1)
    return result[: max(limit, kept)]


def _takes_side(disagreement: Disagreement, item: Evidence, library: Library) -> bool:
    return any(_meets(position, [(item.hit.document_id, item.start, item.end)], library) for position in disagreement.positions)


def notes_on(disagreements: Iterable[Disagreement], citations: Sequence[Citation], library: Library) -> list[str]:
    """For each disagreement who says what and when, by authority, with the citations that show it."""
    notes: list[str] = []
    for disagreement in disagreements:
        positions: list[str] = []
        for position in disagreement.positions:
            marks = "".join(f" [{item.number}]" for item in citations if _meets(position, [(item.document_id, item.start, item.end)], library))
            said = ", ".join(filter(None, (position.by, position.authority, position.date)))
            positions.append(f"{position.claim} ({said}){marks}")
        notes.append(prompts.DISAGREEING.format(about=disagreement.about, positions="; ".join(positions)))
    return notes


def _meets(position: Position, spans: Iterable[Span], library: Library) -> bool:
    """Whether one of the spans shares words with a quote of the position."""
    quotes = [span for quote in position.quotes if (span := span_of(quote, library)) is not None]
    return any(document == name and start < last and first < end for document, start, end in spans for name, first, last in quotes)


def _sentence(document: Document, span: Span) -> Span:
    """The sentence that holds a span."""
    name, start, end = span
    block = next(block for block in reversed(outline(document.text)) if block.start <= start)
    spans = sentence_spans(document.text[block.start : block.end])
    return next(((name, block.start + first, block.start + last) for first, last in spans if block.start + first <= start < block.start + last), span)


def _evidence(position: Position, pattern: Evidence, library: Library) -> Evidence | None:
    """The sentence of a position's first quote as evidence, of the rank of the sentence beside which it stands."""
    span = span_of(position.quotes[0], library)
    document = library.document(position.quotes[0].document_id) if span else None
    if span is None or document is None:
        return None
    name, start, end = _sentence(document, span)
    section = document.section_at(start)
    hit = replace(pattern.hit, document_id=name, title=document.title, section=" > ".join(section.headings), text=document.text[start:end], start=start, end=end,
                  metadata={**pattern.hit.metadata, **vars(section.validity), "document_sha256": document.sha256}, sentences=(), passage=None)  # fmt: skip
    prose = as_prose(document.text[start:end])
    return replace(pattern, hit=hit, start=start, end=end, quote=document.text[start:end], prose=prose, tokens=frozenset(tokenize(prose)))
