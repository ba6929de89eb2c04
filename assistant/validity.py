"""Which passages held on a day, what replaced what, and what an answer has to say about that. Knows nothing of searching."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from assistant import prompts
from assistant.answer import Citation
from assistant.days import Asked, earliest
from assistant.evidence import Evidence, weights
from assistant.question import Question
from index import Hit, UserError
from index.documents import Validity
from index.keywords import tokenize
from index.store import Passage

State = Literal["in force", "not yet", "no longer", "proposed", "reported", "unknown"]
Place = str  # a heading of a document: `folder/file.md#Heading`

# What a sentence's score is multiplied by, for how its passage stood in the time asked about. Told: the question, or the person beside
# it, names the time. Untold: it is taken to be today. Former: what was before something that the question does not date.
FACTORS: Mapping[str, Mapping[State, float]] = {
    "told": {"not yet": 0.72, "no longer": 0.72, "proposed": 0.85},
    "untold": {"not yet": 0.9, "no longer": 0.88, "proposed": 0.92},
    "past": {},
    "former": {"in force": 0.85, "not yet": 0.8},
}
PREDECESSOR = 1.3  # for the text right before the one in force, where what was before is asked for
HELD = 1.06  # for a passage with known days that held in the time told, where that is today
HELD_THEN = 1.25  # the same, for another time
SPOKEN_LATER = 0.75  # for a sentence that names only days after the time told
_OF_PROPOSALS = re.compile(r"\b(?:propos\w*|plan\w*|bills?|drafts?|would|will|could become|threat\w*|pending|future)\b", re.I)


def day_of(value: str | datetime.date | None, *, today: datetime.date) -> str:
    """A day as `YYYY-MM-DD`; None is today. Raises UserError for anything that is no day."""
    if value is None:
        return today.isoformat()
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(str(value).strip()).isoformat()
    except ValueError:
        raise UserError(f"{value!r} is no day. Write it as YYYY-MM-DD, for example 2025-07-15.") from None


def state_on(validity: Mapping[str, Any], day: str, until: str | None = None) -> State:
    """What a passage with that validity was on a day, or at any time from `day` to `until`.

    >>> state_on({"status": "in force", "effective_from": "2025-09-16"}, "2025-07-15")
    'not yet'
    """
    status = validity.get("status")
    begin, end = validity.get("effective_from"), validity.get("effective_until")
    if status == "proposed":
        return "proposed"
    if begin and (until or day) < begin:
        return "not yet"
    if end and day > end:
        return "no longer"
    if status == "repealed" and not end:  # it is known to be gone since `as_of`, not since when
        return "no longer" if day >= (validity.get("as_of") or day) else "unknown"
    if status in ("in force", "final", "repealed"):
        return "in force"
    return "reported" if status == "reported" else "unknown"


def state_in(hit: Hit, asked: Asked) -> State:
    """What the passage of a hit was in the time asked about."""
    return state_on(hit.metadata, asked.begin, asked.end)


# --- what replaced what ----------------------------------------------------------------------------------------------


def place_of(document_id: str, section: str) -> Place:
    """The heading under which something stands.

    >>> place_of("fees.md", "Fees > Since 2025")
    'fees.md#Since 2025'
    """
    return f"{document_id}#{section.rsplit(' > ', 1)[-1]}"


class Histories:
    """Which headings of a corpus replaced which, from the `supersedes` of its documents and sections."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self.validity: dict[Place, Validity] = {}
        self.sections: dict[Place, tuple[str, str]] = {}  # title and last heading
        self._after: dict[Place, set[Place]] = {}
        self._before: dict[Place, set[Place]] = {}
        of_document: dict[str, set[Place]] = {}
        for passage in passages:
            place = place_of(passage.document_id, passage.section)
            self.validity[place] = passage.validity
            self.sections[place] = (passage.title, passage.section.rsplit(" > ", 1)[-1])
            of_document.setdefault(passage.document_id, set()).add(place)
        for place, validity in self.validity.items():
            for target in validity.supersedes:
                for former in {target} & self.validity.keys() or of_document.get(target, set()):
                    self._before.setdefault(place, set()).add(former)
                    self._after.setdefault(former, set()).add(place)

    def after(self, place: Place) -> list[Place]:
        """What replaced a place, the earliest first."""
        return self._in_order(self._after.get(place, ()))

    def before(self, place: Place) -> list[Place]:
        """What a place replaced, the earliest first."""
        return self._in_order(self._before.get(place, ()))

    def around(self, place: Place) -> set[Place]:
        """Everything linked to a place over any number of replacements, without the place itself."""
        reached = {place}
        waiting = [place]
        while waiting:
            here = waiting.pop()
            for other in (*self._after.get(here, ()), *self._before.get(here, ())):
                if other not in reached:
                    reached.add(other)
                    waiting.append(other)
        return reached - {place}

    def later(self, place: Place) -> Iterator[Place]:
        """What replaced a place, and what replaced that, and so on."""
        reached: set[Place] = set()
        waiting = self.after(place)
        while waiting:
            here = waiting.pop(0)
            if here not in reached:
                reached.add(here)
                yield here
                waiting += self.after(here)

    def _in_order(self, places: Iterable[Place]) -> list[Place]:
        return sorted(places, key=lambda place: (self.validity[place].effective_from or "", place))


