"""Check a curated corpus: is every document well formed, is every sentence sourced, does every address belong to its publisher?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from index.configuration import Configuration, read_configuration
from index.contradictions import contradictions
from index.disagreements import faults_of, read_disagreements
from index.documents import Document, document_paths, read_document
from index.errors import DocumentError
from index.outline import line_number, outline
from index.sentences import sentence_spans

REQUIRED = ("title", "kind", "topic", "publisher", "author", "published", "status", "jurisdiction", "authority")
SOURCED_KINDS = ("brief", "table")

_POINTS_OUT = re.compile(r"(?:It|Its|This|These|Those|They|Their|He|His|She|However|Also|Therefore|Moreover|Furthermore|Such)\b")


def check_corpus(corpus: Path) -> list[DocumentError]:
    """Every fault of a curated corpus, in the order of its files. An empty list is a sound corpus.

    Raises CorpusError when there is no corpus to check.
    """
    configuration = read_configuration(corpus)
    faults: list[DocumentError] = []
    documents: list[tuple[Path, Document]] = []
    for path in document_paths(corpus, exclude=configuration.exclude):
        try:
            documents.append((path, read_document(path, corpus)))
        except DocumentError as error:
            faults.append(error)
    seen: dict[str, Path] = {}
    for path, document in documents:
        faults += check_document(document, path, configuration)
        twin = seen.setdefault(document.document_id.casefold(), path)
        if twin != path:
            faults.append(DocumentError(path, f"has the same id as {twin} on systems that ignore case. Rename one."))
    faults += contradictions([document for _, document in documents], corpus)
    try:
        faults += faults_of(read_disagreements(corpus), {document.document_id: document for _, document in documents}, corpus)
    except DocumentError as error:
        faults.append(error)
    return faults


def check_document(document: Document, path: Path, configuration: Configuration) -> Iterator[DocumentError]:
    """The faults of one document: front matter, unsourced or dangling sentences, loose footnotes, addresses of reposts."""
    values = {name: getattr(document, name, None) or getattr(document.validity, name, None) for name in REQUIRED}
    values["title"] = document.title
    for name in REQUIRED if document.kind in SOURCED_KINDS or document.kind is None else REQUIRED[:6]:
        if not values[name]:
            yield DocumentError(path, f"front matter lacks {name}. corpus/README.md lists the fields.", 1)
    if document.kind in SOURCED_KINDS and not document.validity.as_of:
        yield DocumentError(path, "front matter lacks as_of, the newest day the facts are good for.", 1)
    if not document.text.startswith("# ") and document.kind in SOURCED_KINDS:
        yield DocumentError(path, "the text must begin with its title as a heading: # Title", 1)

    yield from _check_marks(path)
    for note in document.notes:
        host = (urlsplit(note.source.url).hostname or "").removeprefix("www.") if note.source.url else ""
        if host and host not in configuration.publishers and not host.endswith((".gov", ".mil", ".go.jp")):
            yield DocumentError(path, f"footnote [^{note.label}]: {host} is not listed under [publishers] in corpus.toml. "
                                "Give the publisher's own address, or name the publication without one.")  # fmt: skip
        if len(note.source.text) < 8 or "," not in note.source.text:
            yield DocumentError(path, f"footnote [^{note.label}] must name publisher, title or citation, and date.")
    if document.kind in SOURCED_KINDS:
        yield from _check_sentences(document, path)


def _check_marks(path: Path) -> Iterator[DocumentError]:
    if path.suffix != ".md":
        return
    raw = path.read_text(encoding="utf-8")
    body = re.sub(r"^\[\^[^\]\s]+\]:.*$", "", raw, flags=re.M)
    defined = re.findall(r"^\[\^([^\]\s]+)\]:", raw, re.M)
    used = set(re.findall(r"\[\^([^\]\s]+)\]", body))
    for label in sorted(used - set(defined)):
        yield DocumentError(path, f"footnote [^{label}] leads nowhere. Write its definition at the end of the file.",
                            line_number(raw, raw.index(f"[^{label}]")))  # fmt: skip
    for label in sorted(set(defined) - used):
        yield DocumentError(path, f"footnote [^{label}] is defined but no sentence uses it.", line_number(raw, raw.index(f"[^{label}]:")))
    for label in sorted({label for label in defined if defined.count(label) > 1}):
        yield DocumentError(path, f"footnote [^{label}] is defined more than once.", line_number(raw, raw.index(f"[^{label}]:")))


def _check_sentences(document: Document, path: Path) -> Iterator[DocumentError]:
    for block in outline(document.text):
        if block.kind == "heading":
            continue
        if block.kind != "prose":
            yield DocumentError(path, f"a {block.kind} block has no place in a {document.kind}: {document.text[block.start : block.start + 60]!r}")
            continue
        prose = document.text[block.start : block.end]
        for start, end in sentence_spans(prose):
            sentence = prose[start:end]
            if not any(note.position == block.start + end for note in document.notes):
                yield DocumentError(path, f"a sentence has no source right behind it: {sentence[:90]!r}")
            elif _POINTS_OUT.match(sentence):
                yield DocumentError(path, f"a sentence points out of itself; name its subject: {sentence[:90]!r}")
