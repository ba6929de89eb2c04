"""The assistant on the command line: ask, eval, verify, timeline. What is heavy is imported when a command runs."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from index.commands import Commands, run
from index.errors import UserError

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.assistant import Assistant

WIDTH = 100  # characters of a printed line
GOLDEN = Path("tests/golden")
LAST_RUN = Path(".eval") / "last.json"


_folder = click.Path(path_type=Path)
_corpus = click.option("--corpus", type=_folder, metavar="DIR", help="Folder of documents. Default: KEI_CORPUS, else the packaged one.")
_index = click.option("--index", type=_folder, metavar="DIR", help="Folder of the index. Default: KEI_INDEX, else in the user's data folder.")
_model = click.option("--model", metavar="PROVIDER:NAME", help="A chat model for langchain's init_chat_model. Default: KEI_MODEL, else none.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=Commands)
def main() -> None:
    """Ask the corpus, measure the answers, check old ones."""


@main.command()
@click.argument("question")
@click.option("--as-of", metavar="DATE", help="Answer for this day, YYYY-MM-DD. Default: today.")
@_model
@_corpus
@_index
@click.option("--explain", is_flag=True, help="Say how the answer was found.")
@_json
def ask(question: str, as_of: str | None, model: str | None, corpus: Path | None, index: Path | None, explain: bool, as_json: bool) -> None:
    """Answer a question, every sentence with its source.

    Example: python -m assistant ask "Who pays the fee?" --explain
    """
    assistant = _open(corpus, index, model)
    answer = assistant.answer(question, as_of=as_of)
    click.echo(json.dumps(answer.to_dict(), ensure_ascii=False, indent=2) if as_json else _as_text(answer))
    if explain and not as_json:
        click.echo(_explanation(answer))


@main.command("eval")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_model
@_corpus
@_index
@click.option(
    "--from-feedback",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Print golden questions made from the page's feedback, and ask nothing.",
)
@click.option("--keep/--no-keep", default=True, help=f"Keep this run in {LAST_RUN}, to compare the next one with.")
@_json
def evaluate(
    files: tuple[Path, ...], model: str | None, corpus: Path | None, index: Path | None, from_feedback: Path | None, keep: bool, as_json: bool
) -> None:
    """Ask the golden questions and print what is found, answered and declined. Default: all files of tests/golden.
    With a chat model they are asked without it, too, and it is told how often both ways come out alike.

    Example: python -m assistant eval tests/golden/people.toml
    """
    from assistant import evaluate as figures
    from assistant.assistant import Assistant

    if from_feedback:
        click.echo(figures.golden_from_feedback(from_feedback))
        return
    paths = list(files) or sorted(GOLDEN.glob("*.toml"))
    if not paths:
        raise UserError(f"No golden questions in {GOLDEN}. Name a file, or run this in the project's folder.")
    sets: dict[Path | None, list[figures.Golden]] = {}
    for path in paths:
        own, questions = figures.read_golden(path)
        if questions:
            sets.setdefault(own or corpus, []).extend(questions)
    last = json.loads(LAST_RUN.read_text(encoding="utf-8")) if LAST_RUN.is_file() else []
    outcomes: list[figures.Outcome] = []
    reports: dict[str, Any] = {}
    agreements: dict[str, float | None] = {}
    for folder, questions in sets.items():
        assistant = _open(folder, index if folder == corpus else None, model)
        found = figures.evaluate(assistant, questions)
        outcomes += found
        name = folder.name if folder else "corpus"
        reports[name] = figures.report(found)
        if assistant.mode != "quoted":
            quoted = figures.evaluate(Assistant(assistant.index, settings=assistant.settings), questions)
            reports[f"{name}, quoted"] = figures.report(quoted)
            agreements[name] = figures.agreement(found, quoted)
    differences = figures.changed(last, outcomes)
    if as_json:
        click.echo(json.dumps({"reports": reports, "agreements": agreements, "changed": differences}, ensure_ascii=False, indent=2))
    else:
        for name, report in reports.items():
            click.echo(f"{name}\n{figures.table(report)}\n")
        for name, share in agreements.items():
            click.echo(f"{name}: {share:.1%} of the questions came out alike with the model and quoted.\n")
        click.echo("\n".join(differences) or "No question changed since the last run.")
    if keep:
        figures.save(outcomes, LAST_RUN)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_corpus
@_json
def verify(file: Path, corpus: Path | None, as_json: bool) -> None:
    """Check an answer that was kept as JSON against the files, offline and without a model. Exit code 1 when it no longer holds.

    Example: python -m assistant ask "…" --json > answer.json; python -m assistant verify answer.json
    """
    from assistant.answer import Answer
    from assistant.verify import verify as check
    from index.settings import IndexSettings

    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        kept = data.get("answers", [data]) if isinstance(data, dict) else data
        answers = [Answer.from_dict(item) for item in kept]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file} is no answer as `ask --json` prints it or the page exports it ({error}).") from error
    folder = IndexSettings.from_environment(corpus=corpus).corpus
    problems = [problem for answer in answers for problem in check(answer, folder)]
    if as_json:
        click.echo(json.dumps({"answers": len(answers), "problems": problems}, ensure_ascii=False, indent=2))
    else:
        citations = sum(len(answer.citations) for answer in answers)
        click.echo("\n".join(problems) or f"All {citations} citations stand in their files.")
    raise SystemExit(1 if problems else 0)


@main.command()
@click.argument("topic")
@_corpus
@_index
@_json
def timeline(topic: str, corpus: Path | None, index: Path | None, as_json: bool) -> None:
    """Print a rule's history: of a topic, a document's id, or what a question is about.

    Example: python -m assistant timeline folder/document.md
    """
    from dataclasses import asdict

    steps = _open(corpus, index, None).timeline(topic)
    if as_json:
        click.echo(json.dumps([asdict(step) for step in steps], ensure_ascii=False, indent=2))
        return
    if not steps:
        click.echo("The sources tell no history of this.")
    for step in steps:
        click.echo(f"{step.date or '?':10} {step.status:12} {step.heading}")
        click.echo(textwrap.indent(textwrap.fill(step.text, WIDTH - 4), "    "))


def _open(corpus: Path | None, index: Path | None, model: str | None) -> Assistant:
    from assistant.assistant import Assistant

    return Assistant.open(corpus=corpus, index=index, model=model)


def _as_text(answer: Answer) -> str:
    """An answer as it reads on a terminal: the text, what has to be said beside it, the sources."""
    plain = [f"{sentence.text} {''.join(f'[{number}]' for number in sentence.citations)}" for sentence in answer.sentences]
    blocks = [_fill(" ".join(plain))] if plain else [_fill(answer.text)]
    if plain and answer.missing:
        blocks.append(_fill(answer.missing))
    if answer.standalone_question != answer.question:
        blocks.insert(0, _fill(f"Read as: {answer.standalone_question}"))
    blocks += ["\n".join(_fill(f"Note: {note}") for note in answer.notes)] if answer.notes else []
    for citation in answer.citations:
        page = f"page {citation.page}" if citation.page else None
        facts = ", ".join(filter(None, (page, citation.publisher, citation.published, citation.status)))
        lines = [
            f"[{citation.number}] {citation.title}: {citation.section.split(' > ')[-1]} ({facts})",
            f"    {citation.document_id} [{citation.start}:{citation.end}]",
        ]
        lines += [f"    {source.text}{f' <{source.url}>' if source.url else ''}" for source in citation.sources]
        blocks.append("\n".join(lines))
    if answer.status == "declined" and answer.nearest:
        blocks.append("\n".join(["Nearest passages:", *(_fill(f"- {hit.title}: {hit.text}", 300) for hit in answer.nearest)]))
    if answer.suggestions:
        blocks.append("\n".join(["The sources do answer:", *(f"- {question}" for question in answer.suggestions)]))
    return "\n\n".join(blocks)


def _fill(text: str, limit: int | None = None) -> str:
    return textwrap.fill(textwrap.shorten(text, limit, placeholder=" …") if limit else text, WIDTH)


def _explanation(answer: Answer) -> str:
    stages = ", ".join(f"{name} {1000 * seconds:.1f} ms" for name, seconds in answer.seconds.items())
    score = f"{answer.score:.3f}" if answer.score is not None else "none"
    return f"\nStatus: {answer.status}; probability that the evidence answers: {score}\nMode: {answer.mode}; as of {answer.as_of}\nStages: {stages}"


if __name__ == "__main__":
    run(main, "python -m assistant")
