"""What can be set for an index, read from the environment in one place."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from platformdirs import user_cache_path, user_data_path

from index.errors import SettingsError

APPLICATION = "kei-policy-assistant"
PACKAGED_CORPUS = Path(__file__).resolve().parent.parent / "corpus"
PACKAGED_MODEL = "all-MiniLM-L6-v2"
Precision = Literal["fp32", "int8"]


@dataclass(frozen=True)
class IndexSettings:
    """Where the corpus and its index are and how the one becomes the other."""

    corpus: Path = PACKAGED_CORPUS
    index: Path = Path(".index")
    embedding_model: str = PACKAGED_MODEL  # the packaged one, a folder, or a name sentence-transformers knows
    chunk_size: int = 200  # tokens of the embedding model; MiniLM reads 256 with title and headings
    model_cache: Path = Path(".models")  # exported models: rebuilt when missing
    max_file_mb: float = 50  # a larger file in the corpus is skipped
    precision: Precision = "fp32"  # of the embedding model's weights

    @classmethod
    def from_environment(
        cls, *, corpus: Path | str | None = None, index: Path | str | None = None, environment: Mapping[str, str] | None = None
    ) -> IndexSettings:
        """The settings of the environment, with `corpus` and `index` taking precedence over KEI_CORPUS and KEI_INDEX.

        Raises SettingsError for a limit that is no number and for an unknown precision.
        """
        environment = os.environ if environment is None else environment
        folder = Path(corpus or environment.get("KEI_CORPUS") or PACKAGED_CORPUS).expanduser().absolute()
        place = index or environment.get("KEI_INDEX") or _default_index(folder)
        return cls(
            corpus=folder,
            index=Path(place).expanduser().absolute(),
            embedding_model=environment.get("KEI_EMBEDDING_MODEL") or PACKAGED_MODEL,
            model_cache=user_cache_path(APPLICATION) / "models",
            max_file_mb=_megabytes(environment, "KEI_MAX_FILE_MB", cls.max_file_mb),
            precision=_precision(environment, "KEI_EMBEDDING_PRECISION", cls.precision),
        )


def _megabytes(environment: Mapping[str, str], name: str, default: float) -> float:
    value = environment.get(name) or str(default)
    try:
        number = float(value)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise SettingsError(f"{name} is {value!r}; set it to a number of megabytes above 0, or unset it for {default}.")
    return number


def _precision(environment: Mapping[str, str], name: str, default: Precision) -> Precision:
    value = environment.get(name) or default
    if value not in get_args(Precision):
        raise SettingsError(f"{name} is {value!r}; set it to {' or '.join(get_args(Precision))}, or unset it for {default}.")
    return cast(Precision, value)


def _default_index(corpus: Path) -> Path:
    """A folder of its own for each corpus, so that no two corpora share an index."""
    mark = hashlib.sha256(str(corpus.resolve()).encode()).hexdigest()[:8]
    return user_data_path(APPLICATION) / "indexes" / f"{corpus.name}-{mark}"
