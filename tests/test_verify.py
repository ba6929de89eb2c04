"""An old answer is checked against the files alone: what has changed since is named, what has not is let pass."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answer import Answer, AnswerSentence
from assistant.citations import Library
from assistant.verify import verify
from index import read_document

SENTENCE = "Humpback whales sing for up to 30 minutes."


@pytest.fixture
def answer(small_corpus: Path) -> Answer:
    """What an assistant says of whales, quoting."""
    document = read_document(small_corpus / "sea/whales.md", small_corpus)
    start = document.text.index(SENTENCE)
    citation = Library(small_corpus).cite("sea/whales.md", start, start + len(SENTENCE), number=1, sha256=document.sha256)
    assert citation
    sentences = (AnswerSentence(SENTENCE, (1,)),)
    return Answer("How long?", "How long?", "answered", f"{SENTENCE} [1]", sentences=sentences, citations=(citation,))


def test_answer_whose_documents_are_as_they_were_holds(answer, small_corpus):
    assert verify(Answer.from_dict(answer.to_dict()), small_corpus) == []


def edited(corpus: Path, old: str, new: str) -> None:
    path = corpus / "sea/whales.md"
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda corpus: (corpus / "sea/whales.md").unlink(), "the document is gone"),
        (lambda corpus: edited(corpus, "30 minutes", "20 minutes"), "the quote is no longer in it"),
        (lambda corpus: edited(corpus, "## Song", "## The song"), "the quote stands elsewhere in it"),
        (lambda corpus: edited(corpus, "Only male", "Only old male"), "the quote stands where it stood"),
        (lambda corpus: edited(corpus, "status: background", "status: repealed"), "status was 'background' and is now 'repealed'"),
        (lambda corpus: edited(corpus, "Marine Press", "Ocean Press"), "sources was"),
    ],
    ids=["gone", "other words", "moved", "edited elsewhere", "repealed", "other source"],
)
def test_change_of_a_document_is_named(answer, small_corpus, change, says):
    change(small_corpus)
    (problem,) = verify(answer, small_corpus)
    assert problem.startswith("[1] sea/whales.md: ")
    assert says in problem


@pytest.mark.parametrize(
    ("forge", "says"),
    [
        (lambda answer: replace(answer, text=f"{answer.text} Boats are free. [2]"), "[2] leads to no citation"),
        (lambda answer: replace(answer, citations=(*answer.citations, *answer.citations)), "the same number"),
        (lambda answer: replace(answer, sentences=()), "has no sentences"),
        (lambda answer: replace(answer, text="Boats are free. [1]"), "is not in the answer's text"),
        (lambda answer: replace(answer, text="Free. [1]", sentences=(AnswerSentence("Free.", (1,)),)), "not what its source says"),
        (lambda answer: replace(answer, sentences=(*answer.sentences, AnswerSentence(SENTENCE, ()))), "cites nothing"),
        (lambda answer: replace(answer, complete=False), "not complete"),
        (lambda answer: replace(answer, citations=(replace(answer.citations[0], document_id="../secret.md"),)), "is gone or can no longer be read"),
    ],
    ids=["loose mark", "number twice", "no sentences", "other text", "other sentence", "no source", "growing", "outside"],
)
def test_forged_answer_is_found(answer, small_corpus, forge, says):
    (small_corpus.parent / "secret.md").write_text("Secret.\n")
    assert any(says in problem for problem in verify(forge(answer), small_corpus))


def test_checking_loads_no_model_and_no_index():
    code = "import sys, assistant.verify; print({'onnxruntime', 'chromadb', 'torch', 'tokenizers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent)
    assert done.stdout.strip() == "set()"
