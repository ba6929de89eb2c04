"""The corpus is sound: the checker finds nothing in it, and finds each kind of fault in a corpus that has one."""

from __future__ import annotations

import re

import pytest
from stand_ins import write_corpus

from index import CorpusError
from index.check import check_corpus
from index.configuration import read_configuration
from index.documents import read_documents
from index.sentences import sentence_spans

CONFIGURATION = '[publishers]\n"port.example" = "Port of Ellen"\n'

FIELDS = {
    "title": "Harbour dues",
    "kind": "brief",
    "topic": "sea",
    "publisher": "Port Press",
    "author": "Port Press",
    "published": "2025-01-01",
    "as_of": "2025-01-01",
    "status": "in force",
    "jurisdiction": "Port Ellen",
    "authority": "regulation",
}
BODY = """# Harbour dues

## Boats

In Port Ellen, a boat pays $12 a night in 2025.[^dues] In Port Ellen, engines are off after 10 pm.[^dues]

[^dues]: Port of Ellen, Harbour dues, 2025-01-01, https://port.example/dues
"""


def brief(body: str = BODY, **fields: str | None) -> str:
    front = "".join(f"{name}: {value}\n" for name, value in {**FIELDS, **fields}.items() if value is not None)
    return f"---\n{front}---\n\n{body}"


def faults_of(folder, **files: str) -> list[str]:
    names = {name.replace("__", "/") + ".md": text for name, text in files.items()}
    write_corpus(folder, {"corpus.toml": CONFIGURATION, **names})
    return [str(fault) for fault in check_corpus(folder)]


def test_real_corpus_has_no_fault(real_settings):
    assert [str(fault) for fault in check_corpus(real_settings.corpus)] == []


def test_real_corpus_is_as_large_as_it_says(real_settings):
    """About 30 briefs or more, with 350 sourced sentences or more."""
    briefs = [document for document in read_documents(real_settings.corpus) if document.kind == "brief"]
    sourced = sum(len({note.position for note in document.notes}) for document in briefs)
    assert len(briefs) >= 30
    assert sourced >= 350


def test_article_is_marked_as_what_it_is(real_settings):
    (article,) = (document for document in read_documents(real_settings.corpus) if document.kind == "article")
    assert (article.publisher, article.validity.published, article.validity.status) == ("AInvest", "2025-12-03", "reported")
    assert "Marion Ledger" in str(article.author)
    paragraphs = [line for line in article.text.split("\n") if line]
    assert len(paragraphs) == len(set(paragraphs)), "no paragraph stands there twice"
    assert all(not line.startswith((",", ".")) for line in paragraphs), "no remnant of a link is left"


def test_example_questions_are_there(real_settings):
    assert len(read_configuration(real_settings.corpus).examples) >= 4


def test_sound_corpus_has_no_fault(tmp_path):
    assert faults_of(tmp_path, sea__dues=brief()) == []


@pytest.mark.parametrize("field", ["kind", "topic", "publisher", "author", "published", "as_of", "status", "jurisdiction", "authority"])
def test_missing_field_is_found(tmp_path, field):
    assert any(f"front matter lacks {field}" in fault for fault in faults_of(tmp_path, dues=brief(**{field: None})))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"published": "last week"}, "published is 'last week'; write a day as YYYY-MM-DD"),
        ({"published": "2025-02-30"}, "a day that does not exist"),
        ({"status": "valid"}, "status is 'valid'; use one of"),
        ({"title": "[a, list]"}, "title must be text"),
        ({"effective_from": "2025-02-01", "effective_until": "2025-01-01"}, "lies before effective_from"),
        ({"supersedes": "[sea/lost.md]"}, "supersedes 'sea/lost.md', which is no document or heading"),
        ({"sections": "{Ships: {status: repealed}}"}, "sections names 'Ships', which is no heading"),
    ],
    ids=["no date", "no such day", "no such status", "no text", "end before beginning", "supersedes nothing", "no such heading"],
)
def test_ill_typed_field_is_found(tmp_path, fields, says):
    (fault,) = faults_of(tmp_path, dues=brief(**fields))
    assert says in fault
    assert re.search(r"dues\.md:\d+: ", fault)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("engines are off after 10 pm.[^dues]", "engines are off after 10 pm.", "a sentence has no source right behind it: 'In Port Ellen, engines"),
        ("in 2025.[^dues]", "in 2025.[^lost]", "footnote [^lost] leads nowhere"),
        ("\n[^dues]:", "\n[^spare]: Port of Ellen, Plan, 2024\n[^dues]:", "footnote [^spare] is defined but no sentence uses it"),
        ("\n[^dues]:", "\n[^dues]: Port of Ellen, Plan, 2024\n[^dues]:", "footnote [^dues] is defined more than once"),
        ("https://port.example/dues", "https://repost.example/dues", "repost.example is not listed under [publishers]"),
        ("Port of Ellen, Harbour dues, 2025-01-01, https", "https", "must name publisher, title or citation, and date"),
        ("In Port Ellen, engines", "It also says that engines", "a sentence points out of itself"),
        ("## Boats", "| a | b |\n|---|---|\n| 1 | 2 |", "a row block has no place in a brief"),
        ("# Harbour dues\n", "", "the text must begin with its title as a heading"),
    ],
    ids=["no source", "loose mark", "unused footnote", "footnote twice", "repost", "nameless source", "points out", "table", "no heading"],
)
def test_fault_of_the_text_is_found(tmp_path, old, new, says):
    assert BODY.count(old) == 1
    assert any(says in fault for fault in faults_of(tmp_path, dues=brief(BODY.replace(old, new))))


def test_duplicate_id_is_found(tmp_path):
    """Two names that are one on systems which ignore case."""
    faults = faults_of(tmp_path, dues=brief(), Dues=brief())
    if len(list(tmp_path.glob("*.md"))) < 2:
        pytest.skip("this file system itself ignores case")
    assert any("has the same id as" in fault for fault in faults)


def test_circle_of_supersessions_is_found(tmp_path):
    faults = faults_of(tmp_path, one=brief(supersedes="[two.md]"), two=brief(supersedes="[three.md]"), three=brief(supersedes="[one.md]"))
    assert [fault for fault in faults if "supersedes itself in a circle" in fault]


def test_line_of_supersessions_is_fine(tmp_path):
    assert faults_of(tmp_path, one=brief(supersedes="[two.md]"), two=brief(supersedes="[three.md]"), three=brief()) == []


def test_unreadable_document_does_not_hide_the_faults_of_others(tmp_path):
    faults = faults_of(tmp_path, broken="---\ntitle: [\n---\n", dues=brief(status=None))
    assert len(faults) == 2


def test_missing_corpus_is_no_sound_corpus(tmp_path):
    with pytest.raises(CorpusError):
        check_corpus(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("See 90 Fed. Reg. 56438. It is a proposal.", 2),
        ("The rule of Dec. 5, 2025 applies. No. 3 is open.", 2),
        ("He lives in the U.S. The next one does not.", 2),
        ("“It is done.” The port said so.", 2),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text, count):
    assert len(sentence_spans(text)) == count
