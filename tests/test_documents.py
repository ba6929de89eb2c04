"""Files become Documents: text cleaned, footnotes taken off, front matter checked, sections with their own validity."""

from __future__ import annotations

from pathlib import Path

import pytest
from stand_ins import write_corpus

from index import CorpusError, Document, DocumentError, read_document, read_documents
from index.configuration import read_configuration
from index.documents import clean, decode, document_paths


def read(folder: Path, name: str, text: str | bytes) -> Document:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_document(path, folder)


def test_id_is_the_path_inside_the_corpus(tmp_path):
    assert read(tmp_path, "sea/birds/gull.md", "# Gulls\n\nGulls eat.\n").document_id == "sea/birds/gull.md"


def test_footnote_marks_leave_the_text_and_keep_their_place(tmp_path):
    document = read(tmp_path, "a.md", "# Dues\n\nShips pay $5.[^law] Boats pay nothing.[^law][^port]\n\n"
                    "[^law]: Parliament, Harbour Act, 1851, https://laws.example/1851\n[^port]: Port, tariff, 2025\n")  # fmt: skip
    assert document.text == "# Dues\n\nShips pay $5. Boats pay nothing.\n"
    start = document.text.index("Ships")
    end = document.text.index(" Boats")
    assert [source.url for source in document.sources_in(start, end)] == ["https://laws.example/1851"]
    assert [source.text for source in document.sources_in(end, len(document.text))] == ["Parliament, Harbour Act, 1851", "Port, tariff, 2025"]


def test_footnote_that_leads_nowhere_stays_in_the_text(tmp_path):
    assert "[^x]" in read(tmp_path, "a.md", "One.[^x] Two.[^y]\n\n[^y]: Press, note, 2020\n").text


def test_section_overrides_validity_and_subheadings_inherit_it(tmp_path):
    document = read(tmp_path, "law.md", '---\ntitle: Dues\nstatus: in force\nsections:\n  "Before 1900":\n    status: repealed\n'
                    "    effective_until: 1899-12-31\n---\n\n# Due\n\nA.\n\n## Before 1900\n\nB.\n\n### Boats\n\nC.\n\n## Today\n\nD.\n")  # fmt: skip
    status = {letter: document.section_at(document.text.index(f"\n{letter}.")).validity.status for letter in "ABCD"}
    assert status == {"A": "in force", "B": "repealed", "C": "repealed", "D": "in force"}
    assert document.section_at(document.text.index("C.")).headings == ("Due", "Before 1900", "Boats")


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.md", "---\ntitle: From front matter\n---\n# Heading\n\nText.\n", "From front matter"),
        ("a.md", "# Heading\n\nText.\n", "Heading"),
        ("a.txt", "First line\n\nText.\n", "First line"),
        ("harbour_fees-2025.md", "A sentence that ends like one, with a full stop.\n", "harbour fees 2025"),
    ],
    ids=["front matter", "heading", "first line", "file name"],
)
def test_title_comes_from(tmp_path, name, text, title):
    assert read(tmp_path, name, text).title == title


def test_table_row_becomes_one_sentence(tmp_path):
    document = read(tmp_path, "lamps.csv", "lamp,year\nOil lamp,1854\nElectric lamp,1931\n")
    assert "lamp: Oil lamp; year: 1854." in document.text
    assert [row["year"] for row in document.rows] == ["1854", "1931"]


def test_table_row_brings_its_own_source_and_dates(tmp_path):
    (tmp_path / "duty.csv.yaml").write_text("title: Duty\nkind: table\nstatus: background\n")
    document = read(tmp_path, "duty.csv", "sentence,source,url,status,effective_from,effective_until\n"
                    "The duty was 5% in 1900.,Customs duty list 1900,https://customs.example/1900,repealed,1900-01-01,1900-12-31\n"
                    "The duty is 7% today.,Customs duty list 2025,,in force,1901-01-01,\n")  # fmt: skip
    first, second = (document.text.index(text) for text in ("The duty was", "The duty is"))
    assert document.section_at(first).validity.status == "repealed"
    assert document.section_at(second).validity.effective_from == "1901-01-01"
    assert document.sources_in(first, second - 1)[0].url == "https://customs.example/1900"


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [("a<!-- obey me -->b", "ab"), ("a\u200bb", "ab"), ("a\x07b", "ab"), ("a\u202eb", "ab"), ("a\r\nb", "a\nb"), ("e\u0301", "é")],
    ids=["comment", "zero width", "control", "direction", "line end", "accent"],
)
def test_cleaning_leaves_what_a_reader_sees(hidden, shown):
    assert clean(hidden) == shown + "\n"


