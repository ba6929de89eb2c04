"""Golden questions → figures: what is found, answered and declined, per kind of question and in all."""

from __future__ import annotations

import hashlib
import json
import math
import re
import statistics
import time
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.answer import Answer
from index import Hit, QuestionError, UserError

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.citations import Library

METHODS = ("dense", "keyword", "fused")
APART = 3  # every third question, by the hash of its id, is kept apart from tuning


@dataclass(frozen=True)
class Golden:
    """A question with what a right answer holds."""

    identifier: str
    ask: str
    kind: str
    status: str  # "answered" or "declined"
    facts: tuple[tuple[str, ...], ...] = ()  # every group, by at least one of its alternatives
    history: tuple[str, ...] = ()
    standalone: str | None = None
    as_of: str | None = None

    @property
    def is_kept_apart(self) -> bool:
        return int(hashlib.sha256(self.identifier.encode()).hexdigest(), 16) % APART == 0


@dataclass(frozen=True)
class Outcome:
    """What became of one golden question."""

    identifier: str
    kind: str
    ask: str
    expected: str
    status: str
    correct: bool
    text: str
    standalone: str
    words: int
    seconds: float
    score: float
    valid: bool  # every citation stands in its file
    supported: bool  # every sentence is a quote of its citations
    kept_apart: bool
    ranks: Mapping[str, int | None] = field(default_factory=dict)  # by method: how many hits it takes to have all facts
    gains: Mapping[str, float] = field(default_factory=dict)  # by method: nDCG@10
    by_hand: bool | None = None  # of a follow-up: whether the question written out by hand is answered rightly


def read_golden(path: Path) -> tuple[Path | None, list[Golden]]:
    """The questions of a file and the corpus it names, if any. Raises UserError when the file is not as it should be."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        questions = [
            Golden(
                identifier=item["id"],
                ask=item["ask"],
                kind=item["kind"],
                status=item["status"],
                facts=tuple(tuple(group) for group in item.get("facts", ())),
                history=tuple(item.get("history", ())),
                standalone=item.get("standalone"),
                as_of=item.get("as_of"),
            )
            for item in data.get("question", ())
        ]
    except OSError as error:
        raise UserError(f"Cannot read the golden questions in {path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no file of golden questions ({error!r}). tests/golden/README.md shows the format.") from error
    corpus = data.get("corpus")
    return (_corpus_of(path, corpus) if corpus else None), questions


def _corpus_of(path: Path, corpus: str) -> Path:
    """The folder that a file of questions names, seen from the project's folder: the nearest above the file that has it."""
    for above in path.resolve().parents:
        if (above / corpus).is_dir():
            return above / corpus
    raise UserError(f"{path} is about {corpus}, but no folder above the file has that. Keep it in the project's tests/golden.")


def normalise(text: str) -> str:
    """Text so that spellings that mean the same are the same: case, white space, dashes, quotes, Markdown's escapes.

    >>> normalise("3.40\\u00a0m \\u2013 “boat”")
    '3.40 m - "boat"'
    """
    text = unicodedata.normalize("NFKC", text).replace("\\", "")
    text = re.sub("[\u2010-\u2015\u2212]", "-", text)
    text = re.sub("[“”„]", '"', re.sub("[‘’]", "'", text))
    return " ".join(text.lower().split())


def holds(text: str, group: Sequence[str]) -> bool:
    """Whether a text has one of the alternatives; one that starts with `re:` is a regular expression."""
    plain = normalise(text)
    for alternative in group:
        if alternative.startswith("re:"):
            if re.search(alternative[3:], plain, re.I):
                return True
        elif _found(normalise(alternative), plain):
            return True
    return False


def _found(wanted: str, text: str) -> bool:
    """A figure does not count inside a longer one: 5% is not in 15%."""
    before = r"(?<![\d.,])" if wanted[:1].isdigit() else ""
    after = r"(?![\d]|[.,]\d)" if wanted[-1:].isdigit() else ""
    return re.search(before + re.escape(wanted) + after, text) is not None


def evaluate(assistant: Assistant, questions: Iterable[Golden], *, methods: Sequence[str] = METHODS) -> list[Outcome]:
    """Ask every question; earlier turns are asked first, and their answers become the history."""
    return [_outcome(assistant, question, methods) for question in questions]


