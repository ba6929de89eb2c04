"""What growth costs: the same build and the same questions at 1,000, 10,000 and 100,000 passages.

The text is real and varied: the sections of the project's corpora, their sentences recombined, numbers and names in them changed. Up to
`--real` passages the model reads all of it; beyond, a sentence's vector is that of the sentence it was made from, with seeded noise, at
length one. Questions are always read by the model. Each step is a fresh process on one core; times are those of the processor.

    make scaling        or        python scripts/scaling.py [--folder DIR] [--write]
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click
import numpy as np

from index import Embeddings, Index, IndexSettings, open_embeddings, read_documents, rebuild
from index.build import embedded_texts
from index.chunks import split
from index.embeddings import Progress, Vectors
from index.generations import current_generation
from index.store import passage_of

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ("corpus", "tests/corpora/abstracts", "tests/corpora/byelaws", "tests/corpora/kestrel", "tests/corpora/lighthouse")
GOLDEN = ("people", "facts-kei", "facts-cafe", "facts-tariffs")  # files of questions
QUESTIONS = 200
ROUNDS = 3  # each question is asked so often, and its quickest time counts
SECTIONS = 40  # of a document
NOISE = 0.48  # length of what is added to a generated vector: its cosine with the sentence it comes from is about 0.9
TABLE = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- end of table -->)", re.S)
SEARCH_BAR = 3  # the largest size's p95 in multiples of the smallest's, at most


@dataclass(frozen=True)
class Base:
    """A real section: heading and sentences, and what the model reads of each."""

    heading: str
    sentences: tuple[str, ...]
    embedded: tuple[str, ...]


def bases(embeddings: Embeddings) -> list[Base]:
    """The sections of prose in the project's corpora."""
    found: list[Base] = []
    for corpus in CORPORA:
        for document in read_documents(ROOT / corpus):
            for chunk in split(document, size=160, count_tokens=embeddings.count_tokens):
                passage = passage_of(chunk, document, position=0, first_sentence=0, key="")
                sentences = tuple(document.text[start:end] for start, end in chunk.sentences)
                if not chunk.header and chunk.section.headings and all(re.fullmatch(r"[A-Z][^|\n`#<>]{20,}[.]", text) for text in sentences):
                    found.append(Base(chunk.section.headings[-1], sentences, tuple(embedded_texts(passage))))
    return found


def names(sections: Sequence[Base]) -> list[str]:
    """Words with a capital inside sentences: they take each other's places."""
    found = {name for base in sections for text in base.sentences for name in re.findall(r"(?<=[a-z] )[A-Z][a-z]{3,}", text)}
    return sorted(found)


def mask(sentence: str) -> str:
    """What is the same in a sentence and in those made from it."""
    return re.sub(r"[A-Z]\w*|\d", "", sentence)


def vary(sentence: str, chance: random.Random, known: Sequence[str]) -> str:
    """The sentence with other figures and, here and there, other names."""
    sentence = re.sub(r"(?<=\d)\d", lambda _: str(chance.randrange(10)), sentence)
    return re.sub(r"(?<=[a-z] )[A-Z][a-z]{3,}", lambda match: chance.choice(known) if chance.random() < 0.3 else match[0], sentence)


