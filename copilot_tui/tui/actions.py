"""ACTIONS: the one list of what keys do.

Bindings, palette, F1 and the README's table come from it.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from textual.binding import Binding

Place = Literal["prompt", "screen", "transcript", "sidebar"]
"""Where the key works: in the prompt alone, anywhere on the main screen, anywhere but in the
prompt, or in the sidebar alone.

The last two are for keys that write something: the prompt takes no others.
"""

Group = Literal["Writing", "Conversations", "Replies", "Reading", "Program"]


class Action(NamedTuple):
    """Something that the user can do."""

    id: str
    """The binding's id, which [keys] in the configuration changes."""
    keys: str
    """Textual's names, divided by commas; the first is the one that is shown. Empty: there is none,
    until [keys] in the configuration names one; the palette has it.
    """
    action: str
    """The method of the screen: action_…"""
    name: str
    help: str
    group: Group
    palette: bool = True
    """Whether the command palette offers it."""
    place: Place = "screen"


ACTIONS: Final[tuple[Action, ...]] = (
    Action(
        "send",
        "enter",
        "screen.send",  # at once: by a message, what is typed behind Enter would be sent or lost
        "Send",
        "send the prompt; on an empty prompt after a failed reply: try again",
        "Writing",
        palette=False,
        place="prompt",
    ),
    Action(
        "new-line",
        "ctrl+j,alt+enter,shift+enter",
        "new_line",
        "New line",
        "start a new line in the prompt",
        "Writing",
        palette=False,
        place="prompt",
    ),
    Action(
        "earlier-prompt",
        "ctrl+up",
        "earlier_prompt",
        "Earlier prompt",
        "bring an earlier prompt into the prompt, as ↑ does on its first line",
        "Writing",
        palette=False,
        place="prompt",
    ),
    Action(
        "later-prompt",
        "ctrl+down",
        "later_prompt",
        "Later prompt",
        "go back to later prompts and to what you wrote, as ↓ does on the last line",
        "Writing",
        palette=False,
        place="prompt",
    ),
    Action(
        "prompts",
        "alt+h",
        "prompts",
        "Earlier prompts",
        "search your earlier prompts, of all conversations; Enter takes one",
        "Writing",
    ),
    Action(
        "editor",
        "ctrl+g",
        "editor",
        "Write in $EDITOR",
        "write the prompt in $VISUAL or $EDITOR",
        "Writing",
    ),
    Action(
        "attach",
        "alt+a",
        "attach",
        "Attach a file",
        "attach a file to the prompt (or type @ and the path's beginning, and press Tab)",
        "Writing",
    ),
    Action(
        "detach",
        "",
        "detach",
        "Take a file off",
        "take the file that was attached last off again (Backspace in an empty prompt)",
        "Writing",
    ),
    Action("new", "ctrl+n", "new", "New conversation", "start a new conversation", "Conversations"),
    Action(
        "new-private",
        "",
        "new_private",
        "New private conversation",
        "start a conversation that is never saved and ends with the program",
        "Conversations",
    ),
    Action(
        "next",
        "alt+down,ctrl+pagedown",
        "next",
        "Next conversation",
        "go to the next conversation in the sidebar",
        "Conversations",
    ),
    Action(
        "previous",
        "alt+up,ctrl+pageup",
        "previous",
        "Previous conversation",
        "go to the previous conversation in the sidebar",
        "Conversations",
    ),
    Action(
        "unread",
        "alt+u",
        "unread",
        "Next unread",
        "go to the next conversation with something unread",
        "Conversations",
    ),
    Action(
        "focus-next",
        "tab",
        "focus_next_room",
        "Focus",
        "move the focus: prompt, sidebar, transcript",
        "Conversations",
        palette=False,
    ),
    Action(
        "focus-previous",
        "shift+tab",
        "focus_previous_room",
        "Focus back",
        "move the focus the other way",
        "Conversations",
        palette=False,
    ),
    Action(
        "sidebar", "ctrl+b,f9", "sidebar", "Sidebar", "show or hide the sidebar", "Conversations"
    ),
    Action(
        "search",
        "ctrl+f",
        "search",
        "Search all conversations",
        "search all conversations as you type; Enter opens the message",
        "Conversations",
    ),
    Action(
        "rename",
        "f2",
        "rename",
        "Rename the conversation",
        "rename the conversation (`r` in the sidebar)",
        "Conversations",
    ),
    Action(
        "delete",
        "f8",
        "delete",
        "Delete the conversation",
        "delete the conversation; Ctrl+Z brings it back (`d` in the sidebar)",
        "Conversations",
    ),
    Action(
        "pin",
        "p",
        "pin",
        "Pin or unpin",
        "in the sidebar, keep a conversation on top of it, or not",
        "Conversations",
        place="sidebar",
    ),
    Action(
        "archive",
        "a",
        "archive",
        "Archive, or take out",
        "in the sidebar, put a conversation away, or take it out of the archive",
        "Conversations",
        place="sidebar",
    ),
    Action(
        "archived",
        "A",
        "archived",
        "Archived conversations",
        "in the sidebar, show what was archived (`/in:archive`; `/#work` shows a tag)",
        "Conversations",
        place="sidebar",
    ),
    Action(
        "trash",
        "",
        "trash",
        "Restore from the trash",
        "choose a deleted conversation to bring back",
        "Conversations",
    ),
    Action(
        "import",
        "",
        "import",
        "Import conversations",
        "bring in conversations of ChatGPT, elia, oterm, llm, aichat or this program",
        "Conversations",
    ),
    Action(
        "export",
        "",
        "export",
        "Export this conversation",
        "write it to a file: Markdown, HTML or JSON, by the end of the name",
        "Conversations",
    ),
    Action(
        "merge-copies",
        "",
        "merge_copies",
        "Merge conflict copies",
        "bring together what Syncthing or Dropbox left of a conversation changed in two places",
        "Conversations",
    ),
    Action(
        "undo",
        "ctrl+z",
        "undo",
        "Undo the deletion",
        "bring back what was deleted, while the notice stands; else undo in the prompt",
        "Conversations",
        palette=False,
    ),
    Action(
        "escape",
        "escape",
        "escape",
        "Stop, or close",
        "close what is open, else stop the streaming reply, else go to the prompt",
        "Replies",
        palette=False,
    ),
    Action(
        "regenerate",
        "ctrl+r",
        "regenerate",
        "Regenerate the reply",
        "ask for another version of the last reply; the old one is kept",
        "Replies",
    ),
    Action(
        "edit",
        "alt+e",
        "edit",
        "Edit your message",
        "edit your last message, or the one you are reading, and send it as another version",
        "Replies",
    ),
    Action(
        "model",
        "ctrl+o",
        "models",
        "Backend and model",
        "choose the backend and the model that answer from now on",
        "Replies",
    ),
    Action(
        "sign-in",
        "alt+i",
        "sign_in",
        "Sign in",
        "sign in to what answers here: a key, a cookie, or GitHub's code",
        "Replies",
    ),
    Action(
        "sign-out",
        "",
        "sign_out",
        "Sign out",
        "sign out of what answers here",
        "Replies",
    ),
    Action(
        "settings",
        "ctrl+t",
        "settings",
        "Settings of this conversation",
        "set the system prompt, tags, temperature and the like for this conversation",
        "Replies",
    ),
    Action(
        "older-version",
        "alt+left",
        "older_version",
        "Older version",
        "show the version before this one",
        "Replies",
    ),
    Action(
        "newer-version",
        "alt+right",
        "newer_version",
        "Newer version",
        "show the version after this one",
        "Replies",
    ),
    Action(
        "difference",
        "d",
        "difference",
        "Difference of versions",
        "in the transcript, show word by word how this version differs from the one before",
        "Replies",
        place="transcript",
    ),
    Action(
        "continue",
        "alt+c",
        "continue",
        "Continue the reply",
        "ask the model to go on with a reply that was cut or stopped",
        "Replies",
    ),
    Action(
        "request",
        "alt+s",
        "request",
        "What will be sent",
        "show the request, its size, without the key; it can be copied as curl",
        "Replies",
    ),
    Action(
        "reasoning",
        "alt+r",
        "reasoning",
        "Reasoning",
        "show or fold the model's reasoning",
        "Replies",
    ),
    Action(
        "delete-message",
        "x",
        "delete_message",
        "Delete this message",
        "in the transcript, delete the message you read, or the last; Ctrl+Z brings it back",
        "Replies",
        place="transcript",
    ),
    Action(
        "delete-turn",
        "X",
        "delete_turn",
        "Delete this turn",
        "in the transcript, delete the prompt you read and its replies; Ctrl+Z brings them back",
        "Replies",
        place="transcript",
    ),
    Action(
        "copy-reply",
        "ctrl+y",
        "copy_reply",
        "Copy the reply",
        "copy the last reply, its raw Markdown",
        "Reading",
    ),
    Action(
        "copy",
        "ctrl+c",
        "copy",
        "Copy the selection",
        "copy what is selected; without a selection, say how to quit",
        "Reading",
        palette=False,
    ),
    Action(
        "copy-block",
        "alt+y",
        "hints",
        "Copy a block",
        "put a letter on every block in sight; that letter copies the block's source",
        "Reading",
    ),
    Action(
        "select",
        "v",
        "select",
        "Select lines",
        "select a line and move it with the arrows; again: extend from it; again: end",
        "Reading",
        place="transcript",
    ),
    Action(
        "find",
        "slash",
        "find",
        "Find here",
        "with the focus on the transcript, find in it; on the sidebar, narrow it",
        "Reading",
        place="transcript",
    ),
    Action(
        "next-match",
        "n",
        "next_match",
        "Next match",
        "go to the next match",
        "Reading",
        palette=False,
        place="transcript",
    ),
    Action(
        "previous-match",
        "N",
        "previous_match",
        "Previous match",
        "go to the match before",
        "Reading",
        palette=False,
        place="transcript",
    ),
    Action(
        "wrap-code",
        "w",
        "wrap_code",
        "Wrap code",
        "wrap long lines of code, or let them scroll sideways with ← and →",
        "Reading",
        place="transcript",
    ),
    Action(
        "next-message",
        "}",
        "next_message",
        "Next message",
        "go to the start of the next message",
        "Reading",
        place="transcript",
    ),
    Action(
        "previous-message",
        "{",
        "previous_message",
        "Previous message",
        "go to the start of this message, or of the one before",
        "Reading",
        place="transcript",
    ),
    Action(
        "next-prompt",
        "alt+pagedown,)",
        "next_prompt",
        "Next prompt",
        "go to your next prompt",
        "Reading",
        place="transcript",
    ),
    Action(
        "previous-prompt",
        "alt+pageup,(",
        "previous_prompt",
        "Previous prompt",
        "go to your prompt before this one",
        "Reading",
        place="transcript",
    ),
    Action(
        "next-link",
        "]",
        "next_link",
        "Next link",
        "mark the next link in sight; Enter follows it",
        "Reading",
        palette=False,
        place="transcript",
    ),
    Action(
        "previous-link",
        "[",
        "previous_link",
        "Previous link",
        "mark the link before",
        "Reading",
        palette=False,
        place="transcript",
    ),
    Action(
        "page-up",
        "pageup",
        "page_up",
        "Page up",
        "scroll the transcript up",
        "Reading",
        palette=False,
    ),
    Action(
        "page-down",
        "pagedown",
        "page_down",
        "Page down",
        "scroll the transcript down",
        "Reading",
        palette=False,
    ),
    Action("top", "ctrl+home", "top", "To the beginning", "go to the first message", "Reading"),
    Action(
        "bottom",
        "ctrl+end",
        "bottom",
        "To the end",
        "go to the last message and follow it",
        "Reading",
    ),
    Action(
        "palette",
        "ctrl+p",
        "palette",
        "Command palette",
        "find any command by its name",
        "Program",
        palette=False,
    ),
    Action(
        "theme",
        "f10",
        "theme",
        "Light or dark",
        "change between the light and the dark theme",
        "Program",
    ),
    Action(
        "mouse",
        "",
        "mouse",
        "Mouse on or off",
        "let the terminal select text by itself, or the app; until the app ends",
        "Program",
    ),
    Action("help", "f1", "help", "All keys", "show all keys", "Program"),
    Action("quit", "ctrl+q", "quit", "Quit", "quit; everything is saved", "Program"),
)


