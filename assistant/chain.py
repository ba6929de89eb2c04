"""The path as LangChain knows paths: a retriever and a runnable. The only file that builds on LangChain's classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda

from assistant.answer import Answer

if TYPE_CHECKING:
    from assistant.assistant import Assistant


class PassageRetriever(BaseRetriever):
    """The assistant's search as a retriever."""

    assistant: Any
    limit: int = 10

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [
            Document(
                page_content=hit.text,
                metadata={
                    **hit.metadata,
                    "document_id": hit.document_id,
                    "title": hit.title,
                    "section": hit.section,
                    "start": hit.start,
                    "end": hit.end,
                    "score": hit.score,
                    "source": hit.metadata.get("url") or hit.document_id,
                },
            )
            for hit in self.assistant.search(query, limit=self.limit)
        ]


def retriever_of(assistant: Assistant, limit: int) -> BaseRetriever:
    """The assistant's search as a LangChain retriever."""
    return PassageRetriever(assistant=assistant, limit=limit)


def runnable_of(assistant: Assistant) -> Runnable[Any, Answer]:
    """The assistant as a LangChain runnable: str or {"question", "history", "as_of"} → Answer."""

    def ask(given: str | Mapping[str, Any]) -> Answer:
        if isinstance(given, str):
            return assistant.answer(given)
        return assistant.answer(given["question"], history=given.get("history", ()), as_of=given.get("as_of"))

    return RunnableLambda(ask, name="assistant")
