"""What the tests share: the real model and index, opened once; a small corpus; a stand-in that counts words; no network."""

from __future__ import annotations

import datetime
import os
import shutil
from collections import Counter
from pathlib import Path

import hypothesis
import loopback
import pytest
from stand_ins import SMALL_CORPUS, WordEmbeddings, write_corpus

from assistant import Assistant
from index import BuildReport, Embeddings, Index, IndexSettings, open_embeddings, rebuild

PROJECT = Path(__file__).resolve().parent.parent
CORPUS = PROJECT / "corpus"


# --- no network, no settings of whoever runs the tests -----------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    loopback.block_all_else()
    hypothesis.settings.register_profile("tests", deadline=None, derandomize=True)  # no speed is asserted; the same run every time
    hypothesis.settings.load_profile("tests")
    for name in [name for name in os.environ if name.startswith("KEI_")]:
        del os.environ[name]


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data folder, where indexes are put by default: an empty one for each test."""
    folder = tmp_path / "user-data"
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    return folder


# --- the real thing ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def embeddings() -> Embeddings:
    """The packaged model."""
    settings = IndexSettings.from_environment()
    return open_embeddings(settings.embedding_model, cache=settings.model_cache)


@pytest.fixture(scope="session")
def real_build(embeddings: Embeddings, tmp_path_factory: pytest.TempPathFactory) -> BuildReport:
    """The project's own corpus, indexed once. Nobody changes it."""
    return rebuild(IndexSettings.from_environment(corpus=CORPUS, index=tmp_path_factory.mktemp("real") / "index"), embeddings)


@pytest.fixture(scope="session")
def real_settings(real_build: BuildReport) -> IndexSettings:
    """The settings of the project's own corpus and its finished index."""
    return IndexSettings.from_environment(corpus=CORPUS, index=real_build.index)


@pytest.fixture(scope="session")
def assistant(real_settings: IndexSettings, embeddings: Embeddings) -> Assistant:
    """The project's own assistant, without a chat model, on one day for ever."""
    return Assistant(Index.open(real_settings, embeddings), today=lambda: datetime.date(2026, 11, 23))


# --- small and predictable ---------------------------------------------------------------------------------------------


@pytest.fixture
def words() -> WordEmbeddings:
    return WordEmbeddings()


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    """Five documents on whales, tides, foxes, harbour rules and lamps."""
    return write_corpus(tmp_path / "documents", SMALL_CORPUS)


@pytest.fixture
def small_settings(small_corpus: Path, tmp_path: Path) -> IndexSettings:
    """The small corpus, not indexed yet."""
    return IndexSettings(corpus=small_corpus, index=tmp_path / "index", embedding_model="words", chunk_size=40)


# --- the browser -------------------------------------------------------------------------------------------------------

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC_BROWSER = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
_QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """How pytest-playwright starts the system's Chromium."""
    found = next(filter(None, map(shutil.which, (*_BROWSERS, _MAC_BROWSER))), None)
    if found is None:
        pytest.skip("no Chromium on this machine; scripts/chromium.sh tells how to get one")
    # subtle: Chromium refuses to run as root with its sandbox
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return {"executable_path": found, "args": [*_QUIET, *sandbox]}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require-browser", action="store_true", help="fail when a test in a browser was skipped, or none ran")
    parser.addoption("--every-look", action="store_true", help="visit the page at each width, light and dark, in every test of it")
    parser.addoption("--update-readme", action="store_true", help="write into README.md what its commands print now")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


_in_browser: Counter[str] = Counter()  # outcomes of those tests, in the process that tells of them


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if "browser" in report.keywords and (report.when == "call" or report.skipped):
        _in_browser[report.outcome] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _lacks_browser_tests(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _lacks_browser_tests(config):
        terminalreporter.section("tests in a browser are required", red=True)
        terminalreporter.line(f"{_in_browser['passed']} passed, {_in_browser['skipped']} were skipped")


def _lacks_browser_tests(config: pytest.Config) -> bool:
    is_worker = hasattr(config, "workerinput")  # of pytest-xdist, which sees a share of the tests
    return config.getoption("--require-browser") and not is_worker and (_in_browser["skipped"] > 0 or not _in_browser["passed"])