READING_ALONE: Final = frozenset({"difference", "delete_message", "delete_turn"})
"""Methods whose letters mean something else in the sidebar, or delete what is not looked at."""

_BY_ID: Final = {action.id: action for action in ACTIONS}


def bindings(place: Place) -> list[Binding]:
    """The bindings of one place. They come before the text area's own, which would take some.

    Those of the transcript are letters, which a prompt that has the focus takes first.
    """
    return [
        Binding(
            a.keys or f"<{a.id}>",  # which nobody can press, and [keys] may change
            f"screen.{a.action}" if place == "sidebar" else a.action,
            a.name,
            id=a.id,
            priority=place in ("prompt", "screen"),
            show=False,
        )
        for a in ACTIONS
        if a.place == place
    ]


def keys_of(action_id: str, keymap: dict[str, str] | None = None) -> str:
    """The keys of an action as they are set, by Textual's names."""
    return (keymap or {}).get(action_id) or _BY_ID[action_id].keys


def shown_key(action_id: str, keymap: dict[str, str] | None = None) -> str:
    """The key to press, as it is written on keyboards: Ctrl+N."""
    keys = keys_of(action_id, keymap)
    return pretty_key(keys.partition(",")[0])


_NAMES: Final = {
    "pageup": "PageUp",
    "pagedown": "PageDown",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "slash": "/",
}


def pretty_key(key: str) -> str:
    """ctrl+pageup → Ctrl+PageUp."""
    if len(key) == 1:
        return key  # N is another key than n
    return "+".join(_NAMES.get(part, part.capitalize()) for part in key.strip().split("+"))


def key_table() -> str:
    """The README's table of keys, in Markdown."""
    rows = ["| key | does |", "|---|---|"]
    for action in ACTIONS:
        keys = ", ".join(f"`{pretty_key(key)}`" for key in action.keys.split(",") if key)
        rows.append(f"| {keys or 'by name'} | {action.help} (`{action.id}`) |")
    return "\n".join(rows) + "\n"