def _outcome(assistant: Assistant, golden: Golden, methods: Sequence[str]) -> Outcome:
    history: list[tuple[str, str]] = []
    for earlier in golden.history:
        history.append((earlier, assistant.answer(earlier, history=history, as_of=golden.as_of).text))
    started = time.perf_counter()
    try:
        answer = assistant.answer(golden.ask, history=history, as_of=golden.as_of)
    except QuestionError as error:  # told so, in one sentence, instead of answered
        answer = Answer(golden.ask, golden.ask, "declined", str(error))
    seconds = time.perf_counter() - started
    ranks: dict[str, int | None] = {}
    gains: dict[str, float] = {}
    if golden.status == "answered":
        asked = golden.standalone or answer.standalone_question
        for method in methods:
            hits = assistant.index.search(asked, limit=10, method=method)
            ranks[method] = facts_rank(golden.facts, hits)
            gains[method] = ndcg(golden.facts, hits)
    by_hand = None
    if golden.history and golden.standalone and golden.status == "answered":
        by_hand = is_correct(golden, assistant.answer(golden.standalone, as_of=golden.as_of))
    return Outcome(
        identifier=golden.identifier,
        kind=golden.kind,
        ask=golden.ask,
        expected=golden.status,
        status=answer.status,
        correct=is_correct(golden, answer),
        text=answer.text,
        standalone=answer.standalone_question,
        words=len(re.sub(r"\[\d+\]", "", answer.text).split()),
        seconds=seconds,
        score=answer.score or 0.0,
        valid=all(assistant.library.is_intact(citation) for citation in answer.citations),
        supported=_is_supported(answer, assistant.library),
        kept_apart=golden.is_kept_apart,
        ranks=ranks,
        gains=gains,
        by_hand=by_hand,
    )


def is_correct(golden: Golden, answer: Answer) -> bool:
    """All facts in at most five sentences; for a question that cannot be answered, declined or partial."""
    if golden.status == "declined":
        return answer.status in ("declined", "partial")
    text = " ".join(sentence.text for sentence in answer.sentences[:5])
    return answer.status != "declined" and all(holds(text, group) for group in golden.facts)


def _is_supported(answer: Answer, library: Library) -> bool:
    from assistant.citations import reading_of

    documents = {citation.number: library.document(citation.document_id) for citation in answer.citations}
    quotes = {citation.number: reading_of(citation, document) for citation in answer.citations if (document := documents[citation.number])}
    if answer.mode != "quoted":
        return all(sentence.citations for sentence in answer.sentences)
    return all(any(sentence.text in quotes.get(number, "") for number in sentence.citations) for sentence in answer.sentences)


def facts_rank(facts: Sequence[Sequence[str]], hits: Sequence[Hit]) -> int | None:
    """How many hits, from the first, hold all facts between them; None when all of them do not."""
    text = ""
    for rank, hit in enumerate(hits, start=1):
        text += f" {hit.text}"
        if all(holds(text, group) for group in facts):
            return rank
    return None


