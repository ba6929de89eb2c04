"""The writer with a chat model: evidence → prompt → model → sentences that were checked. What fails the check stays here."""

from __future__ import annotations

import asyncio
import queue
import re
import secrets
import threading
import time
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from assistant import prompts
from assistant.answer import Usage
from assistant.check import Near, Source, Verdict, check
from assistant.citations import as_prose
from assistant.evidence import Evidence
from assistant.followup import Turn, content_words
from assistant.model import problem_of, retry_after
from assistant.reading import read, subject_of
from index.keywords import stem
from index.sentences import sentence_spans

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable

ATTEMPTS = 3  # of a request that the provider asks to repeat
LONGEST = 12_000  # characters after which a reply is not read on
SENTENCES = 24  # read of one reply at most
FEWEST = 1 / 3  # share of a reply's sentences that must hold for it to be shown
NEAR_THE_POINT = 10  # pieces of evidence, best first, of which an answer has to use one
REWRITE_SECONDS = 15.0  # at most, of the time for an answer


@dataclass(frozen=True)
class Written:
    """A sentence that holds, with the places of the evidence from which it follows."""

    text: str
    used: tuple[int, ...]


@dataclass
class Outcome:
    """What became of a reply, filled while it is read."""

    written: list[Written] = field(default_factory=list)
    dropped: int = 0
    held: bool = False  # whether the last sentence did
    missing: str = ""  # what the model says is missing, unchecked: never shown as it stands
    problem: str | None = None  # why there is no answer of the model's, for a person to read
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class Piece:
    """A part of a reply as it arrives."""

    text: str
    input_tokens: int = 0
    output_tokens: int = 0
    finished: bool = False  # whether the provider says that the reply ends here


# --- an answer ---------------------------------------------------------------------------------------------------------


def write(
    question: str, evidence: Sequence[Evidence], model: BaseChatModel, outcome: Outcome, *, day: str, sentences: int, deadline: float,
    near: Near | None = None,
) -> Generator[Written, None, None]:  # fmt: skip
    """Each sentence of the model's reply that follows from the evidence, as soon as it is complete. `outcome` tells the rest.

    `near` is what `check` takes for it.

    Ends without an exception, whatever the model does. Closing the iterator ends the request.
    """
    sources = [source_of(item) for item in evidence]
    reply = Reply(len(evidence))
    values = {"evidence": fenced(evidence, secrets.token_hex(6)), "question": question, "day": day, "sentences": sentences}
    pieces = _stream(_writer(model), values, outcome, deadline)
    with closing(pieces):
        for piece in pieces:
            for text, cited in reply.feed(piece.text):
                yield from _checked(text, cited, sources, outcome, near)
            if reply.length > LONGEST or len(outcome.written) + outcome.dropped >= SENTENCES or len(outcome.written) >= 2 * sentences:
                break
        else:
            if outcome.problem is None:
                for text, cited in reply.end():
                    yield from _checked(text, cited, sources, outcome, near)
    outcome.missing = reply.missing
    if outcome.problem is None and len(outcome.written) < max(1, FEWEST * (len(outcome.written) + outcome.dropped)):
        outcome.problem = prompts.MODEL_UNSUPPORTED if outcome.dropped else prompts.MODEL_EMPTY


def _checked(text: str, cited: Sequence[int], sources: Sequence[Source], outcome: Outcome, near: Near | None) -> Iterator[Written]:
    if any(text == written.text for written in outcome.written):
        return
    before = outcome.written[-1] if outcome.written and outcome.held else None
    used = support(text, cited, sources, before, near)
    outcome.held = bool(used)
    if used:
        written = Written(text, used)
        outcome.written.append(written)
        yield written
    else:
        outcome.dropped += 1


