"""Every English text of the page, in one place, ready for translation. `str.format` fills the {names}."""

from __future__ import annotations

from types import MappingProxyType

TITLE = "Ask the documents"
TAGLINE = "Every sentence is quoted from the sources and can be checked."

TAB_CHAT, TAB_DOCUMENTS, TAB_FIGURES, TAB_ABOUT = "Chat", "Documents", "Figures", "About"

# --- chat ---
QUESTION_LABEL = "Your question"
QUESTION_PLACEHOLDER = "Ask a question…"
SEND, STOP = "Ask", "Stop"
DAY_LABEL = "Answer as of"
DAY_HINT = "empty: today"
DAY_TODAY = "Back to today"
WELCOME = "What would you like to know?"
WELCOME_HINT = "Try one of these, or ask in your own words."
LOADING = "Loading the index…"
LOADING_HINT = "This takes a few seconds after a start. You can ask already; your question waits."
SEARCHING = "Looking through the sources…"
FAILED = "The assistant cannot start."
MODE_QUOTED = "Quoting mode: no language model"
MODE_MODEL = "Language model: {mode}"
YOU_ASKED = "You asked"
ANSWER = "Answer"
UNDERSTOOD_AS = "Understood as"
DECLINED = "Not in the sources"
PARTIAL = "Answered in part"
MISSING = "What the sources lack"
NOTES = "Please note"
AS_OF = "As of {day}."
CHANGES = "What changed, and when ({count})"
SUGGESTIONS = "Questions the sources do answer"
FOLLOW_UPS = "You could ask next"
SEE_FIGURE = "See the figure: {title}"

# --- sources ---
SOURCES = "Sources"
SOURCES_COUNT = "Sources ({count})"
SOURCES_EMPTY = "The sources of an answer appear here, each with the quote it rests on."
NEAREST = "Nearest passages, not an answer"
NEAREST_HINT = "These came closest to the question. They do not answer it."
PUBLISHED = "Published {day}"
PAGE = "Page {number}"
FACTS_AS_OF = "Facts as of {day}"
FROM_UNTIL = "In force {start} to {end}"
FROM = "In force from {start}"
UNTIL = "In force until {end}"
PRIMARY_SOURCES = "Primary sources"
READ_AT_PUBLISHER = "Read it at the publisher"
OPENS_NEW_TAB = "opens in a new tab"
OPEN_DOCUMENT = "Open the document"
PASSAGE = "The quote in its section"
VERIFIED = "Quote verified"
VERIFIED_DETAIL = "The quote stands word for word at characters {start} to {end} of {document}, whose text has the SHA-256 {sha256}."
UNVERIFIED = "Quote no longer found"
UNVERIFIED_DETAIL = "{document} has changed since this answer was given, or is gone. The quote is shown as it was cited."
COPY_CITATION = "Copy citation"
MARK_LABEL = "Source {number}: {title}"
STATUSES = MappingProxyType({
    "in force": "In force", "proposed": "Proposed", "final": "Final", "stayed": "Stayed", "repealed": "Repealed", "reported": "Reported",
    "background": "Background", "superseded": "Superseded",
})  # fmt: skip

# --- how an answer was found ---
HOW = "How this was found"
STAGE, SECONDS = "Stage", "Seconds"
NEAREST_PASSAGE, FOUND_PASSAGE, PASSAGE_SCORE = "Nearest passage", "Passage found", "Score"
SCORE = "Confidence that the evidence answers the question: {score}"
TOKENS = "Tokens: {input} in, {output} out"
STAGES = MappingProxyType({
    "stand alone": "Understanding the question", "search": "Searching passages", "evidence": "Weighing sentences", "write": "Writing",
    "total": "Together",
})  # fmt: skip

# --- documents ---
DOCUMENTS_HEADING = "Documents"
DOCUMENTS_INTRO = "Everything the answers are made from: {count} documents, each with its status and the day up to which its facts were checked."
DOCUMENTS_SEARCH = "Search titles, headings and text"
ALL_TOPICS, ALL_STATUSES = "All topics", "All statuses"
TOPIC, STATUS = "Topic", "Status"
HISTORY = "History of these rules, {count} steps"
HISTORY_ONE = "History of these rules, 1 step"
REPLACED_BY = "Replaced by: {heading}."
NO_DAY = "No day known"
OPEN_PASSAGE = "Open the passage"
NO_TOPIC = "Other"
NO_DOCUMENT_MATCHES = "No document matches. Clear the search or choose another filter."
READER_EMPTY = "Choose a document to read it here."
BACK_TO_LIST = "All documents"
DOCUMENT_GONE = "This document is not in the corpus."
DOCUMENT_SOURCES = "Sources of this document"
FIELDS = MappingProxyType({
    "publisher": "Publisher", "author": "Author", "published": "Published", "as_of": "Facts as of", "effective": "Validity",
    "jurisdiction": "Jurisdiction", "authority": "Authority", "license": "License", "document_id": "File", "sha256": "SHA-256 of the text",
})  # fmt: skip