def with_linked(hits: Sequence[Hit], asked: Asked, histories: Histories, *, limit: int) -> list[Hit]:
    """The first `limit` hits, and of the others those that replaced one of them, or that it replaced, and that held in the time told."""
    first = list(hits[:limit])
    linked = set().union(*(histories.around(place_of(hit.document_id, hit.section)) for hit in first)) if first else set()
    return first + [
        hit for hit in hits[limit:] if place_of(hit.document_id, hit.section) in linked and (asked.is_former or state_in(hit, asked) == "in force")
    ]


# --- the order of evidence -------------------------------------------------------------------------------------------


def ordered(question: Question, evidence: Sequence[Evidence], asked: Asked, histories: Histories, *, today: str) -> list[Evidence]:
    """Evidence in the order of what held in the time asked about, numbered anew; nothing is left out."""
    kind = "former" if asked.is_former else "told" if asked.is_told else "past" if asked.is_past else "untold"
    factors = FACTORS[kind]
    looks_back = asked.is_told and asked.end < today
    of_proposals = bool(_OF_PROPOSALS.search(question.text))
    words = frozenset(tokenize(asked.words))
    current = {
        place for place in histories.validity if asked.is_former and state_on(vars(histories.validity[place]), asked.begin, asked.end) in ("in force", "unknown")
    }
    judged: list[Evidence] = []
    for item in evidence:
        state = state_in(item.hit, asked)
        factor = 1.0 if state == "proposed" and of_proposals else factors.get(state, 1.0)
        has_days = bool(item.hit.metadata.get("effective_from") or item.hit.metadata.get("effective_until"))
        if kind == "told" and state == "in force" and has_days:
            item = _covering(question, item, words)
            factor = HELD_THEN if looks_back else HELD
        elif looks_back and (earliest(item.prose) or "") > asked.end:
            factor *= SPOKEN_LATER
        if kind == "former" and state == "no longer" and current & set(histories.after(place_of(item.hit.document_id, item.hit.section))):
            factor = PREDECESSOR
        judged.append(replace(item, score=item.score * factor))
    judged.sort(key=lambda item: (-item.score, item.hit.document_id, item.start))
    return [replace(item, number=number) for number, item in enumerate(judged, start=1)]


def _covering(question: Question, item: Evidence, words: frozenset[str]) -> Evidence:
    """A passage that held on the day covers the words that name the day, whether they stand in it or not."""
    lacking = [term for term in question.terms if term.token in words - item.tokens]
    if not lacking:
        return item
    added = sum(term.rarity for term in lacking) / (sum(term.rarity for term in question.terms) or 1.0)
    features = {name: min(1.0, value + added) if name in ("own", "covered") else value for name, value in item.features.items()}
    gained = sum(weights("sentence").get(name, 0.0) * (features[name] - item.features[name]) for name in features)
    return replace(item, score=item.score + gained, features=features, covered=item.covered | {term.token for term in lacking})