def support(text: str, cited: Sequence[int], sources: Sequence[Source], before: Written | None = None, near: Near | None = None) -> tuple[int, ...]:
    """The places of the sources from which a sentence follows: of those that it cites, else of any. Empty when it does not."""
    whole = stand_alone(text, before)
    if whole is None:
        return ()
    own = [place for place in dict.fromkeys(cited) if 0 <= place < len(sources)]
    verdict = check(whole, [sources[place] for place in own], near) if own else None
    if verdict and verdict.follows:
        return tuple(own[place] for place in _needed(verdict, most=3))
    return _needed(check(whole, sources, near), most=2) if sources else ()


def _needed(verdict: Verdict, *, most: int) -> tuple[int, ...]:
    """The places that a sentence is shown with: all that it takes parts from, of others no more than so many."""
    return verdict.used if verdict.takes_all else verdict.used[:most]


_LEANING = re.compile(r"(?:it|they|this|these|that|those|he|she)\s+(?=(?:\w+\s+){0,2}\w)", re.I)
_OWNING = re.compile(r"(?:its|their|his|her)\s+", re.I)


def stand_alone(text: str, before: Written | None) -> str | None:
    """A sentence with what its first word points to put in its place; None when that cannot be told."""
    leaning, owning = _LEANING.match(text), _OWNING.match(text)
    if not leaning and not owning:
        return text
    subject = subject_of(before.text) if before else ""
    if not subject or (before and stand_alone(before.text, None) is None):
        return None
    match = leaning or owning
    assert match is not None
    return f"{subject} {text[match.end() :]}" if leaning else f"{subject}'s {text[match.end() :]}"


def source_of(item: Evidence) -> Source:
    """Evidence as the check wants it: the prose of the quote, under the headings that name its subject."""
    heading = item.hit.section.split(" > ")[-1]
    quote = as_prose(item.quote, header=item.hit.passage.header if item.hit.passage else "")  # a figure in a heading proves nothing
    return Source(quote, f"{item.hit.title}. {heading}." if _names_one(item.hit.title) else f"{heading}.")


def _names_one(title: str) -> bool:
    """Whether a title is about one thing: under "North and South" a sentence may be about either."""
    return not re.search(r"\b(?:and|or|versus|vs)\b|[,&/]", title)


# --- the prompt --------------------------------------------------------------------------------------------------------


def fenced(evidence: Sequence[Evidence], boundary: str) -> str:
    """Numbered evidence for the prompt, each item between two lines with a boundary that no document can know."""
    items = []
    for number, item in enumerate(evidence, start=1):
        about = {name: item.hit.metadata.get(name) for name in ("status", "published", "as_of", "effective_from", "effective_until")}
        facts = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in about.items() if value)
        head = " | ".join(filter(None, (item.hit.title, item.hit.section, facts)))
        # a number in square brackets that stands in a document is no mark of ours
        text = re.sub(r"\[(\^?\d+)\]", r"(\1)", f"{head}\n{item.prose}")
        items.append(f"<{boundary} {number}>\n{text}\n</{boundary}>")
    return "\n".join(items)


def within(evidence: Sequence[Evidence], *, tokens: int, count: Callable[[Sequence[str]], Sequence[int]]) -> list[Evidence]:
    """The first pieces of evidence that fit a number of tokens, no quote inside another; at least one."""
    kept: list[Evidence] = []
    room = tokens
    for item in evidence:
        if any(item.hit.document_id == other.hit.document_id and item.start < other.end and other.start < item.end for other in kept):
            continue
        room -= count([f"{item.hit.title} {item.hit.section} {item.prose}"])[0] + 30  # the boundary's two lines and the dates
        if room < 0 and kept:
            break
        kept.append(item)
    return kept


def _writer(model: BaseChatModel) -> Runnable[dict[str, Any], Piece]:
    return _chain(model, prompts.WRITER, prompts.WRITER_QUESTION)


def _chain(model: BaseChatModel, system: str, human: str) -> Runnable[dict[str, Any], Piece]:
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.runnables import RunnableGenerator

    parser: Runnable[Any, Piece] = RunnableGenerator(_pieces)
    return ChatPromptTemplate.from_messages([("system", system), ("human", human)]) | model | parser


