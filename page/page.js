// What happens in the browser: the conversation, the marks and their sources, documents and figures. Server text is inserted
// only as HTML that page/draw.py escaped; everything that is made here goes in as text.
window.keiPage = (() => {
  const LARGEST_STORE = 30; // conversations kept in this browser
  const STORE = "kei-conversations";
  let server = null, texts = {}, shown = null, wantsPane = false, announced = null, chat = newId();

  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const current = () => one("#current .turn");
  const turns = () => all("#earlier > .turn, #current .turn");
  const isNarrow = () => matchMedia("(max-width: 799px)").matches;

  function newId() {
    return `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
  }

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function button(name, label, attributes = {}) {
    return make("button", { type: "button", class: "quiet", "data-do": name, ...attributes }, label);
  }

  function answerOf(turn) {
    const data = turn && one(":scope > .data", turn);
    try { return data ? JSON.parse(data.textContent) : null; } catch { return null; }
  }

  function announce(text) {
    one("#announcer").textContent = text;
  }

  // --- asking ---

  function history() {
    return turns().map(answerOf).filter(Boolean).flatMap((answer) => [
      { role: "user", content: answer.question }, { role: "assistant", content: answer.text },
    ]);
  }

  function begin(question) {
    settle();
    document.body.classList.add("asking");
    return [question, JSON.stringify(history())];
  }

  // Take the current turn to the earlier ones; what has no answer yet goes away.
  function settle() {
    const turn = current();
    if (!turn) return;
    if (answerOf(turn)) one("#earlier").append(turn); else turn.remove();
  }

  function stop() {
    document.body.classList.remove("asking");
    const turn = current();
    if (!turn || turn.dataset.complete === "true") return;
    const question = one(".question p", turn).textContent;
    settle();
    if (turn.isConnected) turn.classList.add("stopped"); else write(question);
    announce(texts.stopped);
    show(turns().at(-1));
    keep();
  }

  function write(question) {
    const box = one("#question textarea");
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, question);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  }

  function ask(question) {
    if (document.body.classList.contains("asking")) return;
    write(question);
    setTimeout(() => one("#send").click(), 50);
  }

  // Something in #current changed: an answer grows, is complete, or the question was refused.
  function changed() {
    const turn = current();
    document.body.classList.toggle("talking", turns().length > 0);
    if (!turn) { document.body.classList.remove("asking"); return; }
    show(turn);
    if (turn.dataset.complete !== "true") { announced = null; return; }
    document.body.classList.remove("asking");
    const answer = answerOf(turn);
    if (!answer || announced === turn) return;
    announced = turn;
    announce(answer.status === "declined" ? texts.declined : fill(texts.ready, { count: answer.citations.length }));
    turn.scrollIntoView({ block: "start", behavior: "smooth" });
    tools();
    keep();
  }

  function tools() {
    for (const turn of turns()) {
      const place = one(".answer > .tools", turn);
      if (place && !place.children.length) place.append(button("copy", texts.copy), button("retry", texts.retry));
      const beside = one(".question > .tools", turn);
      if (beside && !beside.children.length) beside.append(button("edit", texts.edit));
    }
    const bar = one(".toolbar");
    if (!bar.children.length) {
      bar.append(button("new", texts.new_chat), button("export-markdown", texts.export_markdown), button("export-json", texts.export_json));
    }
  }

  // What came from a turn on is taken back, so that its question can be asked anew.
  function takeBack(turn) {
    const list = turns();
    list.slice(list.indexOf(turn)).forEach((later) => later.remove());
    show(turns().at(-1));
  }

  function clear() {
    turns().forEach((turn) => turn.remove());
    chat = newId();
    changed();
    show(null);
    one("#question textarea").focus();
  }

  // --- sources ---

  function show(turn) {
    const body = one("#pane .pane-body");
    if (!body) return;
    shown = turn;
    const sources = turn && one(".turn-sources .cards", turn);
    const hint = one("#pane").dataset.hint ??= one(".hint", body).textContent;
    const before = one(".card.chosen", body)?.dataset.number;
    body.replaceChildren(sources ? sources.cloneNode(true) : make("p", { class: "hint" }, hint));
    one("#pane h2").textContent = one(".turn-sources > summary", turn ?? document.createElement("i"))?.textContent ?? texts.bibliography;
    if (before) one(`.card[data-number="${before}"]`, body)?.classList.add("chosen");
    all(".passage", body).forEach(reveal);
  }

  // Scroll a passage so that its quote is in the middle.
  function reveal(passage) {
    const quote = one("mark.quote", passage);
    if (quote) passage.scrollTop = Math.max(0, quote.offsetTop - passage.offsetTop - (passage.clientHeight - quote.offsetHeight) / 2);
  }

  function jump(mark) {
    const turn = mark.closest(".turn");
    if (turn !== shown) show(turn);
    const holder = isNarrow() ? one(".turn-sources", turn) : one("#pane .pane-body");
    if (isNarrow()) holder.open = true;
    const card = one(`.card[data-number="${mark.dataset.number}"]`, holder);
    if (!card) return;
    all(".card.chosen").forEach((other) => other.classList.remove("chosen"));
    card.classList.add("chosen");
    all(".passage", card).forEach(reveal);
    card.focus({ preventScroll: true });
    if (isNarrow()) card.scrollIntoView({ block: "start" }); else holder.scrollTo({ top: card.offsetTop - holder.offsetTop - 4 });
    hidePopover();
  }

  function citationOf(element) {
    const number = Number(element.closest("[data-number]").dataset.number);
    const turn = element.closest(".turn") ?? shown;
    return answerOf(turn)?.citations.find((citation) => citation.number === number);
  }

  function popover(mark) {
    const citation = citationOf(mark);
    if (!citation) return;
    const box = one("#popover") ?? document.body.appendChild(make("div", { id: "popover", role: "tooltip" }));
    const facts = [citation.publisher, citation.published, citation.status].filter(Boolean).join(" · ");
    box.replaceChildren(make("strong", {}, citation.title), make("p", { class: "meta" }, facts), make("blockquote", {}, citation.quote));
    box.hidden = false;
    mark.setAttribute("aria-describedby", "popover");
    const at = mark.getBoundingClientRect(), size = box.getBoundingClientRect();
    const above = at.top - size.height - 8;
    box.style.left = `${Math.max(8, Math.min(at.left - 20, document.documentElement.clientWidth - size.width - 8))}px`;
    box.style.top = `${above > 8 ? above : at.bottom + 8}px`;
  }

  function hidePopover() {
    const box = one("#popover");
    if (box) box.hidden = true;
  }

  // --- copying and saving ---

  async function copy(text, element) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // not served over https: the old way
      const area = document.body.appendChild(make("textarea", { class: "visually-hidden" }));
      area.value = text;
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const label = element.textContent;
    element.textContent = texts.copied;
    announce(texts.copied);
    setTimeout(() => { element.textContent = label; }, 1500);
  }

  function reference(citation) {
    const day = citation.published ?? citation.as_of;
    return `“${citation.quote}” ${[citation.publisher, citation.title, citation.section, day].filter(Boolean).join(", ")}${citation.url ? `, ${citation.url}` : ""}`;
  }

  function asMarkdown(answer) {
    const sources = answer.citations.map((citation) => `[${citation.number}] ${reference(citation)}`).join("\n\n");
    return `${answer.text}${sources ? `\n\n${texts.bibliography}\n\n${sources}` : ""}`;
  }

  function download(name, text, type) {
    const address = URL.createObjectURL(new Blob([text], { type }));
    make("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  // --- this browser's memory ---

  function stored() {
    try { return JSON.parse(localStorage.getItem(STORE)) ?? []; } catch { return []; }
  }

  function store(list) {
    try { localStorage.setItem(STORE, JSON.stringify(list.slice(0, LARGEST_STORE))); } catch { /* full or forbidden: nothing is kept */ }
  }

  function keep() {
    const answers = turns().map(answerOf).filter(Boolean);
    if (answers.length) store([{ id: chat, answers }, ...stored().filter((kept) => kept.id !== chat)]);
  }

  // --- documents and figures ---

  const tab = (place) => all('#tabs [role="tab"]')[place]?.click();

  async function read(place) {
    tab(1);
    const reader = await until(() => one("#documents .reader"));
    reader.innerHTML = await server.read(place); // drawn and escaped by page/draw.py
    one("#documents .documents").classList.add("reading");
    const quote = one("mark.quote", reader);
    (quote ?? reader).scrollIntoView({ block: quote ? "center" : "start" });
    reader.focus({ preventScroll: true });
  }

  async function until(find) {
    for (let tries = 0; tries < 100; tries++) {
      const found = find();
      if (found) return found;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error("not drawn");
  }

  function filter() {
    const value = (name) => one(`[data-filter="${name}"]`)?.value ?? "";
    const wanted = value("words").toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const item of all("#documents .shelf li")) {
      const fits = wanted.every((word) => item.dataset.words.includes(word))
        && (!value("topic") || item.dataset.topic === value("topic")) && (!value("status") || item.dataset.status === value("status"));
      item.hidden = !fits;
      count += fits;
    }
    all("#documents .topic").forEach((section) => { section.hidden = !one("li:not([hidden])", section); });
    one("#documents .none").hidden = count > 0;
  }

  async function figure(title) {
    tab(2);
    const section = await until(() => all("#figures .figure").find((each) => each.dataset.figure === title));
    section.scrollIntoView({ block: "start" });
    one("h3", section).focus({ preventScroll: true });
  }

  function tip(point, event) {
    const box = one("#popover") ?? document.body.appendChild(make("div", { id: "popover", role: "tooltip" }));
    box.replaceChildren(make("p", {}, point.dataset.tip));
    box.hidden = false;
    box.style.left = `${Math.max(8, Math.min(event.clientX + 12, document.documentElement.clientWidth - box.offsetWidth - 8))}px`;
    box.style.top = `${Math.max(8, event.clientY - box.offsetHeight - 12)}px`;
  }

  // --- what a button does, by its data-do ---

  const ACTS = {
    ask: (element) => ask(element.textContent),
    copy: (element) => copy(asMarkdown(answerOf(element.closest(".turn"))), element),
    retry: (element) => { const turn = element.closest(".turn"); takeBack(turn); ask(answerOf(turn).question); },
    edit: (element) => { const turn = element.closest(".turn"); takeBack(turn); changed(); write(answerOf(turn).question); },
    new: clear,
    cite: (element) => copy(reference(citationOf(element)), element),
    read: (element) => read({ document: element.dataset.document, start: Number(element.dataset.start), end: Number(element.dataset.end) }),
    shelf: () => one("#documents .documents").classList.remove("reading"),
    figure: (element) => figure(element.dataset.figure),
    csv: (element) => download(element.dataset.name, one(".data", element.closest(".figure")).textContent, "text/csv"),
    "export-markdown": () => download("conversation.md", turns().map(answerOf).filter(Boolean)
      .map((answer) => `## ${answer.question}\n\n${asMarkdown(answer)}\n`).join("\n"), "text/markdown"),
    "export-json": () => download("conversation.json", JSON.stringify(turns().map(answerOf).filter(Boolean), null, 2), "application/json"),
  };

  function click(event) {
    const mark = event.target.closest(".mark[data-number]");
    if (mark) { jump(mark); return; }
    const note = event.target.closest("a.note");
    if (note) {
      event.preventDefault();
      one(`#note-${Number(note.dataset.note)}`)?.scrollIntoView({ block: "center" });
      return;
    }
    const act = event.target.closest("[data-do]");
    if (act && Object.hasOwn(ACTS, act.dataset.do)) ACTS[act.dataset.do](act);
  }

  function connect(connection) {
    server = connection;
    texts = JSON.parse(one("#page-texts").textContent);
    document.addEventListener("click", click);
    document.addEventListener("input", (event) => { if (event.target.matches("[data-filter]")) filter(); });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") hidePopover(); });
    for (const name of ["mouseover", "focusin"]) {
      document.addEventListener(name, (event) => {
        const mark = event.target.closest?.(".mark[data-number]"), point = event.target.closest?.("[data-tip]");
        if (mark) popover(mark); else if (point) tip(point, event); else if (!event.target.closest?.("#popover")) hidePopover();
      });
    }
    document.addEventListener("scroll", hidePopover, { capture: true, passive: true });
    new MutationObserver(changed).observe(one("#current"), { childList: true, subtree: true, attributes: true, attributeFilter: ["data-complete"] });
  }

  return { connect, begin, stop };
})();
