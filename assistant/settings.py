"""What can be set for answering, read from the environment in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from index import SettingsError


@dataclass(frozen=True)
class AssistantSettings:
    """How questions are answered."""

    model: str | None = None  # "provider:name" for langchain's init_chat_model; None quotes
    hits: int = 12  # passages looked at for a question
    sentences: int = 5  # at most in a quoted answer
    question_length: int = 2000  # characters
    timeout_seconds: float = 60.0  # for a chat model's whole answer
    evidence_tokens: int = 3000  # at most sent to a chat model, counted by the embedding model's tokenizer
    model_url: str | None = None  # of a server of one's own that speaks the provider's protocol
    model_cache: int = 0  # answers of a chat model that are kept and given again; 0 keeps none

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> AssistantSettings:
        """The settings of the environment. Raises SettingsError for a value that is no number."""
        environment = os.environ if environment is None else environment
        return cls(
            model=environment.get("KEI_MODEL") or None,
            question_length=_number(environment, "KEI_QUESTION_LENGTH", cls.question_length),
            timeout_seconds=float(_number(environment, "KEI_TIMEOUT", int(cls.timeout_seconds))),
            evidence_tokens=_number(environment, "KEI_EVIDENCE_TOKENS", cls.evidence_tokens),
            model_url=environment.get("KEI_MODEL_URL") or None,
            model_cache=_number(environment, "KEI_MODEL_CACHE", cls.model_cache, least=0),
        )


def _number(environment: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    value = environment.get(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if number < least:
        raise SettingsError(f"{name} is {value!r}; set it to a whole number from {least} up, or unset it for {default}.")
    return number
