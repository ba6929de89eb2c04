"""Ask the questions of SelQA (Emory NLP, 2016): is the right section found first, is the right sentence in the answer, and what is
declined when the section is taken away?

    python scripts/selqa.py FOLDER [--index FOLDER] [--part dev] [--limit N]

FOLDER holds dev.json and test.json as the repository emorynlp/selqa has them; sections of both files make the corpus.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from assistant import Assistant
from assistant.evaluate import normalise
from assistant.evidence import as_answerable, gather
from assistant.question import analyse, bare
from assistant.support import assess


@dataclass(frozen=True)
class Record:
    """A question, the document that holds its section, and the sentences that answer it, normalised."""

    question: str
    document_id: str
    answers: tuple[str, ...]

    def is_answered_by(self, sentence: str) -> bool:
        """Whether a sentence is one of the answers, or holds one."""
        plain = normalise(sentence)
        return len(plain) > 8 and any(plain in answer or answer in plain for answer in self.answers)


def open_corpus(folder: Path, place: Path) -> tuple[Assistant, dict[str, list[Record]]]:
    """The assistant over all sections, one document each, and the questions of both parts."""
    corpus = place / "selqa-corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    names: dict[tuple[str, str], str] = {}
    parts: dict[str, list[Record]] = {}
    for part in ("dev", "test"):
        parts[part] = []
        for item in json.loads((folder / f"{part}.json").read_text(encoding="utf-8")):
            key = (item["article"], item["section"])
            if key not in names:
                names[key] = f"{len(names):04}.md"
                text = f"# {key[0]}\n\n## {key[1]}\n\n{' '.join(item['candidates'])}\n"
                path = corpus / names[key]
                if not path.is_file() or path.read_text(encoding="utf-8") != text:
                    path.write_text(text, encoding="utf-8")
            answers = tuple(normalise(item["candidates"][number]) for number in item["answers"])
            parts[part].append(Record(item["question"], names[key], answers))
    return Assistant.open(corpus=corpus, index=place / "selqa-index"), parts


def figures(assistant: Assistant, records: list[Record]) -> Iterator[str]:
    """The figures, a line each."""
    first: dict[str, list[bool]] = {method: [] for method in ("dense", "keyword", "fused")}
    answered, with_section, without_section = [], [], []
    for record in records:
        for method, found in first.items():
            found.append(assistant.index.search(record.question, limit=1, method=method)[0].document_id == record.document_id)
        answer = assistant.answer(record.question)
        answered.append(any(record.is_answered_by(sentence.text) for sentence in answer.sentences))
        with_section.append(answer.score or 0.0)
        without_section.append(_score_without(assistant, record))
    for method, found in first.items():
        yield f"right section first, {method}: {np.mean(found):.3f}"
    yield f"right sentence in the answer: {np.mean(answered):.3f}"
    threshold = np.quantile(with_section, 0.05)
    yield f"declined without its section, where 5% of the others are refused: {np.mean(np.array(without_section) < threshold):.3f}"


def _score_without(assistant: Assistant, record: Record) -> float:
    """The probability of an answer from everything but the question's own section."""
    text = bare(record.question)
    hits = [hit for hit in assistant.index.search(text, limit=assistant.settings.hits + 4) if hit.document_id != record.document_id]
    hits = hits[: assistant.settings.hits]
    question = as_answerable(analyse(text, assistant.index.passage_words), hits)
    return assess(question, gather(question, hits, assistant.index)).probability


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--index", type=click.Path(path_type=Path), help="Where the corpus and its index are put; a temporary folder by default.")
@click.option("--part", type=click.Choice(["dev", "test"]), default="dev", show_default=True)
@click.option("--limit", type=int, help="Ask only so many questions.")
def main(folder: Path, index: Path | None, part: str, limit: int | None) -> None:
    """Ask SelQA's questions and print the figures."""
    assistant, parts = open_corpus(folder, index or Path(tempfile.mkdtemp()))
    for line in figures(assistant, parts[part][:limit]):
        click.echo(line)


if __name__ == "__main__":
    main()
