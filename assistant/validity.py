"""Which passages held on a day, and what an answer has to say about that. Knows nothing of searching."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from assistant import prompts
from assistant.answer import Citation
from index import UserError

State = Literal["in force", "not yet", "no longer", "proposed", "reported", "unknown"]


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


def state_on(validity: Mapping[str, Any], day: str) -> State:
    """What a passage with that validity was on a day.

    >>> state_on({"status": "in force", "effective_from": "2025-09-16"}, "2025-07-15")
    'not yet'
    """
    status = validity.get("status")
    begin, end = validity.get("effective_from"), validity.get("effective_until")
    if status == "proposed":
        return "proposed"
    if begin and day < begin:
        return "not yet"
    if end and day > end:
        return "no longer"
    if status == "repealed" and not end:
        return "no longer"
    if status in ("in force", "final") or (status == "repealed" and begin):
        return "in force"
    return "reported" if status == "reported" else "unknown"


def notes_on(citations: Iterable[Citation], day: str) -> list[str]:
    """What has to be said of the cited documents' standing on that day, each once."""
    notes: list[str] = []
    cited = list(citations)
    for citation in cited:
        state = state_on(vars(citation), day)
        name = citation.section.split(" > ")[-1] or citation.title
        title = f"{citation.title} ({name})" if name != citation.title else name
        if state == "proposed":
            notes.append(prompts.PROPOSED.format(title=title, as_of=citation.as_of or citation.published))
        elif state == "no longer" and citation.effective_until:
            notes.append(prompts.NO_LONGER.format(title=title, until=_next_day(citation.effective_until)))
        elif state == "not yet":
            notes.append(prompts.NOT_YET.format(title=title, day=citation.effective_from))
    newest = max((citation.as_of or citation.published or "" for citation in cited), default="")
    if newest:
        notes.append(prompts.NEWEST_EVIDENCE.format(day=newest))
    return list(dict.fromkeys(notes))


def _next_day(day: str) -> str:
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=1)).isoformat()
