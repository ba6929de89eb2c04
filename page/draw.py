"""Answers, sources and documents as HTML. Everything from outside is escaped here, and only here."""

from __future__ import annotations

import html
import json
import re
import urllib.parse
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from types import MappingProxyType

from assistant import Answer, Citation, prompts
from assistant.history import Step
from assistant.prompts import is_made_from
from index import Document, Hit, Source
from index.outline import Block, outline
from page import texts

LONGEST_KEPT = 30  # characters of a word that its mark stays with

Span = tuple[int, int]
Shelf = Callable[[str], Document | None]  # a document of the corpus by its id, as its file is now


# --- small pieces ----------------------------------------------------------------------------------------------------


def escape(text: object) -> str:
    """Text that HTML shows as it is, in content and in quoted attributes alike.

    >>> escape('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(str(text), quote=True)


def safe_address(address: str | None) -> str | None:
    """The address when a person may follow it: http or https, with a host, and nothing invisible in it.

    >>> safe_address("javascript:alert(1)"), safe_address("https://a.example/x")
    (None, 'https://a.example/x')
    """
    if not isinstance(address, str) or re.search(r"[\s\x00-\x1f\x7f\\]", address):
        return None
    try:
        parts = urllib.parse.urlsplit(address)
        return address if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def link(address: str, label: str) -> str:
    """A link that opens beside the page and tells the other site nothing of it."""
    return (
        f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{escape(label)}'
        f'<span class="visually-hidden"> ({escape(texts.OPENS_NEW_TAB)})</span></a>'
    )


def badge(status: str | None) -> str:
    """A document's or a section's status as a coloured word."""
    if not status:
        return ""
    return f'<span class="badge" data-status="{escape(status)}">{escape(texts.STATUSES.get(status, status))}</span>'


def data(value: object) -> str:
    """JSON that the script of the page reads and nobody sees."""
    return f'<span class="data" hidden>{escape(json.dumps(value, ensure_ascii=False))}</span>'


_INLINE = re.compile(
    r"\\(?P<literal>[!-/:-@\[-`{-~])"
    r"|`(?P<code>[^`\n]+)`"
    r"|\[(?P<label>[^\[\]\n]+)\]\((?P<address>https?://[^\s()]+)\)"
    r"|(?P<fence>\*\*|__)(?=\S)(?P<strong>.+?)(?<=\S)(?P=fence)"
    r"|(?<![\w*])(?P<mark>[*_])(?=\S)(?P<emphasis>[^*_\n]+?)(?<=\S)(?P=mark)(?![\w*])"
    r"|\[(?P<number>\d{1,3})\]"
)


def inline(text: str, citations: Mapping[int, Citation] | None = None) -> str:
    """A run of Markdown as HTML: emphasis, code, links, and [n] as a button where there is a citation n.

    >>> inline("**Yes** <i>")
    '<strong>Yes</strong> &lt;i&gt;'
    """
    pieces: list[str] = []
    done = 0
    for match in _INLINE.finditer(text):
        pieces.append(plain(text[done : match.start()]))
        done = match.end()
        if match["literal"]:
            pieces.append(escape(match["literal"]))
        elif match["code"]:
            pieces.append(f"<code>{escape(match['code'])}</code>")
        elif match["label"]:
            address = safe_address(match["address"])
            pieces.append(link(address, match["label"]) if address else escape(match["label"]))
        elif match["strong"]:
            pieces.append(f"<strong>{inline(match['strong'], citations)}</strong>")
        elif match["emphasis"]:
            pieces.append(f"<em>{inline(match['emphasis'], citations)}</em>")
        else:
            citation = (citations or {}).get(int(match["number"]))
            pieces.append(_with_last_word(pieces, _mark(citation)) if citation else escape(match[0]))
    return "".join(pieces) + plain(text[done:])


def _with_last_word(pieces: list[str], mark: str) -> str:
    """A mark that stays on the line of the word before it, which leaves the pieces."""
    # subtle: a line may break before a button, also after a no-break space
    before = pieces.pop().rstrip("\N{NO-BREAK SPACE} ")
    rest, space, word = before.rpartition(" ")
    if not before or "<" in before or len(word) > LONGEST_KEPT:
        return before + mark
    return f'{rest}{space}<span class="stay">{word}\N{NO-BREAK SPACE}{mark}</span>'


def plain(text: str) -> str:
    """Markdown without marks: its entities (&amp;lt;) say a letter, which is then escaped like any other."""
    return escape(html.unescape(text))


def _mark(citation: Citation) -> str:
    label = texts.MARK_LABEL.format(number=citation.number, title=citation.title)
    return f'<button type="button" class="mark" data-number="{int(citation.number)}" aria-label="{escape(label)}">{int(citation.number)}</button>'


# --- documents as they stand in the corpus ---------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _blocks(text: str) -> tuple[Block, ...]:
    return tuple(outline(text))


def quotes(document: Document, citation: Citation) -> bool:
    """Whether the quote stands there word for word, in the very text that was cited."""
    return (
        document.sha256 == citation.document_sha256
        and 0 <= citation.start < citation.end
        and document.text[citation.start : citation.end] == citation.quote
    )


@dataclass(frozen=True)
class _Reading:
    """A document while it is drawn: what to highlight and how its notes are numbered."""

    document: Document
    quote: Span | None = None
    numbers: Mapping[Source, int] | None = None  # None draws no notes

    def span(self, start: int, end: int) -> str:
        """`text[start:end]` as HTML, with the quote highlighted and the notes as small numbers."""
        notes = [note for note in self.document.notes if start < note.position <= end] if self.numbers is not None else []
        inner = [edge for edge in (*(self.quote or ()), *(note.position for note in notes)) if start < edge < end]
        pieces = []
        for left, right in pairwise(sorted({start, end, *inner})):
            piece = inline(self.document.text[left:right])
            told = piece.rstrip()  # a note stays with its sentence
            highlighted = self.quote is not None and self.quote[0] <= left and right <= self.quote[1]
            pieces.append(f'<mark class="quote">{told}</mark>' if highlighted else told)
            numbers = dict.fromkeys(self.numbers[note.source] for note in notes if note.position == right and self.numbers)
            links = " ".join(f'<a href="#note-{number}" class="note" data-note="{number}">{number}</a>' for number in numbers)
            pieces.append((f"<sup>{links}</sup>" if links else "") + piece[len(told) :])
        return "".join(pieces)

    def row(self, start: int, end: int) -> str:
        cells, position = [], start
        for cell in re.split(r"(?<!\\)\|", self.document.text[start:end]):
            if cell.strip():
                left = position + len(cell) - len(cell.lstrip())
                cells.append(f"<td>{self.span(left, position + len(cell.rstrip()))}</td>")
            position += len(cell) + 1
        return f"<tr>{''.join(cells)}</tr>"

    def blocks(self, start: int, end: int, *, top_level: int = 4, skip_headings: bool = False) -> str:
        """The blocks of `text[start:end]`, headings from `top_level` on."""
        text = self.document.text
        chosen = (block for block in _blocks(text) if block.start >= start and block.end <= end)
        pieces: list[str] = []
        for kind, group in groupby(chosen, key=lambda block: _kind(text, block)):
            members = list(group)
            if kind == "item":
                pieces.append("<ul>" + "".join(f"<li>{self.span(block.start, block.end)}</li>" for block in members) + "</ul>")
            elif kind == "row":
                rows = "".join(self.row(block.start, block.end) for block in members)
                pieces.append(f'<div class="scrolls" tabindex="0"><table>{rows}</table></div>')
            elif kind == "code":
                pieces += [f'<pre tabindex="0">{escape(text[block.start : block.end])}</pre>' for block in members]
            elif kind == "heading" and not skip_headings:
                pieces += [self.heading(block, top_level) for block in members]
            elif kind == "prose":
                pieces += [f"<p>{self.span(block.start, block.end)}</p>" for block in members]
        return "".join(pieces)

    def heading(self, block: Block, top_level: int) -> str:
        level = min(6, top_level + max(0, block.level - 1))
        held = self.document.section_at(block.start).validity
        own = self.document.validity
        told = f" {badge(held.status)}{_validity(held.effective_from, held.effective_until)}" if held != own else ""
        return f"<h{level}>{self.span(block.start, block.end)}{told}</h{level}>"


def _kind(text: str, block: Block) -> str:
    before = text[text.rfind("\n", 0, block.start) + 1 : block.start]
    return "item" if block.kind == "prose" and before.strip() else block.kind


def _period(start: str | None, end: str | None) -> str:
    if start and end:
        return texts.FROM_UNTIL.format(start=start, end=end)
    if start:
        return texts.FROM.format(start=start)
    return texts.UNTIL.format(end=end) if end else ""


def _validity(start: str | None, end: str | None) -> str:
    period = _period(start, end)
    return f'<span class="validity">{escape(period)}</span>' if period else ""


def passage(document: Document, start: int, end: int) -> str:
    """The section around a quote, with the quote highlighted."""
    section = document.section_at(start)
    # A table's sections are single rows; rows under one heading belong together.
    together = [other for other in document.sections if other.headings == section.headings]
    left, right = min(other.start for other in together), max(max(other.end for other in together), end)
    return _Reading(document, (start, end)).blocks(left, right, skip_headings=True)


# --- sources ---------------------------------------------------------------------------------------------------------


def _meta(*parts: str | None) -> str:
    told = "".join(f"<span>{part}</span>" for part in parts if part)
    return f'<p class="meta">{told}</p>' if told else ""


def draw_source(source: Source) -> str:
    """A primary source in its words, as a link where it has an address."""
    address = safe_address(source.url)
    return link(address, source.text or address) if address else escape(source.text)


def _sources(sources: Iterable[Source]) -> str:
    items = "".join(f"<li>{draw_source(source)}</li>" for source in sources)
    return f'<h4>{escape(texts.PRIMARY_SOURCES)}</h4><ul class="primary">{items}</ul>' if items else ""


def _at_publisher(address: str | None, quote: str) -> str:
    """A link to the published page, at the quote where the browser can."""
    address = safe_address(address)
    if not address:
        return ""
    words = quote.split()
    begin, finish = " ".join(words[:5]), " ".join(words[-4:])
    fragment = urllib.parse.quote(begin, safe="").replace("-", "%2D")
    if len(words) > 9:
        fragment += "," + urllib.parse.quote(finish, safe="").replace("-", "%2D")
    at_quote = address if "#" in address else f"{address}#:~:text={fragment}"
    return f'<p class="publisher-link">{link(at_quote, texts.READ_AT_PUBLISHER)}</p>'


def _headings(section: str, title: str) -> str:
    """A section's path without the title that already stands above it."""
    path = section.removeprefix(title).removeprefix(" > ") if section == title or section.startswith(f"{title} > ") else section
    return f'<p class="section">{escape(path)}</p>' if path else ""


