"""The writer without a model: the best sentences of the evidence, the most direct first, none twice, each adding something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.evidence import Evidence
from assistant.kinds import asks_for_steps
from assistant.question import Question

WORDS = 74  # of an answer, about; the first sentence always stands
UNSURE_WORDS = 150  # of one with a reserve: its reader chooses among more
LIST_WORDS = 140
SIMILAR = 0.8  # share of the shorter sentence's words that two sentences may have in common
DISTANCE = 5.0  # by which the score of a further sentence may lie below the first's
FOLLOWING = 2.0  # what it is worth to stand right behind one of them, where a reason is asked for: it often comes next and does not say so
COMPLETING = 3.0  # the same behind a short one, for terse prose tells a thing in two sentences, or where it is asked what to do
SHORT = 12  # words up to which a sentence is short
COVERAGE = 4.0  # what it is worth to cover all of the question's words that the sentences before it do not


def choose(question: Question, evidence: Sequence[Evidence], *, limit: int = 5, sure: bool = True) -> list[Evidence]:
    """The sentences of an answer: the best first, then whichever adds most of what is still uncovered; more where it is not `sure`."""
    if not evidence:
        return []
    rarity = {term.token: term.rarity for term in question.terms}
    total = sum(rarity.values()) or 1.0
    chosen = [evidence[0]]
    words = len(evidence[0].prose.split())
    budget = LIST_WORDS if question.kind == "list" else WORDS if sure else UNSURE_WORDS
    least = evidence[0].score - 2 * DISTANCE - COVERAGE - max(FOLLOWING, COMPLETING)  # twice, for a longer quote may take the first's place
    waiting = [item for item in evidence[1:40] if item.score >= least]
    ranked: list[tuple[float, Evidence]] = []
    while (ranked or waiting) and len(chosen) < limit:
        if not ranked:  # something was chosen since, which changes what the others add
            covered = frozenset().union(*(item.covered for item in chosen))
            gains = ((_gain(item, chosen, question, covered, rarity, total), item) for item in waiting)
            ranked = sorted(gains, key=lambda pair: -pair[0])
        gain, best = ranked.pop(0)
        waiting = [item for item in waiting if item is not best]
        if gain < chosen[0].score - DISTANCE:
            break
        held = next((place for place, other in enumerate(chosen) if _holds(best, other)), None)
        length = len(best.prose.split()) - (len(chosen[held].prose.split()) if held is not None else 0)
        if words + length > budget or any(overlaps(best, other) for place, other in enumerate(chosen) if place != held):
            continue
        place = len(chosen) if held is None else held
        chosen[place : place + 1] = [best]
        words += length
        ranked = []
    return chosen


def _gain(
    item: Evidence, chosen: Sequence[Evidence], question: Question, covered: frozenset[str], rarity: Mapping[str, float], total: float
) -> float:  # fmt: skip
    """What a sentence is worth beside those chosen, which cover so much of the question."""
    return item.score + _worth_behind(item, chosen, question) + COVERAGE * sum(rarity[token] for token in item.covered - covered) / total


def _worth_behind(item: Evidence, chosen: Sequence[Evidence], question: Question) -> float:
    """What it is worth that a sentence stands right behind one that is chosen."""
    before = next((other for other in chosen if _follows(item, other)), None)
    if before is None:
        return 0.0
    completes = len(before.prose.split()) < SHORT or asks_for_steps(question.text)
    return max(FOLLOWING if question.kind == "reason" else 0.0, COMPLETING if completes else 0.0)


def _holds(first: Evidence, second: Evidence) -> bool:
    """Whether a quote goes on from another, on which it leans."""
    return first.hit.document_id == second.hit.document_id and first.start <= second.start and second.end <= first.end


def _follows(item: Evidence, other: Evidence) -> bool:
    """Whether a quote stands right behind another in their document."""
    return item.hit.document_id == other.hit.document_id and 0 <= item.start - other.end <= 2


def overlaps(first: Evidence, second: Evidence) -> bool:
    """Whether two sentences say much the same, or one quote holds the other."""
    if shares_text(first, second):
        return True
    common = len(first.tokens & second.tokens)
    return common >= SIMILAR * min(len(first.tokens), len(second.tokens))


def shares_text(first: Evidence, second: Evidence) -> bool:
    """Whether two quotes have words of their document in common."""
    return first.hit.document_id == second.hit.document_id and first.start < second.end and second.start < first.end
