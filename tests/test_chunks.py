"""Chunks are spans of their document, hold all its words, and are never too long."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_ins import WordEmbeddings

from index import read_documents
from index.chunks import split
from index.documents import assemble, clean
from index.outline import outline
from index.sentences import sentence_spans

count_words = WordEmbeddings().count_tokens

_words = st.lists(
    st.sampled_from("whales sing and dance in U.S. waters; No. 5 of 49 CFR 531 pays 2.5% — i.e. $12, at Dr. Gull's\u00a0pier é".split()), min_size=1
)
_sentence = st.builds(lambda words, end: " ".join(words) + end, _words, st.sampled_from([".", "?", "!", "", ".”", ":"]))
_paragraph = st.lists(_sentence, min_size=1, max_size=4).map(" ".join)
_block = st.one_of(
    _paragraph,
    _paragraph.map(lambda text: f"- {text}\n- {text}"),
    _paragraph.map(lambda text: f"> {text}"),
    st.integers(1, 4).flatmap(lambda level: _words.map(lambda words: f"{'#' * level} {' '.join(words)}")),
    st.just("| a | b |\n|---|---|\n| one | two |"),
    st.just("```\ncode stays whole\n```"),
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40),
)
markdown = st.lists(_block, min_size=1, max_size=8).map("\n\n".join)


@given(text=markdown, size=st.integers(3, 60))
def test_chunks_are_spans_that_cover_all_words_within_the_size(text, size):
    document = assemble(Path("a.md"), "a.md", clean(text), {})
    chunks = list(split(document, size=size, count_tokens=count_words))
    position = 0
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.start >= position, "chunks stand in order and do not overlap"
        assert sum(count_words([document.text[start:end] for start, end in chunk.sentences])) <= size
        assert chunk.start == chunk.sentences[0][0]
        assert chunk.end == chunk.sentences[-1][1]
        assert chunk.section.start <= chunk.start
        assert chunk.end <= chunk.section.end
        position = chunk.end
    inside = {place for chunk in chunks for start, end in chunk.sentences for place in range(start, end)}
    assert not {word for word in re.finditer(r"\w+", document.text) if word.start() not in inside | _furniture(document.text)}


def _furniture(text: str) -> set[int]:
    """The places of what is marked up but not said: headings, the fences of code, the numbers of a list."""
    headings = [(block.start, block.end) for block in outline(text) if block.kind == "heading"]
    marks = [match.span() for match in re.finditer(r"<[^<>]*>|!?\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])", text)]
    marks += [match.span() for match in re.finditer(r"^(?:[ \t>*+-]|\d{1,9}[.)](?=\s|\Z))*(?:(?:`{3,}|~{3,}).*)?", text, re.M)]
    return {place for start, end in headings + marks for place in range(start, end)}


def test_chunk_never_crosses_a_heading(tmp_path):
    document = assemble(Path("a.md"), "a.md", "# A\n\nOne. Two.\n\n## B\n\nThree.\n", {})
    chunks = list(split(document, size=100, count_tokens=count_words))
    assert [(chunk.text, chunk.section.headings) for chunk in chunks] == [("One. Two.", ("A",)), ("Three.", ("A", "B"))]


def test_what_stands_in_a_box_is_prose():
    text = '!!! warning "Ice"\n    The lock is closed.\n\n    It opens in May.\n\n> [!NOTE]\n> Bring a lamp.\n\n:::tip\nCome early.\n:::\n'
    chunks = split(assemble(Path("a.md"), "a.md", text, {}), size=100, count_tokens=count_words)
    sentences = [text[start:end] for chunk in chunks for start, end in chunk.sentences]
    assert sentences == ["The lock is closed.", "It opens in May.", "Bring a lamp.", "Come early."]


def test_sentence_that_is_too_long_is_cut_at_white_space():
    document = assemble(Path("a.md"), "a.md", " ".join(f"word{number}" for number in range(25)) + ".\n", {})
    chunks = list(split(document, size=10, count_tokens=count_words))
    assert [len(chunk.text.split()) for chunk in chunks] == [10, 10, 5]


def test_pictures_and_tags_alone_are_no_sentences():
    badges = "[![build](https://ci.example/b.svg)](https://ci.example) [![](cover.svg)][cover]"
    text = f'# Gull\n\n{badges}\n\n<p align="center">\n<img src="gull.png" alt="a gull">\n</p>\n\nGull sends mail.\n\n![how it works](a.png)\n'
    chunks = split(assemble(Path("a.md"), "a.md", text, {}), size=60, count_tokens=count_words)
    assert [chunk.text for chunk in chunks] == ["Gull sends mail."]


def test_label_stays_with_the_sentence_after_it():
    text = "**Aim.** One two three four.\n\n**Outcome.** Five six seven eight.\n"
    chunks = split(assemble(Path("a.md"), "a.md", text, {}), size=6, count_tokens=count_words)
    assert [chunk.text for chunk in chunks] == ["**Aim.** One two three four.", "**Outcome.** Five six seven eight."]


@pytest.mark.parametrize(
    "text",
    [
        "See 90 Fed. Reg. 56438 (Dec. 5, 2025). The rule is proposed.",
        "The U.S. District Court decided No. 25-1812. The ruling was stayed.",
        "Dr. A. B. Smith, Jr. wrote it. Others read it.",
        "It costs approx. $3.50 vs. $4.20. Prices rise.",
    ],
)
def test_abbreviation_does_not_end_a_sentence(text):
    document = assemble(Path("a.md"), "a.md", text + "\n", {})
    (chunk,) = split(document, size=100, count_tokens=count_words)
    assert len(chunk.sentences) == 2


def test_passages_of_the_real_corpus_fit_the_model(real_settings, embeddings):
    """The model reads 256 tokens, of which the title and the headings take a few."""
    chunks = [chunk for document in read_documents(real_settings.corpus)
              for chunk in split(document, size=real_settings.chunk_size, count_tokens=embeddings.count_tokens)]  # fmt: skip
    assert max(embeddings.count_tokens([f"{chunk.context}\n{chunk.text}" for chunk in chunks])) <= 254


def test_long_paragraph_is_cut_at_the_same_sentences_as_its_parts():
    """A file without empty lines is one paragraph; the splitter sees it in windows."""
    part = "Dr. Gull pays $12.50 a night to the U.S. port at Ellen. It is due by 5 p.m. on Jan. 3, 2025. "
    spans = sentence_spans(part)
    assert sentence_spans(part * 200) == [(start + turn * len(part), end + turn * len(part)) for turn in range(200) for start, end in spans]