async def _pieces(chunks: AsyncIterator[Any]) -> AsyncIterator[Piece]:
    async for chunk in chunks:  # of messages
        usage = getattr(chunk, "usage_metadata", None) or {}
        told = chunk.response_metadata or {}
        ends = bool(told.get("finish_reason") or told.get("done_reason") or told.get("stop_reason"))
        yield Piece(str(chunk.text), usage.get("input_tokens", 0), usage.get("output_tokens", 0), ends)


# --- reading a reply ---------------------------------------------------------------------------------------------------

_NUMBERS = r"\^?\d{1,3}(?:\s*(?:,|;|-|–|and|&)\s*\^?\d{1,3})*"
_MARK = re.compile(rf"[\[【〔［]\s*(?:(?:evidence|source|item)s?\s+)?({_NUMBERS})(?:†[^\]】]*)?\s*[\]】〕］]", re.I)
_ROUND_MARK = re.compile(rf"(?<=[\w.!?”\")])\s*\(({_NUMBERS})\)(?=\s*(?:[.!?;]|$|\(|\[))", re.M)
_HELD = re.compile(r"[\[【〔［(][^\]】〕］)]{0,40}\Z")  # a mark that is still arriving
_HIDDEN = re.compile(r"<think(?:ing)?>|^[ \t]*(?:```|~~~)", re.M | re.I)  # thoughts and code are no prose
_BULLET = re.compile(r"\s*(?:[-*•+]|\d{1,2}[.)])\s+")


class Reply:
    """A reply as it grows: gives out each sentence once it is complete, with the places of the evidence it cites."""

    def __init__(self, evidence: int) -> None:
        self._evidence = evidence  # how many pieces there are
        self._arrived = ""  # not looked through for thoughts and code yet
        self._line = ""  # prose of the line that is growing, without the sentences given out
        self._begun = False  # whether sentences of that line were given out
        self.length = 0
        self.missing = ""

    def feed(self, text: str) -> list[tuple[str, tuple[int, ...]]]:
        """The sentences that are complete with this text. The last one is held back: its marks may still come."""
        self.length += len(text)
        self._arrived += text
        *lines, last = (self._line + self._prose(whole=False)).split("\n")
        found = [sentence for line in lines for sentence in self._whole_line(line)]
        self._line = last
        if self._kind(last) == "prose":
            sentences = _cut(_HELD.sub("", last), self._evidence)[:-1]
            if sentences:
                self._line, self._begun = last[sentences[-1][2] :], True
                found += [(said, places) for said, places, _ in sentences if said]
        return found

    def end(self) -> list[tuple[str, tuple[int, ...]]]:
        """The sentences that are left when nothing more comes."""
        lines = (self._line + self._prose(whole=True)).split("\n")
        return [sentence for line in lines for sentence in self._whole_line(line)]

    def _whole_line(self, line: str) -> list[tuple[str, tuple[int, ...]]]:
        kind, self._begun = self._kind(line), False
        if kind == "missing":
            self.missing = line.strip()[len(prompts.MISSING_MARK) :].strip()
        return [(said, places) for said, places, _ in _cut(line, self._evidence) if said] if kind == "prose" else []

    def _kind(self, line: str) -> str:
        if self._begun:
            return "prose"
        start = line.strip().upper()
        if start.startswith(prompts.MISSING_MARK):
            return "missing"
        if start.startswith("#"):
            return "heading"
        return "waiting" if start and prompts.MISSING_MARK.startswith(start) else "prose"

    def _prose(self, *, whole: bool) -> str:
        """What has arrived without thoughts and code; what may become the beginning of one is kept for later."""
        prose = ""
        while opened := _HIDDEN.search(self._arrived):
            closing = r"</think(?:ing)?>" if opened[0].startswith("<") else rf"^[ \t]*{re.escape(opened[0].strip())}[^\n]*(?:\n|\Z)"
            closed = re.compile(closing, re.M | re.I).search(self._arrived, opened.end())
            if closed is None or not (whole or closed.end() < len(self._arrived) or closed[0].endswith((">", "\n"))):
                prose, self._arrived = prose + self._arrived[: opened.start()], "" if whole else self._arrived[opened.start() :]
                return prose
            prose, self._arrived = f"{prose}{self._arrived[: opened.start()]}\n", self._arrived[closed.end() :]
        keep = 0 if whole else len((re.search(r"<\w{0,8}\Z|^[ \t]*[`~]{0,2}\Z", self._arrived, re.M) or [""])[0])
        end = len(self._arrived) - keep
        prose, self._arrived = prose + self._arrived[:end], self._arrived[end:]
        return prose


