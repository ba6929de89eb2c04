"""Chat model servers on loopback that play a script: one speaks the OpenAI chat protocol with streaming, one the Ollama protocol."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Script:
    """What a server does with a request. Texts come in pieces of `size` characters."""

    text: str | Callable[[str], str] = ""  # the reply, or a function of the prompt
    size: int = 7
    pause: float = 0.0  # seconds before each piece
    wait: float = 0.0  # seconds before the first byte
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None  # raw, instead of the protocol
    break_after: int | None = None  # pieces, after which the connection is dropped
    end_after: int | None = None  # pieces, after which the reply ends as if it were whole, without a word
    finish: str = "stop"
    tokens: tuple[int, int] = (120, 30)


@dataclass
class Server:
    """A running server: its address, the scripts it still has (the last one stays), and what it was asked."""

    url: str
    scripts: list[Script]
    requests: list[dict[str, Any]] = field(default_factory=list)
    dropped: threading.Event = field(default_factory=threading.Event)  # a client went away before the end

    def prompt(self, number: int = -1) -> str:
        return "\n".join(message["content"] for message in self.requests[number]["messages"])


class _Handler(BaseHTTPRequestHandler):
    server: Any
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        state: Server = self.server.state
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        state.requests.append(request)
        script = state.scripts.pop(0) if len(state.scripts) > 1 else state.scripts[0]
        time.sleep(script.wait)
        if script.status != 200 or script.body is not None:
            self._send_whole(script)
            return
        text = script.text(state.prompt()) if callable(script.text) else script.text
        self.send_response(200)
        self.send_header("Content-Type", self.server.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for number, line in enumerate(self.server.lines(text, script)):
                if number == script.break_after:
                    self.close_connection = True
                    self.connection.close()
                    return
                time.sleep(script.pause)
                self._send_chunk(line)
            self._send_chunk("")
        except OSError:
            state.dropped.set()
            self.close_connection = True

    def _send_chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _send_whole(self, script: Script) -> None:
        data = (script.body if script.body is not None else json.dumps({"error": {"message": "no", "type": "error", "code": None}})).encode()
        self.send_response(script.status)
        for name, value in {"Content-Type": "application/json", **script.headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(data)


def _pieces(text: str, script: Script) -> list[str]:
    pieces = [text[start : start + script.size] for start in range(0, len(text), script.size)]
    return pieces if script.end_after is None else pieces[: script.end_after]


def _openai_lines(text: str, script: Script) -> Iterator[str]:
    def event(delta: dict[str, str], finish: str | None = None, usage: dict[str, int] | None = None) -> str:
        choices = [] if usage else [{"index": 0, "delta": delta, "finish_reason": finish}]
        data = {"id": "reply-1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": choices, "usage": usage}
        return f"data: {json.dumps(data)}\n\n"

    yield event({"role": "assistant", "content": ""})
    for piece in _pieces(text, script):
        yield event({"content": piece})
    if script.end_after is None:
        yield event({}, finish=script.finish)
        first, second = script.tokens
        yield event({}, usage={"prompt_tokens": first, "completion_tokens": second, "total_tokens": first + second})
        yield "data: [DONE]\n\n"


def _ollama_lines(text: str, script: Script) -> Iterator[str]:
    for piece in _pieces(text, script):
        yield (
            json.dumps({"model": "scripted", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": piece}, "done": False})
            + "\n"
        )
    if script.end_after is None:
        first, second = script.tokens
        yield json.dumps({
            "model": "scripted", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": ""}, "done": True,
            "done_reason": script.finish, "total_duration": 1, "prompt_eval_count": first, "eval_count": second,
        }) + "\n"  # fmt: skip


_PROTOCOLS: dict[str, tuple[str, str, Callable[[str, Script], Iterator[str]]]] = {
    "openai": ("text/event-stream", "/v1", _openai_lines),
    "ollama": ("application/x-ndjson", "", _ollama_lines),
}


@contextmanager
def serve(protocol: str, *scripts: Script) -> Iterator[Server]:
    """A server of that protocol with those scripts, one for each request."""
    content_type, path, lines = _PROTOCOLS[protocol]
    http: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    http.content_type, http.lines = content_type, lines
    http.state = Server(f"http://127.0.0.1:{http.server_port}{path}", list(scripts))
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield http.state
    finally:
        http.shutdown()
        http.server_close()
