"""Answer and its parts: what a person sees, as data. Knows nothing of how an answer comes about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from index import Hit, Source

Status = Literal["answered", "partial", "declined"]


@dataclass(frozen=True)
class Citation:
    """A quote and where it stands: `document.text[start:end] == quote`, checked before the citation was made."""

    number: int
    document_id: str
    title: str
    publisher: str | None
    published: str | None  # YYYY-MM-DD
    status: str | None
    section: str
    quote: str
    start: int  # code points in the document's text, end exclusive
    end: int
    document_sha256: str  # of that text in UTF-8
    url: str | None
    sources: tuple[Source, ...] = ()  # the primary sources that the quoted passage names
    as_of: str | None = None  # the newest day the document's facts are good for
    effective_from: str | None = None
    effective_until: str | None = None
    page: int | None = None  # of a PDF, from 1, on which the quote begins


@dataclass(frozen=True)
class AnswerSentence:
    """One sentence of an answer and the numbers of the citations it rests on."""

    text: str  # without marks
    citations: tuple[int, ...]


@dataclass(frozen=True)
class Usage:
    """What a chat model took: tokens in and out, as the provider counts them, and requests."""

    input_tokens: int = 0
    output_tokens: int = 0
    requests: int = 0


@dataclass(frozen=True)
class Answer:
    """A question's outcome. `text` is Markdown with [n] marks that lead to `citations`."""

    question: str
    standalone_question: str
    status: Status
    text: str
    sentences: tuple[AnswerSentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    missing: str | None = None  # what the sources lack, for a person to read
    nearest: tuple[Hit, ...] = ()  # the nearest passages, when declined
    suggestions: tuple[str, ...] = ()  # questions that the corpus does answer
    as_of: str | None = None  # the day the answer is given for, YYYY-MM-DD
    notes: tuple[str, ...] = ()  # superseded, disagreeing, proposed only, …
    mode: str = "quoted"  # or the chat model's name
    seconds: Mapping[str, float] = field(default_factory=dict)  # by stage
    score: float | None = None  # the probability that the evidence answers the question
    usage: Usage | None = None
    complete: bool = True  # False while an answer is still growing

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        data = asdict(self) | {"nearest": [hit.to_dict() for hit in self.nearest], "seconds": dict(self.seconds)}
        return {name: _plain(value) for name, value in data.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Answer:
        """The Answer that `to_dict` made. Raises KeyError or TypeError when something is missing."""
        from index import Hit, Source

        citations = tuple(
            Citation(**{**item, "sources": tuple(Source(**source) for source in item.get("sources", ()))}) for item in data.get("citations", ())
        )
        sentences = tuple(AnswerSentence(item["text"], tuple(item["citations"])) for item in data.get("sentences", ()))
        usage = Usage(**data["usage"]) if data.get("usage") else None
        nearest = tuple(Hit(**item) for item in data.get("nearest", ()))
        plain = {name: tuple(data.get(name, ())) for name in ("suggestions", "notes")}
        return cls(**{**data, **plain, "citations": citations, "sentences": sentences, "nearest": nearest, "usage": usage})


def _plain(value: Any) -> Any:
    """Tuples as lists, so that what goes out equals what JSON brings back."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