def _cut(line: str, evidence: int) -> list[tuple[str, tuple[int, ...], int]]:
    """The sentences of a line without their marks, each with the places it cites and where it ends in the line."""
    codes: list[str] = []
    cited: list[tuple[int, ...]] = []

    def keep(match: re.Match[str]) -> str:
        codes.append(match[0])
        return "\ue000" + "\ue001" * (len(match[0]) - 1)

    def take(match: re.Match[str]) -> str:
        cited.append(numbers_of(match[1], evidence))
        return "\ue002" + "\ue003" * (len(match[0]) - 1)

    # subtle: every step keeps the line's length, so that a sentence's end is its end in the line as it came
    plain = _BULLET.sub(lambda match: " " * len(match[0]), line, count=1) if _BULLET.match(line) else line
    plain = re.sub(r"`[^`]*`", keep, plain)
    plain = (_MARK if _MARK.search(plain) else _ROUND_MARK).sub(take, plain)
    # marks behind the full stop belong to the sentence before it
    plain = re.sub('([.!?]["”’)*_]*)((?:\\s*\ue002\ue003*)+)', r"\2\1", plain)
    result = []
    marks, kept = iter(cited), iter(codes)
    for start, end in sentence_spans(plain):
        piece = plain[start:end]
        places = tuple(dict.fromkeys(place for _ in range(piece.count("\ue002")) for place in next(marks)))
        text = re.sub("\\s*\ue002\ue003*", "", piece)
        text = _clean(re.sub("\ue000\ue001*", lambda _: next(kept), text))
        result.append((text if re.search(r"\w", text) else "", places, end))
    return result


def numbers_of(inner: str, evidence: int) -> tuple[int, ...]:
    """The places, from 0, that the inside of a mark names: "1, 3-5". Numbers that no evidence has are left out.

    >>> numbers_of("1, 3-5", 4)
    (0, 2, 3)
    """
    places: list[int] = []
    for first, last in re.findall(r"(\d{1,3})(?:\s*[-–]\s*\^?(\d{1,3}))?", inner):
        places += range(int(first) - 1, min(int(last or first), evidence))
    return tuple(place for place in dict.fromkeys(places) if 0 <= place < evidence)


def _clean(text: str) -> str:
    """A sentence as plain prose: no Markdown, no invisible signs."""
    visible = "".join(sign for sign in text if unicodedata.category(sign) not in ("Cf", "Cc", "Co", "Cs") or sign in "\n\t")
    return as_prose(visible).strip()


# --- the request -------------------------------------------------------------------------------------------------------


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The one event loop of all requests: clients keep their connections, which belong to a loop."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="chat model", daemon=True).start()
    return loop