def write_corpus(folder: Path, passages: int, sections: Sequence[Base], *, seed: int = 1) -> int:
    """Write documents that make about that many passages; their characters."""
    chance = random.Random(seed)
    known = names(sections)
    characters = 0
    for number in range(-(-passages // SECTIONS)):
        place = chance.choice(known)
        parts = [f"# {place} {number}: {vary(chance.choice(sections).heading, chance, known)}"]
        for _ in range(min(SECTIONS, passages - number * SECTIONS)):
            base = chance.choice(sections)
            texts = [chance.choice(chance.choice(sections).sentences) if chance.random() < 0.3 else text for text in base.sentences]
            parts.append(f"## {vary(base.heading, chance, known)}\n\n" + " ".join(vary(text, chance, known) for text in texts))
        path = folder / f"{number // 100:03}" / f"{number:06}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "\n\n".join(parts) + "\n"
        path.write_text(text, encoding="utf-8")
        characters += len(text)
    return characters


class Generated(Embeddings):
    """Questions by the model; a sentence like the real one that it was made from, with noise that its text decides."""

    name = "generated"

    def __init__(self, model: Embeddings) -> None:
        self._model = model
        self.dimensions, self.fingerprint = model.dimensions, f"generated from {model.fingerprint}"

    @cached_property
    def _bases(self) -> tuple[dict[str, int], Vectors]:
        pairs = [(mask(text), embedded) for base in bases(self._model) for text, embedded in zip(base.sentences, base.embedded, strict=True)]
        return {key: number for number, (key, _) in enumerate(pairs)}, self._model.encode([embedded for _, embedded in pairs])

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        known, vectors = self._bases
        rows = np.empty((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
            noise = np.random.default_rng(seed).standard_normal(self.dimensions, np.float32)
            base = known.get(mask(text.rpartition("\n")[2]), seed % len(vectors))
            rows[row] = vectors[base] + NOISE / self.dimensions**0.5 * noise
        if progress:
            progress(len(texts))
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def encode_question(self, text: str) -> Vectors:
        return self._model.encode_question(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._model.count_tokens(texts)


def open_for(place: Path, *, generated: bool) -> tuple[IndexSettings, Embeddings]:
    settings = IndexSettings.from_environment(corpus=place / "corpus", index=place / "index")
    embeddings = open_embeddings(settings.embedding_model, cache=settings.model_cache)
    return settings, Generated(embeddings) if generated else embeddings


def build(place: Path, passages: int, *, generated: bool) -> dict[str, float]:
    settings, embeddings = open_for(place, generated=generated)
    characters = write_corpus(settings.corpus, passages, bases(embeddings))
    embeddings.encode(["Everything is loaded."])
    started = _processor_seconds()
    report = rebuild(settings, embeddings, force=True)
    seconds = _processor_seconds() - started
    folder = current_generation(settings.index)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {
        "passages": report.passages, "sentences": report.sentences, "characters": characters, "characters_per_second": characters / seconds,
        "build_seconds": seconds, "memory_building": _peak(), "bytes": size,
    }  # fmt: skip


def serve(place: Path, *, generated: bool) -> dict[str, float]:
    from assistant.evaluate import read_golden

    golden = [item for name in GOLDEN for item in read_golden(ROOT / "tests" / "golden" / f"{name}.toml")[1]]
    asked = [item.ask for item in golden if not item.history and not item.is_kept_apart and len(item.ask.split()) > 1][:QUESTIONS]
    settings, embeddings = open_for(place, generated=generated)
    index = Index.open(settings, embeddings, allow_stale=True)
    for question in asked[:5]:
        index.search(question)
    times = np.empty((ROUNDS, len(asked)))
    for turn in range(ROUNDS):
        for number, question in enumerate(asked):
            started = time.process_time()
            index.search(question)
            times[turn, number] = 1000 * (time.process_time() - started)
    quickest = times.min(axis=0)
    return {"p50": float(np.median(quickest)), "p95": float(np.percentile(quickest, 95)), "memory_serving": _peak()}


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak() -> float:
    """Megabytes; Linux counts kilobytes, macOS bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def measure(folder: Path, sizes: Sequence[int], *, real: int, runs: int) -> Iterator[dict[str, Any]]:
    """The figures of each size; what was built in the folder before is not built again."""
    for size in sizes:
        place = folder / str(size)
        figures = place / "figures.json"
        if not figures.is_file():
            place.mkdir(parents=True, exist_ok=True)
            click.echo(f"building {size:,} passages", err=True)
            figures.write_text(json.dumps(_in_a_process("build", place, size, generated=size > real)), encoding="utf-8")
    served: dict[int, list[dict[str, float]]] = {size: [] for size in sizes}
    for run in range(runs):
        for size in sizes:
            served[size].append(_in_a_process("serve", folder / str(size), size, generated=size > real))
            click.echo(f"questions, run {run + 1} of {runs}: {size:,} passages", err=True)
    for size in sizes:
        built = json.loads((folder / str(size) / "figures.json").read_text(encoding="utf-8"))
        middle = {name: statistics.median(run[name] for run in served[size]) for name in served[size][0]}
        yield {**built, **middle, "generated": size > real}


def _in_a_process(step: str, place: Path, size: int, *, generated: bool) -> dict[str, float]:
    command = [sys.executable, __file__, "--step", step, "--place", str(place), "--size", str(size), *(["--generated"] if generated else [])]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=_on_one_core)
    if finished.returncode:
        raise click.ClickException(f"{step} of {size:,} passages failed: {(finished.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    found: dict[str, float] = json.loads(finished.stdout.strip().splitlines()[-1])
    return found


def _on_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


# --- what is shown ---------------------------------------------------------------------------------------------------


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The figures as a table in Markdown, a size a column."""
    head = [f"{round(row['passages'], -3):,}{'*' if row['generated'] else ''}" for row in rows]
    lines = {
        "sentences, each a vector": [f"{row['sentences']:,}" for row in rows],
        "search p50, ms": [f"{row['p50']:.1f}" for row in rows],
        "search p95, ms": [f"{row['p95']:.1f}" for row in rows],
        "p95 in multiples of the smallest": [f"{row['p95'] / rows[0]['p95']:.2f}" for row in rows],
        "peak memory building, MB": [f"{row['memory_building']:,.0f}" for row in rows],
        "peak memory serving, MB": [f"{row['memory_serving']:,.0f}" for row in rows],
        "more memory serving per further passage, bytes": ["", *(f"{_slope(rows[0], row, 'memory_serving', 1e6):,.0f}" for row in rows[1:])],
        "on the disk per passage, bytes": [f"{row['bytes'] / row['passages']:,.0f}" for row in rows],
        "characters indexed per second of one core": [f"{row['characters_per_second']:,.0f}" for row in rows],
        "seconds of one core for the build": [f"{row['build_seconds']:,.0f}" for row in rows],
    }
    text = ["| passages | " + " | ".join(head) + " |", "|---|" + "---:|" * len(rows)]
    return "\n".join([*text, *(f"| {name} | " + " | ".join(values) + " |" for name, values in lines.items())])


def _slope(first: dict[str, Any], last: dict[str, Any], name: str, unit: float) -> float:
    return unit * (last[name] - first[name]) / (last["passages"] - first["passages"])


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """The figures as a picture of three small plots."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "scaling", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    from matplotlib import pyplot

    sizes = [row["passages"] for row in rows]
    figure, (search, memory, disk) = pyplot.subplots(1, 3, figsize=(9.6, 3), layout="constrained")
    for name, label in (("p50", "p50"), ("p95", "p95")):
        search.plot(sizes, [row[name] for row in rows], marker="o", label=label)
    search.axhline(SEARCH_BAR * rows[0]["p95"], linestyle=":", color="grey", label=f"bar: {SEARCH_BAR} × the first p95")
    for name, label in (("memory_building", "building"), ("memory_serving", "serving")):
        memory.plot(sizes, [row[name] for row in rows], marker="o", label=label)
    disk.plot(sizes, [row["bytes"] / 1e6 for row in rows], marker="o")
    for axes, title in ((search, "a search, milliseconds"), (memory, "peak memory, MB"), (disk, "on the disk, MB")):
        axes.set(xscale="log", xlabel="passages", title=title, ylim=(0, None))
    search.legend(frameon=False)
    memory.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


@click.command()
@click.option("--sizes", default="1000,10000,100000", show_default=True, help="Passages.")
@click.option("--real", default=1000, show_default=True, help="Up to so many passages the model reads the text; beyond, vectors are generated.")
@click.option("--runs", default=3, show_default=True, help="Times that the questions are asked at each size, in a fresh process.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keep corpora and indexes here, and do not build again what is here.")
@click.option("--write", is_flag=True, help="Put table and plot into docs/.")
@click.option("--step", type=click.Choice(["build", "serve"]), hidden=True)
@click.option("--place", type=click.Path(path_type=Path), hidden=True)
@click.option("--size", type=int, default=0, hidden=True)
@click.option("--generated", is_flag=True, hidden=True)
def main(
    sizes: str, real: int, runs: int, folder: Path | None, write: bool, step: str | None, place: Path | None, size: int, generated: bool
) -> None:  # fmt: skip
    """Print one table of what growth costs, and say what falls short of the bar."""
    if step and place:
        click.echo(json.dumps(build(place, size, generated=generated) if step == "build" else serve(place, generated=generated)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        rows = list(measure(folder or Path(temporary), [int(size) for size in sizes.split(",")], real=real, runs=runs))
    shown = table(rows)
    click.echo(shown)
    ratio = rows[-1]["p95"] / rows[0]["p95"]
    verdict = "meets the bar" if ratio <= SEARCH_BAR else "falls short"
    click.echo(
        f"\np95 of a search at {rows[-1]['passages']:,} passages: {ratio:.2f} times that at {rows[0]['passages']:,}; {SEARCH_BAR} at most: {verdict}"
    )
    if write:
        page = ROOT / "docs" / "scaling.md"
        measured = f"Measured on {datetime.date.today():%-d %B %Y}, {os.cpu_count()} cores, one of them used."
        page.write_text(TABLE.sub(lambda _: f"{shown}\n\n{measured}\n", page.read_text(encoding="utf-8")), encoding="utf-8")
        draw(rows, ROOT / "docs" / "scaling.svg")


if __name__ == "__main__":
    main()
