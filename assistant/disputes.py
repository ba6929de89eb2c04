"""Show what sources do not agree on side by side: which disagreements an answer touches, and the sentences of each side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from assistant import prompts
from assistant.answer import Citation
from assistant.citations import Library, as_read
from assistant.days import MONTHS
from assistant.evidence import Evidence
from assistant.question import Question, is_name
from index.disagreements import Disagreement
from index.keywords import STOPWORDS, tokenize, words_of
from index.store import Passage

# How much of what a disagreement is about a question has to name, words weighed by their rarity; and half of them, or a rare name would do.
ABOUT = 0.6  # to be about it
ALONE = 0.8  # and so much of the question has to be about it, where the answer takes no side: about that and hardly anything else
NEAR = 0.3  # to be told of it when the answer takes a side; so much of the question has to be about it, too


class Span(NamedTuple):
    """A place in the text of a document as it was with that hash."""

    document_id: str
    start: int
    end: int
    sha256: str

    def meets(self, other: Span) -> bool:
        return self.document_id == other.document_id and self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Dispute:
    """A disagreement, with where its positions stand in the documents."""

    disagreement: Disagreement
    words: Mapping[str, float]  # of what it is about, with their rarity
    names: frozenset[str]  # those of its words that name something
    sides: tuple[tuple[Span, ...], ...]  # of each position, where its quotes stand

    def sides_taken(self, spans: Sequence[Span]) -> int:
        """How many of its positions share words with the spans."""
        return sum(_meet(side, spans) for side in self.sides)


def disputes_of(disagreements: Iterable[Disagreement], passages: Iterable[Passage], rarity: Callable[[str], float]) -> list[Dispute]:
    """The disagreements of a corpus, ready to be looked for; a quote that does not stand in the index is left out."""
    of_document: dict[str, list[Passage]] = {}
    for passage in passages:
        of_document.setdefault(passage.document_id, []).append(passage)
    found: list[Dispute] = []
    for item in disagreements:
        spans = ([_span(quote.text, of_document.get(quote.document_id, ())) for quote in position.quotes] for position in item.positions)
        sides = tuple(tuple(filter(None, side)) for side in spans)
        words = {token: rarity(token) for token in set(tokenize(item.about)) - STOPWORDS}
        names = frozenset(
            token for token, word in words_of(item.about) if token in words and word[:1].isupper() and is_name(word) and word.lower() not in MONTHS
        )
        found.append(Dispute(item, words, names, sides))
    return found


def touched(question: Question, chosen: Sequence[Evidence], disputes: Iterable[Dispute]) -> list[Dispute]:
    """The disputes that a question is about; those it comes near to, when its answer takes a side; and what the first sentence tells of."""
    asked = {term.token: term.rarity for term in question.terms}
    spans = [_place(item) for item in chosen]
    found: list[Dispute] = []
    for dispute in disputes:
        shared = dispute.words.keys() & asked.keys()
        common = sum(dispute.words[token] for token in shared)
        share = common / (sum(dispute.words.values()) or 1.0)
        names_half = 2 * len(shared) >= len(dispute.words)
        of_question = common / (sum(asked.values()) or 1.0)
        is_about = share >= ABOUT and of_question >= ALONE
        is_near = share >= NEAR and of_question >= NEAR and dispute.names <= asked.keys() and dispute.sides_taken(spans)
        if (names_half and (is_about or is_near)) or dispute.sides_taken(spans[:1]) > 1:
            found.append(dispute)
    return found


def beside(chosen: Sequence[Evidence], disputes: Iterable[Dispute], library: Library, *, limit: int) -> list[Evidence]:
    """The sentences of an answer with those of the other sides right behind the one that takes a side, about `limit`.

    Where none takes a side, though the question is about the dispute, the sides come first.
    """
    result = list(chosen)
    kept = 0
    for dispute in disputes:
        place = next((number for number, item in enumerate(result) if dispute.sides_taken([_place(item)])), -1)
        for side in dispute.sides:
            if side and not _meet(side, [_place(item) for item in result]):
                place += 1
                result.insert(place, evidence_at(side[0], result[max(place - 1, 0)], library))
        kept = max(kept, place + 1)
    return result[: max(limit, kept)]


def notes_on(disputes: Iterable[Dispute], citations: Sequence[Citation]) -> list[str]:
    """For each dispute who says what and when, by authority, with the citations that show it."""
    notes: list[str] = []
    for dispute in disputes:
        positions: list[str] = []
        for position, side in zip(dispute.disagreement.positions, dispute.sides, strict=True):
            shown = [item.number for item in citations if _meet(side, [Span(item.document_id, item.start, item.end, item.document_sha256)])]
            marks = "".join(f" [{number}]" for number in shown)
            said = ", ".join(filter(None, (position.by, position.authority, position.date)))
            positions.append(f"{position.claim} ({said}){marks}")
        notes.append(prompts.DISAGREEING.format(about=dispute.disagreement.about, positions="; ".join(positions)))
    return notes


def _place(item: Evidence) -> Span:
    return Span(item.hit.document_id, item.start, item.end, str(item.hit.metadata["document_sha256"]))


def _meet(side: Iterable[Span], spans: Iterable[Span]) -> bool:
    """Whether one of the spans shares words with a quote."""
    return any(span.meets(quote) for span in spans for quote in side)


def _span(text: str, passages: Iterable[Passage]) -> Span | None:
    """The sentence in which words of a document begin; None when none of its passages holds them."""
    for passage in passages:
        start = passage.start + passage.text.find(text)
        sentence = next((sentence for sentence in passage.sentences if sentence[0] <= start < sentence[1]), None)
        if start >= passage.start and sentence:
            return Span(passage.document_id, *sentence, passage.document_sha256)
    return None


def evidence_at(span: Span, pattern: Evidence, library: Library) -> Evidence:
    """A sentence as evidence of the rank of the one beside which it stands."""
    name, start, end, sha256 = span
    document = library.document(name)
    if document is None:  # gone since the disputes were taken in
        return pattern
    section = document.section_at(start)
    text = document.text[start:end]
    hit = replace(
        pattern.hit, document_id=name, title=document.title, section=" > ".join(section.headings), text=text, start=start, end=end, sentences=(),
        metadata={**pattern.hit.metadata, **vars(section.validity), "document_sha256": sha256}, passage=None,
    )  # fmt: skip
    prose = as_read(text, hit.section, header=document.table_header_at(start))
    return replace(pattern, hit=hit, start=start, end=end, quote=text, prose=prose, tokens=frozenset(tokenize(prose)))
