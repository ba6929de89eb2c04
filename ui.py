"""The chat page: Gradio draws Answers. `build_app(assistant)` makes the page, `main` serves it on this computer."""

from __future__ import annotations

import datetime
import errno
import ipaddress
import json
import logging
import math
import os
import socket
import threading
import time
import webbrowser
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click
import gradio as gr
from platformdirs import user_data_path
from starlette.middleware import Middleware

from assistant import Answer
from index import QuestionError, SettingsError, UserError
from index.settings import APPLICATION
from page import draw, texts, words
from page.figures import Figure, draw_figure, read_figures
from page.follow_ups import follow_ups

if TYPE_CHECKING:
    from assistant import Assistant
    from index import Document, Hit

logger = logging.getLogger(__name__)

Value = TypeVar("Value")

NAME = "Kei Policy Assistant"
PAGE = Path(__file__).resolve().parent / "page"
TURNS = 8  # earlier turns that a question takes along
TURN_LENGTH = 4000  # characters of each
COMMENT_LENGTH = 2000  # characters
SESSIONS = 200  # of browsers that Gradio remembers; each takes some 55 kB
LARGEST_RESTORE = 200  # answers of a kept conversation that are drawn again
FOUND = 5  # passages told of under "How this was found"
DRAWING_SECONDS = 0.1  # between two drawings of a growing answer; a quoted one is complete before
LOADING_SECONDS = 20  # a page waits for the assistant at once; then it asks again, since proxies end long requests
STANDING_SECONDS = 10  # between two looks at whether documents have changed

# Gradio's own page starts from inline scripts and compiles its templates, so both must be allowed; no other site is.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


# --- settings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PageSettings:
    """How the page is served."""

    host: str = "127.0.0.1"
    port: int = 7860
    root_path: str | None = None  # below a proxy, "/kei"
    title: str | None = None  # None takes the corpus's own
    auth: tuple[str, str] | None = None  # user and password
    is_open: bool = False  # listen beyond this computer without a password
    queue: int = 64  # questions waiting at most
    concurrency: int = 4  # questions answered at the same time
    rate: int = 120  # questions a minute and client; 0 is no limit
    feedback: Path | None = None  # the file that thumbs are written to; None offers none

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> PageSettings:
        """The settings of the environment. Raises SettingsError for a value that cannot be used."""
        environment = os.environ if environment is None else environment
        return cls(
            host=environment.get("KEI_HOST") or cls.host,
            port=_whole(environment, "KEI_PORT", cls.port, least=0),
            root_path=environment.get("KEI_ROOT_PATH") or None,
            title=environment.get("KEI_TITLE") or None,
            auth=_user_and_password(environment.get("KEI_AUTH")),
            is_open=_switch(environment, "KEI_OPEN", False),
            queue=_whole(environment, "KEI_QUEUE", cls.queue),
            concurrency=_whole(environment, "KEI_CONCURRENCY", cls.concurrency),
            rate=_whole(environment, "KEI_RATE", cls.rate, least=0),
            feedback=user_data_path(APPLICATION) / "feedback.jsonl" if _switch(environment, "KEI_FEEDBACK", True) else None,
        )


