"""An index on a Chroma server: the same answers as from a folder, rebuilt by one while many ask, and plain words when the server fails."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from chroma_server import ChromaRun, Gate
from click.testing import CliRunner
from stand_ins import SMALL_CORPUS, WordEmbeddings, write_corpus
from test_rebuild import assert_equal

from assistant import Assistant
from assistant.assistant import open_index
from index import (
    ChromaServer,
    Index,
    IndexDamaged,
    IndexLocked,
    IndexMissing,
    IndexSettings,
    IndexStale,
    ServerUnavailable,
    SettingsError,
    UserError,
    rebuild,
)
from index import server as serving
from index.__main__ import main
from index.place import place_of
from index.store import Server

HERE = Path(__file__).parent
QUESTIONS = ("Do whales sing?", "What does a boat pay, and when are engines off?", "Which lamps are there?", "Why is the sky blue?")


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaRun]:
    """A server that all tests share; one that stops it starts it again."""
    run = ChromaRun(tmp_path_factory.mktemp("chroma")).start()
    yield run
    run.kill()


@pytest.fixture
def remote(small_settings: IndexSettings, chroma: ChromaRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IndexSettings:
    """The small corpus with an index of its own on the server, not built yet."""
    monkeypatch.setattr(serving, "POLL_SECONDS", 0.0)
    return replace(small_settings, index=tmp_path / "copies" / f"{tmp_path.name}", server=chroma.settings)


def collections(settings: IndexSettings) -> dict[str, object]:
    """The collections of an index, by what follows its name."""
    assert settings.server
    found = Server(settings.server).names()
    return {name.removeprefix(f"{settings.index.name}."): facts for name, facts in found.items() if name.startswith(f"{settings.index.name}.")}


def answers(settings: IndexSettings, words: WordEmbeddings) -> list[dict[str, object]]:
    """What is answered to the questions, but for the seconds it took."""
    assistant = Assistant(Index.open(settings, words))
    given = [assistant.answer(question) for question in QUESTIONS]
    given.append(assistant.answer("And for a larger boat?", history=[("What does a boat up to 8 metres pay?", given[1].text)]))
    given.append(assistant.answer("Do whales sing?", as_of="2020-01-01"))
    return [{**answer.to_dict(), "seconds": None} for answer in given]


# --- the same as in a folder ---------------------------------------------------------------------------------------------


def test_answers_are_those_of_a_folder_to_the_last_citation(remote, small_settings, words):
    for settings in (small_settings, remote):
        rebuild(settings, words)
    from_folder, from_server = answers(small_settings, words), answers(remote, words)
    assert {answer["status"] for answer in from_folder} >= {"answered", "declined"}
    assert from_server == from_folder


def test_rebuild_on_a_server_embeds_only_what_is_new_and_equals_a_fresh_one(remote, small_settings, words, tmp_path):
    rebuild(remote, words)
    rules = remote.corpus / "land/rules.md"
    rules.write_text(rules.read_text().replace("10 pm", "11 pm"))
    (remote.corpus / "sea/whales.md").rename(remote.corpus / "whales.md")
    (remote.corpus / "lamps.csv").unlink()
    words.encoded.clear()
    report = rebuild(remote, words)
    assert (report.embedded, [text for text in words.encoded if "Engines" not in text]) == (1, [])
    assert not rebuild(remote, words).rebuilt
    rebuild(small_settings, words)
    assert_equal(remote, small_settings)
    (remote.corpus / "owls.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    rebuild(remote, words)
    generations = {name.split(".")[0] for name in collections(remote) if name[0].isdigit()}
    assert len(generations) == 2, "the one that serves and the one before it"


def test_folders_that_chroma_leaves_behind_are_removed_while_it_runs(chroma, remote, words):
    for number in range(4):
        (remote.corpus / "owls.md").write_text(f"# Owls\n\nOwls hunt by ear {number} times.\n")
        rebuild(remote, words)
    command = [sys.executable, HERE.parent / "scripts/chroma_leftovers.py", chroma.folder]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert not first.startswith("Removed 0 "), "Chroma removes them itself: the script is no longer needed"
    assert second.startswith("Removed 0 ")
    chroma.kill()
    chroma.start()
    assert Index.open(remote, words).search("owls hunt")[0].text == "Owls hunt by ear 3 times."


def test_another_machine_asks_what_this_one_built(remote, words, tmp_path):
    rebuild(remote, words)
    other = replace(remote, index=tmp_path / "other machine" / remote.index.name)
    assistant = Assistant(Index.open(other, words))
    assert "sing" in assistant.answer("Do whales sing?").text
    (remote.corpus / "owls.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    rebuild(remote, words)
    assert assistant.answer("How do owls hunt?").citations[0].document_id == "owls.md"
    assert len([folder for folder in other.index.iterdir() if folder.is_dir()]) <= 2, "copies of former generations go"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_four_processes_ask_while_a_fifth_rebuilds(chroma, tmp_path):
    corpus = write_corpus(tmp_path / "documents", SMALL_CORPUS)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(HERE.parent), str(HERE)))}
    command = [sys.executable, HERE / "asking.py", corpus, tmp_path.name, chroma.settings.url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = [set(log.read_text().split()) for log in tmp_path.glob("asker-*")]
    assert len(seen) == 4
    assert all({"0", "2"} <= numbers for numbers in seen)


def test_question_under_way_survives_two_rebuilds(remote, words):
    """The generation that a question began with is gone when it is half answered."""
    rebuild(remote, words)
    assistant = Assistant(Index.open(remote, words))
    find = assistant.index.store.nearest_sentences

    def rebuild_twice(*arguments):
        for number in (1, 2):
            (remote.corpus / "owls.md").write_text(f"# Owls\n\nOwls hunt by ear {number} times.\n")
            rebuild(remote, words)
        return find(*arguments)

    assistant.index.store.nearest_sentences = rebuild_twice
    assert assistant.answer("How do owls hunt?").citations[0].quote == "Owls hunt by ear 2 times."


def test_assistant_of_another_model_serves_until_its_generation_goes_and_then_says_so(remote, words):
    rebuild(remote, words)
    assistant = Assistant(Index.open(remote, words))
    other = WordEmbeddings()
    other.fingerprint = "words-2"
    rebuild(remote, other)
    assert "sing" in assistant.answer("Do whales sing?").text
    rebuild(remote, other, force=True)
    with pytest.raises(IndexStale, match="fingerprint words-2 instead of words-1"):
        assistant.answer("What does a boat pay?")


# --- a server that fails -------------------------------------------------------------------------------------------------


def test_server_stopped_in_mid_question_is_named_and_the_next_question_after_its_start_is_answered(chroma, remote, words, monkeypatch):
    rebuild(remote, words)
    assistant = Assistant(Index.open(remote, words))
    before = assistant.answer("Do whales sing?")
    find = assistant.index.store.nearest_sentences

    def kill_and_find(*arguments):
        chroma.kill()
        return find(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(assistant.index.store, "nearest_sentences", kill_and_find)
        with pytest.raises(ServerUnavailable, match=f"{chroma.settings.url} cannot be reached .*Start it"):
            assistant.answer("What does a boat pay?")
    with pytest.raises(ServerUnavailable):
        rebuild(remote, words)
    chroma.start()
    after = assistant.answer("Do whales sing?")
    assert replace(after, seconds={}) == replace(before, seconds={})
    (remote.corpus / "owls.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    assert rebuild(remote, words).rebuilt
    assert assistant.answer("How do owls hunt?").citations


def test_generation_whose_last_request_got_no_reply_is_whole(remote, words, monkeypatch):
    rebuild(remote, words)
    (remote.corpus / "owls.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    put = Server.put

    def put_and_hear_nothing(server, name, records):
        put(server, name, records)
        if name.endswith(".current"):
            raise ServerUnavailable("No reply.", is_passing=True)

    with monkeypatch.context() as patch:
        patch.setattr(Server, "put", put_and_hear_nothing)
        with pytest.raises(ServerUnavailable):
            rebuild(remote, words)
    assert Index.open(remote, words).search("owls hunt")[0].document_id == "owls.md"
    assert not rebuild(remote, words).rebuilt


def test_server_that_hangs_is_not_waited_for_without_end(chroma, remote, words):
    rebuild(remote, words)
    hasty = replace(remote, server=replace(chroma.settings, timeout_seconds=5))
    index = Index.open(hasty, words)
    hastier = replace(remote, server=replace(chroma.settings, timeout_seconds=0.5))
    chroma.signal(signal.SIGSTOP)
    try:
        for ask in (lambda: index.search("whales"), lambda: Index.open(hastier, words)):
            with pytest.raises(ServerUnavailable, match=r"did not answer within .* seconds. Ask again, or set KEI_CHROMA_TIMEOUT"):
                ask()
    finally:
        chroma.signal(signal.SIGCONT)
    assert index.search("whales")


class _Else(BaseHTTPRequestHandler):
    """Something that is no Chroma server."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"<html/>")

    def log_message(self, *_arguments: object) -> None:
        """Quietly."""


