"""Question in, cited Answer out. `answer()` opens the default assistant once; `Assistant.open` opens one of your own."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

# subtle: loaded before the function below takes the module's name, so that `from assistant import answer` is the function
from assistant.answer import Answer, AnswerSentence, Citation, Usage

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.history import Step

__all__ = ["Answer", "AnswerSentence", "Assistant", "Citation", "Usage", "answer", "timeline"]


def answer(
    question: str,
    *,
    history: Sequence[tuple[str, str] | Mapping[str, Any]] = (),
    as_of: str | datetime.date | None = None,
) -> Answer:
    """Answer a question with the default assistant, which is opened at the first call and kept.

    Raises UserError for a question that is none, or when the corpus or its index cannot be opened.
    """
    from assistant.assistant import default_assistant

    return default_assistant().answer(question, history=history, as_of=as_of)


def timeline(topic_or_question: str) -> list[Step]:
    """A rule's history from the default assistant, the earliest step first, each with its citation; see `Assistant.timeline`."""
    from assistant.assistant import default_assistant

    return default_assistant().timeline(topic_or_question)


def __getattr__(name: str) -> Any:
    """Load the assistant itself when it is first asked for: `--help` loads nothing heavy."""
    if name == "Assistant":
        from assistant.assistant import Assistant

        return Assistant
    raise AttributeError(f"module 'assistant' has no attribute {name!r}")