def draw_citation(citation: Citation, shelf: Shelf | None) -> str:
    """One source of an answer: what it is, the quote in its section, and what was verified."""
    document = shelf(citation.document_id) if shelf else None
    found = document is not None and quotes(document, citation)
    if document is not None and found:
        around = passage(document, citation.start, citation.end)
        body = f'<div class="passage" tabindex="0" role="group" aria-label="{escape(texts.PASSAGE)}">{around}</div>'
    else:
        body = f'<div class="passage"><p><mark class="quote">{escape(citation.quote)}</mark></p></div>'
    place = f'data-document="{escape(citation.document_id)}" data-start="{int(citation.start)}" data-end="{int(citation.end)}"'
    detail = (texts.VERIFIED_DETAIL if found else texts.UNVERIFIED_DETAIL).format(
        start=f"{citation.start:,}", end=f"{citation.end:,}", document=citation.document_id, sha256=citation.document_sha256
    )
    return (
        f'<article class="card" data-number="{int(citation.number)}" tabindex="-1">'
        f'<header><span class="number" aria-hidden="true">{int(citation.number)}</span><h3>{escape(citation.title)}</h3></header>'
        + _meta(
            badge(citation.status),
            escape(citation.publisher) if citation.publisher else None,
            escape(texts.PAGE.format(number=citation.page)) if citation.page else None,
            escape(texts.PUBLISHED.format(day=citation.published)) if citation.published else None,
            escape(texts.FACTS_AS_OF.format(day=citation.as_of)) if citation.as_of else None,
            _validity(citation.effective_from, citation.effective_until) or None,
        )
        + _headings(citation.section, citation.title)
        + body
        + _sources(citation.sources)
        + _at_publisher(citation.url, citation.quote)
        + f'<details class="verified" data-verified="{str(found).lower()}"><summary>{escape(texts.VERIFIED if found else texts.UNVERIFIED)}</summary>'
        f"<p>{escape(detail)}</p></details>"
        f'<footer><button type="button" class="quiet" data-do="cite">{escape(texts.COPY_CITATION)}</button>'
        + (f'<button type="button" class="quiet" data-do="read" {place}>{escape(texts.OPEN_DOCUMENT)}</button>' if document else "")
        + "</footer></article>"
    )


