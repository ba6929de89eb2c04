"""Every fixed phrase shown to a person. Knows nothing of how answers are made."""

from __future__ import annotations

NOTHING_FOUND = "The sources do not answer this question."
NOT_MENTIONED = "The sources say nothing about {terms}."
PART_MISSING = "The sources do not answer this part of the question: “{part}”."
NOT_IN_QUOTES = "None of the quoted sentences mentions {terms}; the sources may not answer this."
NOT_EXACTLY = "The sources may not answer exactly this."
SOURCES_SAY_SO = "The sources say themselves that this is not known."
NO_SUCH_KIND = {
    "number": "The sources give no figure for this.",
    "date": "The sources give no date for this.",
    "person": "The sources name nobody for this.",
    "place": "The sources name no place for this.",
    "reason": "The sources give no reason for this.",
}
NEAREST = "The nearest passages are shown as such; they do not answer the question."

PROPOSED = "{title}: proposed, not in force, as of {as_of}."
REPORTED = "{title}: a report, as of {published}."
STAYED = "{title}: stayed since {day}, not enforced."
AS_OF = "As of {day}."
CHANGED = "Changed on {day}: {old} was superseded by {new}."
CHANGES = "Changes on {day}: {old} will be superseded by {new}."
DISAGREEING = "The sources differ on {about}; in the order of their authority: {positions}."
NO_LONGER = "{title}: no longer in force since {until}."
NOT_YET = "{title}: in force only from {day}."
CHANGED_SINCE = "The documents have changed since the index was built ({changes}). Bring it up to date with: python -m index rebuild"
NEWEST_EVIDENCE = "The newest evidence for this answer is of {day}."
OLDER_THAN_REVIEW = "The newest evidence for this answer is of {day}; its documents were reviewed on {reviewed}."
REPAIRED = "Read “{wrong}” as “{right}”."


def listed(words: list[str], *, joint: str = "and") -> str:
    """Words in a row as a person writes them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"