def test_other_encodings_are_read(tmp_path):
    assert "Zölle" in read(tmp_path, "a.txt", "Die Zölle für große Schiffe heißen Tonnengelder und sind jährlich fällig.".encode("cp1252")).text
    assert "Zölle" in decode("\ufeffZölle".encode(), Path("a.txt"))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.md", b"\x89PNG\r\n\x00\x00\x00data", "is not text"),
        ("a.md", b"", "is empty"),
        ("a.txt", b" \n\n", "is empty"),
        ("a.csv", b"only,a,header\n", "has no rows"),
        ("a.md", b"---\ntitle: [broken\n---\n\nText.\n", "front matter is no YAML"),
        ("a.md", b"---\npublished: soon\n---\n\nText.\n", "published is 'soon'; write a day as YYYY-MM-DD"),
        ("a.md", b"---\nstatus: maybe\n---\n\nText.\n", "status is 'maybe'; use one of in force"),
        ("a.md", b"---\ntitle: 7\n---\n\nText.\n", "title must be text"),
        ("a.md", b"---\nsupersedes: 7\n---\n\nText.\n", "supersedes must be a list"),
        ("a.md", b"---\nsections:\n  Nowhere: {status: final}\n---\n\n# Title\n\nText.\n", "'Nowhere', which is no heading"),
        ("a.md", b"---\neffective_from: 2025-02-01\neffective_until: 2025-01-01\n---\n\nText.\n", "lies before effective_from"),
    ],
)
def test_broken_file_is_named_with_what_to_do(tmp_path, name, content, says):
    with pytest.raises(DocumentError, match=says) as caught:
        read(tmp_path, name, content)
    assert str(tmp_path / name) in str(caught.value)


def test_front_matter_fault_names_its_line(tmp_path):
    with pytest.raises(DocumentError, match=r"a\.md:3: "):
        read(tmp_path, "a.md", "---\ntitle: one\nauthor: two: three\n---\n\nText.\n")


def test_missing_corpus_is_named(tmp_path):
    with pytest.raises(CorpusError, match="No corpus folder at .*nowhere. Name an existing folder with --corpus or KEI_CORPUS"):
        document_paths(tmp_path / "nowhere")


def test_corpus_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CorpusError, match="is a file, not a corpus folder"):
        document_paths(tmp_path / "file")


def test_empty_corpus_says_what_to_put_there(tmp_path):
    (tmp_path / "picture.png").write_bytes(b"x")
    with pytest.raises(CorpusError, match=r"No documents in .*\.md"):
        document_paths(tmp_path)


def test_unreadable_folder_is_named(tmp_path, monkeypatch):
    """Whoever runs the tests as root may read everything, so the refusal is played."""

    def refuse(_folder, onerror):
        onerror(PermissionError(13, "Permission denied", str(tmp_path / "locked")))
        return iter(())

    monkeypatch.setattr("index.documents.os.walk", refuse)
    with pytest.raises(CorpusError, match=r"Cannot read the folder .*locked: Permission denied\. Give read permission"):
        document_paths(tmp_path)


def test_unreadable_file_is_named(tmp_path, monkeypatch):
    def refuse(_self):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "a.md"
    path.write_text("Text.")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DocumentError, match=r"a\.md: cannot be read: Permission denied"):
        read_document(path, tmp_path)


def test_broken_configuration_is_named(tmp_path):
    write_corpus(tmp_path, {"corpus.toml": "title = ", "a.md": "Text.\n"})
    with pytest.raises(CorpusError, match=r"corpus\.toml cannot be read"):
        read_configuration(tmp_path)


def test_excluded_and_hidden_files_are_no_documents(tmp_path):
    write_corpus(tmp_path, {"corpus.toml": 'exclude = ["README.md"]', "README.md": "x", "_draft.md": "x", ".git/a.md": "x", "a.md": "Text.\n"})
    assert [document.document_id for document in read_documents(tmp_path)] == ["a.md"]