def changed_since(chosen: Sequence[Evidence], evidence: Sequence[Evidence], histories: Histories, asked: Asked, today: str) -> Evidence | None:
    """For an answer about an earlier day: the best sentence of what replaced its first sentence and holds today."""
    if not chosen or not (asked.is_former or (asked.is_told and asked.end < today)):
        return None
    told = {(item.hit.document_id, item.start) for item in chosen}
    later = [place for place in histories.later(place_of(chosen[0].hit.document_id, chosen[0].hit.section))
             if state_on(vars(histories.validity[place]), today) not in ("not yet", "no longer", "proposed")]  # fmt: skip
    return next((item for item in evidence if place_of(item.hit.document_id, item.hit.section) in later and (item.hit.document_id, item.start) not in told), None)


# --- notes -----------------------------------------------------------------------------------------------------------


def notes_on(citations: Iterable[Citation], day: str, histories: Histories | None = None, *, touched: Iterable[Place] = (), today: str | None = None) -> list[str]:
    """What has to be said of the cited documents' standing on that day, each once.

    `touched` are places that the question brought up without their being cited: what was superseded is named.
    """
    notes: list[str] = []
    cited = list(citations)
    today = today or day
    if day != today:
        notes.append(prompts.AS_OF.format(day=day))
    notes += _changes(cited, histories, set(touched), today) if histories else []
    explained = {place for place in _places(cited) if histories and histories.after(place)}
    for citation in cited:
        state = state_on(vars(citation), day)
        title = _title(citation)
        newest = citation.as_of or citation.published
        if state == "proposed":
            notes.append(prompts.PROPOSED.format(title=title, as_of=newest))
        elif citation.status == "stayed":
            notes.append(prompts.STAYED.format(title=title, day=citation.effective_from or newest))
        elif state == "no longer" and citation.effective_until and place_of(citation.document_id, citation.section) not in explained:
            notes.append(prompts.NO_LONGER.format(title=title, until=_next_day(citation.effective_until)))
        elif state == "not yet":
            notes.append(prompts.NOT_YET.format(title=title, day=citation.effective_from))
    notes += _reports(cited, day)
    newest = max((citation.as_of or citation.published or "" for citation in cited), default="")
    reviewed = max((citation.published or "" for citation in cited), default="")
    if newest and newest < reviewed:
        notes.append(prompts.OLDER_THAN_REVIEW.format(day=newest, reviewed=reviewed))
    elif newest:
        notes.append(prompts.NEWEST_EVIDENCE.format(day=newest))
    return list(dict.fromkeys(notes))


def _reports(cited: Iterable[Citation], day: str) -> Iterator[str]:
    """Which cited documents are reports, each with its newest day."""
    days: dict[str, str] = {}
    for citation in cited:
        if state_on(vars(citation), day) == "reported":
            days[citation.title] = max(days.get(citation.title, ""), citation.as_of or citation.published or "")
    for title, newest in days.items():
        if newest and newest < day:
            yield prompts.REPORTED.format(title=title, published=newest)


def _changes(cited: Sequence[Citation], histories: Histories, touched: set[Place], today: str) -> Iterator[str]:
    """When each cited place was replaced, or replaced one that is cited or touched, with the citations of both."""
    numbers: dict[Place, list[int]] = {}
    for citation in cited:
        numbers.setdefault(place_of(citation.document_id, citation.section), []).append(citation.number)
    told: set[tuple[Place, Place]] = set()
    for place in numbers:
        pairs = [(place, later) for later in histories.after(place)]
        pairs += [(former, place) for former in histories.before(place) if former in touched or former in numbers]
        for former, later in pairs:
            if (former, later) in told:
                continue
            told.add((former, later))
            day = histories.validity[later].effective_from or _after(histories.validity[former].effective_until)
            phrase = prompts.CHANGES if day and day > today else prompts.CHANGED
            if day:
                yield phrase.format(day=day, old=_named(histories, former, numbers), new=_named(histories, later, numbers))


def _named(histories: Histories, place: Place, numbers: Mapping[Place, Sequence[int]]) -> str:
    _, heading = histories.sections[place]
    return f"“{heading}”" + "".join(f" [{number}]" for number in numbers.get(place, ())[:1])


def _places(citations: Iterable[Citation]) -> list[Place]:
    return [place_of(citation.document_id, citation.section) for citation in citations]


def _title(citation: Citation) -> str:
    name = citation.section.split(" > ")[-1] or citation.title
    return f"{citation.title} ({name})" if name != citation.title else name


def _after(day: str | None) -> str | None:
    return _next_day(day) if day else None


def _next_day(day: str) -> str:
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=1)).isoformat()
