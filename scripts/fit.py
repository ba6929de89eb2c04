"""Fit the decision in assistant/weights.json: does the evidence answer the question at all?

Uses the golden questions that are not kept apart and, when its folder is given, SelQA's test.json (its dev.json stays unseen):

    python scripts/fit.py [--selqa FOLDER] [--index FOLDER] [--dry-run]

A plain logistic regression. The weights of a sentence's score stand in the same file; they are round numbers, chosen by the share of
golden questions answered rightly, and stay as they are. Each corpus weighs as said in SHARES, whatever its size, so that none is
fitted alone; the figures printed for each corpus come from a fit without it. The questions of golden/development are not fitted on; they
only tell below which probability a question may be declined.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from selqa import open_corpus
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from assistant import Assistant
from assistant.evaluate import Golden, holds, read_golden
from assistant.evidence import WEIGHTS, as_answerable, gather
from assistant.question import analyse
from assistant.support import FEATURES, features_of
from index import QuestionError

ROOT = Path(__file__).resolve().parent.parent
SHARES = {"selqa": 3.0, "": 3.0}  # the curated corpus is ""; each further corpus weighs 1
REFUSED = 0.04  # share of the answerable questions of any one corpus, with their answer found, that are declined at most
RESERVED = 0.22  # share of them that are answered with a reserve
DATA = ROOT / "docs" / "data" / "support-features.csv"


@dataclass
class Example:
    """One question on one corpus: its sentences, best first, and the features and label of the decision."""

    corpus: str
    right: np.ndarray  # (sentences,) 1 where the sentence holds the most of the facts
    decision: list[float]
    answerable: bool


def examples_of(assistant: Assistant, corpus: str, questions: list[Golden]) -> list[Example]:
    """The golden questions that may be looked at, as examples."""
    found = []
    for golden in questions:
        text = golden.standalone or golden.ask
        if golden.is_kept_apart or (golden.history and not golden.standalone):
            continue

        def share_of_facts(sentence: str, facts: tuple[tuple[str, ...], ...] = golden.facts) -> float:
            return sum(holds(sentence, group) for group in facts) / max(1, len(facts))

        try:
            example = example_of(assistant, corpus, text, golden.status == "answered", share_of_facts)
        except QuestionError:
            continue
        if example:
            found.append(example)
    return found


def example_of(
    assistant: Assistant, corpus: str, text: str, answerable: bool, value: Callable[[str], float], *, without: str | None = None
) -> Example | None:
    """One question; `value` is the worth of a sentence, `without` a document that is left out."""
    text = assistant._stand_alone(text, ())[0]
    hits = assistant.index.search(text, limit=assistant.settings.hits + 4 * bool(without))
    hits = [hit for hit in hits if hit.document_id != without][: assistant.settings.hits]
    question = as_answerable(analyse(text, assistant.index.passage_words), hits)
    evidence = gather(question, hits, assistant.index)
    if not evidence or not question.terms:
        return None
    worth = np.array([value(item.prose) if answerable else 0.0 for item in evidence])
    right = (worth == worth.max()) & (worth > 0)
    decision = features_of(question, evidence)
    return Example(corpus, right.astype(float), [decision[name] for name in FEATURES], answerable)


def examples_in(folder: Path, index: Path) -> list[Example]:
    """The questions of a folder's files, each on its corpus."""
    questions: dict[str, list[Golden]] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            corpus, found = read_golden(path)
        except Exception as error:
            click.echo(f"left out {path.name}: {error}", err=True)
            continue
        questions.setdefault(str(corpus or ""), []).extend(question for question in found if not question.as_of)
    examples: list[Example] = []
    for corpus, found in questions.items():
        if found:
            assistant = Assistant.open(corpus=corpus or None, index=index / (Path(corpus).name or "own"))
            examples += examples_of(assistant, Path(corpus).name if corpus else "", found)
    return examples


def selqa_examples(folder: Path, index: Path, limit: int) -> list[Example]:
    """SelQA's test questions, each with its section in the corpus and without it."""
    assistant, parts = open_corpus(folder, index)
    found = []
    for record in parts["test"][:limit]:
        for without in (None, record.document_id):
            value = lambda sentence, record=record: float(record.is_answered_by(sentence))  # noqa: E731
            example = example_of(assistant, "selqa", record.question, without is None, value, without=without)
            if example:
                found.append(example)
    return found


def share(corpus: str, examples: list[Example]) -> float:
    return SHARES.get(corpus, 1.0) / max(1, sum(example.corpus == corpus for example in examples))