# --- figures ---
FIGURES_HEADING = "Figures"
FIGURE_TABLE = "The figures as a table, with their sources"
FIGURE_CSV = "Download CSV"
FIGURE_SERIES, FIGURE_STATUS, FIGURE_SOURCE = "Series", "Status", "Source"
FIGURE_POINT_SOURCE = "Source: {source}"
FIGURE_DEFAULT = "{sentence} (the default rate, before a rate of its own)"

# --- about ---
ABOUT_HEADING = "About"
ABOUT_WHAT = (
    "This page answers questions from a small set of documents and proves every sentence: each one carries the quote it rests on, "
    "with the place where it stands. When the documents do not answer a question, it says so."
)
ABOUT_MODE_HEADING = "How it answers"
ABOUT_QUOTED = (
    "It runs in quoting mode: no language model is used. Answers are sentences of the documents, chosen and ordered by how directly they answer."
)
ABOUT_MODEL = "It writes answers with the language model {mode}. A sentence that its quotes do not support is not shown."
ABOUT_INDEX_HEADING = "The index"
ABOUT_INDEX = "Built {day} from {documents} documents: {passages} passages, {sentences} sentences, embedded with {model}."
ABOUT_PRIVACY_HEADING = "Privacy"
ABOUT_PRIVACY = (
    "The page loads nothing from other sites and sends no statistics. Questions are answered on the computer that runs the page and are not "
    "written down there. Conversations are kept in this browser only, until you delete them. Links to sources lead to other sites when you "
    "click them."
)
ABOUT_PRIVACY_MODEL = "With a language model configured, your question and the passages found for it are sent to that model's provider."
ABOUT_FEEDBACK = "A thumbs-up or -down is written to a file on the computer that runs this page, with its question and answer."
ABOUT_LIMITS_HEADING = "Limits"
ABOUT_LIMITS = (
    "The answers are only as complete and as current as the documents; mind the dates. This is information, not legal advice. "
    "Check the primary source before you act."
)

# --- an index that is not the newest ---
DOCUMENTS_CHANGED = "Documents have changed since the index was built ({changes}). Bring it up to date with:"
REBUILD = "python -m index rebuild"
NEEDS_RESTART = (
    "The index was built anew with other settings, or by another version of this program, while the page was running. Restart the page "
    "with those settings to use it; until then answers come from the index of {day}."
)

# --- errors ---
PORT_IN_USE = "Port {port} is in use. Choose another with --port."
CANNOT_LISTEN = "Cannot listen on {host}:{port} ({reason}). Choose another address with --host or another port with --port."
OPEN_HOST = "{host} can be reached by other computers. Set KEI_AUTH=user:password, or allow everybody with --open or KEI_OPEN=1."
TOO_MANY = "Too many questions at once. Wait a minute and ask again."
BROKEN_HISTORY = "The conversation could not be read. Start a new chat."
SERVING = "{title}: {address}"
UNEXPECTED = "Something went wrong and was written to the log. Ask again."

# Texts for the script of the page.
SCRIPT = MappingProxyType({
    "copied": "Copied", "copy": "Copy answer", "edit": "Edit question", "keep": "Cancel editing",
    "retry": "Ask again", "good": "Good answer", "bad": "Bad answer",
    "new_chat": "New chat", "saved": "Saved chats", "export_markdown": "Export as Markdown", "export_json": "Export as JSON",
    "delete_chat": "Delete this chat", "delete_all": "Delete all chats",
    "plain": "Plain text", "markdown": "Markdown", "bibtex": "BibTeX", "previous": "Previous source", "next": "Next source",
    "back": "Back to the answer", "source": MARK_LABEL, "searching": SEARCHING,
    "position": "{number} of {count}", "stopped": "Stopped.", "ready": "Answer ready. Sources: {count}.",
    "declined": "The sources do not answer this.",
    "what_is_wrong": "What is wrong?", "wrong": "It is wrong", "not_supported": "Not supported by its sources", "out_of_date": "Out of date",
    "missing": "Something is missing", "other": "Something else", "comment": "Tell more (optional)", "send_feedback": "Send", "cancel": "Cancel",
    "thanks": "Thank you. Kept on this computer.", "bibliography": "Sources", "statuses": dict(STATUSES),
})  # fmt: skip