def draw_hit(hit: Hit) -> str:
    """A passage that came near and answers nothing."""
    metadata = hit.metadata
    published = metadata.get("published")
    place = f'data-document="{escape(hit.document_id)}" data-start="{int(hit.start)}" data-end="{int(hit.end)}"'
    return (
        f'<article class="card near"><header><h3>{escape(hit.title)}</h3></header>'
        + _meta(
            badge(metadata.get("status")),
            escape(metadata["publisher"]) if metadata.get("publisher") else None,
            escape(texts.PUBLISHED.format(day=published)) if published else None,
        )
        + _headings(hit.section, hit.title)
        + f'<div class="passage" tabindex="0" role="group" aria-label="{escape(hit.title)}"><p>{inline(hit.text)}</p></div>'
        f'<footer><button type="button" class="quiet" data-do="read" {place}>{escape(texts.OPEN_DOCUMENT)}</button></footer></article>'
    )


def _pane(answer: Answer, shelf: Shelf | None) -> str:
    if answer.citations:
        cards = "".join(draw_citation(citation, shelf) for citation in answer.citations)
        return (
            f'<details class="turn-sources"><summary>{escape(texts.SOURCES_COUNT.format(count=len(answer.citations)))}</summary>'
            f'<div class="cards">{cards}</div></details>'
        )
    if answer.nearest:
        cards = "".join(draw_hit(hit) for hit in answer.nearest)
        return (
            f'<details class="turn-sources near"><summary>{escape(texts.NEAREST)}</summary>'
            f'<div class="cards"><p class="hint">{escape(texts.NEAREST_HINT)}</p>{cards}</div></details>'
        )
    return ""