def _whole(environment: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    value = environment.get(name)
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise SettingsError(f"{name} is {value!r}; set it to a whole number from {least} up, or unset it for {default}.")
    return int(value)


def _switch(environment: Mapping[str, str], name: str, default: bool) -> bool:
    value = environment.get(name, "").strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    if value:
        raise SettingsError(f"{name} is {value!r}; set it to 1 or 0.")
    return default


def _user_and_password(value: str | None) -> tuple[str, str] | None:
    if not value:
        return None
    user, _, password = value.partition(":")
    if not user or not password:
        raise SettingsError("KEI_AUTH must be user:password, both of at least one letter.")
    return user, password


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach that address.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


# --- what stands behind the page -------------------------------------------------------------------------------------


class Opening:
    """An assistant, or one that a thread is opening while the page is already there."""

    def __init__(self, assistant: Assistant | Callable[[], Assistant]) -> None:
        self._future: Future[Assistant] = Future()
        self._lock = threading.Lock()
        if callable(assistant):
            self._open: Callable[[], Assistant] | None = assistant
            self._start()
        else:
            self._open = None
            self._future.set_result(assistant)

    @property
    def state(self) -> str:
        """ "loading", "ready" or "failed"."""
        if not self._future.done():
            return "loading"
        return "failed" if self._future.exception() else "ready"

    def get(self) -> Assistant:
        """The assistant, waited for. One that could not be opened is tried again: the reason may have been put right."""
        with self._lock:
            if self._open is not None and self.state == "failed":
                self._future = Future()
                self._start()
        return self._future.result()

    def peek(self) -> Assistant | None:
        """The assistant if it is there already."""
        return self._future.result() if self.state == "ready" else None

    def wait(self, seconds: float | None = None) -> Assistant:
        """The assistant, waited for; raises why it could not be opened without trying again, or TimeoutError."""
        return self._future.result(seconds)

    def _start(self) -> None:
        future, opener = self._future, self._open

        def work() -> None:
            assert opener is not None
            try:
                future.set_result(opener())
            except Exception as error:
                if not isinstance(error, UserError):
                    logger.exception("The assistant cannot be opened")
                future.set_exception(error)

        threading.Thread(target=work, name="opening", daemon=True).start()


class Drawn(Generic[Value]):
    """What is drawn once for each generation of the index."""

    def __init__(self, draw_it: Callable[[Assistant], Value]) -> None:
        self._draw = draw_it
        self._kept: tuple[Path, Value] | None = None
        self._lock = threading.Lock()

    def get(self, ready: Assistant) -> Value:
        """It, as of the generation that answers now."""
        folder = ready.index.folder
        with self._lock:
            if self._kept is None or self._kept[0] != folder:
                self._kept = folder, self._draw(ready)
            return self._kept[1]


class Standing:
    """Whether the index that answers is the newest there can be; looked at after some seconds, not for every question."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = -math.inf
        self._notices: tuple[tuple[str, str], ...] = ()
        self._lock = threading.Lock()

    def notices(self, ready: Assistant) -> tuple[tuple[str, str], ...]:
        """What to tell of it, each with the command that puts it right or none."""
        with self._lock:
            if self._clock() >= self._until:
                self._notices = tuple(self._look(ready))
                self._until = self._clock() + STANDING_SECONDS
            return self._notices

    @staticmethod
    def _look(ready: Assistant) -> Iterator[tuple[str, str]]:
        try:
            if ready.needs_restart:
                yield texts.NEEDS_RESTART.format(day=ready.index.manifest.built_at[:10]), ""
            elif changes := ready.index.changes():
                yield texts.DOCUMENTS_CHANGED.format(changes=changes), texts.REBUILD
        except UserError as error:
            yield str(error), ""


class RateLimit:
    """So many questions a minute for each client."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._asked: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def check(self, client: str) -> None:
        """Count a question. Raises QuestionError when the client has asked too many within a minute."""
        if not self._per_minute:
            return
        now = self._clock()
        with self._lock:
            if len(self._asked) > 10_000:  # clients that went away
                self._asked = defaultdict(deque, {name: times for name, times in self._asked.items() if times and times[-1] > now - 60})
            times = self._asked[client]
            while times and times[0] <= now - 60:
                times.popleft()
            if len(times) >= self._per_minute:
                raise QuestionError(texts.TOO_MANY)
            times.append(now)


def turns_of(history: object) -> list[dict[str, str]]:
    """Earlier turns from outside: the newest, as plain messages. Raises QuestionError when they are no such thing.

    >>> turns_of([{"role": "user", "content": "Hello?", "extra": 1}])
    [{'role': 'user', 'content': 'Hello?'}]
    """
    if history in (None, "", [], ()):
        return []
    if isinstance(history, str):
        try:
            history = json.loads(history)
        except ValueError:
            raise QuestionError(texts.BROKEN_HISTORY) from None
    if not isinstance(history, Sequence):
        raise QuestionError(texts.BROKEN_HISTORY)
    messages: list[dict[str, str]] = []
    for item in history:
        if isinstance(item, Mapping):
            pairs = [(item.get("role"), item.get("content"))]
        elif isinstance(item, Sequence) and len(item) == 2:
            pairs = [("user", item[0]), ("assistant", item[1])]
        else:
            raise QuestionError(texts.BROKEN_HISTORY)
        for role, content in pairs:
            if role not in ("user", "assistant") or not isinstance(content, str):
                raise QuestionError(texts.BROKEN_HISTORY)
            messages.append({"role": str(role), "content": content[:TURN_LENGTH]})
    return messages[-2 * TURNS :]


def questions_of(turns: Sequence[Mapping[str, str]]) -> list[str]:
    """What a person asked in earlier turns."""
    return [turn["content"] for turn in turns if turn["role"] == "user"]


_FEEDBACK_REASONS = ("wrong", "not_supported", "out_of_date", "missing", "other")


def feedback_line(value: object) -> str:
    """A thumb as a JSON line. Raises ValueError, KeyError or TypeError when it is none."""
    if not isinstance(value, Mapping) or value["verdict"] not in ("good", "bad"):
        raise ValueError("no verdict")
    answer = Answer.from_dict(value["answer"])
    reason = value.get("reason")
    line = {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "verdict": value["verdict"],
        "reason": reason if reason in _FEEDBACK_REASONS else None,
        "comment": str(value.get("comment") or "")[:COMMENT_LENGTH],
        "question": answer.question[:TURN_LENGTH],
        "standalone_question": answer.standalone_question[:TURN_LENGTH],
        "status": answer.status,
        "text": answer.text[: 4 * TURN_LENGTH],
        "as_of": answer.as_of,
        "mode": answer.mode,
        "citations": [
            {"document_id": citation.document_id, "start": citation.start, "end": citation.end, "quote": citation.quote[:TURN_LENGTH]}
            for citation in answer.citations[:20]
        ],
    }
    return json.dumps(line, ensure_ascii=False)


# --- the page --------------------------------------------------------------------------------------------------------


def build_app(assistant: Assistant | Callable[[], Assistant], settings: PageSettings | None = None) -> gr.Blocks:
    """The page for an assistant, or for one that a callable opens while the page is already served.

    `launch()` of what is returned brings the page's look and its safety along.
    """
    # Gradio sums up all questions so far after each one, in a tenth of the time that answering takes, for a dashboard that is off here.
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
    settings = settings or PageSettings()
    opening = Opening(assistant)
    rate_limit = RateLimit(settings.rate)
    standing = Standing()
    stopped: deque[str] = deque(maxlen=1000)  # questions that nobody waits for any longer
    feedback_lock = threading.Lock()

    # --- what is drawn, once the assistant is there ---

    def document_of(ready: Assistant, document_id: str) -> Document | None:
        # An id comes from the browser: only what the index lists is a document, nothing else of this computer is.
        return ready.library.document(document_id) if document_id in ready.index.manifest.documents else None

    def shelf_of(ready: Assistant) -> draw.Shelf:
        return lambda document_id: document_of(ready, document_id)

    def figures_of(ready: Assistant) -> list[tuple[Figure, str]]:
        """Each figure whose table is there, with its drawing."""
        try:
            tables = [(figure, document_of(ready, figure.table)) for figure in read_figures(ready.index.settings.corpus)]
            return [(figure, draw_figure(figure, table)) for figure, table in tables if table is not None and table.rows]
        except (UserError, ValueError) as error:
            logger.warning("The figures cannot be drawn: %s", error)
            return []

    def about_of(ready: Assistant) -> str:
        manifest = ready.index.manifest
        mode = texts.ABOUT_QUOTED if ready.mode == "quoted" else texts.ABOUT_MODEL.format(mode=ready.mode)
        built = texts.ABOUT_INDEX.format(
            day=manifest.built_at[:10], documents=f"{len(manifest.documents):,}", passages=f"{manifest.passages:,}",
            sentences=f"{manifest.sentences:,}", model=manifest.recipe.embedding_model,
        )  # fmt: skip
        privacy = [texts.ABOUT_PRIVACY]
        privacy += [texts.ABOUT_PRIVACY_MODEL] if ready.mode != "quoted" else []
        privacy += [texts.ABOUT_FEEDBACK] if settings.feedback else []
        description = ready.index.configuration.description
        return draw.draw_about(
            [
                (texts.ABOUT_HEADING, [*([description] if description else []), texts.ABOUT_WHAT]),
                (texts.ABOUT_MODE_HEADING, [mode]),
                (texts.ABOUT_INDEX_HEADING, [built]),
                (texts.ABOUT_PRIVACY_HEADING, privacy),
                (texts.ABOUT_LIMITS_HEADING, [texts.ABOUT_LIMITS]),
            ]
        )

    def title_of(ready: Assistant | None) -> str:
        return settings.title or (ready.index.configuration.title if ready else "") or texts.TITLE

    def documents_of(ready: Assistant) -> str:
        documents = [document for name in ready.index.manifest.documents if (document := document_of(ready, name)) is not None]
        return draw.draw_documents(documents, {topic: len(ready.timeline(topic)) for topic in ready.topics()})

    shelf_drawn, figures_drawn = Drawn(documents_of), Drawn(figures_of)

    def offered(ready: Assistant) -> dict[str, frozenset[str]]:
        """Each figure's title, with the documents beside whose quotes it is offered."""
        return {figure.title: frozenset((figure.table, *figure.about)) for figure, _ in figures_drawn.get(ready)}

    def found_for(ready: Assistant, answer: Answer) -> Sequence[Hit]:
        """The passages that the search finds first for an answer's question, where the answer names no nearest ones."""
        try:
            return () if answer.nearest else ready.search(answer.standalone_question, limit=FOUND)
        except UserError:  # the answer stands without them
            return ()

    def contents(ready: Assistant) -> tuple[str, str, str]:
        """Header, welcome and about."""
        header = draw.draw_header(title_of(ready), ready.index.configuration.description, ready.mode)
        return header, draw.draw_welcome(ready.examples), about_of(ready)

    loading = draw.draw_message(texts.LOADING, texts.LOADING_HINT)
    waiting_contents = (draw.draw_header(title_of(None), "", None), loading, loading)

    # --- what happens ---

    def load() -> tuple[Any, ...]:
        """Notices, header, welcome, about, figures and whether to ask again; waits for the assistant."""
        notices = figures = ""
        try:
            shown = contents(ready := opening.wait(LOADING_SECONDS))
            notices = draw.draw_notices(standing.notices(ready))
            figures = draw.draw_figures([drawing for _, drawing in figures_drawn.get(ready)])
        except Exception as error:
            is_loading = isinstance(error, TimeoutError) and opening.state == "loading"
            shown = waiting_contents if is_loading else (waiting_contents[0], *[failure(error)] * 2)
            return (notices, *shown, figures, gr.update(visible=False), gr.update(active=is_loading))
        return (notices, *shown, figures, gr.update(visible=bool(figures)), gr.update(active=False))

    def load_documents() -> str:
        """The list of documents, which takes a while where there are many."""
        try:
            return loading if opening.state == "loading" else shelf_drawn.get(opening.wait())
        except Exception as error:
            return failure(error)

    def failure(error: Exception) -> str:
        return draw.draw_message(texts.FAILED, str(error) if isinstance(error, UserError) else texts.UNEXPECTED, wrong=True)

    def client_of(request: gr.Request | None) -> str:
        return str(request.client.host) if request is not None and request.client else ""

    def ask(question: str, history: object, day: str | None, asked: str, request: gr.Request) -> Iterator[tuple[Any, Any]]:
        """A question of the page: the growing turn, or nothing when it cannot be taken, and the notices."""
        # subtle: whole values only. For each gr.skip() Gradio makes the component anew, which takes longer than drawing the answer.
        ready = opening.peek()
        if asked in stopped:
            yield gr.skip(), gr.skip()
            return
        told = draw.draw_notices(standing.notices(ready)) if ready else ""
        yield draw.draw_asked(asked, draw.draw_waiting(question[:TURN_LENGTH], texts.SEARCHING if ready else texts.LOADING)), told
        try:
            rate_limit.check(client_of(request))
            turns = turns_of(history)
            ready = ready or opening.get()
            next_drawing = time.monotonic() + DRAWING_SECONDS
            for answer in ready.stream(question, history=turns, as_of=day or None):
                if asked in stopped:
                    return
                if not answer.complete and time.monotonic() < next_drawing:
                    continue
                next_drawing = time.monotonic() + DRAWING_SECONDS
                told = draw.draw_notices(standing.notices(ready))
                further = follow_ups(answer, ready.examples, questions_of(turns)) if answer.complete else ()
                found = found_for(ready, answer) if answer.complete else ()
                yield draw.draw_asked(asked, draw.draw_answer(answer, shelf_of(ready), offered(ready), further, found)), told
        except Exception as error:
            if not isinstance(error, UserError):
                logger.exception("A question failed")
            if asked not in stopped:
                gr.Warning(draw.escape(error) if isinstance(error, UserError) else texts.UNEXPECTED)
                yield "", told

    def stop_asking(asked: object) -> None:
        """Let a question end before its next sentence."""
        stopped.append(str(asked)[:100])

    def draw_again(answers: object) -> list[str]:
        """The turns of a conversation that the browser kept."""
        ready = opening.get()
        turns = []
        asked: list[str] = []
        for item in answers[:LARGEST_RESTORE] if isinstance(answers, list) else []:
            try:
                answer = replace(Answer.from_dict(item), complete=True)
                further = follow_ups(answer, ready.examples, asked)
                turns.append(draw.draw_answer(answer, shelf_of(ready), offered(ready), further))
                asked.append(answer.question)
            except (KeyError, TypeError, ValueError, AttributeError):
                turns.append("")
        return turns

    def read(place: object) -> str:
        """A document to read, with a passage highlighted."""
        wanted = place if isinstance(place, dict) else {}
        document = document_of(opening.get(), str(wanted.get("document", "")))
        if document is None:
            return draw.draw_message(texts.DOCUMENT_GONE, str(wanted.get("document", ""))[:200], wrong=True)
        start, end = wanted.get("start"), wanted.get("end")
        quote = (start, end) if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(document.text) else None
        return draw.draw_document(document, quote)

    def history(topic: object) -> str:
        """The steps of a topic's history."""
        ready = opening.get()
        return draw.draw_history(ready.timeline(str(topic)) if topic in ready.topics() else [])

    def find(search: object) -> list[dict[str, Any]]:
        """The documents that hold all words of a search, and where."""
        ready = opening.get()
        documents = (document_of(ready, name) for name in ready.index.manifest.documents)
        return [asdict(place) for place in words.find(filter(None, documents), str(search))]

    def feedback(value: object) -> bool:
        """Whether a thumb was written down."""
        if settings.feedback is None:
            return False
        try:
            line = feedback_line(value)
            with feedback_lock:
                settings.feedback.parent.mkdir(parents=True, exist_ok=True)
                with settings.feedback.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            logger.warning("Feedback could not be kept: %s", error)
            return False
        return True

    # --- the interface for programs ---

    def answer(question: str, history: list | None = None, as_of: str | None = None, request: gr.Request = None) -> dict:  # type: ignore[type-arg,assignment]
        """Answer a question from the documents, every sentence with its citations.

        history: earlier turns, oldest first, as {"role", "content"} messages. as_of: a day, YYYY-MM-DD.
        Returns the Answer as JSON, the same as `Answer.to_dict()` in Python.
        """
        try:
            rate_limit.check(client_of(request))
            return opening.get().answer(question, history=turns_of(history), as_of=as_of or None).to_dict()
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def search(question: str, limit: int = 10, request: gr.Request = None) -> list:  # type: ignore[type-arg,assignment]
        """The passages that fit a question, best first, as a list of hits."""
        try:
            rate_limit.check(client_of(request))
            return [hit.to_dict() for hit in opening.get().search(question, limit=max(1, min(int(limit), 50)))]
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from error

    # --- the layout ---

    ready = opening.peek()
    shown = contents(ready) if ready else waiting_contents

    with Page(title=title_of(ready), analytics_enabled=False, fill_width=True) as page:
        header = gr.HTML(shown[0], elem_id="header", apply_default_css=False)
        notices = gr.HTML("", elem_id="notices", apply_default_css=False)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(texts.TAB_CHAT, id="chat"), gr.Row(elem_id="chat", equal_height=False):
                with gr.Column(elem_id="talk", scale=3, min_width=320):
                    gr.HTML(
                        f'<div class="toolbar"></div><details class="saved" hidden></details><div id="earlier"></div><div id="pending"></div>'
                        '<p id="announcer" class="visually-hidden" role="status"></p>'
                        f'<span id="page-texts" hidden>{draw.escape(json.dumps({**texts.SCRIPT, "feedback": settings.feedback is not None}))}</span>',
                        elem_id="conversation", apply_default_css=False, server_functions=[draw_again, stop_asking, read, history, find, feedback],
                        js_on_load="window.keiPage.connect(server)",
                    )  # fmt: skip
                    current = gr.HTML("", elem_id="current", apply_default_css=False)
                    welcome = gr.HTML(shown[1], elem_id="welcome", apply_default_css=False)
                    with gr.Row(elem_id="composer", equal_height=True):
                        question_box = gr.Textbox(
                            label=texts.QUESTION_LABEL, show_label=False, placeholder=texts.QUESTION_PLACEHOLDER, lines=1, max_lines=6,
                            elem_id="question", container=False, scale=1, autofocus=True,
                        )  # fmt: skip
                        send = gr.Button(texts.SEND, variant="primary", elem_id="send", scale=0, min_width=72)
                        stop = gr.Button(texts.STOP, elem_id="stop", scale=0, min_width=72)
                    gr.HTML(draw.draw_day_control(), elem_id="day-holder", apply_default_css=False)
                with gr.Column(elem_id="side", scale=2, min_width=280):
                    gr.HTML(draw.draw_pane(), elem_id="pane-holder", apply_default_css=False)
            with gr.Tab(texts.TAB_DOCUMENTS, id="documents"):
                documents = gr.HTML(loading, elem_id="documents", apply_default_css=False)
            with gr.Tab(texts.TAB_FIGURES, id="figures", visible=False) as figures_tab:
                figures = gr.HTML("", elem_id="figures", apply_default_css=False)
            with gr.Tab(texts.TAB_ABOUT, id="about"):
                about = gr.HTML(shown[2], elem_id="about", apply_default_css=False)
        earlier, day, asked = (gr.Textbox(visible=False) for _ in range(3))

        # subtle: no `cancels`. What Gradio cancels counts as running until its next sentence is there, and breaks what is asked meanwhile.
        question = gr.on(
            [question_box.submit, send.click], ask, inputs=[question_box, earlier, day, asked], outputs=[current, notices],
            js="(question) => window.keiPage.begin(question)", trigger_mode="multiple", show_progress="hidden", api_visibility="private",
            concurrency_limit=settings.concurrency, concurrency_id="questions",
        )  # fmt: skip
        question.failure(None, js="() => window.keiPage.stop()", api_visibility="private")
        stop.click(None, js="() => window.keiPage.stop()", api_visibility="private")
        # Beside the queue: a page that comes while it is full of questions is there all the same.
        again = gr.Timer(1, active=False)
        loaded = gr.on(
            [page.load, again.tick], load, outputs=[notices, header, welcome, about, figures, figures_tab, again], show_progress="hidden",
            api_visibility="private", queue=False, trigger_mode="once",
        )  # fmt: skip
        loaded.then(load_documents, outputs=documents, show_progress="hidden", api_visibility="private", queue=False)
        gr.api(answer, api_name="answer", concurrency_limit=settings.concurrency, concurrency_id="questions")
        gr.api(search, api_name="search", concurrency_limit=settings.concurrency, concurrency_id="questions")
    page.queue(max_size=settings.queue, default_concurrency_limit=settings.concurrency, api_open=False)
    page.opening = opening
    return page


def _asset(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


class Page(gr.Blocks):
    """Blocks whose `launch()` brings the page's look and its guard along."""

    opening: Opening

    def launch(self, *arguments: Any, **options: Any) -> Any:
        app = dict(options.pop("app_kwargs", None) or {})
        app["middleware"] = [*app.get("middleware", ()), Middleware(Guard, state=lambda: self.opening.state)]
        system = gr.themes.Font("system-ui"), gr.themes.Font("sans-serif")
        fixed = gr.themes.Font("ui-monospace"), gr.themes.Font("monospace")
        ours = {
            "theme": gr.themes.Base(primary_hue="teal", neutral_hue="slate", font=system, font_mono=fixed),
            "head": f"<style>{_asset('page.css')}</style><script>{_asset('page.js')}</script>",
            "state_session_capacity": SESSIONS,
            "footer_links": ["api"], "ssr_mode": False, "share": False, "enable_monitoring": False, "run_history": False, "pwa": False,
        }  # fmt: skip
        return super().launch(*arguments, **{**ours, **options, "app_kwargs": app})


class Guard:
    """ASGI middleware: the policy on every reply, `/healthz`, and nothing of Gradio that takes or gives files."""

    CLOSED = (
        "/gradio_api/file",
        "/gradio_api/upload",
        "/gradio_api/stream",
        "/gradio_api/proxy",
        "/gradio_api/process_recording",
        "/gradio_api/deep_link",
    )
    HEADERS = (
        (b"content-security-policy", POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    )

    def __init__(self, app: Callable[..., Awaitable[None]], state: Callable[[], str]) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *self.HEADERS]}
            await send(message)

        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path == "/healthz":
            state = self._state()
            await _reply(guarded, 503 if state == "failed" else 200, {"status": state})
        elif path.startswith(self.CLOSED):
            await _reply(guarded, 404, {"detail": "Not Found"})
        else:
            await self._app(scope, receive, guarded)


async def _reply(send: Callable[[Any], Awaitable[None]], status: int, value: object) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})