@contextmanager
def something_else() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Else)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "says"),
    [("/200", "does not speak as one of version 1 does"), ("/404", "does not speak as"), ("/401", "lets nobody in with this login"),
     ("/503", "is not ready"), (None, "cannot be reached")],
    ids=["another server", "an old server", "no login", "busy", "nothing"],
)  # fmt: skip
def test_wrong_address_is_one_sentence_without_the_password(small_corpus, words, monkeypatch, tmp_path, path, says):
    monkeypatch.setattr("index.embeddings.open_embeddings", lambda *_arguments, **_options: words)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with something_else() as host:
        for command in (["rebuild"], ["search", "whales"], ["status"], ["rebuild", "--check"]):
            address = f"http://me:secret1@{host}{path}" if path else "http://me:secret1@127.0.0.1:9"
            monkeypatch.setenv("KEI_CHROMA_URL", address)
            done = CliRunner().invoke(main, [*command, "--corpus", str(small_corpus)])
            assert (done.exit_code, done.stdout) == (1, "")
            assert says in done.stderr
            assert done.stderr.count("\n") == 1, "no trace"
            assert "secret1" not in done.output


def test_missing_database_is_named(remote, words):
    with pytest.raises(ServerUnavailable, match=r"\[town\] not found.*put KEI_CHROMA_TENANT and KEI_CHROMA_DATABASE right"):
        Index.open(replace(remote, server=replace(remote.server, database="town")), words)