# --- answers ---------------------------------------------------------------------------------------------------------


def _prose(answer: Answer) -> str:
    """The answer's Markdown: paragraphs and lists, with its marks as buttons."""
    citations = {citation.number: citation for citation in answer.citations}
    pieces: list[str] = []
    for kind, group in groupby(outline(answer.text, indented_code=False), key=lambda block: _kind(answer.text, block)):
        drawn = [inline(answer.text[block.start : block.end], citations) for block in group]
        pieces += ["<ul>", *(f"<li>{item}</li>" for item in drawn), "</ul>"] if kind == "item" else [f"<p>{item}</p>" for item in drawn]
    return "".join(pieces)


def _questions(heading: str, questions: Sequence[str], kind: str) -> str:
    if not questions:
        return ""
    buttons = "".join(f'<button type="button" class="chip" data-do="ask">{escape(question)}</button>' for question in questions)
    return f'<div class="{kind}"><h3>{escape(heading)}</h3><div class="chips">{buttons}</div></div>'


def _how(answer: Answer, found: Sequence[Hit]) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(texts.STAGES.get(stage, stage.replace('_', ' ').capitalize()))}</th><td>{seconds:.3f}</td></tr>"
        for stage, seconds in answer.seconds.items()
    )
    lines = [mode_line(answer.mode)]
    if answer.score is not None:
        lines.append(texts.SCORE.format(score=f"{answer.score:.0%}"))
    if answer.usage:
        lines.append(texts.TOKENS.format(input=f"{answer.usage.input_tokens:,}", output=f"{answer.usage.output_tokens:,}"))
    told = "".join(f"<p>{escape(line)}</p>" for line in lines)
    passages = "".join(
        f"<tr><th scope='row'>{escape(': '.join(dict.fromkeys((hit.title, hit.section.split(' > ')[-1]))))}</th><td>{float(hit.score):.3f}</td></tr>"
        for hit in answer.nearest or found
    )
    heading = texts.NEAREST_PASSAGE if answer.nearest else texts.FOUND_PASSAGE
    tables = _small_table(texts.STAGE, texts.SECONDS, rows) + _small_table(heading, texts.PASSAGE_SCORE, passages)
    return f'<details class="how"><summary>{escape(texts.HOW)}</summary>{tables}{told}</details>'


