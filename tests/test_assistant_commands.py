"""The assistant on the command line: the same answers as from Python, and errors in one sentence."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from assistant import Assistant
from assistant.__main__ import main

QUESTION = "How old must a kei truck be to be imported?"


@pytest.fixture
def run(real_settings, monkeypatch):
    monkeypatch.setenv("KEI_INDEX", str(real_settings.index))
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


def test_ask_prints_the_answer_of_python(run, real_settings):
    printed = json.loads(run("ask", QUESTION, "--json", "--as-of", "2026-11-23").output)
    answer = Assistant.open(index=real_settings.index, rebuild=False).answer(QUESTION, as_of="2026-11-23")
    assert printed["text"] == answer.text
    assert printed["citations"] == answer.to_dict()["citations"]


def test_ask_names_the_source_of_every_mark(run):
    output = run("ask", QUESTION, "--explain").output
    assert "25 years" in output
    assert "[1] " in output
    assert "https://" in output
    assert "Stages: " in output


def test_refusal_offers_other_questions(run):
    output = run("ask", "What is the capital of Mongolia?").output
    assert "The sources do not answer this question." in output
    assert "The sources do answer:" in output


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ask", "  "], 1, "Error: The question is empty."),
        (["ask", "Who pays?", "--as-of", "yesterday"], 1, "YYYY-MM-DD"),
        (["ask", "Who pays?", "--corpus", "no/such/folder", "--index", "none"], 1, "No corpus folder"),
        (["ask"], 2, "Missing argument"),
        (["verify", "no-such-file.json"], 2, "does not exist"),
    ],
    ids=["empty question", "no day", "no corpus", "no question", "no file"],
)
def test_wrong_input_is_told_in_one_sentence(run, arguments, code, says):
    result = run(*arguments)
    assert result.exit_code == code
    assert says in result.output
    assert "Traceback" not in result.output


def test_verify_holds_an_answer_against_the_files(run, tmp_path):
    data = json.loads(run("ask", QUESTION, "--json").output)
    kept = tmp_path / "answer.json"
    kept.write_text(json.dumps(data), encoding="utf-8")
    assert run("verify", str(kept)).exit_code == 0
    data["citations"][0]["quote"] = data["citations"][0]["quote"].replace("25", "15")
    kept.write_text(json.dumps(data), encoding="utf-8")
    result = run("verify", str(kept))
    assert result.exit_code == 1
    assert "[1]" in result.output


def test_verify_refuses_what_is_no_answer(run, tmp_path):
    (tmp_path / "list.json").write_text("[1, 2]", encoding="utf-8")
    result = run("verify", str(tmp_path / "list.json"))
    assert result.exit_code == 1
    assert "is no answer" in result.output


def test_eval_prints_figures_and_compares_runs(run, tmp_path, monkeypatch):
    golden = tmp_path / "few.toml"
    golden.write_text(
        '[[question]]\nid = "a"\nask = "What is the tariff on Korean cars?"\nkind = "what"\nstatus = "answered"\nfacts = [["15%"]]\n'
        '[[question]]\nid = "b"\nask = "What is the capital of Mongolia?"\nkind = "unrelated"\nstatus = "declined"\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    output = run("eval", str(golden)).output
    assert "correct" in output
    assert "No question changed" in output
    last = tmp_path / ".eval" / "last.json"
    last.write_text(last.read_text(encoding="utf-8").replace('"correct": true', '"correct": false'), encoding="utf-8")
    assert "better a: What is the tariff on Korean cars?" in run("eval", str(golden)).output
    report = json.loads(run("eval", str(golden), "--json").output)["reports"]["corpus"]["all"]
    assert report["correct"] == report["declined"] == report["citations valid"] == 1.0


def test_timeline_prints_steps_with_their_days(run):
    output = run("timeline", "tariffs/japan.md").output
    assert "2025-09-16" in output


@pytest.mark.parametrize("package", ["assistant", "index"])
def test_help_loads_nothing_heavy(package):
    code = (
        f"import runpy, sys; sys.argv = ['{package}', '--help']\n"
        f"try: runpy.run_module('{package}', run_name='__main__')\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'torch', 'chromadb', 'langchain', 'langchain_core', 'gradio', 'onnxruntime', 'sentence_transformers'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
