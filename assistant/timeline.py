"""A rule's history as steps: proposed, final, in force, stayed, superseded or repealed, each with its citation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.answer import Citation
from assistant.citations import Library, as_prose
from assistant.validity import Histories, Place, place_of, state_on
from index import Hit
from index.documents import Validity
from index.store import Passage

NEAR = 0.5  # share of the best passage's score that another document's best passage needs to belong to the same history
DOCUMENTS = 2  # that a question's history is told from, beside those linked by what replaced what


@dataclass(frozen=True)
class Step:
    """One step of a history. Days are `YYYY-MM-DD`; a step without a day stands first, for its beginning is not known."""

    date: str | None
    until: str | None  # the last day, where it is known
    status: str  # proposed | final | in force | stayed | superseded | repealed | reported
    title: str  # the document's
    heading: str
    text: str
    citation: Citation
    superseded_by: str | None = None  # the heading that replaced it


def of_topic(topic: str, passages: Sequence[Passage], histories: Histories, library: Library, *, today: str) -> list[Step]:
    """The steps of every history in the documents of a topic, or of one document."""
    own = [passage for passage in passages if topic in (passage.topic, passage.document_id)]
    return _steps(own, {}, histories, library, today)


def of_question(hits: Sequence[Hit], passages: Sequence[Passage], histories: Histories, library: Library, *, today: str) -> list[Step]:
    """The steps of the histories that the best passages for a question belong to."""
    if not hits:
        return []
    names = list(dict.fromkeys(hit.document_id for hit in hits if hit.score >= NEAR * hits[0].score and _is_step(_validity(hit))))[:DOCUMENTS]
    linked = {place for hit in hits if hit.document_id in names for place in histories.around(place_of(hit.document_id, hit.section))}
    near = {(hit.document_id, hit.start): max(hit.sentences, key=lambda sentence: sentence.cosine).start for hit in hits if hit.sentences}
    heads = [passage for passage in passages if passage.document_id in names or place_of(passage.document_id, passage.section) in linked]
    return _steps(heads, near, histories, library, today)


def _validity(hit: Hit) -> Validity:
    return hit.passage.validity if hit.passage else Validity(**{name: hit.metadata.get(name) for name in ("status", "effective_from", "effective_until")})


def _is_step(validity: Validity) -> bool:
    """Whether a passage tells a step of a history: it began or ended on a day, or it is a proposal or a stay."""
    return bool(validity.effective_from or validity.effective_until or validity.status in ("proposed", "stayed"))


def _steps(
    passages: Iterable[Passage], near: dict[tuple[str, int], int], histories: Histories, library: Library, today: str
) -> list[Step]:
    first: dict[Place, Passage] = {}
    for passage in passages:
        if _is_step(passage.validity):
            first.setdefault(place_of(passage.document_id, passage.section), passage)
    steps: list[Step] = []
    for place, passage in first.items():
        start, end = next((span for span in passage.sentences if span[0] == near.get((passage.document_id, passage.start))), passage.sentences[0])
        citation = library.cite(passage.document_id, start, end, number=len(steps) + 1, sha256=passage.document_sha256)
        if citation is None:
            continue
        later = [name for name in histories.after(place) if (histories.validity[name].effective_from or "") <= today]
        validity = passage.validity
        date = validity.effective_from or (validity.published if validity.status == "proposed" else None)
        steps.append(Step(date, validity.effective_until, _status(validity, bool(later), today), passage.title, histories.sections[place][1],
                          as_prose(citation.quote), citation, histories.sections[later[0]][1] if later else None))  # fmt: skip
    return sorted(steps, key=lambda step: (step.date or "", step.until or "9999", step.citation.number))


def _status(validity: Validity, is_superseded: bool, today: str) -> str:
    if validity.status in ("proposed", "stayed", "reported"):
        return validity.status
    state = state_on(vars(validity), today)
    if state == "no longer":
        return "superseded" if is_superseded else "repealed"
    return "final" if state == "not yet" else "in force"