def test_missing_index_is_named(remote, words):
    with pytest.raises(IndexMissing, match=f"No index {remote.index.name} on http://127.0.0.1:.* Build it with: python -m index rebuild"):
        Index.open(remote, words)


def test_damage_on_the_server_is_found_and_mended(remote, words):
    rebuild(remote, words)
    shutil.rmtree(remote.index)
    server = Server(remote.server)
    (files,) = (name for name in server.names() if name.startswith(f"{remote.index.name}.2") and name.endswith(".files"))
    record = server.get(files, ["0"])["0"]
    server.put(files, {"0": {**record, "part0": record["part0"][:-8] + "AAAAAAA="}})
    with pytest.raises(IndexDamaged, match="is damaged .*python -m index rebuild --force"):
        Index.open(remote, words)
    assert rebuild(remote, words).rebuilt
    assert Index.open(remote, words).search("whales")


def test_damaged_copy_is_fetched_again(remote, words):
    rebuild(remote, words)
    (path,) = remote.index.rglob("order.npy")
    path.write_bytes(b"other")
    assert Index.open(remote, words).search("whales")


def test_place_for_copies_that_cannot_be_written_is_named(remote, words, tmp_path):
    rebuild(remote, words)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="Cannot keep a copy of the index in .*file.*set XDG_CACHE_HOME"):
        Index.open(replace(remote, index=tmp_path / "file" / remote.index.name), words)


# --- one writer ----------------------------------------------------------------------------------------------------------


def test_second_writer_is_refused_and_told_who_writes(remote, words):
    with place_of(remote).writing(), pytest.raises(IndexLocked, match=f"is rebuilding {remote.index.name} on .*: process {os.getpid()} on "):
        rebuild(remote, words)
    assert rebuild(remote, words).rebuilt


def test_claim_of_a_dead_writer_runs_out_and_what_it_still_publishes_counts_for_nothing(remote, words, monkeypatch):
    rebuild(remote, words)
    (remote.corpus / "owls.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    monkeypatch.setattr(serving, "CLAIM_SECONDS", 1.0)
    monkeypatch.setattr(serving.Claim, "_keep", lambda _claim: None)
    dead = place_of(remote)
    with dead.writing():
        folder = dead.new_generation()
        dead.create_store(folder)
        with pytest.raises(IndexLocked, match=r"if it has died, its claim runs out in [01] seconds"):
            rebuild(remote, words)
        time.sleep(1.1)
        assert rebuild(remote, words).rebuilt
        assert not any(folder.name in name for name in collections(remote)), "what a killed rebuild left is cleared away"
        shutil.copytree(dead.current(), folder)
        with pytest.raises(IndexLocked, match="took over the rebuild"):
            dead.make_current(folder)
        monkeypatch.setattr(serving.Claim, "renew", lambda _claim: None)  # overtaken after it had looked
        dead.make_current(folder)
        dead.remove_unused()
    assert Index.open(remote, words).search("owls hunt")[0].document_id == "owls.md"


# --- settings ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "header"),
    [
        ({"KEI_CHROMA_HEADER": "Authorization: Bearer 1234"}, ("Authorization", "Bearer 1234")),
        ({"user": "me:p%40ss@"}, ("Authorization", "Basic bWU6cEBzcw==")),
        ({"KEI_CHROMA_API_KEY": "ck-1234"}, ("x-chroma-token", "ck-1234")),
    ],
    ids=["header", "user and password", "API key"],
)
def test_login_is_sent_with_every_request(chroma, login, header):
    with Gate(chroma.settings.url, header) as gate:
        url = gate.url.replace("//", f"//{login.get('user', '')}")
        settings = IndexSettings.from_environment(environment={**login, "KEI_CHROMA_URL": url})
        assert Server(settings.server).seconds() > 0
        assert gate.refused == 0
        with pytest.raises(ServerUnavailable, match="lets nobody in with this login"):
            Server(ChromaServer(gate.url)).seconds()