def _stream(chain: Runnable[dict[str, Any], Piece], values: dict[str, Any], outcome: Outcome, deadline: float) -> Generator[Piece, None, None]:
    """The pieces of a reply. A fault ends it and stands in `outcome.problem`; closing it, or the deadline, ends the request."""
    arrived: queue.SimpleQueue[Piece | BaseException | None] = queue.SimpleQueue()
    requests = [0]
    stopped = threading.Event()
    task = asyncio.run_coroutine_threadsafe(_request(chain, values, arrived.put, stopped, deadline, requests), _loop())
    tokens_in = tokens_out = 0
    text, finished = "", False
    try:
        while True:
            try:
                piece = arrived.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                piece = TimeoutError()
            if piece is None:
                break
            if isinstance(piece, BaseException):
                outcome.problem = problem_of(piece)
                return
            tokens_in, tokens_out = tokens_in + piece.input_tokens, tokens_out + piece.output_tokens
            text, finished = (text + piece.text)[-400:], finished or piece.finished
            yield piece
        if not finished and _is_unfinished(text):
            outcome.problem = prompts.MODEL_CUT_OFF
    finally:
        # subtle: a request that is receiving ends cleanly at its next piece; one that only waits has to be cancelled
        stopped.set()
        _loop().call_soon_threadsafe(_loop().call_later, 0.2, task.cancel)
        outcome.usage = Usage(outcome.usage.input_tokens + tokens_in, outcome.usage.output_tokens + tokens_out, outcome.usage.requests + requests[0])


def _is_unfinished(text: str) -> bool:
    """Whether a reply breaks off, as far as its end tells where the provider does not."""
    last = text.strip().rpartition("\n")[2]
    return bool(last) and not last.upper().startswith(prompts.MISSING_MARK) and not re.search(r"[.!?:\]】)”\"*]\Z", last)


async def _request(
    chain: Runnable[dict[str, Any], Piece], values: dict[str, Any], put: Callable[[Piece | BaseException | None], None], stopped: threading.Event,
    deadline: float, requests: list[int],
) -> None:  # fmt: skip
    begun = False
    for attempt in range(ATTEMPTS):
        requests[0] += 1
        try:
            async with aclosing(cast("AsyncGenerator[Piece, None]", chain.astream(values))) as pieces:
                async for piece in pieces:
                    if stopped.is_set():
                        return
                    begun = begun or bool(piece.text)
                    put(piece)
        except Exception as error:  # each provider's client has exceptions of its own
            wait = retry_after(error, attempt=attempt)
            if begun or wait is None or attempt + 1 == ATTEMPTS or time.monotonic() + wait >= deadline:
                put(error)
                return
            await asyncio.sleep(wait)
        else:
            put(None)
            return


# --- follow-ups --------------------------------------------------------------------------------------------------------


def rewrite(question: str, turns: Sequence[Turn], model: BaseChatModel, outcome: Outcome, *, deadline: float) -> str | None:
    """The question as the model would ask it without the turns before it; None when it fails or brings in words of its own."""
    told = "\n".join(f"{prompts.ASKED} {asked}\n{prompts.ANSWERED} {answered[:600]}" for asked, answered in turns[-4:])
    pieces = _stream(_chain(model, prompts.REWRITER, prompts.REWRITER_QUESTION), {"turns": told, "question": question}, outcome, deadline)
    reply = Reply(0)
    lines: list[str] = []
    with closing(pieces):
        for piece in pieces:
            lines += [sentence for sentence, _ in reply.feed(piece.text)]
            if reply.length > 2000:
                break
    lines += [sentence for sentence, _ in reply.end()]
    said = lines[0].strip('"“” ') if len(lines) == 1 and outcome.problem is None else ""
    known = {stem(word.lower()) for word in content_words(" ".join((question, *(f"{asked} {answered}" for asked, answered in turns))))}
    own = {stem(word.lower()) for word in content_words(question)}
    words = {stem(word.lower()) for word in content_words(said)}
    return said if words and words <= known and own <= words and len(said) <= 400 else None


def lacking(missing: str, question: str, evidence: Sequence[Evidence]) -> list[str]:
    """The words of the question that the model says are missing, when no evidence has them."""
    known = {token.key for item in evidence for token in read(f"{item.prose} {item.hit.title} {item.hit.section}").tokens}
    said = {stem(word.lower()) for word in content_words(missing)}
    return [word for word in dict.fromkeys(content_words(question)) if stem(word.lower()) in said and stem(word.lower()) not in known]
