"""list, show, rename, delete, restore: saved conversations, by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from copilot_tui import config, document
from copilot_tui.cli import output
from copilot_tui.cli.parser import common_options, words_of
from copilot_tui.conversation import Role, Status, local_time
from copilot_tui.errors import UsageError
from copilot_tui.store import Store
from copilot_tui.terminal_text import one_line

if TYPE_CHECKING:
    import argparse

    from copilot_tui.conversation import Conversation, Message
    from copilot_tui.store import Summary


def run(given: argparse.Namespace) -> int:
    """Do the command that was given. Raises CopilotTuiError."""
    store = open_store(given)
    _RUN[given.command](store, given)
    return 0


def open_store(given: argparse.Namespace) -> Store:
    """The store that the options name. Raises ConfigError."""
    loaded = config.load(common_options(given))
    return Store(loaded.data_dir, loaded.cache_dir)


def _list(store: Store, given: argparse.Namespace) -> None:
    is_trash = "trash" in given
    summaries = store.trashed() if is_trash else store.summaries()
    for problem in store.problems():
        output.failure(str(problem), problem.hint)
    if "json" in given:
        output.json_line([_summary_to_json(summary) for summary in summaries])
        return
    for summary in summaries:
        when = local_time(summary.updated_at)
        output.row(summary.id, when, summary.title, str(summary.messages))
    if not summaries:
        output.notice("the trash is empty" if is_trash else "no conversations yet")


def _summary_to_json(summary: Summary) -> dict[str, object]:
    keys = (
        "id", "title", "created_at", "updated_at", "backend", "model", "messages", "pinned", "tags",
    )  # fmt: skip
    return {key: getattr(summary, key) for key in keys}


def _show(store: Store, given: argparse.Namespace) -> None:
    conversation = store.load(store.resolve(given.id))
    if "json" in given:
        output.json_line(document.to_json(conversation))
        return
    about = (local_time(conversation.updated_at), conversation.backend, conversation.model)
    output.line(conversation.title)
    output.line(" · ".join(filter(None, about)))
    if conversation.system:
        _part("System prompt", conversation.system)
    for message in conversation.path():
        _part(_who(conversation, message), message.content, *_notes(message))


def _part(heading: str, text: str, *notes: str) -> None:
    output.exact("\n")
    output.line(f"{heading}:")
    if text:
        output.text(text if text.endswith("\n") else f"{text}\n")
    for note in notes:
        output.line(f"[{note}]")


_NAMES: Final = {Role.USER: "You", Role.ASSISTANT: "Reply", Role.SYSTEM: "System"}


def _who(conversation: Conversation, message: Message) -> str:
    about = [message.model] if message.model and message.role is Role.ASSISTANT else []
    versions = [version.id for version in conversation.siblings(message.id)]
    if len(versions) > 1:
        about.append(f"version {versions.index(message.id) + 1} of {len(versions)}")
    return f"{_NAMES[message.role]} ({', '.join(about)})" if about else _NAMES[message.role]


def _notes(message: Message) -> list[str]:
    notes = [f"attached: {attachment.name}" for attachment in message.attachments]
    if message.status is not Status.COMPLETE:
        notes.append(message.error or ("incomplete" if message.content else "no reply"))
    return notes


def _rename(store: Store, given: argparse.Namespace) -> None:
    title = one_line(words_of(given.title))
    if not title:
        raise UsageError("the title is empty")
    store.rename(store.resolve(given.id), title)


def _delete(store: Store, given: argparse.Namespace) -> None:
    # All are looked up first: one that does not exist leaves the others where they are.
    for id_ in dict.fromkeys(store.resolve(reference) for reference in given.ids):
        store.delete(id_)
        output.notice(f"deleted; for 30 days it comes back with: copilot-tui restore {id_}")


def _restore(store: Store, given: argparse.Namespace) -> None:
    store.restore(store.resolve(given.id, trashed=True))


_RUN: Final = {
    "list": _list,
    "show": _show,
    "rename": _rename,
    "delete": _delete,
    "restore": _restore,
}
