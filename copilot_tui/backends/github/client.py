"""GithubCopilot: GitHub's chat for scripts, by the signature that other programs know."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, overload

from copilot_tui.backends import Delta
from copilot_tui.backends.branches import fold_turns
from copilot_tui.backends.github import auth
from copilot_tui.backends.github.service import API_URL, DEFAULT_MODEL, MODELS, PAGE_URL, TOKEN_URL
from copilot_tui.config import BackendConfig, address_of
from copilot_tui.conversation import Role
from copilot_tui.errors import CutOff, EmptyReply, UsageError

Messages = Sequence[Mapping[str, Any]]
"""Each with `role` and `content`."""

Cookies = Mapping[str, str] | str
"""By name, or in one line as a browser shows them."""


@dataclass
class Conversation:
    """A thread at GitHub, and how far it has come.

    Given back to `create_async_generator` it goes on; each reply moves it forward. It holds no
    token, and `get_dict` is fit for JSON: `Conversation(**conversation.get_dict())`.
    """

    conversation_id: str
    """The thread's id."""
    parent_message_id: str = ""
    """The last whole reply, which the next message follows; empty before the first."""

    def get_dict(self) -> dict[str, str]:
        """The fields, to be kept."""
        return asdict(self)


class GithubCopilot:
    """GitHub Copilot's chat on github.com.

        async for text in GithubCopilot.create_async_generator(
            model="gpt-4o", messages=[{"role": "user", "content": "Hello"}], api_key="…"
        ):
            print(text, end="")

    Experimental: GitHub documents this interface nowhere. A subclass may set other addresses.
    """

    label = "GitHub Copilot"
    url = PAGE_URL
    working = True
    needs_auth = True
    supports_stream = True
    default_model = DEFAULT_MODEL
    models: ClassVar[list[str]] = [model.id for model in MODELS]
    token_url = TOKEN_URL
    """Where a cookie is good for a token."""
    api_url = API_URL
    """The chat; a seat of a company has https://api.business.githubcopilot.com."""

    _tokens: ClassVar[auth.Tokens] = auth.Tokens()
    """Those of this process, so that a script does not make one for every message."""

    @overload
    @classmethod
    def create_async_generator(
        cls,
        model: str,
        messages: Messages,
        stream: bool = False,
        api_key: str | None = None,
        proxy: str | None = None,
        cookies: Cookies | None = None,
        conversation_id: str | None = None,
        conversation: Conversation | None = None,
        return_conversation: Literal[False] = False,
        **kwargs: object,
    ) -> AsyncGenerator[str, None]: ...

    @overload
    @classmethod
    def create_async_generator(
        cls,
        model: str,
        messages: Messages,
        stream: bool = False,
        api_key: str | None = None,
        proxy: str | None = None,
        cookies: Cookies | None = None,
        conversation_id: str | None = None,
        conversation: Conversation | None = None,
        *,
        return_conversation: bool,
        **kwargs: object,
    ) -> AsyncGenerator[str | Conversation, None]: ...

    @classmethod
    async def create_async_generator(
        cls,
        model: str,
        messages: Messages,
        stream: bool = False,
        api_key: str | None = None,
        proxy: str | None = None,
        cookies: Cookies | None = None,
        conversation_id: str | None = None,
        conversation: Conversation | None = None,
        return_conversation: bool = False,
        **kwargs: object,
    ) -> AsyncGenerator[str | Conversation, None]:
        """The reply's text, in pieces as they come, whatever `stream` says.

        With `return_conversation` the Conversation comes first. Who asks: `api_key`, which is a
        GitHub-Bearer token; else `cookies` of github.com; else what `copilot-tui login github`
        keeps. A thread that goes on (`conversation`, else `conversation_id`) is sent the newest
        user message, a new one all of them. `proxy`: an http, https or socks5 URL. `kwargs` are
        left alone.

        Raises BackendError: MissingAuth without a sign-in, ReplyFailed with GitHub's own words,
        CutOff when the reply ends in its middle; UsageError for messages that are none.
        """
        from copilot_tui.backends.github import chat  # httpx is imported by who asks, not before

        config = BackendConfig(
            "github",
            kind="github-web",
            base_url=address_of(cls.token_url),
            token_url=cls.token_url,
            api_url=cls.api_url.rstrip("/"),
            proxy=proxy or "",
            allow_http=True,  # whoever wrote other addresses into a subclass has meant them
        )
        known = conversation or Conversation(conversation_id or "")
        _check(messages)
        prompt = chat.Prompt(
            content=_newest(messages) if known.conversation_id else _flattened(messages),
            model=model or cls.default_model,
            thread_id=known.conversation_id or None,
            parent_message_id=known.parent_message_id,
        )
        talk = chat.Chat(
            config, lambda: auth.given(api_key, cookies, cls.token_url), tokens=cls._tokens
        )
        progress = _Progress(known)
        try:
            async with aclosing(talk.ask(prompt)) as deltas:
                async for delta in deltas:
                    if progress.take(delta) and return_conversation:
                        yield known
                    if delta.text:
                        yield delta.text
        finally:
            await talk.aclose()
        progress.judge()


class _Progress:
    """What the deltas of one reply have said so far."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._is_complete = self._has_anything = False

    def take(self, delta: Delta) -> bool:
        """Move the conversation forward; whether its thread has just become known."""
        self._is_complete |= delta.complete
        self._has_anything |= bool(delta.text or delta.tool_calls)
        wire = delta.wire or {}
        if reply_id := wire.get("parent_message_id"):
            self._conversation.parent_message_id = reply_id
        if thread_id := wire.get("conversation_id"):
            self._conversation.conversation_id = thread_id
        return bool(thread_id)

    def judge(self) -> None:
        """Raises EmptyReply or CutOff for a reply that is not whole."""
        if not self._has_anything:
            raise EmptyReply("empty reply: GitHub answered without any text", "Try again.")
        if not self._is_complete:
            raise CutOff(
                "cut off: the reply ended before GitHub said that it was whole",
                "What came is a part of it.",
            )


def _check(messages: Messages) -> None:
    """Raises UsageError for messages that say nothing."""
    if not messages or not all("role" in each and "content" in each for each in messages):
        raise UsageError("messages must be a list of at least one, each with role and content")


def _role(name: object) -> Role:
    """A chat has three; what a tool said is told like what the user did."""
    if name == "developer":
        return Role.SYSTEM
    return next((role for role in Role if role == name), Role.USER)


def _newest(messages: Messages) -> str:
    """The newest user message's text."""
    of_user = [message for message in messages if message["role"] == Role.USER]
    return _text((of_user or messages)[-1]["content"])


def _flattened(messages: Messages) -> str:
    """Every message in one text: a single one as it is, several by role."""
    if len(messages) == 1:
        return _text(messages[0]["content"])
    return fold_turns((_role(message["role"]), _text(message["content"])) for message in messages)


def _text(content: object) -> str:
    """The text of a content, which may be a list of parts."""
    if isinstance(content, list):
        return "\n".join(_text(part.get("text", "")) for part in content if isinstance(part, dict))
    return "" if content is None else str(content)  # None: an assistant that called a tool