def test_no_request_has_more_records_than_the_server_takes(remote, words, monkeypatch):
    monkeypatch.setattr("index.store.SERVER_PAGE", 7)
    monkeypatch.setattr("index.store.SERVER_BATCH", 7)
    with Gate(remote.server.url, ("x-chroma-token", "ck-1234"), records=7) as gate:
        settings = replace(remote, server=ChromaServer(gate.url, api_key="ck-1234"))
        assert rebuild(settings, words).sentences > 7
        (settings.corpus / "owls.md").write_text("# Owls\n\nOwls hunt by ear.\n")
        assert rebuild(settings, words).embedded == 1
        assert Index.open(settings, words).search("owls hunt")[0].document_id == "owls.md"
        assert gate.largest == 7


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"KEI_CHROMA_URL": "10.0.0.5:8000"}, "KEI_CHROMA_URL is not an address of the form http://host:port"),
        ({"KEI_CHROMA_URL": "http://me:secret/1@host"}, "KEI_CHROMA_URL is not an address of the form"),
        ({"KEI_CHROMA_URL": "http://host?tennant=a"}, "KEI_CHROMA_URL is not an address of the form"),
        ({"KEI_CHROMA_URL": "http://host", "KEI_CHROMA_HEADER": "1234"}, "KEI_CHROMA_HEADER is not a header"),
        ({"KEI_CHROMA_URL": "http://me:it@host", "KEI_CHROMA_HEADER": "a: b"}, "leave one of them out"),
        ({"KEI_CHROMA_URL": "http://host", "KEI_CHROMA_TIMEOUT": "soon"}, "KEI_CHROMA_TIMEOUT is 'soon'; set it to a number of seconds"),
        ({"KEI_REBUILD": "never"}, "KEI_REBUILD is 'never'; set it to 1 or 0"),
    ],
)
def test_setting_that_cannot_be_used_is_named(environment, says):
    with pytest.raises(SettingsError, match=says) as caught:
        IndexSettings.from_environment(environment=environment)
    assert "secret" not in str(caught.value)


def test_machines_with_a_corpus_of_the_same_name_share_an_index(tmp_path):
    names = set()
    for machine in ("one", "other"):
        environment = {"KEI_CORPUS": str(tmp_path / machine / "fees"), "KEI_CHROMA_URL": "https://chroma.example?tenant=town&database=hall"}
        settings = IndexSettings.from_environment(environment=environment)
        names.add(settings.shown)
        assert settings.server == ChromaServer("https://chroma.example", tenant="town", database="hall")
    assert names == {"fees on https://chroma.example"}
    assert IndexSettings.from_environment(environment={"KEI_CHROMA_API_KEY": "k", "KEI_INDEX": "a/b"}).shown == "b on https://api.trychroma.com"


def test_index_of_another_corpus_under_the_same_name_is_not_replaced_in_passing(remote, words, tmp_path):
    rebuild(remote, words)
    other = replace(remote, corpus=write_corpus(tmp_path / "others", {"owls.md": "# Owls\n\nOwls hunt by ear.\n"}))
    with pytest.raises(SettingsError, match="is of another corpus, .*documents: they share no document. Give this one another name with KEI_INDEX"):
        rebuild(other, words)
    assert not rebuild(remote, words).rebuilt
    assert rebuild(other, words, force=True).rebuilt


def test_machine_that_may_not_rebuild_serves_what_is_there(remote, words, monkeypatch):
    monkeypatch.setattr("assistant.assistant.open_embeddings", lambda *_arguments, **_options: words)
    asking = replace(remote, builds=False)
    with pytest.raises(IndexMissing):
        open_index(asking, rebuild_first=True)
    rebuild(remote, words)
    (remote.corpus / "owls.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    assert open_index(asking, rebuild_first=True).changes().added == ("owls.md",)
    assert not open_index(remote, rebuild_first=True).changes()