def fit_support(examples: list[Example]) -> dict[str, float]:
    """The decision's coefficients; answerable and unanswerable questions of a corpus weigh the same."""
    features = np.array([example.decision for example in examples])
    label = np.array([example.answerable for example in examples])
    weight = np.array([
        share(example.corpus, examples) / max(1, sum(other.corpus == example.corpus and other.answerable == example.answerable for other in examples))
        for example in examples
    ])  # fmt: skip
    middle, spread = features.mean(0), features.std(0) + 1e-9
    model = LogisticRegression(C=0.3, max_iter=2000).fit((features - middle) / spread, label, sample_weight=weight * len(weight) / weight.sum())
    slopes = model.coef_[0] / spread
    intercept = float(model.intercept_[0] - (slopes * middle).sum())
    return {"intercept": round(intercept, 3), **dict(zip(FEATURES, slopes.round(3).tolist(), strict=True))}


def probability(example: Example, fitted: dict[str, float]) -> float:
    total = fitted["intercept"] + sum(fitted[name] * value for name, value in zip(FEATURES, example.decision, strict=True))
    return float(1 / (1 + np.exp(-total)))


def thresholds(examples: list[Example], further: list[Example], support: dict[str, float]) -> dict[str, float]:
    """Below which probability a question is declined, and from which it is answered without reserve: quantiles of the questions whose
    answer is among the best sentences, of the corpora that have unanswerable questions too. None of them may decline more than REFUSED,
    nor may any that was not fitted on, for a subject that nobody tuned on is harder; how many get a reserve is the mean of those fitted on."""

    def quantiles(items: list[Example], share: float) -> list[float]:
        """Of each corpus, the probability that so many of its questions stay below."""
        found = []
        for corpus in {item.corpus for item in items if not item.answerable}:
            scores = [probability(item, support) for item in items if item.corpus == corpus and item.answerable and first_right(item, depth=5)]
            found.append(float(np.quantile(scores, share)))
        return found

    declined, reserved = min(quantiles([*examples, *further], REFUSED)), np.mean(quantiles(examples, RESERVED))
    return {"declined_below": round(declined, 3), "answered_from": round(float(reserved), 3)}


def first_right(example: Example, *, depth: int = 1) -> bool:
    """Whether a right sentence is among the first."""
    return bool(example.right[:depth].any())


@click.command()
@click.option("--selqa", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--index", type=click.Path(path_type=Path), help="Where the indexes are built; a temporary folder by default.")
@click.option("--limit", default=800, show_default=True, help="Questions taken of SelQA.")
@click.option("--dry-run", is_flag=True, help="Print the figures and write nothing.")
def main(selqa: Path | None, index: Path | None, limit: int, dry_run: bool) -> None:
    """Fit the weights and write them with the data that made them."""
    place = index or Path(tempfile.mkdtemp())
    golden = ROOT / "tests" / "golden"
    examples = examples_in(golden, place)
    further = examples_in(golden / "development", place)
    if selqa:
        examples += selqa_examples(selqa, place, limit)

    for corpus in sorted({example.corpus for example in examples}):
        others = [example for example in examples if example.corpus != corpus]
        held = [example for example in examples if example.corpus == corpus]
        if all(example.answerable for example in held):
            continue
        answerable = [example for example in held if example.answerable]
        support = fit_support(others)
        scores = np.array([probability(example, support) for example in held])
        labels = np.array([example.answerable for example in held])
        threshold = np.quantile(scores[labels], 0.04)
        click.echo(
            f"{corpus or 'own':12} fitted without it: first {np.mean([first_right(item) for item in answerable]):.3f}, among three "
            f"{np.mean([first_right(item, depth=3) for item in answerable]):.3f}; separation {roc_auc_score(labels, scores):.3f}, "
            f"declined {np.mean(scores[~labels] < threshold):.2f} where 4% are refused ({len(answerable)} + {len(held) - len(answerable)})"
        )
    support = fit_support(examples)
    support |= thresholds(examples, further, support)
    click.echo(json.dumps(support, indent=1))
    if dry_run:
        return
    counts = {corpus or "own": sum(example.corpus == corpus for example in examples) for corpus in sorted({example.corpus for example in examples})}
    sentence = json.loads(WEIGHTS.read_text(encoding="utf-8"))["sentence"]
    WEIGHTS.write_text(
        json.dumps({"sentence": sentence, "support": support, "data": {"questions": counts, "made by": "scripts/fit.py"}}, indent=1) + "\n",
        encoding="utf-8",
    )
    DATA.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(("corpus", "answerable", *FEATURES))]
    lines += [
        ",".join((example.corpus or "own", str(int(example.answerable)), *(f"{value:.4f}" for value in example.decision))) for example in examples
    ]
    DATA.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
