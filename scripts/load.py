"""Twenty people asking the page at once, over the packaged corpus: errors, seconds and memory, each beside its bar.

make load        or        python scripts/load.py [--clients 20] [--seconds 60]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from itertools import cycle, islice
from pathlib import Path

import click
import httpx

import ui
from assistant.evaluate import read_golden

ROOT = Path(__file__).resolve().parent.parent
P95_SECONDS = 1.5
GROWTH = 1.05  # memory at the end over memory after 20 s: more is not flat
WARM_SECONDS = 20
START_SECONDS = 120  # for the page and its model to be ready


def questions() -> list[str]:
    """Golden questions that stand alone and hold a word: others are refused with a message, as they should be."""
    asked = [golden.ask for golden in read_golden(ROOT / "tests" / "golden" / "people.toml")[1] if not golden.history]
    return [question for question in asked if any(map(str.isalnum, question))]


def memory(process: subprocess.Popen[bytes]) -> float:
    """Resident megabytes of a process, as Linux counts them."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def wait_until_there(process: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise click.ClickException(f"The page did not come up at {address}.")


class Person:
    """A person at the page, who asks as a browser does. Takes a twentieth of the time of gradio_client, which would be measured instead."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=START_SECONDS)
        self._session = uuid.uuid4().hex
        functions = self._http.get("/config").json()["dependencies"]
        self._ask = next(function["id"] for function in functions if function["api_name"] == "ask")

    def ask(self, question: str) -> None:
        """Ask and read the answer to its end. Raises RuntimeError when the page takes the question back or fails."""
        asked = {"data": [question, "[]", "", uuid.uuid4().hex], "fn_index": self._ask, "session_hash": self._session}
        self._http.post("/gradio_api/queue/join", json=asked).raise_for_status()
        with self._http.stream("GET", "/gradio_api/queue/data", params={"session_hash": self._session}) as lines:
            for line in lines.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line else {}
                if message.get("msg") == "process_completed":
                    drawn = message["output"].get("data", [""])[0]
                    if not message["success"] or 'data-complete="true"' not in drawn:
                        raise RuntimeError(str(message["output"])[:500])


def keep_asking(address: str, asked: list[str], begin: threading.Barrier, length: int, seconds: list[float], errors: list[str]) -> None:
    """One client: its questions one after the other until the time is over."""
    person = Person(address)
    begin.wait()
    until = time.monotonic() + length
    for question in cycle(asked):
        started = time.monotonic()
        if started >= until:
            return
        try:
            person.ask(question)
        except Exception as error:  # whatever a person is told counts as an error of the page
            errors.append(f"{question}: {error!r}")
        else:
            seconds.append(time.monotonic() - started)


@click.command()
@click.option("--clients", default=20, show_default=True, help="People asking at once.")
@click.option("--seconds", "length", default=60, show_default=True, help="How long they ask.")
def main(clients: int, length: int) -> None:
    """Start the page on this computer, ask it from many clients and print what they met."""
    port = ui.free_port("127.0.0.1", 0)
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "KEI_RATE": "0", "KEI_FEEDBACK": "0", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "ui.py"), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_until_there(process, address)
        pool = questions()
        Person(address).ask(pool[0])  # waits for the model
        seconds: list[float] = []
        errors: list[str] = []
        begin = threading.Barrier(clients + 1)
        threads = [
            threading.Thread(target=keep_asking, args=(address, list(islice(pool, place, None, clients)), begin, length, seconds, errors))
            for place in range(clients)
        ]
        for thread in threads:
            thread.start()
        begin.wait()
        at_start, waiting = memory(process), os.getloadavg()[0]
        time.sleep(min(WARM_SECONDS, length))
        warm = memory(process)
        for thread in threads:
            thread.join()
        at_end = memory(process)
    finally:
        process.terminate()
        process.wait()
    if len(seconds) < 2:
        raise click.ClickException(f"Hardly a question was answered. First error: {errors[:1]}")
    p95 = statistics.quantiles(seconds, n=20)[-1]
    click.echo(f"{clients} clients, {len(seconds)} answers in {length} s; load of the machine {waiting:.1f} before, {os.getloadavg()[0]:.1f} after")
    flat = f"bar: at most {GROWTH:.0%} of that after {WARM_SECONDS} s"
    click.echo(f"errors         {len(errors):8}   bar: 0")
    click.echo(f"p50, s         {statistics.median(seconds):8.2f}")
    click.echo(f"p95, s         {p95:8.2f}   bar: under {P95_SECONDS}")
    click.echo(f"memory, MB     {at_start:8.0f} at start, {warm:.0f} after {WARM_SECONDS} s, {at_end:.0f} at the end   {flat}")
    for error in errors[:5]:
        click.echo(error, err=True)
    sys.exit(bool(errors) or p95 >= P95_SECONDS or at_end > GROWTH * warm)


if __name__ == "__main__":
    main()
