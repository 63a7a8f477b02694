from __future__ import annotations

import pytest

from tests.pty.conftest import Desktop
from tests.pty.test_keys import ENTER, ESCAPE, answering, prompts
from tests.server import Server

pytestmark = pytest.mark.pty


@pytest.mark.parametrize(
    "alt_e", [pytest.param(b"\x1be", id="ESC e"), pytest.param(b"\x1b[101;3u", id="kitty")]
)
def test_alt_e_edits_and_escape_leaves_it_while_the_draft_stays(
    desktop: Desktop, server: Server, alt_e: bytes
) -> None:
    answering(server)
    window = desktop.start()
    window.type(b"question" + ENTER)
    window.wait_for_text("Hello")
    window.wait_for(lambda: all(m.status == "complete" for m in desktop.conversations()[0].path()))
    window.type(b"half")
    window.wait_for(lambda: [text for text, _ in desktop.drafts()] == ["half"])
    window.type(alt_e)
    window.wait_for(lambda: [text for text, _ in desktop.drafts()] == ["question"])
    window.wait_for_text("editing")
    window.type(ESCAPE)
    window.wait_for(lambda: [text for text, _ in desktop.drafts()] == ["half"])
    window.type(alt_e)
    window.wait_for_text("editing")
    window.type(b"!" + ENTER)
    window.wait_for(lambda: prompts(server) == ["question", "question!"])
    assert len(desktop.conversations()[0].messages) == 4
    window.wait_for_text("2/2")
    window.wait_for(lambda: [text for text, _ in desktop.drafts()] == ["half"])
