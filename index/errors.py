"""Everything that can go wrong and that a person can put right. The message says what happened and what to do."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can put right; the message says how."""


class CorpusError(UserError):
    """The corpus folder is missing, empty or unreadable."""


class DocumentError(CorpusError):
    """One document cannot be taken as it is; names the file and, where known, the line."""

    def __init__(self, path: object, problem: str, line: int | None = None) -> None:
        self.path = str(path)
        self.line = line
        self.problem = problem
        place = f"{path}:{line}" if line is not None else f"{path}"
        super().__init__(f"{place}: {problem}")


class IndexMissing(UserError):
    """There is no index where one was looked for."""


class IndexStale(UserError):
    """The index was built from other documents or by another recipe than asked for now."""


class IndexDamaged(UserError):
    """Files of the index are missing or do not fit together."""


class GenerationGone(IndexDamaged):
    """The generation that is being read is no longer on the server: it was replaced more than once."""


class ServerUnavailable(UserError):
    """The Chroma server that holds the index does not answer, lets nobody in, or refuses what it is asked."""

    def __init__(self, message: str, *, is_passing: bool = False) -> None:
        super().__init__(message)
        self.is_passing = is_passing  # whether the same request may succeed at another time


class IndexLocked(UserError):
    """Another process is rebuilding this index."""


class EmbeddingModelError(UserError):
    """The embedding model cannot be found or loaded."""


class SettingsError(UserError):
    """A setting has a value that cannot be used."""


class QuestionError(UserError):
    """The question is empty, too long, or not text."""
