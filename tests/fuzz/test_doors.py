"""Any text at all, through every door by which it comes to the terminal: no byte controls that."""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from copilot_tui.cli.main import main
from copilot_tui.conversation import Attachment, Conversation, Message, Role, Status
from copilot_tui.store import Store
from tests.pty.nasty import HARMFUL, NASTY, harm_in

ID = "11111111-0000-4000-8000-000000000000"
WHEN = "2026-11-21T06:00:00.000Z"

HOSTILE = st.lists(
    st.sampled_from([*sorted(HARMFUL), *NASTY.values(), "\t", "\n", "\ud800", "[x](http://y)"])
    | st.text(max_size=8),
    max_size=8,
).map("".join)

fewer = settings(max_examples=min(settings().max_examples // 2, 1000))
"""Every example runs whole commands."""


class Screen(io.TextIOWrapper):
    """Keeps the bytes that are written to it; it may say that it is a terminal."""

    def __init__(self, *, is_terminal: bool) -> None:
        self.bytes = io.BytesIO()
        self._is_terminal = is_terminal
        super().__init__(self.bytes, encoding="utf-8")

    def isatty(self) -> bool:
        return self._is_terminal


class Place:
    """A folder of its own, in which commands run in this process."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.environ = {
            "HOME": folder,
            "XDG_CONFIG_HOME": f"{folder}/config",
            "XDG_CACHE_HOME": f"{folder}/cache",
            "COPILOT_TUI_DATA_DIR": f"{folder}/data",
            "COPILOT_TUI_BACKEND": "demo",
        }

    def run(
        self, *args: str, is_terminal: bool = False, environ: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """What a command wrote, which controls no terminal; and its exit status."""
        screen, said = Screen(is_terminal=is_terminal), Screen(is_terminal=is_terminal)
        with (
            patch.dict(os.environ, {**self.environ, **(environ or {})}),
            patch.object(sys, "stdout", screen),
            patch.object(sys, "stderr", said),
        ):
            status = main(args)
        written = screen.bytes.getvalue().decode() + said.bytes.getvalue().decode()
        assert "a fault in the program" not in written, written
        assert is_terminal or "--json" in args or harm_in(written) == [], (args, written)
        assert not is_terminal or harm_in(written) == [], (args, written)
        return status, written


def as_name(text: str) -> str:
    """What of it an argument, a variable or the name of a file can hold."""
    kept = text.translate({0: None, ord("/"): "|"})
    return "x" + kept.encode(errors="ignore").decode()[:40]


@fewer
@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_conversation_controls_the_terminal(title: str, text: str, model: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder)
        made = Conversation(
            id=ID, title=title, created_at=WHEN, updated_at=WHEN, backend=model, model=model
        )
        made.system, made.tags = text, [title]
        files = [Attachment(name=title, media_type=model, size=1, text=text)]
        made.add(Message(id="1", role=Role.USER, content=f"needle {text}", attachments=files))
        reply = Message(id="2", role=Role.ASSISTANT, content=text, parent_id="1", model=model)
        reply.reasoning, reply.status, reply.error, reply.hint = text, Status.ERROR, title, model
        made.add(reply)
        store = Store(Path(folder, "data"), Path(folder, "another-cache"))
        store.save(made)
        store.close()
        for args in (
            ("list",),
            ("show", "last"),
            ("search", "needle"),
            ("rename", ID, as_name(title)),
            ("delete", ID),
        ):
            assert place.run(*args)[0] == 0, args
            if args[0] == "show":
                for exact in (
                    ("export", "last"),
                    ("show", "last", "--json"),
                    ("list", "--json"),
                    ("search", "needle", "--json"),
                ):
                    assert place.run(*exact, is_terminal=True)[0] == 0, exact


@fewer
@given(HOSTILE, HOSTILE)
def test_no_import_controls_the_terminal(name: str, text: str) -> None:
    own = {"version": 1, "id": ID, "title": text, "messages": [{"id": text, "role": text}]}
    message = {"author": {"role": text}, "content": {"parts": [text], "content_type": text}}
    chatgpt = {"title": text, "mapping": {text: {"id": text, "message": message}}}
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder)
        for number, content in enumerate((text, *map(json.dumps, (own, [chatgpt])))):
            path = Path(folder, f"{number}{as_name(name)}.json")
            path.write_bytes(content.encode(errors="surrogatepass"))
            place.run("import", str(path))
        place.run("list")
        assert place.run("import", str(Path(folder, as_name(text))))[0] != 0


@fewer
@given(HOSTILE)
def test_neither_the_command_line_nor_the_environment_controls_the_terminal(text: str) -> None:
    given_ = as_name(text)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder)
        for args in (
            (given_,),
            ("show", given_),
            ("search", given_),
            ("list", f"--{given_}"),
            ("ask", "hi", "--backend", given_),
            ("config", "--model", given_),
        ):
            place.run(*args)
        for name in ("COPILOT_TUI_BACKEND", "COPILOT_TUI_MODEL", "COPILOT_TUI_PROXY", "TERM"):
            place.run("config", environ={name: given_})
            place.run("list", environ={name: given_})