def _small_table(left: str, right: str, rows: str) -> str:
    head = f"<thead><tr><th scope='col'>{escape(left)}</th><th scope='col'>{escape(right)}</th></tr></thead>"
    return f"<table>{head}<tbody>{rows}</tbody></table>" if rows else ""


def _notes(answer: Answer) -> str:
    """What to mind, open; what changed when, folded; and how new the evidence is, in a quiet line."""
    citations = {citation.number: citation for citation in answer.citations}

    def listed(notes: Sequence[str]) -> str:
        return f"<ul>{''.join(f'<li>{inline(note, citations)}</li>' for note in notes)}</ul>"

    changes = [note for note in answer.notes if is_made_from(note, prompts.CHANGED)]
    newest = [note for note in answer.notes if is_made_from(note, prompts.NEWEST_EVIDENCE, prompts.OLDER_THAN_REVIEW)]
    day = texts.AS_OF.format(day=answer.as_of) if answer.as_of and answer.status != "declined" else ""
    to_mind = [note for note in answer.notes if note not in (*changes, *newest, day)]
    quiet = " ".join(filter(None, (day, *newest)))
    return (
        (f'<div class="notes"><h3>{escape(texts.NOTES)}</h3>{listed(to_mind)}</div>' if to_mind else "")
        + (f'<p class="as-of">{inline(quiet, citations)}</p>' if quiet else "")
        + (f"<details class='changes'><summary>{texts.CHANGES.format(count=len(changes))}</summary>{listed(changes)}</details>" if changes else "")
    )


def question_bubble(question: str) -> str:
    """What the person asked."""
    return f'<div class="question"><h2 class="visually-hidden">{escape(texts.YOU_ASKED)}</h2><p>{escape(question)}</p><div class="tools"></div></div>'


