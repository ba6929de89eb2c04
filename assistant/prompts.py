"""Every fixed phrase shown to a person. Knows nothing of how answers are made."""

from __future__ import annotations

NOTHING_FOUND = "The sources do not answer this question."
NOT_MENTIONED = "The sources say nothing about {terms}."
PART_MISSING = "The sources do not answer this part of the question: “{part}”."
NO_SUCH_KIND = {
    "number": "The sources give no figure for this.",
    "date": "The sources give no date for this.",
    "person": "The sources name nobody for this.",
    "place": "The sources name no place for this.",
    "reason": "The sources give no reason for this.",
}
NEAREST = "The nearest passages are shown as such; they do not answer the question."

PROPOSED = "{title}: proposed, not in force, as of {as_of}."
REPORTED = "{title}: a report of {published}, not a rule."
NO_LONGER = "{title}: no longer in force since {until}."
NOT_YET = "{title}: in force only from {day}."
CHANGED_SINCE = "The documents have changed since the index was built ({changes}). Bring it up to date with: python -m index rebuild"
NEWEST_EVIDENCE = "The newest evidence for this answer is of {day}."
REPAIRED = "Read “{wrong}” as “{right}”."


def listed(words: list[str], *, joint: str = "and") -> str:
    """Words in a row as a person writes them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"
