"""After installation nothing leaves the machine: from an empty home to a cited answer with every outside address refused."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import loopback
import pytest

PROJECT = Path(__file__).resolve().parent.parent

# Runs a module as `python -m` does, and fails when a library reached out, also where it swallowed the refusal.
RUN = """
import loopback, runpy, sys
loopback.block_all_else()
sys.argv = sys.argv[1:]
try:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
finally:
    if loopback.attempts:
        sys.exit("reached out: " + "; ".join(loopback.attempts))
"""


def test_rebuild_and_answer_with_an_empty_home_and_no_network(small_corpus, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "HF_", "KEI_"))}
    environment |= {"HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "tests")])}

    def run(*arguments: str) -> str:
        finished = subprocess.run([sys.executable, "-c", RUN, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    assert run("index", "rebuild", "--corpus", str(small_corpus)).startswith("Indexed 5 documents")
    environment["KEI_CORPUS"] = str(small_corpus)
    answer = json.loads(run("assistant", "ask", "How long do humpback whales sing?", "--json"))
    assert answer["status"] == "answered"
    assert answer["citations"][0]["document_id"] == "sea/whales.md"
    assert "30 minutes" in answer["text"]


def test_guard_lets_this_machine_through_and_nothing_else():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    before = len(loopback.attempts)
    with pytest.raises(loopback.OutsideConnection):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(loopback.OutsideConnection):
        socket.getaddrinfo("example.com", 80)
    assert len(loopback.attempts) > before
