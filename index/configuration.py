"""What a corpus says of itself in `corpus.toml`: names, examples, synonyms, periods. Knows nothing of documents or of any index."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index.errors import CorpusError

CONFIGURATION = "corpus.toml"


@dataclass(frozen=True)
class Period:
    """A time that people call by a name: "the war", "Smith's term". Days are `YYYY-MM-DD`; None is open."""

    names: tuple[str, ...]
    begin: str | None = None
    end: str | None = None  # the last day
    about: tuple[str, ...] = ()  # where periods share a name, the words of a question that tell which is meant


@dataclass(frozen=True)
class Configuration:
    """What `corpus.toml` says about a corpus; everything in it is optional."""

    title: str = ""
    description: str = ""
    curated: bool = False  # a broken document is an error, not something to skip
    exclude: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    synonyms: tuple[tuple[str, ...], ...] = ()
    abbreviations: Mapping[str, str] = field(default_factory=dict)  # what people type, and what texts call it; not the other way round
    broader: Mapping[str, str] = field(default_factory=dict)  # names of single things, and what kind of thing each is
    publishers: Mapping[str, str] = field(default_factory=dict)
    periods: tuple[Period, ...] = ()

    @property
    def words(self) -> frozenset[str]:
        """The words, in lower case, that its synonyms, abbreviations and names of things are made of."""
        phrases = [*(phrase for group in self.synonyms for phrase in group), *self.abbreviations, *self.broader]
        return frozenset(word for phrase in phrases for word in phrase.lower().split())


def read_configuration(corpus: Path) -> Configuration:
    """The corpus's own data for the programs, from `corpus.toml`; defaults where there is none.

    Raises CorpusError when the file is no TOML in UTF-8, a value has the wrong type, or a period has no days.
    """
    path = corpus / CONFIGURATION
    if not path.is_file():
        return Configuration()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Configuration(
            title=str(data.get("title", "")),
            description=str(data.get("description", "")),
            curated=bool(data.get("curated", False)),
            exclude=tuple(str(name) for name in data.get("exclude", ())),
            examples=tuple(str(question) for question in data.get("examples", ())),
            synonyms=tuple(tuple(str(word) for word in group) for group in data.get("synonyms", ())),
            abbreviations={str(short): str(long) for short, long in data.get("abbreviations", {}).items()},
            broader={str(name): str(kind) for name, kind in data.get("broader", {}).items()},
            publishers={str(host): str(name) for host, name in data.get("publishers", {}).items()},
            periods=tuple(_period(item) for item in data.get("period", ())),
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise CorpusError(f"{path} cannot be read: {error}. Mend it; corpus/README.md describes it.") from error


def _period(data: Mapping[str, Any]) -> Period:
    begin, end = (datetime.date.fromisoformat(str(data[name])).isoformat() if name in data else None for name in ("from", "until"))
    period = Period(tuple(str(name) for name in data.get("names", ())), begin, end, tuple(str(word) for word in data.get("about", ())))
    if not period.names or not (begin or end) or (begin and end and end < begin):
        raise ValueError(f"the period {', '.join(period.names) or 'without names'} needs `names`, and `from` or `until` or both in that order")
    return period
