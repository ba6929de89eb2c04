// What happens in the browser: the conversation, the marks and their sources, documents and figures. Server text is inserted
// only as HTML that page/draw.py escaped; everything that is made here goes in as text.
window.keiPage = (() => {
  const LARGEST_STORE = 30; // conversations kept in this browser
  const STORE = "kei-conversations";
  let server = null, texts = {}, shown = null, chat = newId();
  let cameFrom = null; // the mark that led to a source: Escape leads back
  let replaced = null, takenBack = []; // the turn that a question asked anew stands for; what it took away, until it is answered
  let asking = false, asked = "", sent = "", seen = null; // whether a question is under way, its name, text and turn
  let announced = null; // the turn told to be complete

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

  // A thumb, drawn: many machines have no font with one. The look turns it over for "bad".
  function thumb() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS(svg.namespaceURI, "path");
    for (const [name, value] of Object.entries({ class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true" })) svg.setAttribute(name, value);
    path.setAttribute("d", "M6 9 9.5 2.5c1.4 0 2.3 1.1 2 2.5L11 8h4.6c1.2 0 2 1.1 1.7 2.2l-1.5 5.5c-.2.8-.9 1.3-1.7 1.3H6M6 8.5v9H3v-9z");
    svg.append(path);
    return svg;
  }

  function answerOf(turn) {
    const data = turn && one(":scope > .data", turn);
    try { return data ? JSON.parse(data.textContent) : null; } catch { return null; }
  }

  function announce(text) {
    one("#announcer").textContent = text;
  }

  // --- asking ---

  function earlier() {
    return turns().map(answerOf).filter(Boolean).flatMap((answer) => [
      { role: "user", content: answer.question }, { role: "assistant", content: answer.text },
    ]);
  }

  function begin(question) {
    settle();
    takenBack = from(replaced);
    takenBack.forEach((turn) => turn.remove());
    keepReplaced();
    if (takenBack.includes(shown)) show(turns().at(-1));
    seen = null;
    setAsking(true);
    sent = question;
    put("");
    showPending(question);
    asked = newId();
    return [question, JSON.stringify(earlier()), one("#day").value, asked];
  }

  function setAsking(value) {
    asking = value;
    document.body.classList.toggle("asking", value);
    if (!value) one("#pending").replaceChildren();
  }

  // A question that waits for its turn on the server.
  function showPending(question) {
    const dots = make("span", { class: "dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"));
    one("#pending").replaceChildren(make("article", { class: "turn waiting" }, make("div", { class: "question" }, make("p", {}, question)),
      make("div", { class: "answer" }, make("p", { class: "wait" }, dots, texts.searching))));
    document.body.classList.add("talking");
  }

  // Take the current turn to the earlier ones; what has no answer yet goes away.
  function settle() {
    const turn = current();
    if (!turn) return;
    if (answerOf(turn)) one("#earlier").append(turn); else turn.remove();
  }

  function stop() {
    if (!asking) return;
    server.stop_asking(asked);
    setAsking(false);
    const turn = current();
    settle();
    if (turn?.isConnected) { turn.classList.add("stopped"); takenBack = []; } else takeBack();
    announce(texts.stopped);
    show(turns().at(-1));
    keep();
  }

  function put(text) {
    const box = one("#question textarea");
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function write(question) {
    put(question);
    one("#question textarea").focus();
  }

  function ask(question) {
    if (asking) return;
    write(question);
    setTimeout(() => one("#send").click(), 50);
  }

  // Something in #current changed: an answer grows, is complete, or the question was refused.
  function changed() {
    const turn = current();
    document.body.classList.toggle("talking", turns().length > 0);
    if (!asking) {
      if (turn && turn !== announced) turn.remove(); // it came after it was stopped
      return;
    }
    if (turn && turn.parentElement.dataset.asked !== asked) return; // of a question that was stopped
    if (!turn) {
      if (seen) { setAsking(false); takeBack(); show(turns().at(-1)); }
      return;
    }
    seen = turn;
    one("#pending").replaceChildren();
    show(turn);
    if (turn.dataset.complete !== "true") return;
    announced = turn;
    takenBack = [];
    setAsking(false);
    const answer = answerOf(turn);
    announce(answer.status === "declined" ? texts.declined : fill(texts.ready, { count: answer.citations.length }));
    if (turn.getBoundingClientRect().bottom > one("#composer").getBoundingClientRect().top) turn.scrollIntoView({ block: "start" });
    tools();
    keep();
  }

  function tools() {
    for (const turn of turns()) {
      const place = one(".answer > .tools", turn);
      if (place && !place.children.length) {
        place.append(button("copy", texts.copy), button("retry", texts.retry));
        if (texts.feedback) place.append(button("good", thumb(), { "aria-label": texts.good, title: texts.good }),
          button("bad", thumb(), { "aria-label": texts.bad, title: texts.bad }));
      }
      const beside = one(".question > .tools", turn);
      if (beside && !beside.children.length) beside.append(button("edit", texts.edit));
    }
    const bar = one(".toolbar");
    if (!bar.children.length) {
      bar.append(button("new", texts.new_chat), button("export-markdown", texts.export_markdown), button("export-json", texts.export_json));
    }
  }

  // A turn and what came after it; nothing for none.
  function from(turn) {
    const list = turns();
    return list.includes(turn) ? list.slice(list.indexOf(turn)) : [];
  }

  // The question of a turn is asked anew. Its answer and what follows stay until that question is sent, and return if it is not answered.
  function askAnew(turn, act) {
    if (asking) return;
    keepReplaced();
    replaced = turn;
    from(turn).forEach((later) => later.classList.add("replaced"));
    act(answerOf(turn).question);
  }

  function keepReplaced() {
    all(".turn.replaced").forEach((turn) => {
      turn.classList.remove("replaced");
      one('[data-do="keep"]', turn)?.replaceWith(button("edit", texts.edit));
    });
    replaced = null;
  }

  function edit(element) {
    if (asking) return;
    askAnew(element.closest(".turn"), write);
    element.replaceWith(button("keep", texts.keep));
  }

  // The question was not answered: it returns to its box, and what it took away to the conversation.
  function takeBack() {
    one("#pending").replaceChildren();
    write(sent);
    takenBack.forEach((turn) => turn.classList.remove("replaced"));
    one("#earlier").append(...takenBack);
    takenBack = [];
    document.body.classList.toggle("talking", turns().length > 0);
  }

  function clear() {
    keepReplaced();
    takenBack = [];
    turns().forEach((turn) => turn.remove());
    chat = newId();
    document.body.classList.remove("talking");
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
    const name = turn?.parentElement.dataset.asked ?? "", isSame = name && body.dataset.asked === name; // it has grown
    const before = isSame && one(".card.chosen", body)?.dataset.number;
    body.dataset.asked = name;
    body.replaceChildren(sources ? sources.cloneNode(true) : make("p", { class: "hint" }, hint));
    if (!isSame) body.scrollTop = 0;
    one("#pane h2").textContent = one(".turn-sources > summary", turn ?? document.createElement("i"))?.textContent ?? texts.bibliography;
    if (before) one(`.card[data-number="${before}"]`, body)?.classList.add("chosen");
    all(".passage", body).forEach(reveal);
    tellPosition(body);
  }

  // Where the sources of a turn are read: beside the conversation, or under the answer where the page is narrow.
  const holderOf = (turn) => isNarrow() ? one(".turn-sources", turn) : one("#pane .pane-body");

  // Scroll a passage so that its quote is in the middle.
  function reveal(passage) {
    const quote = one("mark.quote", passage)?.getBoundingClientRect(), frame = passage.getBoundingClientRect();
    if (quote) passage.scrollTop += quote.top - frame.top - Math.max(8, (frame.height - quote.height) / 2);
  }

  function choose(card, holder) {
    all(".card.chosen").forEach((other) => other.classList.remove("chosen"));
    card.classList.add("chosen");
    all(".passage", card).forEach(reveal);
    if (isNarrow()) card.scrollIntoView({ block: "start" });
    else holder.scrollTop += card.getBoundingClientRect().top - holder.getBoundingClientRect().top - 12;
    hidePopover();
    tellPosition(holder);
  }

  function jump(mark) {
    cameFrom = mark;
    const turn = mark.closest(".turn");
    if (turn !== shown) show(turn);
    const holder = holderOf(turn);
    if (isNarrow()) { holder.open = true; tellPosition(holder); }
    const card = one(`.card[data-number="${Number(mark.dataset.number)}"]`, holder);
    if (!card) return;
    choose(card, holder);
    card.focus({ preventScroll: true });
  }

  function step(element, by) {
    const holder = element.closest(".turn-sources") ?? one("#pane .pane-body"), cards = all(".card[data-number]", holder);
    const place = cards.findIndex((card) => card.classList.contains("chosen"));
    const next = cards[Math.min(cards.length - 1, Math.max(0, place < 0 ? 0 : place + by))];
    if (!next) return;
    choose(next, holder); // the button keeps the focus, to go on from
    announce(fill(texts.source, { number: next.dataset.number, title: one("h3", next).textContent }));
  }

  // From one source to the next, and under an answer the way back to it.
  function tellPosition(holder) {
    const cards = all(".card[data-number]", holder), place = cards.findIndex((card) => card.classList.contains("chosen"));
    const isUnder = holder.matches(".turn-sources");
    if (isUnder && !one(":scope > .steps", holder)) one("summary", holder).after(make("div", { class: "steps" }, button("back", texts.back)));
    const steps = isUnder ? one(":scope > .steps", holder) : one("#pane .steps");
    if (cards.length < 2) all(":scope > :not([data-do=back])", steps).forEach((each) => each.remove());
    else if (!one("span", steps)) {
      steps.prepend(button("previous", "‹", { "aria-label": texts.previous }), make("span", {}), button("next", "›", { "aria-label": texts.next }));
    }
    if (cards.length > 1) one("span", steps).textContent = place < 0 ? "" : fill(texts.position, { number: place + 1, count: cards.length });
  }

  // From the sources to the mark that led there; under an answer they close.
  function back(element) {
    const under = element.closest(".turn-sources");
    if (under) under.open = false;
    const turn = under?.closest(".turn");
    const mark = cameFrom?.isConnected && (!turn || turn.contains(cameFrom)) ? cameFrom : turn && one(".mark, .turn-sources > summary", turn);
    mark?.focus();
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
    const facts = [citation.publisher, citation.published, texts.statuses[citation.status] ?? citation.status].filter(Boolean).join(" · ");
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
    element.dataset.label ??= element.textContent;
    element.textContent = texts.copied;
    announce(texts.copied);
    setTimeout(() => { element.textContent = element.dataset.label; }, 1500);
  }

  // Text as it stands, in one line, whatever shows the Markdown.
  const literal = (text) => String(text).replace(/\s+/g, " ").replace(/[\\`*_[\]<>#&!~|]/g, "\\$&");
  const address = (citation) => /^https?:\/\/[^\s<>\\]+$/.test(citation.url ?? "") ? citation.url : null;
  // An answer's own Markdown, in which only marks and links to the web are more than text: no tags, no pictures, no other addresses.
  // subtle: code is treated alike, because readers of Markdown differ on where it ends.
  const tame = (text) => text.replace(/\\[\s\S]|\[\d{1,3}\](?![(:])|\[[^[\]<>\n]+\]\(https?:\/\/[^\s()<>\\]+\)|!(?=\[)|[<[]/g,
    (found) => found === "<" || found === "[" || found === "!" ? `\\${found}` : found);
  const section = (citation) => citation.section.startsWith(citation.title) ? citation.section.slice(citation.title.length).replace(/^ > /, "")
    : citation.section;

  function inMarkdown(citation) {
    const title = address(citation) ? `[${literal(citation.title)}](<${address(citation)}>)` : literal(citation.title);
    const day = citation.published ?? citation.as_of;
    return [title, ...[section(citation), citation.publisher, day].filter(Boolean).map(literal)].join(", ");
  }

  const REFERENCES = {
    plain: (citation) => {
      const day = citation.published ?? citation.as_of;
      return `“${citation.quote}” ${[citation.publisher, citation.title, section(citation), day, address(citation)].filter(Boolean).join(", ")}`;
    },
    markdown: (citation) => `> ${literal(citation.quote)}\n\n${inMarkdown(citation)}`,
    bibtex: (citation) => {
      const safe = (text) => text.replace(/[{}\\]/g, "").replace(/[&%$#_]/g, "\\$&");
      const fields = {
        title: citation.title, author: citation.publisher && `{${safe(citation.publisher)}}`, year: (citation.published ?? citation.as_of)?.slice(0, 4),
        url: address(citation), note: `“${citation.quote}”`,
      };
      const lines = Object.entries(fields).filter(([, value]) => value)
        .map(([name, value]) => `  ${name} = {${name === "author" ? value : safe(value)}}`);
      return `@misc{${citation.document_id.replace(/\W+/g, "-")}-${citation.start},\n${lines.join(",\n")}\n}`;
    },
  };

  function asMarkdown(answer) {
    const sources = answer.citations.map((citation) => `[${Number(citation.number)}] “${literal(citation.quote)}” ${inMarkdown(citation)}`)
      .join("\n\n");
    return `${tame(answer.text)}${sources ? `\n\n${texts.bibliography}\n\n${sources}` : ""}`;
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
    const others = stored().filter((kept) => kept.id !== chat);
    store(answers.length ? [{ id: chat, answers }, ...others] : others);
    try { sessionStorage.setItem(STORE, chat); } catch { /* forbidden */ }
    list();
  }

  // The kept conversations, to open or to delete.
  function list() {
    const place = one(".saved"), kept = stored();
    place.hidden = !kept.length;
    if (!kept.length) return;
    const items = kept.map(({ id, answers }) => make("li", {},
      button("open", answers[0].question, { "data-chat": id }), button("delete", "×", { "data-chat": id, "aria-label": texts.delete_chat })));
    place.replaceChildren(make("summary", {}, `${texts.saved} (${kept.length})`), make("ul", {}, ...items), button("delete-all", texts.delete_all));
  }

  async function open(id) {
    const kept = stored().find((each) => each.id === id);
    if (!kept || asking) return;
    const drawn = await server.draw_again(kept.answers); // escaped by page/draw.py
    clear();
    chat = id;
    for (const html of drawn) one("#earlier").insertAdjacentHTML("beforeend", html);
    one(".saved").open = false;
    document.body.classList.toggle("talking", turns().length > 0);
    tools();
    show(turns().at(-1));
    keep();
  }

  function forget(id) {
    store(stored().filter((kept) => id && kept.id !== id));
    if (!id || id === chat) clear();
    list();
  }

  // --- feedback ---

  async function rate(element, verdict, more = {}) {
    const turn = element.closest(".turn");
    const taken = await server.feedback({ verdict, answer: answerOf(turn), ...more });
    one(".verdict", turn)?.remove();
    all('[data-do="good"], [data-do="bad"]', turn).forEach((each) => each.remove());
    if (taken) one(".answer > .tools", turn).append(make("span", { class: "hint", role: "status" }, texts.thanks));
  }

  function askWhy(element) {
    const turn = element.closest(".turn");
    if (one(".verdict", turn)) return;
    const reasons = ["wrong", "not_supported", "out_of_date", "missing", "other"].map((name) => make("option", { value: name }, texts[name]));
    one(".answer > .tools", turn).after(make("div", { class: "verdict" },
      make("select", { "aria-label": texts.what_is_wrong }, ...reasons),
      make("input", { "aria-label": texts.comment, placeholder: texts.comment, maxlength: "2000" }),
      button("send-feedback", texts.send_feedback), button("cancel-feedback", texts.cancel)));
    one(".verdict select", turn).focus();
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

  // The documents that hold the words looked for, by id, each with the place to show and open; null while none are looked for.
  let holding = null, searches = 0, timer = 0;

  function searchSoon() {
    clearTimeout(timer);
    timer = setTimeout(search, 150);
  }

  async function search() {
    const words = one('[data-filter="words"]').value.trim(), number = ++searches;
    const places = words ? await server.find(words) : null;
    if (number !== searches) return; // a later search is under way
    holding = places && new Map(places.map((place) => [place.document, place]));
    filter();
  }

  // Shows where a document's text has a word that its title and headings lack, and lets the document open there.
  function where(item, place) {
    const told = one(".where", item), button = one("button", item);
    told.hidden = !place?.found;
    told.replaceChildren();
    delete button.dataset.start;
    delete button.dataset.end;
    if (!place?.found) return;
    told.append(`… ${place.before}`, make("mark", {}, place.found), `${place.after} …`);
    Object.assign(button.dataset, { start: place.start, end: place.end });
  }

  function filter() {
    const value = (name) => one(`[data-filter="${name}"]`)?.value ?? "";
    let count = 0;
    for (const item of all("#documents .shelf li")) {
      const place = holding?.get(one("button", item).dataset.document);
      const fits = (!holding || place) && (!value("topic") || item.dataset.topic === value("topic"))
        && (!value("status") || item.dataset.status === value("status"));
      item.hidden = !fits;
      where(item, fits ? place : null);
      count += Boolean(fits);
    }
    all("#documents .topic").forEach((section) => { section.hidden = !one("li:not([hidden])", section); });
    one("#documents .none").hidden = count > 0;
  }

  // The steps of a topic's history, when it is opened for the first time.
  async function history(event) {
    const place = event.target;
    if (!place.matches?.("details.history") || !place.open || one(".step", place)) return;
    const drawn = await server.history(place.dataset.topic); // escaped by page/draw.py
    if (!one(".step", place)) place.insertAdjacentHTML("beforeend", drawn);
  }

  async function figure(title) {
    tab(2);
    const section = await until(() => all("#figures .figure").find((each) => each.dataset.figure === title));
    section.scrollIntoView({ block: "start" });
    one("h3", section).focus({ preventScroll: true });
  }

  function tip(point, event) {
    const box = one("#popover") ?? document.body.appendChild(make("div", { id: "popover", role: "tooltip" }));
    box.replaceChildren(make("p", {}, point.dataset.tip), ...point.dataset.source ? [make("p", { class: "meta" }, point.dataset.source)] : []);
    box.hidden = false;
    const above = event.clientY - box.offsetHeight - 12;
    box.style.left = `${Math.max(8, Math.min(event.clientX + 12, document.documentElement.clientWidth - box.offsetWidth - 8))}px`;
    box.style.top = `${above > 8 ? above : event.clientY + 16}px`;
  }

  // --- what a button does, by its data-do ---

  const ACTS = {
    ask: (element) => { keepReplaced(); ask(element.textContent); },
    copy: (element) => copy(asMarkdown(answerOf(element.closest(".turn"))), element),
    retry: (element) => askAnew(element.closest(".turn"), ask),
    edit,
    keep: () => { keepReplaced(); write(""); },
    new: () => { if (!asking) { clear(); try { sessionStorage.removeItem(STORE); } catch { /* forbidden */ } } },
    cite: (element) => {
      const kinds = Object.keys(REFERENCES).map((kind) => button("reference", texts[kind], { "data-kind": kind }));
      element.replaceWith(...kinds);
      kinds[0].focus({ preventScroll: true });
    },
    reference: (element) => copy(REFERENCES[element.dataset.kind](citationOf(element)), element),
    today: (element) => { one("#day").value = ""; element.hidden = true; one("#day").focus(); },
    previous: (element) => step(element, -1),
    next: (element) => step(element, 1),
    back,
    open: (element) => open(element.dataset.chat),
    delete: (element) => forget(element.dataset.chat),
    "delete-all": () => forget(null),
    good: (element) => rate(element, "good"),
    bad: askWhy,
    "send-feedback": (element) => rate(element, "bad", { reason: one(".verdict select", element.closest(".turn")).value,
      comment: one(".verdict input", element.closest(".turn")).value }),
    "cancel-feedback": (element) => element.closest(".verdict").remove(),
    read: (element) => read({ document: element.dataset.document, start: Number(element.dataset.start), end: Number(element.dataset.end) }),
    shelf: () => one("#documents .documents").classList.remove("reading"),
    figure: (element) => figure(element.dataset.figure),
    csv: (element) => download(element.dataset.name, JSON.parse(one(".data", element.closest(".figure")).textContent), "text/csv"),
    "export-markdown": () => download("conversation.md", turns().map(answerOf).filter(Boolean)
      .map((answer) => `## ${literal(answer.question)}\n\n${asMarkdown(answer)}\n`).join("\n"), "text/markdown"),
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
    document.addEventListener("input", (event) => {
      if (event.target.matches('[data-filter="words"]')) searchSoon(); else if (event.target.matches("[data-filter]")) filter();
      if (event.target.matches("#day")) one("#day-holder .today").hidden = !event.target.value;
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        hidePopover();
        if (replaced && event.target.matches("#question textarea")) ACTS.keep();
        if (event.target.closest?.(".turn-sources, #pane")) back(event.target);
      }
      if (event.key === "Enter" && !event.shiftKey && asking && event.target.matches("#question textarea")) { // one question at a time
        event.preventDefault();
        event.stopPropagation();
      }
    }, { capture: true });
    for (const name of ["mouseover", "focusin"]) {
      document.addEventListener(name, (event) => {
        const mark = event.target.closest?.(".mark[data-number]"), point = event.target.closest?.("[data-tip]");
        if (mark) popover(mark); else if (point) tip(point, event); else if (!event.target.closest?.("#popover")) hidePopover();
      });
    }
    document.addEventListener("toggle", history, { capture: true }); // it does not bubble
    document.addEventListener("scroll", hidePopover, { capture: true, passive: true });
    new MutationObserver(changed).observe(one("#current"), { childList: true, subtree: true, attributes: true, attributeFilter: ["data-complete"] });
    list();
    try { open(sessionStorage.getItem(STORE)); } catch { /* forbidden */ }
  }

  return { connect, begin, stop };
})();
