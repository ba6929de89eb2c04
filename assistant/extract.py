"""The writer without a model: the best sentences of the evidence, the most direct first, none twice."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.evidence import Evidence
from assistant.question import Question

WORDS = 75  # of an answer, about; the first sentence always stands
LIST_WORDS = 120
SIMILAR = 0.6  # share of words that two sentences may have in common
WEAKEST = 0.72  # share of the best score that a further sentence needs


def choose(question: Question, evidence: Sequence[Evidence], *, limit: int = 5) -> list[Evidence]:
    """The sentences of an answer, in the order of reading: best first, each adding something."""
    chosen: list[Evidence] = []
    words = 0
    budget = LIST_WORDS if question.kind == "list" else WORDS
    for item in evidence:
        if len(chosen) == limit:
            break
        if chosen and (item.score < WEAKEST * chosen[0].score or any(overlaps(item, other) for other in chosen)):
            continue
        length = len(item.prose.split())
        if chosen and words + length > budget:
            continue
        chosen.append(item)
        words += length
    return chosen


def overlaps(first: Evidence, second: Evidence) -> bool:
    """Whether two sentences say much the same, or one quote holds the other."""
    if first.hit.document_id == second.hit.document_id and first.start < second.end and second.start < first.end:
        return True
    common = len(first.tokens & second.tokens)
    return common >= SIMILAR * min(len(first.tokens), len(second.tokens))