# --- serving ---------------------------------------------------------------------------------------------------------


def free_port(host: str, port: int) -> int:
    """The port, or any free one for 0. Raises SettingsError when nobody can listen there."""
    address = host.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            return int(probe.getsockname()[1])
        except (OSError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                raise SettingsError(texts.PORT_IN_USE.format(port=port)) from error
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise SettingsError(texts.CANNOT_LISTEN.format(host=host, port=port, reason=reason)) from error


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--host", help="Address to listen on. [KEI_HOST, else 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one. [KEI_PORT, else 7860]")
@click.option("--root-path", help="Path below a reverse proxy, as in /kei. [KEI_ROOT_PATH]")
@click.option("--title", help="Title of the page. [KEI_TITLE, else the corpus's own]")
@click.option("--corpus", type=click.Path(path_type=Path), help="Folder of documents. [KEI_CORPUS, else the packaged one]")
@click.option("--index", type=click.Path(path_type=Path), help="Folder of the index. [KEI_INDEX, else one in the user's data folder]")
@click.option("--open", "is_open", is_flag=True, help="Let other computers in without a password. [KEI_OPEN=1]")
@click.option("--browser/--no-browser", default=True, help="Show the page in the browser.")
def main(
    host: str | None, port: int | None, root_path: str | None, title: str | None,
    corpus: Path | None, index: Path | None, is_open: bool, browser: bool,
) -> None:  # fmt: skip
    """Serve the chat page on this computer, for example: python ui.py --port 8000"""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.ERROR)
    try:
        settings = PageSettings.from_environment()
        given = {"host": host, "port": port, "root_path": root_path, "title": title, "is_open": is_open or None}
        settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
        if not (is_loopback(settings.host) or settings.auth or settings.is_open):
            raise SettingsError(texts.OPEN_HOST.format(host=settings.host))
        settings = replace(settings, port=free_port(settings.host, settings.port))
    except UserError as error:
        raise click.ClickException(str(error)) from error

    def open_assistant() -> Assistant:
        from assistant import Assistant

        return Assistant.open(corpus=corpus, index=index)

    page = build_app(open_assistant, settings)
    page.launch(
        server_name=settings.host, server_port=settings.port, root_path=settings.root_path, auth=settings.auth, quiet=True, prevent_thread_lock=True,
    )  # fmt: skip
    shown = f"[{settings.host}]" if ":" in settings.host and "[" not in settings.host else settings.host
    address = f"http://{shown}:{settings.port}"
    click.echo(texts.SERVING.format(title=settings.title or NAME, address=address))
    if browser:
        webbrowser.open(address)
    try:
        page.opening.wait()
    except UserError as error:
        page.close(verbose=False)
        raise click.ClickException(str(error)) from error
    page.block_thread()


if __name__ == "__main__":
    main()
