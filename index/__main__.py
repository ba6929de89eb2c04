"""The index on the command line: rebuild, status, search, check. What is heavy is imported when a command runs."""

from __future__ import annotations

import importlib.metadata
import json
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from index.commands import Commands, run
from index.errors import IndexDamaged, IndexMissing, QuestionError
from index.settings import IndexSettings

if TYPE_CHECKING:
    from index.build import BuildReport, Progress, Reviewer
    from index.embeddings import Embeddings
    from index.manifest import Changes, Manifest

BAR_WIDTH = 30  # characters
TEXT_WIDTH = 300  # characters of a passage that `search` prints


_corpus = click.option(
    "--corpus", type=click.Path(path_type=Path), metavar="DIR", help="Folder of documents. Default: KEI_CORPUS, else the packaged one."
)
_index = click.option(
    "--index",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the index, or its name on the server. Default: KEI_INDEX, else one for each corpus in the user's data folder.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=Commands)
def main() -> None:
    """Build the index of a folder of documents, look into it, search it."""


@main.command()
@_corpus
@_index
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit with 1 when the index is missing or out of date.")
@click.option("--dry-run", is_flag=True, help="Change nothing; say what a rebuild would take in.")
@click.option("--force", is_flag=True, help="Build anew, taking nothing over from the old index.")
@click.option("--strict", is_flag=True, help="Stop at a document that cannot be read, instead of skipping it.")
@click.option("--no-answers", is_flag=True, help="Do not compare the answers to the corpus's golden questions.")
@click.option("--keep-answers", is_flag=True, help="Keep the old index when the new one would lose an answer to one of them.")
@_json
def rebuild(
    corpus: Path | None, index: Path | None, only_check: bool, dry_run: bool, force: bool, strict: bool, no_answers: bool, keep_answers: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Bring the index in line with the documents. The old index serves until the new one is whole.

    Where the corpus has a golden.toml, says which of its questions are answered differently now, and which document did it.

    Example: python -m index rebuild --corpus my-documents --index my-index
    """
    if only_check + dry_run + force > 1:
        raise click.UsageError("Give one of --check, --dry-run and --force at a time.")
    if no_answers and keep_answers:
        raise click.UsageError("--keep-answers compares answers: leave out --no-answers.")
    settings = IndexSettings.from_environment(corpus=corpus, index=index)
    if only_check or dry_run:
        _say_what_is_pending(settings, only_check=only_check, as_json=as_json)
        return

    from index import build

    with _progress() as progress:
        review = None if no_answers else _reviewer()
        report = build.rebuild(
            settings, _embeddings(settings), force=force, strict=strict, progress=progress, review=review, keep_answers=keep_answers
        )
    if as_json:
        _print_json({**asdict(report), "index": settings.shown})
        return
    if report.rebuilt:
        detail = f" ({report.changes})" if report.changes and len(report.changes.added) < report.documents else ""
        click.echo(f"Indexed {_count(report.documents, 'document')} as {_count(report.passages, 'passage')} in {settings.shown}{detail}")
    else:
        click.echo(f"Nothing has changed: {_count(report.documents, 'document')} as {_count(report.passages, 'passage')} in {settings.shown}")
    for change in report.answers:
        did_it = f" ({', '.join(change.documents)})" if change.documents else ""
        click.echo(f"Answer {change.outcome}{did_it}: {change.question}")
        for name, text in (("before", change.before), ("now", change.after)):
            click.echo(textwrap.fill(f"{name}: {text}", width=100, initial_indent="    ", subsequent_indent="        "))
    _say_faults(report)


@main.command()
@_corpus
@_index
@_json
def status(corpus: Path | None, index: Path | None, as_json: bool) -> None:
    """Say what the index holds, how it was built, and whether documents have changed since."""
    from index.manifest import Manifest
    from index.place import place_of

    settings = IndexSettings.from_environment(corpus=corpus, index=index)
    folder = place_of(settings).current()
    manifest = Manifest.load(folder)
    pending = _pending(settings, folder, manifest)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if as_json:
        facts = asdict(manifest) | {"documents": len(manifest.documents), "bytes": size}
        names = ("corpus", "built_at", "seconds", "documents", "passages", "sentences", "bytes", "recipe", "skipped", "suspicious")
        _print_json({"index": settings.shown} | {name: facts[name] for name in names} | pending.as_json())
        return
    recipe = manifest.recipe
    lines = {
        "Index": settings.shown,
        "Corpus": manifest.corpus,
        "Built": f"{manifest.built_at} in {manifest.seconds:.1f} s",
        "Holds": f"{_count(len(manifest.documents), 'document')}, {_count(manifest.passages, 'passage')}, {_count(manifest.sentences, 'sentence')}",
        "Size": f"{size / 1e6:.1f} MB{' here, passages and vectors on the server' if settings.server else ''}",
        "Model": f"{recipe.embedding_model}, {recipe.dimensions} dimensions, {recipe.precision}, weights {recipe.fingerprint[:12]}",
        "Recipe": f"format {recipe.format}, {recipe.chunker}, {recipe.chunk_size} tokens, {recipe.tokenizer}",
    }
    for name, value in lines.items():
        click.echo(f"{name:<8}{value}")
    _say_faults(manifest)
    click.echo()
    pending.say()


@main.command()
@click.argument("question")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many passages at most.")
@_corpus
@_index
@_json
def search(question: str, limit: int, corpus: Path | None, index: Path | None, as_json: bool) -> None:
    """Print the passages that best fit a question, best first.

    Example: python -m index search "Who may import a van?" --limit 3
    """
    if not question.strip():
        raise QuestionError("The question is empty. Write what you are looking for.")

    from index.search import Index

    settings = IndexSettings.from_environment(corpus=corpus, index=index)
    hits = Index.open(settings, _embeddings(settings)).search(question, limit=limit)
    if as_json:
        _print_json({"question": question, "hits": [hit.to_dict() for hit in hits]})
        return
    for rank, hit in enumerate(hits, start=1):
        place = f"{hit.document_id} > {hit.section}" if hit.section else hit.document_id
        click.echo(f"{rank:>2}  {hit.score:.4f}  {place}")
        click.echo(textwrap.indent(textwrap.shorten(hit.text, TEXT_WIDTH, placeholder=" …"), "    "))
    if not hits:
        click.echo("Nothing found.")


@main.command()
@_corpus
@_json
def check(corpus: Path | None, as_json: bool) -> None:
    """Check a curated corpus: front matter, sources, footnotes, addresses. Exits with 1 when something is wrong."""
    from index.check import check_corpus

    settings = IndexSettings.from_environment(corpus=corpus)
    faults = check_corpus(settings.corpus)
    if as_json:
        _print_json([{"path": fault.path, "line": fault.line, "problem": fault.problem} for fault in faults])
    else:
        for fault in faults:
            click.echo(str(fault))
        click.echo(f"{_count(len(faults), 'fault') if faults else 'No faults'} in {settings.corpus}")
    if faults:
        sys.exit(1)


def _embeddings(settings: IndexSettings) -> Embeddings:
    from index.embeddings import open_embeddings

    return open_embeddings(settings.embedding_model, cache=settings.model_cache, precision=settings.precision)


@dataclass(frozen=True)
class _Pending:
    """What a rebuild would put right."""

    changes: Changes
    recipe: str = ""  # how the index was built otherwise than asked for now
    damages: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes or self.recipe or self.damages)

    def as_json(self) -> dict[str, Any]:
        return {"current": not self, **asdict(self.changes), "recipe_differs": self.recipe, "damages": list(self.damages)}

    def say(self) -> None:
        for word, names in asdict(self.changes).items():
            for name in names:
                click.echo(f"{word:<8}{name}")
        for damage in self.damages:
            click.echo(f"damaged {damage}")
        if self.changes:
            click.echo(f"Documents differ from the index: {self.changes}.")
        if self.recipe:
            click.echo(f"The index was built by another recipe: {self.recipe}.")
        if self:
            click.echo("Bring the index up to date with: python -m index rebuild")
        else:
            click.echo("The index is up to date.")


def _pending(settings: IndexSettings, folder: Path, manifest: Manifest) -> _Pending:
    from index.build import pending_changes, recipe_of
    from index.manifest import damages, differences

    wanted = recipe_of(settings, _embeddings(settings))
    return _Pending(pending_changes(settings, manifest), differences(manifest.recipe, wanted), tuple(damages(folder, manifest)))


def _say_what_is_pending(settings: IndexSettings, *, only_check: bool, as_json: bool) -> None:
    from index.build import corpus_states
    from index.manifest import Manifest, compare
    from index.place import place_of

    try:
        folder = place_of(settings).current()
        pending = _pending(settings, folder, Manifest.load(folder))
    except (IndexMissing, IndexDamaged):
        if only_check:
            raise
        pending = _Pending(compare({}, corpus_states(settings)))
    if as_json:
        _print_json({"index": settings.shown, **pending.as_json()})
    else:
        pending.say()
    if only_check and pending:
        sys.exit(1)


def _reviewer() -> Reviewer | None:
    """What compares answers, from the package that gives them; this one knows it only by its entry point."""
    found = importlib.metadata.entry_points(group="kei_policy_assistant.review")
    return next((point.load() for point in found), None)


def _say_faults(built: BuildReport | Manifest) -> None:
    """What was left out of the index, and what in it reads like orders to a program."""
    for skipped in built.skipped:
        click.echo(f"Skipped {skipped.document_id}: {skipped.reason}", err=True)
    for suspicion in built.suspicious:
        where = f"{suspicion.document_id}:{suspicion.line}" if suspicion.line else suspicion.document_id
        click.echo(f"Suspicious words in {where}: {suspicion.words!r}", err=True)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar on the error output when that is a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return

    def show(what: str, done: int, everything: int) -> None:
        filled = BAR_WIDTH * done // max(everything, 1)
        click.echo(f"\r\x1b[K{what:<10}[{'#' * filled:<{BAR_WIDTH}}] {done} of {everything}", nl=False, err=True)

    try:
        yield show
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    run(main, "python -m index")
