"""The chat page in a real Chromium, over the real index: asked, read, clicked and attacked as a person would."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import tomllib
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from gradio_client import Client
from markdown_it import MarkdownIt
from stand_ins import write_corpus

import ui
from assistant import Assistant
from assistant.__main__ import main as assistant_main
from index import Index, IndexSettings, rebuild
from page.figures import read_figures

PROJECT = Path(__file__).resolve().parent.parent
QUESTION = "What is the tariff on Korean cars?"
ATTACK = "<img src=x onerror=\"document.title='hacked'\">${document.title='hacked'}{{constructor}}<script>document.title='hacked'</script>"


@contextmanager
def serve(assistant, *, launch=MappingProxyType({}), **settings):
    """The page of an assistant on a free port, closed at the end."""
    page = ui.build_app(assistant, ui.PageSettings(**{"rate": 0, **settings}))
    port = ui.free_port("127.0.0.1", 0)
    page.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True, **launch)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        page.close(verbose=False)


@pytest.fixture(scope="module")
def assistant(real_settings, embeddings):
    return Assistant(Index.open(real_settings, embeddings))


@pytest.fixture(scope="module")
def address(assistant, tmp_path_factory):
    with serve(assistant, feedback=tmp_path_factory.mktemp("feedback") / "feedback.jsonl") as found:
        yield found


@pytest.fixture
def look(request):
    """Width and colours of the browser, where a test does not choose them itself."""
    return request.param


def pytest_generate_tests(metafunc):
    if "look" in metafunc.fixturenames:
        looks = [(width, scheme) for width in (1280, 800, 390) for scheme in ("light", "dark")]
        chosen = looks if metafunc.config.getoption("--every-look") else looks[:1]
        metafunc.parametrize("look", chosen, indirect=True, ids=[f"{width}-{scheme}" for width, scheme in chosen])


@pytest.fixture
def visit(browser, look):
    """Opens the page as a browser of some width and colours does. At the end: no error in the console, no request to another host."""
    contexts, faults = [], []

    def open_page(where, *, width=look[0], height=800, scheme=look[1], loaded=True, told=None):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" and message.text != told else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: faults.append(request.url) if not request.url.startswith((where, "data:", "blob:")) else None)
        page.goto(where)
        page.locator("#welcome .welcome:not(.loading)" if loaded else "#welcome .welcome").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def ask(page, question):
    """Type, press Enter, and wait until the answer is complete."""
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")
    turn = page.locator("#current .turn[data-complete=true]").filter(has=page.locator(".question > p", has_text=question))
    turn.locator(".answer > .tools > button").first.wait_for()
    return turn


def warning(page):
    toast = page.locator(".toast-body").last
    toast.wait_for()
    return toast.inner_text()


def is_narrow(page):
    return page.viewport_size["width"] < 800


def sources(page, turn):
    """Where the sources of an answer are read: beside the conversation, or under the answer where the page is narrow."""
    return turn.locator(".turn-sources") if is_narrow(page) else page.locator("#pane")


def open_sources(page, turn):
    """They, with the first one chosen."""
    turn.locator(".mark").first.click()
    return sources(page, turn)


def inside(element, page):
    """Whether an element can be seen without scrolling."""
    box, lower = element.bounding_box(), page.locator("#composer").bounding_box()["y"] if is_narrow(page) else page.viewport_size["height"]
    return box["y"] >= 0 and box["y"] + box["height"] <= lower


def click_through(page, turn):
    """What one person does with one answer, by mouse: its marks, its sources, their copies, how it was found."""
    marks = turn.locator(".mark")
    place = sources(page, turn)
    marks.last.scroll_into_view_if_needed()
    marks.last.hover()
    citation = json.loads(turn.locator(":scope > .data").text_content())["citations"][int(marks.last.inner_text()) - 1]
    for told in (citation["title"], citation["publisher"], citation["published"], "In force", citation["quote"]):
        assert told in page.locator("#popover").inner_text()
    marks.last.click()
    card = place.locator(".card.chosen")
    assert card.locator("mark.quote").first.is_visible()
    count = place.locator(".card").count()
    assert place.locator(".steps").inner_text().split()[:5] == ["‹", str(count), "of", str(count), "›"]
    place.get_by_role("button", name="Previous source").press("Enter")
    assert place.locator(".card.chosen .number").inner_text() == str(count - 1)
    page.keyboard.press("Enter")  # the button has the focus still
    assert place.locator(".card.chosen .number").inner_text() == str(max(1, count - 2))
    for _ in range(count):
        place.get_by_role("button", name="Next source").click()
    card.locator(".verified summary").click()
    for told in (citation["document_id"], f"{citation['start']:,} to {citation['end']:,}", citation["document_sha256"]):
        assert told in card.locator(".verified p").inner_text()
    card.locator('[data-do="cite"]').press("Enter")
    assert page.evaluate("document.activeElement.dataset.kind") == "plain"
    for kind, told in (("plain", f"“{citation['quote']}” {citation['publisher']}, {citation['title']}"), ("markdown", "> "), ("bibtex", "@misc{")):
        card.locator(f'[data-kind="{kind}"]').click()
        card.locator(f'[data-kind="{kind}"]', has_text="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(told)
        assert citation["published"][:4] in copied
    turn.locator(".how summary").click()
    stages, passages = turn.locator(".how table").all()
    assert [row.split()[0] for row in stages.locator("tr").all_inner_texts()] == "Stage Understanding Searching Weighing Writing Together".split()
    scores = [float(cell) for cell in passages.locator("td").all_inner_texts()]
    assert passages.locator("thead").inner_text().split() == ["Passage", "found", "Score"]
    assert len(scores) == ui.FOUND
    assert scores == sorted(scores, reverse=True) != [0.0] * ui.FOUND
    assert citation["title"] in passages.inner_text()
    assert re.search(r"\d+%", turn.locator(".how").inner_text())


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def fetch(address):
    with urllib.request.urlopen(address) as reply:
        return reply


# --- asking ------------------------------------------------------------------------------------------------------------


def test_answer_cites_and_shows_its_quotes(visit, address, assistant):
    page = visit(address)
    turn = ask(page, QUESTION)
    found = assistant.answer(QUESTION)
    assert turn.locator(".mark").all_inner_texts() == re.findall(r"(?<=\[)\d+(?=\])", found.text)
    cards = page.locator("#pane .card")
    assert cards.count() == len(found.citations)
    for place, citation in enumerate(found.citations):
        shown = "".join(cards.nth(place).locator("mark.quote").all_inner_texts())
        assert "".join(shown.split()) == "".join(citation.quote.split())
        assert cards.nth(place).locator(".verified").get_attribute("data-verified") == "true"
    links = page.locator("#pane .primary a")
    assert links.count() > 0
    assert all("noopener" in link.get_attribute("rel") and link.get_attribute("href").startswith("http") for link in links.all())
    assert page.locator(".page-header .mode").inner_text() == "Quoting mode: no language model"


def test_mark_leads_to_its_source_with_mouse_and_keyboard(visit, address):
    page = visit(address)
    turn = ask(page, QUESTION)
    marks, place, popover = turn.locator(".mark"), sources(page, turn), page.locator("#popover")
    marks.last.hover()
    card = place.locator(f'.card[data-number="{marks.last.inner_text()}"]')
    assert card.locator("h3").text_content() in popover.inner_text()
    box = popover.bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= page.viewport_size["width"]
    page.keyboard.press("Escape")
    assert not popover.is_visible()
    marks.last.click()
    assert "chosen" in card.get_attribute("class")
    assert inside(card.locator("mark.quote").first, page)
    page.locator("#tabs [role=tab]").first.focus()
    for _ in range(20):  # past the buttons of the conversation
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('mark')"):
            break
    assert popover.is_visible()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.classList.contains('card')")
    assert place.locator(".card.chosen").get_attribute("data-number") == marks.first.inner_text()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.mark')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_below_800_pixels_the_sources_open_under_the_answer_and_close_again(visit, address, scheme):
    page = visit(address, width=799, scheme=scheme)
    turn = ask(page, QUESTION)
    place = turn.locator(".turn-sources")
    assert not page.locator("#pane").is_visible()
    assert not place.locator(".card").first.is_visible()
    place.locator("summary").first.press("Enter")
    assert place.locator(".card").first.is_visible()
    place.locator("summary").first.press("Enter")
    turn.locator(".mark").last.press("Enter")
    assert inside(place.locator(".card.chosen mark.quote").first, page)
    assert inside(place.locator(".steps"), page)
    place.get_by_role("button", name="Back to the answer").press("Enter")
    assert not place.locator(".card").first.is_visible()
    assert page.evaluate("document.activeElement.matches('.mark')")
    assert inside(turn.locator(".mark").last, page)


def test_the_page_is_no_longer_than_what_it_shows(visit, address):
    page = visit(address)
    for question in (QUESTION, "Which states allow kei trucks on the road?"):
        ask(page, question)
        shown = page.evaluate("document.querySelector('gradio-app').getBoundingClientRect().bottom + scrollY")
        assert page.evaluate("document.documentElement.scrollHeight") <= max(shown, page.viewport_size["height"]) + 1
    if not is_narrow(page):
        assert inside(page.locator("#pane h2"), page)


def test_questions_to_go_on_with_are_offered_below_the_last_answer(visit, address, assistant):
    page = visit(address)
    ask(page, QUESTION)
    chips = page.locator(".suggestions .chip:visible")
    offered = chips.all_inner_texts()
    assert offered
    assert set(offered) <= set(assistant.examples)
    chips.first.click()
    page.locator("#current .turn[data-complete=true] .question > p", has_text=offered[0]).wait_for()
    assert offered[0] not in chips.all_inner_texts()
    assert not page.locator("#earlier .suggestions").first.is_visible()


def test_follow_up_keeps_the_context_and_survives_a_reload(visit, address, assistant):
    page = visit(address)
    ask(page, QUESTION)
    turn = ask(page, "And for Japan?")
    first = assistant.answer(QUESTION)
    expected = assistant.answer("And for Japan?", history=[(QUESTION, first.text)])
    assert expected.standalone_question in turn.locator(".understood").inner_text()
    assert page.locator(".turn").count() == 2
    page.reload()
    page.locator("#earlier .turn").nth(1).wait_for()
    page.locator('[data-do="new"]').click()
    assert page.locator(".turn").count() == 0
    assert page.locator(".welcome .chip").first.is_visible()


def test_examples_can_be_clicked_and_declined_answers_look_different(visit, address):
    page = visit(address)
    page.locator("#welcome .chip").first.click()
    page.locator('#current .turn[data-status="answered"][data-complete=true]').wait_for()
    turn = ask(page, "Who won the 1998 world cup final?")
    assert turn.get_attribute("data-status") == "declined"
    assert turn.locator(".callout").inner_text() == "Not in the sources"
    assert "not an answer" in page.locator("#pane h2").inner_text()
    suggestion = turn.locator(".suggestions .chip").first
    question = suggestion.inner_text()
    suggestion.click()
    page.locator("#current .turn[data-complete=true] .question > p", has_text=question).wait_for()
    assert page.locator(".turn").count() == 3


def test_questions_that_cannot_be_taken_warn_and_lose_nothing(visit, address):
    page = visit(address)
    ask(page, QUESTION)
    page.locator("#send").click()
    assert "empty" in warning(page)
    long = "x" * 100_000
    page.locator("#question textarea").fill(long)
    page.locator("#send").click()
    page.locator(".toast-body", has_text="100,000 characters").wait_for()
    page.wait_for_function("length => document.querySelector('#question textarea').value.length === length", arg=len(long))
    assert page.locator(".turn").count() == 1
    assert page.locator("#pane .card").count() > 0
    ask(page, "And for Japan?")


# --- around it ---------------------------------------------------------------------------------------------------------


def test_documents_are_filtered_and_read_at_the_quote(visit, address, assistant):
    page = visit(address)
    open_sources(page, ask(page, QUESTION)).locator('[data-do="read"]').first.click()
    page.locator("#documents .document mark.quote").first.wait_for()
    for part in ("header .badge", "dl dt", ".text h3", ".text .badge", ".sources a"):
        assert page.locator(f"#documents .document {part}").first.is_visible()
    page.locator('[data-do="shelf"]').click()
    items = page.locator("#documents .shelf li:visible")
    assert items.count() == len(assistant.index.manifest.documents)
    page.locator('[data-filter="words"]').fill("zzzz")
    page.locator("#documents .none").wait_for()
    assert items.count() == 0


def test_words_in_the_text_of_a_document_are_found_and_opened_there(visit, address):
    """The title and headings of the document lack the word; the search is combined with a filter, and all is done by keyboard."""
    page = visit(address)
    page.get_by_role("tab", name="Documents").click()
    search = page.locator('[data-filter="words"]')
    page.locator("#documents .shelf li").first.wait_for()
    assert "never got the KORUS" not in page.content()  # the texts stay where they are
    search.fill("carmnet korus")
    page.locator("#documents .none").wait_for()
    items = page.locator("#documents .shelf li:visible")
    search.fill("KORUS break")
    place = items.locator(".where mark").first
    assert place.inner_text().lower() in ("korus", "break")
    page.locator('[data-filter="status"]').select_option("in force")
    assert all(item.get_attribute("data-status") == "in force" for item in items.all())
    items.locator("button").first.press("Enter")
    assert page.locator("#documents .document mark.quote").first.inner_text().lower() in ("korus", "break")


def test_figures_and_about_are_drawn(visit, address):
    page = visit(address, scheme="dark")
    page.get_by_role("tab", name="Figures").click()
    page.locator("#figures .figure .point").first.wait_for()
    assert page.locator("#figures .figure").count() == 2
    page.locator("#figures .figure .point .dot").first.hover()
    assert "\nSource: " in page.locator("#popover").inner_text()
    for figure, drawn in zip(page.locator("#figures .figure").all(), read_figures(PROJECT / "corpus"), strict=True):
        assert all((PROJECT / "corpus" / name).is_file() for name in drawn.about)
        figure.locator("summary").click()
        rows = figure.locator("tbody tr").all()
        assert len(rows) >= figure.locator(".point").count() > 0
        assert all(row.locator("td").last.inner_text() for row in rows)
        with page.expect_download() as download:
            figure.locator('[data-do="csv"]').click()
        table = download.value.path().read_text(encoding="utf-8")
        assert table.splitlines() == (PROJECT / "corpus" / drawn.table).read_text(encoding="utf-8").splitlines()
    page.get_by_role("tab", name="About").click()
    about = page.locator("#about").inner_text()
    for told in ("legal advice", "no language model", "70 documents", "this browser only"):
        assert told in about


def test_thumbs_are_written_to_a_file_of_this_computer(visit, assistant, tmp_path):
    with serve(assistant, feedback=tmp_path / "feedback.jsonl") as address:
        page = visit(address)
        turn = ask(page, QUESTION)
        assert turn.locator(".tools svg.icon").count() == 2
        turn.get_by_role("button", name="Bad answer").click()
        turn.locator(".verdict select").select_option("out_of_date")
        turn.locator('[data-do="send-feedback"]').click()
        turn.locator(".tools .hint").wait_for()
    line = json.loads((tmp_path / "feedback.jsonl").read_text(encoding="utf-8"))
    assert (line["question"], line["verdict"], line["reason"]) == (QUESTION, "bad", "out_of_date")
    result = CliRunner().invoke(assistant_main, ["eval", "--from-feedback", str(tmp_path / "feedback.jsonl")])
    (question,) = tomllib.loads(result.output)["question"]
    assert question["ask"] == QUESTION


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (800, "light"), (390, "dark")])
def test_a_person_finds_everything_at_every_width(visit, address, width, scheme):
    page = visit(address, width=width, scheme=scheme)
    assert overflow(page) == 0
    turn = ask(page, QUESTION)
    assert overflow(page) == 0
    click_through(page, turn)
    turn.locator('[data-do="figure"]').click()
    page.wait_for_function("document.activeElement.matches('.figure h3')")
    assert page.evaluate("document.activeElement.textContent") in turn.locator('[data-do="figure"]').text_content()
    for name in ("Documents", "Figures", "About"):
        page.get_by_role("tab", name=name).click()
        page.locator(f"#{name.lower()} h2").first.wait_for()
        for summary in page.locator(f"#{name.lower()} summary:visible").all():
            summary.click()
        assert overflow(page) == 0


def test_a_question_is_asked_again_edited_and_copied(visit, address):
    page = visit(address)
    turn = ask(page, QUESTION)
    turn.locator('[data-do="copy"]').click()
    turn.locator('[data-do="copy"]', has_text="Copied").wait_for()
    assert "[1]" in page.evaluate("navigator.clipboard.readText()")
    turn.locator('[data-do="retry"]').click()
    page.wait_for_function("document.body.classList.contains('asking')")
    page.locator("body:not(.asking) #current .tools > button").first.wait_for()
    assert page.locator(".turn .question > p").all_inner_texts() == [QUESTION]
    box = page.locator("#question textarea")
    for cancel in (lambda: page.locator('[data-do="keep"]').click(), lambda: page.keyboard.press("Escape")):
        page.locator(".question").hover()
        page.locator('[data-do="edit"]').click()
        assert (box.input_value(), page.locator(".turn.replaced").count()) == (QUESTION, 1)
        cancel()
        assert (box.input_value(), page.locator(".turn:not(.replaced)").count()) == ("", 1)
    ask(page, "And for Japan?")
    page.locator(".question").first.hover()
    page.locator('[data-do="edit"]').first.click()
    ask(page, "What is the chicken tax?")
    assert page.locator(".turn .question > p").all_inner_texts() == ["What is the chicken tax?"]


def test_an_answer_returns_when_its_question_cannot_be_asked_again(visit, assistant):
    with serve(assistant, rate=1) as address:
        page = visit(address)
        turn = ask(page, QUESTION)
        turn.locator('[data-do="retry"]').click()
        assert "Too many questions" in warning(page)
        page.locator("body:not(.asking) #earlier .turn:not(.replaced) .mark").first.wait_for()
        assert page.locator(".turn .question > p").all_inner_texts() == [QUESTION]
        assert page.locator("#question textarea").input_value() == QUESTION


def test_conversations_are_kept_here_and_exported(visit, address, tmp_path):
    page = visit(address)
    ask(page, QUESTION)
    ask(page, "And for Japan?")
    for kind in ("json", "markdown"):
        with page.expect_download() as download:
            page.locator(f'[data-do="export-{kind}"]').click()
        download.value.save_as(tmp_path / kind)
    result = CliRunner().invoke(assistant_main, ["verify", str(tmp_path / "json"), "--corpus", str(PROJECT / "corpus")])
    assert (result.exit_code, "stand in their files" in result.output) == (0, True), result.output
    written = (tmp_path / "markdown").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^## (.*)$", written) == [QUESTION, "And for Japan?"]
    assert written.count("Sources\n\n[1] “") == 2
    page.locator('[data-do="new"]').click()
    ask(page, "What is the chicken tax?")
    page.locator(".saved summary").click()
    page.locator('[data-do="open"]', has_text=QUESTION).click()
    page.locator("#earlier .turn").nth(1).wait_for()
    assert page.locator("#earlier .mark").count() > 2
    page.locator(".saved summary").click()
    page.locator(".saved li", has_text="chicken tax").get_by_role("button", name="Delete this chat").click()
    assert page.locator('.saved [data-do="open"]').all_inner_texts() == [QUESTION]
    assert page.locator("#earlier .turn").count() == 2
    page.locator('[data-do="delete-all"]').click()
    assert page.locator(".turn").count() == 0
    assert page.evaluate("localStorage.getItem('kei-conversations')") == "[]"


def test_a_growing_answer_is_stopped_and_kept(visit, address, assistant, monkeypatch):
    stream, go_on = assistant.stream, threading.Event()

    def slow_stream(*question, **options):
        for answer in stream(*question, **options):
            yield answer
            go_on.wait(10)

    monkeypatch.setattr(assistant, "stream", slow_stream)
    monkeypatch.setattr(ui, "DRAWING_SECONDS", 0)
    page = visit(address)
    page.locator("#question textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator('#current .turn[data-complete="false"] .mark').first.wait_for()
    page.locator("#stop").click()
    page.locator(".turn.stopped .mark").wait_for()
    go_on.set()
    ask(page, "What is the chicken tax?")
    assert page.locator(".turn .question > p").all_inner_texts() == [QUESTION, "What is the chicken tax?"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_printed_page_has_the_answer_its_sources_and_their_addresses(visit, address, scheme):
    page = visit(address, width=794, scheme=scheme)
    turn = ask(page, QUESTION)
    page.emulate_media(media="print")
    for shown in (turn.locator(".question > p"), turn.locator(".words"), turn.locator(".card .number").last, turn.locator(".card h3").last):
        assert shown.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("button.quiet:visible, #composer:visible, [role=tab]:visible, #day:visible, #side:visible").count() == 0
    links = turn.locator(".primary a")
    shown = links.evaluate_all("links => links.map((link) => [getComputedStyle(link, '::after').content, link.href])")
    assert shown
    assert all(address in content for content, address in shown)


# --- for programs ------------------------------------------------------------------------------------------------------


def test_interface_for_programs_answers_as_python_does(address, assistant):
    client = Client(address, verbose=False)
    found, expected = client.predict(QUESTION, api_name="/answer"), assistant.answer(QUESTION)
    assert (found["text"], found["status"], found["citations"]) == (expected.text, "answered", expected.to_dict()["citations"])
    hits = client.predict(QUESTION, limit=3, api_name="/search")
    assert hits == [hit.to_dict() for hit in assistant.search(QUESTION, limit=3)]
    history = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": expected.text}]
    followed = client.predict("And for Japan?", history, api_name="/answer")
    assert followed["standalone_question"] == assistant.answer("And for Japan?", history=history).standalone_question


# --- safety ------------------------------------------------------------------------------------------------------------


def test_every_reply_carries_the_policy_and_health_tells_the_state(address):
    assert fetch(address).headers["Content-Security-Policy"] == ui.POLICY
    assert json.loads(urllib.request.urlopen(f"{address}/healthz").read()) == {"status": "ready"}
    for path in (f"/gradio_api/file={PROJECT / 'ui.py'}", "/gradio_api/upload", "/gradio_api/proxy=http://127.0.0.1/"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            fetch(address + path)


def test_page_with_a_password_answers_nobody_without_it_and_counts_questions(assistant):
    with serve(assistant, rate=1, title="Ask Ann", launch={"auth": ("ann", "sesame"), "root_path": "/kei"}) as address:
        for path in ("/config", "/gradio_api/info", "/gradio_api/queue/data?session_hash=x"):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                fetch(address + path)
        assert fetch(f"{address}/healthz").status == 200
        client = Client(address, auth=("ann", "sesame"), verbose=False)
        assert (client.config["title"], client.config["root"].endswith("/kei")) == ("Ask Ann", True)
    with serve(assistant, rate=1) as address:
        client = Client(address, verbose=False)
        client.predict(QUESTION, api_name="/answer")
        with pytest.raises(Exception, match="Too many questions"):
            client.predict(QUESTION, api_name="/answer")


def test_hostile_question_does_nothing(visit, address):
    page = visit(address)
    title = page.title()
    page.locator("#question textarea").fill(f"tariff {ATTACK}")
    page.keyboard.press("Enter")
    page.locator("#current .turn[data-complete=true] .question > p", has_text="{{constructor}}").wait_for()
    restored = {"question": ATTACK, "standalone_question": ATTACK, "status": "declined", "text": ATTACK, "suggestions": [ATTACK]}
    page.evaluate("answer => localStorage.setItem('kei-conversations', JSON.stringify([{id: 'x', answers: [answer]}]))", restored)
    page.reload()
    page.locator(".saved summary").click()
    page.locator('[data-do="open"]').click()
    assert ATTACK in page.locator("#earlier .question > p").inner_text()
    assert page.title() == title
    assert page.locator("#chat img, #chat script").count() == 0


def cards_of(payload):
    """A kept answer whose every text is hostile, as nobody but its own browser can have written it."""
    citation = {
        "number": 1, "document_id": payload, "title": payload, "publisher": payload, "published": payload, "status": payload, "section": payload,
        "quote": payload, "start": 0, "end": 9, "document_sha256": payload, "url": payload, "as_of": payload, "effective_from": payload,
        "effective_until": payload, "sources": [{"text": payload, "url": payload}],
    }  # fmt: skip
    return {
        "question": payload, "standalone_question": f"Why {payload}", "status": "answered", "text": f"{payload} [1]", "citations": [citation],
        "suggestions": [payload], "notes": [payload], "missing": payload, "as_of": payload, "mode": payload, "seconds": {payload: 0.1},
    }  # fmt: skip


HOSTILE = (
    ATTACK,
    "javascript:document.title='hacked'",
    "[read](javascript:alert(1)) ![seen](https://evil.example/seen.png) <javascript:alert(1)> [see]",
    "a\n\n[see]: javascript:alert(1)\n\n<script>alert(1)</script>\n\n```\n> # [1](javascript:alert(1)) [1]: javascript:alert(1)",
    "\\<b>\\\\<b>`` <img src=x onerror=alert(1)> ` \\[a](javascript:alert(1))\\\\[a](javascript:alert(1)) &lt;b&gt; [<b>](https://a.example) ]]>",
    "</span></article><style>*{display:none}</style><a href='data:text/html,x'>y</a>\u202e\u0000",
)


@pytest.mark.parametrize("payload", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_answers_do_nothing_in_the_page_and_in_what_is_exported(visit, address, payload):
    page = visit(address)
    title = page.title()
    answer = cards_of(payload)
    page.evaluate("answer => localStorage.setItem('kei-conversations', JSON.stringify([{id: 'x', answers: [answer]}]))", answer)
    page.reload()
    page.locator(".saved summary").click()
    page.locator('[data-do="open"]').click()
    turn = page.locator("#earlier .turn")
    turn.locator(".mark").last.hover()
    assert "".join(payload.replace("\u0000", "").split()) in "".join(page.locator("#popover").text_content().split())
    card = open_sources(page, turn).locator(".card").first
    assert overflow(page) == 0
    outside = "img, script, style, svg:not(.icon), iframe, object, [onerror], a:not([href^='http'])"
    assert page.locator(f":is(.turn, #pane, #popover, .saved) :is({outside})").count() == 0
    card.locator('[data-do="cite"]').click()
    written = []
    for kind in ("plain", "markdown", "bibtex"):
        card.locator(f'[data-kind="{kind}"]').click()
        card.locator(f'[data-kind="{kind}"]', has_text="Copied").wait_for()
        written.append(page.evaluate("navigator.clipboard.readText()"))
    turn.locator('[data-do="copy"]').click()
    turn.locator('[data-do="copy"]', has_text="Copied").wait_for()
    written.append(page.evaluate("navigator.clipboard.readText()"))
    with page.expect_download() as download:
        page.locator('[data-do="export-markdown"]').click()
    written.append(download.value.path().read_text(encoding="utf-8"))
    assert sum("Sources\n\n" in text for text in written) == 2
    for reader in (MarkdownIt("commonmark"), MarkdownIt("commonmark").enable(["table", "strikethrough"])):
        for markdown in (written[1], *written[3:]):
            for token in reader.parse(markdown):
                for part in (token, *(token.children or ())):
                    assert part.type not in ("html_block", "html_inline", "image"), markdown
                    assert part.type != "link_open" or part.attrs["href"].startswith(("https://", "http://")), markdown
    with page.expect_download() as download:
        page.locator('[data-do="export-json"]').click()
    (exported,) = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert exported == {**exported, **answer, "citations": [{**exported["citations"][0], **answer["citations"][0]}]}
    assert page.title() == title


def test_hostile_documents_do_nothing(visit, embeddings, tmp_path):
    front = json.dumps({"title": f"Whales {ATTACK}", "url": "javascript:document.title='hacked'", "publisher": ATTACK})
    text = f"---\n{front}\n---\n\n# Whales\n\n## Song {ATTACK}\n\nHumpback whales sing for 30 minutes {ATTACK} in every winter.[^a]\n\n"
    corpus = write_corpus(tmp_path / "corpus", {"whales.md": f"{text}[^a]: {ATTACK}, javascript:alert(1)\n"})
    settings = IndexSettings(corpus=corpus, index=tmp_path / "index")
    rebuild(settings, embeddings)
    with serve(Assistant(Index.open(settings, embeddings))) as address:
        page = visit(address)
        turn = ask(page, "How long do humpback whales sing?")
        assert turn.get_attribute("data-status") in ("answered", "partial")
        open_sources(page, turn).locator('[data-do="read"]').first.click()
        page.locator("#documents .document").wait_for()
        page.locator('[data-do="shelf"]').click()
        page.locator('[data-filter="words"]').fill("minutes <IMG")
        place = page.locator("#documents .where")
        place.locator("mark").wait_for()
        assert "30 minutes <img src=x" in place.inner_text()
        assert page.locator("#chat .tools svg.icon").count() == 0  # no thumbs where no feedback is kept
        page.get_by_role("tab", name="Chat").click()
        assert page.title() != "hacked"
        inside = ":is(#chat, #documents)"
        assert page.locator(f"{inside} img, {inside} script, {inside} [onclick], {inside} a[href^='javascript']").count() == 0


# --- starting ----------------------------------------------------------------------------------------------------------


def test_page_is_there_before_the_assistant_and_says_when_it_cannot_start(visit, browser):
    def fail():
        raise ui.SettingsError("No documents. Put some there.")

    with serve(fail) as address:
        page = visit(address)
        assert "No documents. Put some there." in page.locator("#welcome").inner_text()


def test_question_waits_for_the_assistant_that_is_still_being_opened(visit, assistant, monkeypatch):
    monkeypatch.setattr(ui, "LOADING_SECONDS", 0.1)
    opened = threading.Event()

    def open_slowly():
        opened.wait(60)
        return assistant

    with serve(open_slowly) as address:
        page = visit(address, loaded=False)
        assert "Loading the index" in page.locator("#welcome").inner_text()
        assert json.loads(urllib.request.urlopen(f"{address}/healthz").read()) == {"status": "loading"}
        page.locator("#question textarea").fill(QUESTION)
        page.keyboard.press("Enter")
        page.locator("#current .wait", has_text="Loading the index").wait_for()
        opened.set()
        page.locator("#current .turn[data-complete=true] .mark").first.wait_for()
        page.locator(".page-header .mode[data-ready=true]").wait_for()
        page.get_by_role("tab", name="Documents").click()
        page.locator("#documents .shelf li").first.wait_for()


def test_page_says_when_the_index_is_not_the_newest_there_can_be(visit, small_settings, words, monkeypatch):
    monkeypatch.setattr(ui, "STANDING_SECONDS", 0)
    rebuild(small_settings, words)
    with serve(Assistant(Index.open(small_settings, words))) as address:
        page = visit(address)
        assert not page.locator("#notices").is_visible()
        (small_settings.corpus / "owls.md").write_text("# Owls\n\nOwls hunt by ear.\n", encoding="utf-8")
        ask(page, "Do whales sing?")
        told = page.locator("#notices")
        told.get_by_text("1 added").wait_for()
        assert told.locator("code").inner_text() == "python -m index rebuild"
        words.fingerprint = "words-2"
        rebuild(small_settings, words)
        words.fingerprint = "words-1"
        page.reload()
        told.get_by_text("Restart the page").wait_for()
        rebuild(small_settings, words)
        ask(page, "Do owls hunt?")
        told.wait_for(state="hidden")


def test_a_topic_tells_its_history_and_each_step_leads_to_its_passage(visit, address):
    page = visit(address)
    page.get_by_role("tab", name="Documents").click()
    history = page.locator(".topic", has=page.get_by_role("heading", name="Tariffs")).locator("details.history")
    history.locator("summary").click()
    step = history.locator(".step", has=page.locator("strong", has_text="cars from Japan: 3 April to 15 September 2025 (27.5%)"))
    assert "Superseded" in step.inner_text()
    assert "Replaced by: From 16 September 2025 (15%)" in history.inner_text()
    step.get_by_role("button", name="Open the passage").click()
    assert "27.5%" in page.locator("#documents .reader mark.quote").first.inner_text()


def test_a_day_is_asked_for_beside_the_question_and_taken_back(visit, address):
    page = visit(address)
    page.locator("#day").fill("2025-07-15")
    turn = ask(page, "What is the US tariff on a car from Japan?")
    assert "27.5%" in turn.locator(".answer").inner_text()
    assert "2025-07-15" in turn.locator(".answer .as-of").inner_text()
    page.locator("#day-holder .today").click()
    assert page.locator("#day").input_value() == ""
    assert not page.locator("#day-holder .today").is_visible()
    turn = ask(page, "What is the tariff on cars from Japan today?")
    assert "2025-07-15" not in turn.locator(".answer .as-of").inner_text()
    found = Client(address, verbose=False).predict("What is the US tariff on a car from Japan?", as_of="2025-07-15", api_name="/answer")
    assert found["as_of"] == "2025-07-15"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 800, 390])
def test_axe_finds_no_serious_fault(visit, address, width, scheme):
    page = visit(address, width=width, scheme=scheme)
    faults = []

    def check(state):
        found = Axe().run(page, options={"resultTypes": ["violations"], "iframes": False})
        faults.extend((state, fault["id"], fault["nodes"][0]["html"][:200]) for fault in found.response["violations"]
                      if fault["impact"] in ("serious", "critical"))  # fmt: skip

    check("welcome")
    turn = ask(page, QUESTION)
    turn.get_by_role("button", name="Bad answer").click()
    turn.locator(".how summary").click()
    place = open_sources(page, turn)
    place.locator('[data-do="cite"]').first.click()
    place.locator(".verified summary").first.click()
    turn.locator(".mark").last.focus()
    check("answered, with all that can be opened")
    ask(page, "Who won the 1998 world cup final?")
    page.locator(".saved summary").click()
    page.locator(".question").last.hover()
    page.locator('[data-do="edit"]').last.click()
    check("declined, while its question is edited")
    for name in ("Documents", "Figures", "About"):
        page.get_by_role("tab", name=name).click()
        page.locator(f"#{name.lower()} h2").first.wait_for()
        for summary in page.locator(f"#{name.lower()} summary:visible").all():
            summary.click()
        check(name)
    page.get_by_role("tab", name="Documents").click()
    page.locator('#documents .shelf [data-do="read"]').first.click()
    page.locator("#documents .document").wait_for()
    check("reading")
    assert faults == []


def test_port_in_use_is_said_in_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = subprocess.run([sys.executable, "ui.py", "--no-browser", "--port", str(port)], cwd=PROJECT, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.strip().endswith(f"Port {port} is in use. Choose another with --port.")
    assert "Traceback" not in run.stderr


def test_settings_of_the_queue_reach_it(assistant):
    environment = {"KEI_QUEUE": "7", "KEI_CONCURRENCY": "3"}
    page = ui.build_app(assistant, ui.PageSettings.from_environment(environment))
    assert page._queue.max_size == 7
    asking = [function for function in page.fns.values() if function.api_name in ("ask", "answer", "search")]
    assert [(function.concurrency_limit, function.concurrency_id) for function in asking] == [(3, "questions")] * 3
    assert [function.queue for function in page.fns.values() if function.api_name in ("load", "load_documents")] == [False, False]


def hold_answers_back(assistant, monkeypatch):
    """Answers of the API that wait: a semaphore that tells of each that has begun, and the event that lets them go on."""
    begun, go_on, answers = threading.Semaphore(0), threading.Event(), assistant.answer

    def slow_answer(*question, **options):
        begun.release()
        go_on.wait(60)
        return answers(*question, **options)

    monkeypatch.setattr(assistant, "answer", slow_answer)
    return begun, go_on


def test_a_question_in_the_queue_is_shown_and_can_be_taken_back(visit, assistant, monkeypatch):
    begun, go_on = hold_answers_back(assistant, monkeypatch)
    with serve(assistant, concurrency=1) as address:
        first = Client(address, verbose=False).submit(QUESTION, api_name="/answer")
        assert begun.acquire(timeout=30)
        page = visit(address)
        page.locator("#question textarea").fill(f"{ATTACK} tariff")
        page.keyboard.press("Enter")
        page.locator("#pending .wait").wait_for()
        assert page.locator("#pending .question > p").inner_text() == f"{ATTACK} tariff"
        page.locator("#stop").click()
        page.locator("#welcome .chip").first.wait_for()
        assert (page.locator(".turn").count(), page.locator("#question textarea").input_value()) == (0, f"{ATTACK} tariff")
        page.locator("#question textarea").fill(QUESTION)
        page.keyboard.press("Enter")
        page.locator("#pending .wait").wait_for()
        go_on.set()
        first.result()
        page.locator("#current .turn[data-complete=true] .mark").first.wait_for()
        assert page.locator(".turn .question > p").all_inner_texts() == [QUESTION]


def test_a_full_queue_asks_to_try_again_and_the_page_is_there_all_the_same(visit, assistant, monkeypatch):
    begun, go_on = hold_answers_back(assistant, monkeypatch)
    with serve(assistant, queue=1, concurrency=1) as address:
        client = Client(address, verbose=False)
        first = client.submit(QUESTION, api_name="/answer")
        assert begun.acquire(timeout=30)
        waiting = client.submit(QUESTION, api_name="/answer")
        page = visit(address, told="Failed to load resource: the server responded with a status of 503 (Service Unavailable)")
        page.get_by_role("tab", name="Documents").click()
        page.locator("#documents .shelf li").first.wait_for()
        page.get_by_role("tab", name="Chat").click()
        page.locator("#question textarea").fill(QUESTION)
        page.keyboard.press("Enter")
        told = warning(page)
        assert "busy. Please try again" in told
        assert "Traceback" not in told
        page.locator("body:not(.asking)").wait_for()
        assert page.locator("#question textarea").input_value() == QUESTION
        go_on.set()
        assert [job.result()["status"] for job in (first, waiting)] == ["answered"] * 2
        ask(page, QUESTION)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"KEI_HOST": "0.0.0.0"}, "Set KEI_AUTH=user:password, or allow everybody with --open"),
        ({"KEI_PORT": "x"}, "KEI_PORT is 'x'"),
        ({"KEI_AUTH": "nobody"}, "KEI_AUTH must be user:password"),
        ({"KEI_RATE": "-1"}, "KEI_RATE is '-1'"),
    ],
)
def test_unusable_settings_are_explained(environment, message):
    result = CliRunner().invoke(ui.main, ["--no-browser"], env=environment)
    assert result.exit_code == 1
    assert message in result.output


def test_rate_limit_counts_each_client_for_a_minute():
    now = [0.0]
    limit = ui.RateLimit(2, clock=lambda: now[0])
    limit.check("one")
    limit.check("one")
    limit.check("two")
    with pytest.raises(ui.QuestionError):
        limit.check("one")
    now[0] = 61
    limit.check("one")
