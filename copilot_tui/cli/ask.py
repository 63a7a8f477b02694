"""ask: one turn without the app. The reply streams to stdout, all else goes to stderr."""

from __future__ import annotations

import asyncio
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from copilot_tui import attachments, backends, config, replies
from copilot_tui.cli import output
from copilot_tui.cli.parser import common_options, words_of
from copilot_tui.conversation import Conversation, new_conversation, utc_now
from copilot_tui.errors import AttachmentError, CopilotTuiError, UsageError

if TYPE_CHECKING:
    import argparse

    from copilot_tui.backends import Backend, Delta
    from copilot_tui.config import Config
    from copilot_tui.conversation import Attachment
    from copilot_tui.store import PrivateStore, Store

STDIN: Final = "-"

STDIN_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of a prompt; no model takes a tenth of it."""

_STOPPED_BY: Final = ("SIGINT", "SIGTERM", "SIGHUP")


@dataclass
class _Question:
    """All that is needed to send the prompt."""

    turn: replies.Turn
    backend: Backend
    store: Store | PrivateStore
    is_private: bool

    def ids(self) -> dict[str, str | None]:
        """What JSON output says of the reply; a private conversation has no id in the store."""
        turn = self.turn
        return {
            "conversation_id": None if self.is_private else turn.conversation.id,
            "message_id": turn.reply.id,
        }


def run(given: argparse.Namespace) -> int:
    """Ask, and print the reply as it comes. Raises CopilotTuiError."""
    as_json = "json" in given
    question: _Question | None = None
    try:
        question = _question(given)
        return asyncio.run(_answer(question, as_json))
    except CopilotTuiError as error:
        if not as_json:
            raise
        output.failure(str(error), error.hint)
        ids = question.ids() if question else {"conversation_id": None, "message_id": None}
        output.json_line({"type": "error", "message": str(error), "hint": error.hint, **ids})
        return error.exit_status


def _question(given: argparse.Namespace) -> _Question:
    attached = _attached(getattr(given, "attach", []))
    prompt = _prompt(given.prompt_words, may_be_empty=bool(attached))
    is_private = "private" in given
    reference = getattr(given, "conversation", None)
    if is_private and reference is not None:
        raise UsageError("--private has no saved conversation to go on with")
    loaded = config.load(common_options(given))
    store, conversation = _opened(loaded, reference, is_private)
    backend = _settled(conversation, loaded, given)
    turn = replies.new_turn(conversation, prompt, attachments=attached, backend_name=backend.name)
    return _Question(turn, backends.create(backend), store, is_private)


def _opened(
    loaded: Config, reference: str | None, is_private: bool
) -> tuple[Store | PrivateStore, Conversation]:
    if is_private:
        from copilot_tui.store import PrivateStore

        return PrivateStore(), new_conversation(now=utc_now())
    from copilot_tui.store import Store

    store = Store(loaded.data_dir, loaded.cache_dir)
    if reference is None:
        return store, new_conversation(now=utc_now())
    return store, store.load(store.resolve(reference))


def _settled(
    conversation: Conversation, loaded: Config, given: argparse.Namespace
) -> config.BackendConfig:
    """Who answers. What was given for the conversation is kept with it."""
    backend = replies.choose_backend(conversation, loaded)
    if "system" in given:
        conversation.system = words_of(given.system) or None
    if "context" in given:
        conversation.settings["context"] = given.context
    return backend


def _attached(paths: list[str]) -> list[Attachment]:
    """The files of --attach. Raises AttachmentError."""
    if len(paths) > attachments.MOST:
        raise AttachmentError(f"{len(paths)} files are too many: {attachments.MOST} may go along")
    return [attachments.read(path) for path in paths]


def _prompt(words: list[str], *, may_be_empty: bool) -> str:
    """The prompt that these arguments mean. Raises UsageError if there is none."""
    reads_stdin = words[-1:] == [STDIN]
    written = [words_of(word) for word in (words[:-1] if reads_stdin else words)]
    if len(written) > 1:
        raise UsageError(
            "a prompt is one argument, and - may follow it", 'Put it in quotes: ask "how are you?"'
        )
    if not words and not (sys.stdin is not None and sys.stdin.isatty()):
        reads_stdin = True
    parts = [*written, _read_stdin()] if reads_stdin else written
    prompt = "\n\n".join(part for part in parts if part.strip())
    if not prompt and not may_be_empty:
        raise UsageError("the prompt is empty", 'Write it in quotes: copilot-tui ask "…"')
    return prompt


def _read_stdin() -> str:
    if sys.stdin is None:
        return ""
    try:
        content = sys.stdin.buffer.read(STDIN_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"stdin cannot be read: {error.strerror}") from error
    if len(content) > STDIN_LIMIT:
        raise UsageError(
            f"stdin holds more than {STDIN_LIMIT >> 20} MB, which no model takes",
            "Send a part of it: head -c 1000000 FILE | copilot-tui ask …",
        )
    try:
        return content.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        output.notice("stdin is not UTF-8: what could not be read is sent as �")
        return content.decode("utf-8-sig", "replace").rstrip("\r\n")


async def _answer(question: _Question, as_json: bool) -> int:
    """Stream the reply; gives the exit status. However it ends, what came is saved."""
    turn, store = question.turn, question.store
    stop = _Stop()
    printer = _JsonPrinter() if as_json else _TextPrinter()
    status = 0
    try:
        async with aclosing(
            replies.stream_reply(turn, backend=question.backend, store=store)
        ) as deltas:
            async for delta in deltas:
                printer.take(delta)
    except asyncio.CancelledError:
        status = stop.status
    except output.StdoutClosed:
        status = output.STDOUT_CLOSED_STATUS
    except output.StdoutFailed:
        replies.settle(turn, store)
        raise
    finally:
        stop.end()
        await question.backend.aclose()
        printer.end()
    if status:
        replies.settle(turn, store)
    if as_json and not status:
        output.json_line({"type": "done", **question.ids(), "status": turn.reply.status})
    elif as_json and status != output.STDOUT_CLOSED_STATUS:
        stopped = {"type": "error", "message": "interrupted", "hint": "What came is saved."}
        output.json_line({**stopped, **question.ids()})
    return status


class _TextPrinter:
    """The reply's text, as it comes."""

    def __init__(self) -> None:
        self._last = "\n"

    def take(self, delta: Delta) -> None:
        """Print what is text."""
        if delta.replaces:
            # What is printed cannot be taken back.
            self.end()
            output.notice("the reply was begun anew; what follows replaces what stands above")
        if delta.text:
            self._last = output.text(delta.text)[-1:] or self._last
        if delta.notice:
            output.notice(delta.notice)

    def end(self) -> None:
        """End the line."""
        if self._last != "\n":
            output.exact("\n")