def draw_answer(
    answer: Answer, shelf: Shelf | None = None, figures: Mapping[str, Collection[str]] = MappingProxyType({}), follow_ups: Sequence[str] = (),
    found: Sequence[Hit] = (),
) -> str:  # fmt: skip
    """A turn: the question, its Answer, and the sources for the pane.

    `figures`: by title, the documents beside which one is offered. `follow_ups`: questions offered where the Answer itself suggests none.
    `found`: passages that the search found, told with their scores where the Answer names no nearest ones.
    """
    callout = {"declined": texts.DECLINED, "partial": texts.PARTIAL}.get(answer.status)
    about = [title for title, documents in figures.items() if any(citation.document_id in documents for citation in answer.citations)]
    plots = "".join(
        f'<button type="button" class="quiet" data-do="figure" data-figure="{escape(title)}">{escape(texts.SEE_FIGURE.format(title=title))}</button>'
        for title in about
    )
    understood = ""
    if answer.standalone_question and answer.standalone_question.strip() != answer.question.strip():
        understood = f'<p class="understood"><span>{escape(texts.UNDERSTOOD_AS)}:</span> {escape(answer.standalone_question)}</p>'
    missing = ""
    if answer.missing and answer.missing.strip() not in answer.text:
        missing = f'<div class="missing"><h3>{escape(texts.MISSING)}</h3><p>{escape(answer.missing)}</p></div>'
    ending = ""
    if answer.complete:
        heading = texts.SUGGESTIONS if answer.status == "declined" else texts.FOLLOW_UPS
        ending = '<div class="tools"></div>' + _questions(heading, answer.suggestions or follow_ups, "suggestions") + _how(answer, found)
    return (
        f'<article class="turn" data-status="{escape(answer.status)}" data-complete="{str(answer.complete).lower()}">'
        + question_bubble(answer.question)
        + f'<div class="answer"><h2 class="visually-hidden">{escape(texts.ANSWER)}</h2>'
        + understood
        + (f'<p class="callout">{escape(callout)}</p>' if callout else "")
        + f'<div class="words">{_prose(answer)}</div>'
        + missing
        + _notes(answer)
        + plots
        + ending
        + f"</div>{_pane(answer, shelf)}{data(answer.to_dict())}</article>"
    )


def draw_waiting(question: str, message: str) -> str:
    """A turn whose answer has not begun."""
    return (
        f'<article class="turn waiting" data-complete="false">{question_bubble(question)}'
        f'<div class="answer"><p class="wait"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>{escape(message)}</p></div></article>'
    )


def draw_asked(asked: str, turn: str) -> str:
    """A turn with the name that the script gave to its question, to know it from one that was stopped."""
    return f'<div data-asked="{escape(asked)}">{turn}</div>'


def mode_line(mode: str) -> str:
    """The mode in words."""
    return texts.MODE_QUOTED if mode == "quoted" else texts.MODE_MODEL.format(mode=mode)


def draw_header(title: str, description: str, mode: str | None) -> str:
    """The top of the page."""
    told = mode_line(mode) if mode else texts.LOADING
    return (
        f'<header class="page-header"><div><h1>{escape(title)}</h1><p>{escape(description or texts.TAGLINE)}</p></div>'
        f'<p class="mode" data-ready="{str(mode is not None).lower()}">{escape(told)}</p></header>'
    )


def draw_notices(notices: Sequence[tuple[str, str]]) -> str:
    """What stands above the whole page: sentences for whoever runs it, each with the command that puts it right or none."""
    lines = (f"<p>{escape(told)}{f' <code>{escape(command)}</code>' if command else ''}</p>" for told, command in notices)
    return f'<div class="notices" role="status">{"".join(lines)}</div>' if notices else ""


def draw_welcome(examples: Sequence[str]) -> str:
    """What stands in an empty conversation."""
    buttons = "".join(f'<button type="button" class="chip" data-do="ask">{escape(question)}</button>' for question in examples)
    hint = f"<p>{escape(texts.WELCOME_HINT)}</p>" if buttons else ""
    return f'<div class="welcome"><h2>{escape(texts.WELCOME)}</h2>{hint}<div class="chips">{buttons}</div></div>'


def draw_message(heading: str, message: str, *, wrong: bool = False) -> str:
    """A state of the page instead of its content: loading, or what went wrong and what to do."""
    return f'<div class="welcome {"wrong" if wrong else "loading"}"><h2>{escape(heading)}</h2><p>{escape(message)}</p></div>'


