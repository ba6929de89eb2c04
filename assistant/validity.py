"""Which passages held on a day, what replaced what, and what an answer has to say about that. Knows nothing of searching."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from assistant import prompts
from assistant.answer import Citation
from assistant.days import Asked, earliest, named_days
from assistant.evidence import Evidence, weights
from assistant.question import Question
from index import Hit, UserError
from index.documents import Validity
from index.keywords import tokenize
from index.store import Passage

State = Literal["in force", "not yet", "no longer", "proposed", "reported", "unknown"]
Place = str  # a heading of a document: `folder/file.md#Heading`

# What a sentence's score is multiplied by, for how its passage stood in the time asked about, where another step of its history held then.
# Told: the question, or the person beside it, names the time. Untold: it is taken to be today. Former: what was before something that the
# question does not date.
FACTORS: Mapping[str, Mapping[State, float]] = {
    "told": {"not yet": 0.72, "no longer": 0.72},
    "untold": {"not yet": 0.75, "no longer": 0.75},
    "past": {},
    "former": {"in force": 0.85, "not yet": 0.8},
}
# For a passage that did not hold, where nothing in its place did.
ALONE: Mapping[State, float] = {"not yet": 0.97, "no longer": 0.92}
UNBORN = 0.8  # for a passage without a history that came only after the time told
REPORTED = 0.9  # for what is only reported, in a document whose law in force bears on the question too
PROPOSED = 0.96  # for what was only proposed, unless proposals are asked about
PREDECESSOR = 1.3  # for the text right before the one in force, where what was before is asked for
HELD = 1.06  # for a passage with known days that held in the time told
STEP_THEN = 1.35  # for a step of a history that held in another time: what changed is what another time is asked about for
STEP_IN_YEAR = 1.22  # the same, for a whole year, which more often tells when something happened
NAMED = 1.35  # for a sentence that names the very day asked about: what happened then, or holds from then on
SPOKEN_LATER = 0.75  # for a sentence that names only days after the time told
NEAREST = 5  # sentences that come nearest to a question
TOLD_ENDED = 1.12  # for a sentence that tells of the end of what no longer holds, where it is asked whether it still does
_ENDED = re.compile(
    r"\b(?:ended|ends|expired|lapsed|ran out|repealed|revoked|withdrawn|abolished|ceased|stopped|replaced|superseded|no longer)\b", re.I
)
_STILL = re.compile(r"\b(?:still|any ?more|any longer)\b", re.I)
_OF_PROPOSALS = re.compile(
    r"\b(?:propos\w*|plan\w*|bills?|drafts?|would|will|threat\w*|pending|future|in force|in effect|take effect|law|legal|final|passed|enacted|"
    r"adopted)\b",
    re.I,
)


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
        self.has_days = False  # whether it is known of any text when it held
        self._after: dict[Place, set[Place]] = {}
        self._before: dict[Place, set[Place]] = {}
        of_document: dict[str, set[Place]] = {}
        for passage in passages:
            place = place_of(passage.document_id, passage.section)
            self.validity[place] = passage.validity
            self.has_days |= bool(passage.validity.effective_from or passage.validity.effective_until)
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

    def standing_on(self, day: str) -> set[Place]:
        """What held on a day, as far as is known."""
        return {place for place, validity in self.validity.items() if state_on(vars(validity), day) in ("in force", "unknown")}

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


def in_time(hits: Sequence[Hit], asked: Asked, histories: Histories, *, limit: int, today: str) -> list[Hit]:
    """The first `limit` hits, with the steps of their histories that held in the time told right before those that did not.

    A step that was found only later than `limit` is taken in; for an earlier time, and for what was before something undated, every step
    is. What came only after an earlier time stands last.
    """
    places = [place_of(hit.document_id, hit.section) for hit in hits]
    held = [state_in(hit, asked) not in ("not yet", "no longer", "proposed") for hit in hits]
    order: dict[int, None] = {}
    for number in range(min(limit, len(hits))):
        around = histories.around(places[number]) if asked.is_former or not held[number] else set()
        order |= dict.fromkeys(other for other in range(len(hits)) if places[other] in around and (asked.is_former or held[other]))
        order[number] = None
    if asked.is_told and asked.end < today:  # what has replaced them since is told as well
        linked = set().union(*(histories.around(places[number]) for number in order)) if order else set()
        order |= dict.fromkeys(number for number, place in enumerate(places) if place in linked)
    later = {number for number in order if asked.end < today and state_in(hits[number], asked) == "not yet"}
    return [hits[number] for number in sorted(order, key=lambda number: number in later)]


# --- the order of evidence -------------------------------------------------------------------------------------------


def ordered(question: Question, evidence: Sequence[Evidence], asked: Asked, histories: Histories, *, today: str) -> list[Evidence]:
    """Evidence in the order of what held in the time asked about; nothing is left out."""
    kind = "former" if asked.is_former else "told" if asked.is_told else "past" if asked.is_past else "untold"
    factors = FACTORS[kind]
    looks_back = asked.is_told and asked.end < today
    is_exact = (asked.begin[5:], asked.end[5:]) != ("01-01", "12-31")
    asks_whether_still = bool(_STILL.search(question.text))
    of_proposals = bool(_OF_PROPOSALS.search(question.text))
    words = frozenset(tokenize(asked.words))
    years = re.compile("|".join(dict.fromkeys((asked.begin[:4], asked.end[:4]))))
    current = histories.standing_on(asked.end) if asked.is_former else set()
    standing = [_standing(item.hit, asked, histories) for item in evidence]
    held = {place for place, state in standing if state not in ("not yet", "no longer", "proposed")}
    with_law = {item.hit.document_id for item, (_, state) in zip(evidence, standing, strict=True) if state == "in force"}
    judged: list[Evidence] = []
    for item, (place, state) in zip(evidence, standing, strict=True):
        factor = factors.get(state, 1.0)
        if state == "no longer" and asks_whether_still:
            factor = TOLD_ENDED if _ENDED.search(item.prose) else 1.0
        elif state in ("not yet", "no longer") and not held & histories.around(place):
            factor = max(factor, UNBORN if state == "not yet" and looks_back else ALONE[state])
        if state == "reported" and item.hit.document_id in with_law and kind in ("told", "untold") and not looks_back:
            factor = REPORTED
        if state == "proposed" and not of_proposals and kind != "past":
            factor = PROPOSED
        if kind == "told" and asked.begin <= today and place in held and _has_days(item.hit):
            item = _covering(question, item, words)
            factor = (
                (1.0 if asks_whether_still else HELD) if not looks_back or not histories.around(place) else STEP_THEN if is_exact else STEP_IN_YEAR
            )
            if looks_back and _ENDED.search(item.prose) and (earliest(item.prose) or "") > asked.end:
                factor *= SPOKEN_LATER
        elif looks_back and (earliest(item.prose) or "") > asked.end and not years.search(item.prose):
            factor *= SPOKEN_LATER
        if asked.begin == asked.end and asked.words and asked.begin in named_days(item.prose):
            factor = max(factor, NAMED)
        if kind == "former" and state == "no longer" and current & set(histories.after(place)):
            factor = PREDECESSOR
        judged.append(item if factor == 1.0 else replace(item, score=item.score * factor))
    return sorted(judged, key=lambda item: (-item.score, item.hit.document_id, item.start))


def _standing(hit: Hit, asked: Asked, histories: Histories) -> tuple[Place, State]:
    """Where a hit stands, and what it was in the time asked about; what is repealed had ended when something replaced it."""
    place = place_of(hit.document_id, hit.section)
    state = state_in(hit, asked)
    if state == "unknown" and hit.metadata.get("status") == "repealed":
        starts = (histories.validity[later].effective_from for later in histories.later(place))
        state = "no longer" if any(start and start <= asked.begin for start in starts) else state
    return place, state


def _has_days(hit: Hit) -> bool:
    return bool(hit.metadata.get("effective_from") or hit.metadata.get("effective_until"))


def _covering(question: Question, item: Evidence, words: frozenset[str]) -> Evidence:
    """A passage that held on the day covers the words that name the day, whether they stand in it or not."""
    lacking = [term for term in question.terms if term.token in words - item.tokens]
    if not lacking:
        return item
    added = sum(term.rarity for term in lacking) / (sum(term.rarity for term in question.terms) or 1.0)
    features = {name: min(1.0, value + added) if name in ("own", "covered", "bm25") else value for name, value in item.features.items()}
    gained = sum(weights("sentence").get(name, 0.0) * (features[name] - item.features[name]) for name in features)
    return replace(item, score=item.score + gained, features=features, covered=item.covered | {term.token for term in lacking})


def changed_since(
    question: Question, chosen: Sequence[Evidence], evidence: Sequence[Evidence], histories: Histories, asked: Asked, today: str, *, limit: int = 2
) -> list[Evidence]:
    """The best sentence of each text that replaced what an answer quotes and holds today.

    For a question about an earlier time, or whether something still is so. Where today is meant but not said, for what comes nearest to the
    question too, quoted or not, when what replaced it is near as well.
    """
    looks_back = asked.is_former or (asked.is_told and asked.end < today) or _STILL.search(question.text)
    if not looks_back and asked.is_past:
        return []
    if not looks_back:
        chosen, evidence = evidence[:NEAREST], evidence[: 2 * NEAREST]
    told = [place_of(item.hit.document_id, item.hit.section) for item in chosen]
    later = [place for former in told for place in histories.later(former)
             if place not in told and state_on(vars(histories.validity[place]), today) not in ("not yet", "no longer", "proposed")]  # fmt: skip
    best: dict[Place, Evidence] = {}
    for item in evidence:
        best.setdefault(place_of(item.hit.document_id, item.hit.section), item)
    return [best[place] for place in dict.fromkeys(later) if place in best][:limit]


# --- notes -----------------------------------------------------------------------------------------------------------


def notes_on(
    citations: Iterable[Citation], day: str, histories: Histories | None = None, *, touched: Iterable[Place] = (), today: str | None = None
) -> list[str]:
    """What has to be said of the cited documents' standing on that day, each once.

    `touched` are places that the question brought up without their being cited: what was superseded is named.
    """
    cited = list(citations)
    today = today or day
    changes = sorted(_changes(cited, histories, set(touched))) if histories else []
    named = {place for _, former, later in changes for place in (former, later)}
    notes = [prompts.AS_OF.format(day=day)] if day != today else []
    notes += [_told(change, histories, cited, today) for change in changes] if histories else []
    for citation in cited:
        state = state_on(vars(citation), day)
        title = _title(citation)
        if state == "proposed":
            notes.append(prompts.PROPOSED.format(title=title, as_of=citation.as_of or citation.published))
        elif citation.status == "stayed":
            notes.append(prompts.STAYED.format(title=title, day=citation.effective_from or citation.as_of))
        elif place_of(citation.document_id, citation.section) in named:
            continue
        elif state == "no longer" and citation.effective_until:
            notes.append(prompts.NO_LONGER.format(title=title, until=_next_day(citation.effective_until)))
        elif state == "not yet":
            notes.append(prompts.NOT_YET.format(title=title, day=citation.effective_from))
    notes += _reports(cited, day)
    newest = max((citation.as_of or citation.published or "" for citation in cited), default="")
    reviewed = max((citation.published or "" for citation in cited), default="")
    if newest:
        notes.append((prompts.OLDER_THAN_REVIEW if newest < reviewed else prompts.NEWEST_EVIDENCE).format(day=newest, reviewed=reviewed))
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


def _changes(cited: Sequence[Citation], histories: Histories, touched: set[Place]) -> Iterator[tuple[str, Place, Place]]:
    """Each replacement of a cited place, or by one of a place that is cited or touched: its day, what was replaced, by what."""
    places = {place_of(citation.document_id, citation.section) for citation in cited}
    for place in places:
        pairs = [(place, later) for later in histories.after(place)]
        pairs += [(former, place) for former in histories.before(place) if former in touched]
        for former, later in pairs:
            ended = histories.validity[former].effective_until
            day = histories.validity[later].effective_from or (_next_day(ended) if ended else None)
            if day:
                yield day, former, later


def _told(change: tuple[str, Place, Place], histories: Histories, cited: Sequence[Citation], today: str) -> str:
    """A replacement in words, with the citations of both sides."""
    day, *sides = change
    names = []
    for side in sides:
        numbers = [citation.number for citation in cited if place_of(citation.document_id, citation.section) == side]
        names.append(f"“{histories.sections[side][1]}”" + "".join(f" [{number}]" for number in numbers[:1]))
    return (prompts.CHANGES if day > today else prompts.CHANGED).format(day=day, old=names[0], new=names[1])


def _title(citation: Citation) -> str:
    name = citation.section.split(" > ")[-1] or citation.title
    return f"{citation.title} ({name})" if name != citation.title else name


def _next_day(day: str) -> str:
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=1)).isoformat()