class _JsonPrinter:
    """One object for each delta."""

    def take(self, delta: Delta) -> None:
        """Print text and reasoning; after "anew" what came before is void."""
        if delta.replaces:
            output.json_line({"type": "anew"})
        for kind, content in (("reasoning", delta.reasoning), ("delta", delta.text)):
            if content:
                output.json_line({"type": kind, "content": content})
        if delta.notice:
            output.notice(delta.notice)

    def end(self) -> None:
        """Every line has its end."""


class _Stop:
    """Cancels the running task when a signal asks for it or nobody reads stdout any more, and knows
    the exit status it means.
    """

    def __init__(self) -> None:
        self.status = 128 + signal.SIGINT
        self._is_stopping = self._is_over = False
        self._handled: list[signal.Signals] = []
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._pipe = output.pipe_to_reader()
        if self._pipe is not None:
            self._loop.add_reader(self._pipe, self._on_reader)
        if sys.platform == "win32":  # there asyncio.run cancels on Ctrl+C by itself
            return
        for number in map(signal.Signals.__getitem__, _STOPPED_BY):
            # What was ignored when the process started stays so: nohup, or & in a script.
            if signal.getsignal(number) is not signal.SIG_IGN:
                # Not the loop's own handlers: they end with it, and the program a little later.
                signal.signal(number, self._on_signal)
                self._handled.append(number)
        # Signals are the main thread's alone: when it takes none any more, nobody does.
        self._loop.set_default_executor(ThreadPoolExecutor(initializer=self._block))

    def end(self) -> None:
        """From now on every signal is too late, to the very end of the process: what came is
        saved, and the exit status stands.
        """
        self._is_stopping = self._is_over = True
        self._leave_reader()
        self._block()

    def _block(self) -> None:
        """Let no signal reach this thread."""
        if self._handled:
            signal.pthread_sigmask(signal.SIG_BLOCK, self._handled)

    def _on_reader(self) -> None:
        """Something happened at the other end of the pipe, which the server's silence would hide
        until the next word of the reply.
        """
        self._leave_reader()
        if output.reader_is_gone() and not self._is_stopping:
            self._is_stopping = True
            self.status = output.STDOUT_CLOSED_STATUS
            self._cancel()

    def _leave_reader(self) -> None:
        if self._pipe is not None:
            self._loop.remove_reader(self._pipe)
            self._pipe = None

    def _on_signal(self, number: int, _: object) -> None:
        if not self._is_stopping:
            self._is_stopping = True
            self.status = 128 + number
            self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if not self._is_over:
            self._task.cancel()
