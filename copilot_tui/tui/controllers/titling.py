"""A title by the model, where the configuration asks for one: [ui] model_titles."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from copilot_tui.conversation import (
    Message,
    Role,
    Status,
    TitleSource,
    new_conversation,
    new_id,
    title_from,
)
from copilot_tui.errors import CopilotTuiError

if TYPE_CHECKING:
    from copilot_tui.conversation import Conversation
    from copilot_tui.tui.screens.host import Host

WAIT_MOST_S: Final = 60.0
READ_MOST: Final = 400
"""Characters of the answer; a title is short."""

TOLD_MOST: Final = 2_000
"""Characters of the prompt, and of the reply, that the model is told."""

_ASKED: Final = (
    "Write a title of at most six words for this conversation, in its language. "
    "Answer with the title alone.\n\nUser: {prompt}\n\nAssistant: {reply}"
)


class Titling:
    """Asks for a title once, after the first reply; a title by the user is final."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._desk = app.desk

    def ended(self, conversation: Conversation) -> None:
        """A reply has ended; ask for a title if it was the first, and is whole."""
        if len(conversation.messages) != 2:
            return
        prompt, reply = [*conversation.path(), None, None][:2]
        if prompt is None or reply is None or reply.status is not Status.COMPLETE:
            return
        if conversation.title_source is TitleSource.USER or not reply.content:
            return
        asked = _ASKED.format(prompt=prompt.content[:TOLD_MOST], reply=reply.content[:TOLD_MOST])
        self._app.run_worker(
            self._ask(conversation, asked), group=f"title:{conversation.id}", exit_on_error=False
        )

    async def _ask(self, conversation: Conversation, asked: str) -> None:
        before = conversation.title
        try:
            async with asyncio.timeout(WAIT_MOST_S):
                title = _cleaned(await self._answer(conversation, asked))
            # It may have been read anew since, or lie in the trash.
            conversation = await self._desk.load(conversation.id)
        except (CopilotTuiError, TimeoutError):
            return  # the first line of the prompt is a title, too
        is_untouched = conversation.title == before
        if title and is_untouched and conversation.title_source is TitleSource.AUTO:
            conversation.title = title
            self._desk.shelf.note(conversation)
            self._app.refresh_sidebar()
            self._app.save(conversation, touch=False)

    async def _answer(self, conversation: Conversation, asked: str) -> str:
        """What the model says, in a conversation of its own that is not kept."""
        from copilot_tui.backends import ReplyRequest

        aside = new_conversation(now=self._desk.now())
        prompt = aside.add(Message(id=new_id(), role=Role.USER, content=asked))
        provider = conversation.settings.get("provider")
        request = ReplyRequest(
            conversation=aside,
            path=(prompt,),
            model=conversation.model or "",
            settings={"provider": provider} if provider else {},
            is_private=True,
        )
        text = ""
        answerers = self._desk.answerers
        config = answerers.config_for(conversation).backend_of(conversation.backend)
        backend = answerers.backend_named(config.name)
        place = self._desk.places.unseen(config)
        async with place, aclosing(backend.stream(request)) as deltas:
            async for delta in deltas:
                text = delta.text if delta.replaces else text + delta.text
                if len(text) > READ_MOST:
                    break
        return text


def _cleaned(answer: str) -> str:
    """The title in an answer: its first line without quotes and marks; empty: there is none."""
    line = answer.rpartition("</think>")[2].strip().partition("\n")[0]
    line = (
        line.strip().strip("#*\"'“”„«»` ").removeprefix("Title:").strip("*\"'“”„«»` ").rstrip(".")
    )
    return title_from(line) if line else ""
