"""What can be set for an index, read from the environment in one place."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import parse_qs, unquote, urlsplit

from platformdirs import user_cache_path, user_data_path

from index.errors import SettingsError

APPLICATION = "kei-policy-assistant"
PACKAGED_CORPUS = Path(__file__).resolve().parent.parent / "corpus"
PACKAGED_MODEL = "all-MiniLM-L6-v2"
Precision = Literal["fp32", "int8"]
CHROMA_CLOUD = "https://api.trychroma.com"


@dataclass(frozen=True)
class ChromaServer:
    """A Chroma server or Chroma Cloud, where several machines share an index."""

    url: str  # scheme, host, port and path, and no secret
    tenant: str | None = None  # None: the server's default, or the one that the API key belongs to
    database: str | None = None  # likewise
    header: tuple[str, str] | None = field(default=None, repr=False)  # name and value, sent with every request: a token, a password
    api_key: str | None = field(default=None, repr=False)  # of Chroma Cloud
    timeout_seconds: float = 30  # for one request


@dataclass(frozen=True)
class IndexSettings:
    """Where the corpus and its index are and how the one becomes the other."""

    corpus: Path = PACKAGED_CORPUS
    index: Path = Path(".index")  # with a server: of this machine's copies of what is not vectors; its name is that of the index there
    embedding_model: str = PACKAGED_MODEL  # the packaged one, a folder, or a name sentence-transformers knows
    chunk_size: int = 200  # tokens of the embedding model; MiniLM reads 256 with title and headings
    model_cache: Path = Path(".models")  # exported models: rebuilt when missing
    max_file_mb: float = 50  # a larger file in the corpus is skipped
    precision: Precision = "fp32"  # of the embedding model's weights
    server: ChromaServer | None = None  # where the index is, when it is not in a folder of this machine
    builds: bool = True  # whether opening an index may build it

    @property
    def shown(self) -> str:
        """Where the index is, for people.

        >>> IndexSettings(index=Path("fees"), server=ChromaServer("http://10.0.0.5:8000")).shown
        'fees on http://10.0.0.5:8000'
        """
        return f"{self.index.name} on {self.server.url}" if self.server else str(self.index)

    @classmethod
    def from_environment(
        cls, *, corpus: Path | str | None = None, index: Path | str | None = None, environment: Mapping[str, str] | None = None
    ) -> IndexSettings:
        """The settings of the environment, with `corpus` and `index` taking precedence over KEI_CORPUS and KEI_INDEX.

        Raises SettingsError for a limit that is no number, an unknown precision, and an address that is none.
        """
        environment = os.environ if environment is None else environment
        folder = Path(corpus or environment.get("KEI_CORPUS") or PACKAGED_CORPUS).expanduser().absolute()
        place = index or environment.get("KEI_INDEX")
        server = _server(environment)
        if server:
            place = _copies(server, Path(place or os.path.normpath(folder)).name or "corpus")
        return cls(
            corpus=folder,
            index=Path(place or _default_index(folder)).expanduser().absolute(),
            embedding_model=environment.get("KEI_EMBEDDING_MODEL") or PACKAGED_MODEL,
            model_cache=user_cache_path(APPLICATION) / "models",
            max_file_mb=_amount(environment, "KEI_MAX_FILE_MB", cls.max_file_mb, "megabytes"),
            precision=_precision(environment, "KEI_EMBEDDING_PRECISION", cls.precision),
            server=server,
            builds=_switch(environment, "KEI_REBUILD", cls.builds),
        )


def _amount(environment: Mapping[str, str], name: str, default: float, unit: str) -> float:
    value = environment.get(name) or str(default)
    try:
        number = float(value)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise SettingsError(f"{name} is {value!r}; set it to a number of {unit} above 0, or unset it for {default}.")
    return number


def _switch(environment: Mapping[str, str], name: str, default: bool) -> bool:
    value = environment.get(name) or str(int(default))
    if value not in ("0", "1"):
        raise SettingsError(f"{name} is {value!r}; set it to 1 or 0, or unset it for {int(default)}.")
    return value == "1"


def _precision(environment: Mapping[str, str], name: str, default: Precision) -> Precision:
    value = environment.get(name) or default
    if value not in get_args(Precision):
        raise SettingsError(f"{name} is {value!r}; set it to {' or '.join(get_args(Precision))}, or unset it for {default}.")
    return cast(Precision, value)


def _default_index(corpus: Path) -> Path:
    """A folder of its own for each corpus, so that no two corpora share an index."""
    mark = hashlib.sha256(str(corpus.resolve()).encode()).hexdigest()[:8]
    return user_data_path(APPLICATION) / "indexes" / f"{corpus.name}-{mark}"


def _server(environment: Mapping[str, str]) -> ChromaServer | None:
    """The Chroma server of the environment; None when the index is a folder."""
    names = ("KEI_CHROMA_URL", "KEI_CHROMA_API_KEY", "KEI_CHROMA_HEADER", "KEI_CHROMA_TENANT", "KEI_CHROMA_DATABASE")
    url, api_key, header, tenant, database = (environment.get(name, "").strip() for name in names)
    if not url and not api_key:
        return None
    wanted = "http://host:port or https://host, with user:password@ before the host and ?tenant=…&database=… behind it where they are needed"
    try:
        parts = urlsplit(url or CHROMA_CLOUD)
        query = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        port = f":{parts.port}" if parts.port else ""
        host = parts.hostname or ""
    except ValueError:  # subtle: what stands in the address may be a password, so no message repeats it
        raise SettingsError(f"KEI_CHROMA_URL is not an address of the form {wanted}.") from None
    if parts.scheme not in ("http", "https") or not host or parts.fragment or set(query) - {"tenant", "database"}:
        raise SettingsError(f"KEI_CHROMA_URL is not an address of the form {wanted}.")
    name, colon, value = header.partition(":")
    if header and not (colon and name.strip() and value.strip() and header.isascii() and header.isprintable()):
        raise SettingsError("KEI_CHROMA_HEADER is not a header of one line; set it to something like: Authorization: Bearer 1234")
    sent = (name.strip(), value.strip()) if header else None
    if parts.username is not None:
        if sent:
            raise SettingsError("KEI_CHROMA_URL holds a user, and KEI_CHROMA_HEADER is set too; leave one of them out.")
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        sent = ("Authorization", f"Basic {base64.b64encode(login.encode()).decode()}")
    return ChromaServer(
        url=f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{parts.path.rstrip('/')}",
        tenant=tenant or query.get("tenant", [""])[0] or None,
        database=database or query.get("database", [""])[0] or None,
        header=sent,
        api_key=api_key or None,
        timeout_seconds=_amount(environment, "KEI_CHROMA_TIMEOUT", ChromaServer.timeout_seconds, "seconds"),
    )


def _copies(server: ChromaServer, name: str) -> Path:
    """A folder for this machine's copies of an index on a server."""
    mark = hashlib.sha256(f"{server.url} {server.tenant} {server.database}".encode()).hexdigest()[:8]
    return user_cache_path(APPLICATION) / "servers" / mark / name