def draw_day_control() -> str:
    """The day for which questions are answered; without one it is today."""
    return (
        f'<p class="day"><label for="day">{escape(texts.DAY_LABEL)}</label><input type="date" id="day" min="1900-01-01" max="2100-12-31" '
        f'aria-describedby="day-hint"><span id="day-hint">{escape(texts.DAY_HINT)}</span>'
        f'<button type="button" class="quiet today" data-do="today" hidden>{escape(texts.DAY_TODAY)}</button></p>'
    )


def draw_pane() -> str:
    """The empty pane of sources; the script fills it with the cards of the chosen answer."""
    return (
        f'<aside id="pane" aria-label="{escape(texts.SOURCES)}"><div class="pane-head"><h2>{escape(texts.SOURCES)}</h2>'
        f'<div class="steps"></div></div><div class="pane-body"><p class="hint">{escape(texts.SOURCES_EMPTY)}</p></div></aside>'
    )


# --- documents -------------------------------------------------------------------------------------------------------


def _topic(document: Document) -> str:
    return (document.topic or texts.NO_TOPIC).replace("-", " ")


def _named(topic: str, titles: str) -> str:
    """A topic as a heading; a word that the titles write in capitals is an abbreviation.

    >>> _named("cafe rules", "CAFE credits")
    'CAFE rules'
    """
    words = [word.upper() if re.search(rf"\b{re.escape(word.upper())}\b", titles) else word for word in topic.split()]
    name = " ".join(words)
    return name[:1].upper() + name[1:]


def draw_documents(documents: Sequence[Document], histories: Mapping[str, int] = MappingProxyType({})) -> str:
    """The corpus by topic, with what is needed to filter it, and a place for each topic's history, of so many steps."""
    ordered = sorted(documents, key=lambda document: (_topic(document).lower(), document.title.lower()))
    titles = " ".join(document.title for document in ordered)
    topics = {topic: _named(topic, titles) for topic in dict.fromkeys(map(_topic, ordered))}
    told = {_topic(document): document.topic for document in ordered if document.topic and histories.get(document.topic)}
    statuses = sorted({document.validity.status for document in documents if document.validity.status})
    groups = "".join(
        f'<section class="topic"><h3>{escape(topics[topic])}</h3>{_history(told[topic], histories[told[topic]]) if topic in told else ""}'
        f"<ul>{''.join(map(_document_item, members))}</ul></section>"
        for topic, members in groupby(ordered, key=_topic)
    )
    return (
        f'<div class="documents"><div class="shelf"><h2>{escape(texts.DOCUMENTS_HEADING)}</h2>'
        f"<p>{escape(texts.DOCUMENTS_INTRO.format(count=len(documents)))}</p>"
        f'<div class="filters"><input type="search" data-filter="words" placeholder="{escape(texts.DOCUMENTS_SEARCH)}" '
        f'aria-label="{escape(texts.DOCUMENTS_SEARCH)}">'
        + _choice("topic", texts.TOPIC, texts.ALL_TOPICS, list(topics.items()))
        + _choice("status", texts.STATUS, texts.ALL_STATUSES, [(status, texts.STATUSES.get(status, status)) for status in statuses])
        + f'</div><p class="none" hidden>{escape(texts.NO_DOCUMENT_MATCHES)}</p>{groups}</div>'
        f'<div class="reader" tabindex="-1" aria-live="polite"><p class="hint">{escape(texts.READER_EMPTY)}</p></div></div>'
    )


def _history(topic: str, count: int) -> str:
    """Where the history of a topic is put when somebody opens it."""
    told = texts.HISTORY_ONE if count == 1 else texts.HISTORY.format(count=count)
    return f'<details class="history" data-topic="{escape(topic)}"><summary>{escape(told)}</summary></details>'


def draw_history(steps: Sequence[Step]) -> str:
    """The steps of a topic's history, each leading to its passage."""
    return "".join(map(_step, steps))


