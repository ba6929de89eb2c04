"""A rule's history as steps: proposed, final, in force, stayed, superseded or repealed, each with its citation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.answer import Citation
from assistant.citations import Library, as_prose
from assistant.validity import Histories, Place, place_of, state_on
from index import Hit
from index.documents import Validity
from index.store import Passage


@dataclass(frozen=True)
class Step:
    """One step of a history. Days are `YYYY-MM-DD`; a step without one stands first when its end is known, and last when neither is."""

    date: str | None
    until: str | None  # the last day, where it is known
    status: str  # proposed | final | in force | stayed | superseded | repealed | reported
    title: str  # the document's
    heading: str
    text: str
    citation: Citation
    superseded_by: str | None = None  # the heading that replaced it


def of_topic(topic: str, passages: Iterable[Passage], histories: Histories, library: Library, *, today: str) -> list[Step]:
    """The steps of every history in the documents of a topic, or of one document."""
    return _steps((passage for passage in passages if topic in (passage.topic, passage.document_id)), histories, library, today)


def of_question(hits: Sequence[Hit], passages: Iterable[Passage], histories: Histories, library: Library, *, today: str) -> list[Step]:
    """The steps that the passages of the best document for a question tell, and what they replaced or were replaced by."""
    told = [hit for hit in hits if hit.passage and _is_step(hit.passage.validity)]
    places = {place_of(hit.document_id, hit.section) for hit in told if hit.document_id == told[0].document_id}
    places |= set().union(*(histories.around(place) for place in places))
    return _steps((passage for passage in passages if place_of(passage.document_id, passage.section) in places), histories, library, today)


def _is_step(validity: Validity) -> bool:
    """Whether a passage tells a step of a history: it began or ended on a day, or it is a proposal or a stay."""
    return bool(validity.effective_from or validity.effective_until or validity.status in ("proposed", "stayed"))


def _steps(passages: Iterable[Passage], histories: Histories, library: Library, today: str) -> list[Step]:
    first: dict[Place, Passage] = {}
    for passage in passages:
        if _is_step(passage.validity):
            first.setdefault(place_of(passage.document_id, passage.section), passage)
    steps: list[Step] = []
    for place, passage in first.items():
        start, end = passage.sentences[0]
        document = library.document(passage.document_id)
        citation = library.cite(passage.document_id, start, end, number=len(steps) + 1, sha256=passage.document_sha256)
        if citation is None or document is None:
            continue
        validity = passage.validity
        announced = validity.published if validity.published != document.validity.published else None  # the section's own day, not the document's
        later = [name for name in histories.after(place) if (histories.validity[name].effective_from or "") <= today]
        step = Step(validity.effective_from or announced, validity.effective_until, _status(validity, bool(later), today), passage.title,
                    histories.sections[place][1], as_prose(citation.quote), citation, histories.sections[later[0]][1] if later else None)  # fmt: skip
        if announced and step.status in ("in force", "superseded", "repealed") and announced < (validity.effective_from or ""):
            steps.append(replace(step, date=announced, until=None, status="final", superseded_by=None))
        steps.append(step)
    return sorted(steps, key=lambda step: (step.date or ("" if step.until else "9999"), step.until or "9999", step.citation.number))


def _status(validity: Validity, is_superseded: bool, today: str) -> str:
    if validity.status in ("proposed", "stayed", "reported"):
        return validity.status
    state = state_on(vars(validity), today)
    if state == "no longer":
        return "superseded" if is_superseded else "repealed"
    return "final" if state == "not yet" else "in force"
