"""A real Chroma server on loopback, to be killed and started again; a gate before it asks for a login and limits records, as Chroma Cloud does."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from index import ChromaServer

STARTING = 60  # seconds at most
RESULTS = 300  # of a search, as Chroma Cloud has it


class ChromaRun:
    """`chroma run` on a free port, with its data in a folder."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.settings = ChromaServer(f"http://127.0.0.1:{self.port}")

    def start(self) -> ChromaRun:
        """Start it, and wait until it answers."""
        command = [Path(sys.executable).with_name("chroma"), "run", "--host", "127.0.0.1", "--port", str(self.port), "--path", self.folder]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
        ends = time.monotonic() + STARTING
        while True:
            try:
                with urllib.request.urlopen(f"{self.settings.url}/api/v2/heartbeat", timeout=5):
                    return self
            except OSError:
                assert self._process.poll() is None, "chroma run ended"
                assert time.monotonic() < ends, "chroma run does not answer"
                time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()


class Gate(ThreadingHTTPServer):
    """Passes on to a Chroma server what carries a login, and no request for more records than so many."""

    daemon_threads = True

    def __init__(self, target: str, header: tuple[str, str], *, records: int = 300) -> None:
        super().__init__(("127.0.0.1", 0), _Keeper)
        self.target = target
        self.header = header
        self.records = records
        self.refused = 0
        self.largest = 0  # records in a request so far
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Gate:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_arguments: object) -> None:
        self.shutdown()
        self.server_close()


class _Keeper(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        gate = self.server
        assert isinstance(gate, Gate)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name, value = gate.header
        if self.headers.get(name) != value:
            gate.refused += 1
            self._reply(401, b'{"error": "nobody"}')
            return
        asked = json.loads(body) if body else {}
        gate.largest = max(gate.largest, len(asked.get("ids") or ()))
        if gate.largest > gate.records or (asked.get("n_results") or 0) > RESULTS:
            self._reply(400, b'{"error": "QuotaError", "message": "too many records"}')
            return
        request = urllib.request.Request(
            gate.target + self.path, data=body or None, method=self.command, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request) as answer:
                self._reply(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            self._reply(error.code, error.read())

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Quietly."""
