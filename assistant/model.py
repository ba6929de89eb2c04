"""Open a chat model by name, and say in plain words what went wrong with one. The only file that knows langchain's providers."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from assistant import prompts
from index import UserError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

# The extras of this project that bring a provider's package: pip install "kei-policy-assistant[openai]"
EXTRAS: Mapping[str, str] = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google_genai": "google-genai",
    "mistralai": "mistralai",
    "groq": "groq",
    "ollama": "ollama",
}
PACKAGES: Mapping[str, str] = {
    "openai": "langchain_openai",
    "anthropic": "langchain_anthropic",
    "google_genai": "langchain_google_genai",
    "mistralai": "langchain_mistralai",
    "groq": "langchain_groq",
    "ollama": "langchain_ollama",
}
KEYS: Mapping[str, tuple[str, ...]] = {  # the environment variables that may hold a provider's key
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "google_genai": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "mistralai": ("MISTRAL_API_KEY",),
    "groq": ("GROQ_API_KEY",),
}
CONTEXT_TOKENS = 8192  # Ollama cuts a longer prompt off in silence, and by default at less than evidence and answer need
EXAMPLES = "openai:gpt-4.1-mini, anthropic:claude-sonnet-4-5, google_genai:gemini-2.5-flash or ollama:llama3.1"


def open_chat_model(name: str, *, timeout_seconds: float = 60.0, url: str | None = None) -> BaseChatModel:
    """The chat model "provider:name", by langchain's init_chat_model; nothing is sent yet. `url` is a server of one's own.

    Raises UserError for an unknown provider, a package that is not installed, or a missing key.
    """
    provider, _, model = name.partition(":")
    provider = provider.strip().replace("-", "_").lower()
    if not provider or not model.strip():
        raise UserError(f"{name!r} names no chat model. Write it as provider:name, for example {EXAMPLES}.")
    if provider in PACKAGES and importlib.util.find_spec(PACKAGES[provider]) is None:
        raise UserError(
            f'The package for {provider} models is not installed. Install it with: pip install "kei-policy-assistant[{EXTRAS[provider]}]"'
        )
    # subtle: some packages open without a key and fail at the first question alone; a server of one's own mostly wants none
    if provider in KEYS and not url and not any(os.environ.get(variable) for variable in KEYS[provider]):
        raise UserError(_keyless(name, provider))
    from langchain.chat_models import init_chat_model

    try:
        opened: BaseChatModel = init_chat_model(model.strip(), model_provider=provider, **_options(provider, timeout_seconds, url))
    except ImportError as error:
        raise UserError(f"The package for {provider} models is not installed: {_first_line(error)}") from error
    except ValueError as error:
        if "nsupported" in str(error) and provider not in PACKAGES:
            raise UserError(f"langchain knows no provider {provider!r}. Write the model as provider:name, for example {EXAMPLES}.") from error
        raise UserError(_unopened(name, provider, error)) from error
    except Exception as error:  # every provider's package has exceptions of its own
        raise UserError(_unopened(name, provider, error)) from error
    return opened


def _options(provider: str, timeout_seconds: float, url: str | None) -> dict[str, Any]:
    """What each provider calls the same things. Retries are ours (`generate.py`): they have to fit the time there is."""
    server = {"base_url": url} if url else {}
    if provider == "ollama":
        return {**server, "client_kwargs": {"timeout": timeout_seconds}, "num_ctx": CONTEXT_TOKENS, "temperature": 0}
    options: dict[str, Any] = {**server, "timeout": timeout_seconds, "max_retries": 0}
    if provider == "openai":
        options["stream_usage"] = True
        if url:  # servers of one's own mostly want no key, but the client does
            options["api_key"] = os.environ.get(KEYS["openai"][0]) or "none"
    return options


def _unopened(name: str, provider: str, error: Exception) -> str:
    text = str(error).lower()
    if any(word in text for word in ("api_key", "api key", "credential", "token")):
        return _keyless(name, provider)
    return f"The chat model {name} cannot be opened: {_first_line(error)}"


def _keyless(name: str, provider: str) -> str:
    where = f"in {KEYS[provider][0]}" if provider in KEYS else "as its package asks for it"
    return f"There is no key for {name}. Put the provider's key {where}, or unset KEI_MODEL to answer without a model."


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


# --- what went wrong ---------------------------------------------------------------------------------------------------


def problem_of(error: BaseException) -> str:
    """Why a model did not answer, in the words of `prompts.py`. Providers name the same things differently."""
    status = status_of(error)
    text = f"{type(error).__name__} {error}".lower()
    if "context" in text and any(word in text for word in ("length", "window", "maximum", "exceed", "too l")):
        return prompts.MODEL_CONTEXT
    if status in (401, 403):
        return prompts.MODEL_KEY
    if status == 404:
        return prompts.MODEL_UNKNOWN
    if status == 429:
        return prompts.MODEL_LIMIT
    if isinstance(error, TimeoutError) or "timeout" in text or "timed out" in text:
        return prompts.MODEL_SLOW
    if status is not None and status >= 400:
        return prompts.MODEL_REFUSED.format(status=status)
    if "connect" in text or isinstance(error, OSError):
        return prompts.MODEL_UNREACHABLE
    return prompts.MODEL_BROKEN


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an error carries, if any."""
    response = getattr(error, "response", None)
    for value in (getattr(error, "status_code", None), getattr(response, "status_code", None), getattr(error, "code", None)):
        if isinstance(value, int) and 100 <= value < 600:
            return value
    return None


def retry_after(error: BaseException, *, attempt: int) -> float | None:
    """Seconds to wait before the next attempt, or None when another would not help: the provider's word, else half a second, doubled each time."""
    status = status_of(error)
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    if str(headers.get("x-should-retry", "")).lower() == "false" or "insufficient_quota" in str(error):
        return None
    if status not in (408, 429, 500, 502, 503, 504, 529):
        return None
    try:
        return max(0.0, _seconds(headers["retry-after"], answered=headers.get("date")))
    except (KeyError, ValueError):
        return 0.5 * 2.0**attempt


def _seconds(wait: str, *, answered: str | None) -> float:
    """Seconds in a Retry-After header, which holds a number of them or a date; a date counts from that of the answer.

    >>> _seconds("Wed, 21 Oct 2026 07:28:30 GMT", answered="Wed, 21 Oct 2026 07:28:00 GMT")
    30.0
    """
    try:
        return float(wait)
    except ValueError:
        now = _moment(answered) if answered else datetime.now(UTC)
        return (_moment(wait) - now).total_seconds()


def _moment(date: str) -> datetime:
    moment = parsedate_to_datetime(date)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
