"""What a rebuild changes: the golden questions of a corpus, answered by the new index and compared with the answers of the old one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index import Embeddings, IndexDamaged, IndexMissing, IndexSettings, UserError
from index.build import AnswerChange
from index.manifest import Manifest
from index.place import place_of

if TYPE_CHECKING:
    from assistant.evaluate import Golden

GOLDEN = "golden.toml"  # of a corpus; tests/golden/README.md tells its format
ANSWERS = "answers.json"  # of a generation: how its golden questions were answered when it was built

Answers = dict[str, dict[str, Any]]  # by the question's id


def review(settings: IndexSettings, embeddings: Embeddings, folder: Path, keep: bool) -> tuple[AnswerChange, ...]:
    """The golden questions that the generation in `folder` answers differently from the one that serves.

    Its own answers are kept in the folder, for the next comparison. Nothing is compared where the corpus has no golden questions, or the
    generation that serves kept no answers. Raises UserError with `keep` when an answer with all its facts would be lost.
    """
    path = settings.corpus / GOLDEN
    if not path.is_file():
        return ()
    from assistant.evaluate import read_golden  # most corpora have no golden questions and need nothing loaded to answer them

    _, questions = read_golden(path)
    manifest = Manifest.load(folder)
    now = {
        "documents": {name: state.file_sha256 for name, state in manifest.documents.items()},
        "answers": _answers(settings, embeddings, folder, questions),
    }
    (folder / ANSWERS).write_text(json.dumps(now, ensure_ascii=False, indent=1), encoding="utf-8")
    before = _kept(settings)
    changes = tuple(_changes(before, now)) if before else ()
    lost = [change for change in changes if change.outcome == "lost"]
    if keep and lost:
        named = "; ".join(f"{change.question} ({', '.join(change.documents) or 'no document'})" for change in lost)
        count = f"{len(lost)} answer{'s' if len(lost) > 1 else ''}"
        raise UserError(f"The rebuild would lose {count}, so the old index still serves: {named}. Mend the documents, or leave out --keep-answers.")
    return changes


def _answers(settings: IndexSettings, embeddings: Embeddings, folder: Path, questions: Iterable[Golden]) -> Answers:
    from assistant.assistant import Assistant
    from assistant.evaluate import is_correct
    from index import Index

    index = Index(settings, folder, Manifest.load(folder), embeddings)
    index.is_pinned = True
    with closing(index.store):
        assistant = Assistant(index)
        found: Answers = {}
        for golden in questions:
            answer = assistant.answer(golden.ask, as_of=golden.as_of)
            found[golden.identifier] = {
                "question": f"{golden.ask} (as of {golden.as_of})" if golden.as_of else golden.ask,
                "status": answer.status,
                "correct": is_correct(golden, answer),
                "text": " ".join(sentence.text for sentence in answer.sentences) or answer.text,
                "documents": sorted({citation.document_id for citation in answer.citations}),
            }
    return found


def _kept(settings: IndexSettings) -> Mapping[str, Any] | None:
    """What the generation that serves kept; None when it kept nothing that can be read."""
    try:
        kept: Mapping[str, Any] = json.loads((place_of(settings).current() / ANSWERS).read_text(encoding="utf-8"))
        return kept
    except (IndexMissing, IndexDamaged, OSError, ValueError):
        return None


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterable[AnswerChange]:
    earlier, later = before["documents"], now["documents"]
    edited = {name for name in {*earlier, *later} if earlier.get(name) != later.get(name)}
    for identifier, after in now["answers"].items():
        old = before["answers"].get(identifier)
        if old is None or (old["text"] == after["text"] and old["status"] == after["status"] and old["correct"] == after["correct"]):
            continue
        outcome = "changed" if old["correct"] == after["correct"] else "gained" if after["correct"] else "lost"
        cited = {*old["documents"], *after["documents"]} & edited
        yield AnswerChange(after["question"], outcome, _shown(old), _shown(after), tuple(sorted(cited or edited)[:5]))


def _shown(answer: Mapping[str, Any]) -> str:
    return str(answer["text"]) if answer["status"] == "answered" else f"[{answer['status']}] {answer['text']}"