def ndcg(facts: Sequence[Sequence[str]], hits: Sequence[Hit], *, depth: int = 10) -> float:
    """nDCG of the hits, where a hit's gain is the share of the facts it holds and the ideal is one hit with all, first."""
    gains = [sum(holds(hit.text, group) for group in facts) / max(1, len(facts)) for hit in hits[:depth]]
    gain = _discounted(gains)
    ideal = _discounted(sorted(gains, reverse=True))
    return gain / max(ideal, 1.0) if hits else 0.0


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def area_under_curve(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The chance that a score of `positive` lies above one of `negative`; ties count half."""
    if not positive or not negative:
        return None
    wins = sum((high > low) + 0.5 * (high == low) for high in positive for low in negative)
    return wins / (len(positive) * len(negative))


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of a set of outcomes, shares between 0 and 1."""
    answerable = [item for item in outcomes if item.expected == "answered"]
    unanswerable = [item for item in outcomes if item.expected == "declined"]
    follow_ups = [item for item in answerable if item.by_hand is not None]
    data: dict[str, Any] = {
        "questions": len(outcomes),
        "answerable": len(answerable),
        "correct": _share(item.correct for item in answerable),
        "refused": _share(item.status == "declined" for item in answerable),
        "declined": _share(item.correct for item in unanswerable),
        "separation": area_under_curve([item.score for item in answerable], [item.score for item in unanswerable]),
        "citations valid": _share(item.valid for item in outcomes),
        "citations support": _share(item.supported for item in outcomes),
        "words": statistics.median([item.words for item in answerable]) if answerable else None,
        "follow-ups kept": _ratio(sum(item.correct for item in follow_ups if item.by_hand), sum(bool(item.by_hand) for item in follow_ups)),
    }
    for method in METHODS:
        ranks = [item.ranks[method] for item in answerable if method in item.ranks]
        if ranks:
            data[f"{method} hit@1/3/5/10"] = [
                round(_ratio(sum(rank is not None and rank <= depth for rank in ranks), len(ranks)) or 0, 4) for depth in (1, 3, 5, 10)
            ]
            data[f"{method} MRR@10"] = sum(1 / rank for rank in ranks if rank) / len(ranks)
            data[f"{method} nDCG@10"] = statistics.fmean(item.gains[method] for item in answerable if method in item.gains)
    times = sorted(item.seconds for item in outcomes)
    if times:
        data["p50 ms"] = 1000 * times[len(times) // 2]
        data["p95 ms"] = 1000 * times[min(len(times) - 1, int(len(times) * 0.95))]
    return data


def _share(values: Iterable[bool]) -> float | None:
    items = list(values)
    return sum(items) / len(items) if items else None


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Figures in all, of the two parts, and per kind of question."""
    kinds = sorted({item.kind for item in outcomes})
    return {
        "all": figures(outcomes),
        "tuned on": figures([item for item in outcomes if not item.kept_apart]),
        "kept apart": figures([item for item in outcomes if item.kept_apart]),
        "kinds": {kind: figures([item for item in outcomes if item.kind == kind]) for kind in kinds},
    }


def agreement(one: Sequence[Outcome], other: Sequence[Outcome]) -> float | None:
    """The share of questions that came out alike in two runs: the same status, and right or wrong in both."""
    seconds = {item.identifier: item for item in other}
    pairs = [(item, seconds[item.identifier]) for item in one if item.identifier in seconds]
    return _share(first.status == second.status and first.correct == second.correct for first, second in pairs)


def changed(before: Sequence[Mapping[str, Any]], now: Sequence[Outcome]) -> list[str]:
    """The questions whose outcome is another than before, one line each."""
    earlier = {item["identifier"]: item for item in before}
    lines = []
    for item in now:
        old = earlier.get(item.identifier)
        if old and old["correct"] != item.correct:
            lines.append(f"{'better' if item.correct else 'WORSE'} {item.identifier}: {item.ask} ({old['status']} → {item.status})")
    return lines


def save(outcomes: Sequence[Outcome], path: Path) -> None:
    """Keep a run, to compare the next one with."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(item) for item in outcomes], ensure_ascii=False, indent=1), encoding="utf-8")


def table(data: Mapping[str, Any]) -> str:
    """A report as text, one line a figure."""
    columns = ["all", "tuned on", "kept apart"]
    rows = [["", *columns]]
    for name in data["all"]:
        rows.append([name, *(_cell(data[column].get(name)) for column in columns)])
    rows.append([""])
    rows.append(["kind", "questions", "correct", "refused", "declined"])
    for kind, values in data["kinds"].items():
        rows.append([kind, *(_cell(values[name]) for name in ("questions", "correct", "refused", "declined"))])
    widths = [max((len(row[place]) for row in rows if place < len(row)), default=0) for place in range(5)]
    return "\n".join("  ".join(cell.ljust(widths[place]) for place, cell in enumerate(row)).rstrip() for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return " ".join(f"{item:.3f}" for item in value)
    return f"{value:.3f}" if isinstance(value, float) and value < 2 else f"{value:.0f}" if isinstance(value, float) else str(value)


def golden_from_feedback(path: Path) -> str:
    """The page's feedback, JSON lines, as golden questions to be completed by hand: TOML with one entry for each question complained of."""
    entries = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            if item["verdict"] == "good":
                continue
            question, reason = str(item["question"]), str(item.get("reason") or "").replace("_", " ")
        except (ValueError, KeyError, AttributeError) as error:
            raise UserError(f"{path}:{number} is no line of feedback ({error!r}).") from error
        identifier = hashlib.sha256(question.encode()).hexdigest()[:8]
        wanted = 'status = "declined"' if reason == "not supported" else 'status = "answered"\nfacts = []  # what a right answer has to hold'
        head = f'[[question]]\nid = "feedback-{identifier}"  # {reason or "no reason given"}\nask = {json.dumps(question, ensure_ascii=False)}'
        entries.append(f'{head}\nkind = "feedback"\n{wanted}\n')
    return "\n".join(dict.fromkeys(entries))