def _step(step: Step) -> str:
    citation = step.citation
    place = f'data-document="{escape(citation.document_id)}" data-start="{citation.start}" data-end="{citation.end}"'
    days = _period(step.date, step.until) if step.status not in ("proposed", "final") else step.date or ""
    replaced = f" {escape(texts.REPLACED_BY.format(heading=step.superseded_by))}" if step.superseded_by else ""
    return (
        f'<div class="step"><p><span class="day">{escape(days or texts.NO_DAY)}</span> {badge(step.status)} '
        f"<strong>{escape(step.title)}: {escape(step.heading)}</strong></p><p>{escape(step.text)}{replaced} "
        f'<button type="button" class="quiet" data-do="read" {place}>{escape(texts.OPEN_PASSAGE)}</button></p></div>'
    )


def _choice(name: str, label: str, every: str, options: Sequence[tuple[str, str]]) -> str:
    drawn = "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in options)
    return f'<select data-filter="{name}" aria-label="{escape(label)}"><option value="">{escape(every)}</option>{drawn}</select>'


def _document_item(document: Document) -> str:
    status, day = document.validity.status, document.validity.as_of or document.validity.published
    return (
        f'<li data-topic="{escape(_topic(document))}" data-status="{escape(status or "")}">'
        f'<button type="button" data-do="read" data-document="{escape(document.document_id)}"><span class="title">{escape(document.title)}</span>'
        f'<span class="facts">{badge(status)}<span class="day">{escape(day or "")}</span></span></button><p class="where" hidden></p></li>'
    )


def draw_document(document: Document, quote: Span | None = None) -> str:
    """A document to read: its facts, its text with headings and validity, and its sources."""
    sources = list(dict.fromkeys(note.source for note in document.notes))
    numbers = {source: number for number, source in enumerate(sources, start=1)}
    validity = document.validity
    fields = {
        "publisher": document.publisher, "author": document.author if document.author != document.publisher else None,
        "published": validity.published, "as_of": validity.as_of, "effective": _period(validity.effective_from, validity.effective_until),
        "jurisdiction": validity.jurisdiction, "authority": validity.authority, "license": document.license, "document_id": document.document_id,
        "sha256": document.sha256,
    }  # fmt: skip
    facts = "".join(f"<div><dt>{escape(texts.FIELDS[name])}</dt><dd>{escape(value)}</dd></div>" for name, value in fields.items() if value)
    address = safe_address(document.url)
    notes = "".join(f'<li id="note-{number}">{draw_source(source)}</li>' for source, number in numbers.items())
    listed = f'<h3>{escape(texts.DOCUMENT_SOURCES)}</h3><ol class="sources">{notes}</ol>' if notes else ""
    first = next((block for block in _blocks(document.text) if block.kind == "heading"), None)
    repeats = first is not None and document.text[first.start : first.end] == document.title
    start = first.end if first and repeats else 0
    body = _Reading(document, quote, numbers).blocks(start, len(document.text), top_level=2)
    return (
        f'<article class="document"><button type="button" class="quiet back" data-do="shelf">← {escape(texts.BACK_TO_LIST)}</button>'
        f"<header><h2>{escape(document.title)}</h2>{badge(validity.status)}</header><dl>{facts}</dl>"
        + (f"<p>{link(address, texts.READ_AT_PUBLISHER)}</p>" if address else "")
        + f'<div class="text">{body}</div>{listed}</article>'
    )


def draw_figures(drawings: Sequence[str]) -> str:
    """The drawings under their heading; nothing where there are none."""
    return f'<div class="figures"><h2>{escape(texts.FIGURES_HEADING)}</h2>{"".join(drawings)}</div>' if drawings else ""


# --- about -----------------------------------------------------------------------------------------------------------


def draw_about(parts: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Headings and their paragraphs."""

    def drawn() -> Iterator[str]:
        for heading, paragraphs in parts:
            yield f"<section><h3>{escape(heading)}</h3>" if heading != texts.ABOUT_HEADING else f"<section><h2>{escape(heading)}</h2>"
            yield from (f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
            yield "</section>"

    return f'<div class="about">{"".join(drawn())}</div>'
