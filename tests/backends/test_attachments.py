"""What is attached, on the wire of every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from copilot_tui.backends import Backend, ContextMode, ReplyRequest
from copilot_tui.backends.branches import PREAMBLE
from copilot_tui.backends.g4f import G4F, plan
from copilot_tui.backends.github.backend import GithubWeb
from copilot_tui.backends.github.backend import plan as plan_of_thread
from copilot_tui.backends.openai import OpenAI
from copilot_tui.backends.preview import preview
from copilot_tui.backends.sdk import CopilotSdk
from copilot_tui.backends.sdk.plan import plan_turn
from copilot_tui.config import BUILT_IN, BackendConfig
from copilot_tui.conversation import Attachment
from tests.backends.asking import Tree, gather
from tests.server import DONE, Server, chunk, finish

NOTES = Attachment("notes.txt", "text/plain", 3, text="abc")
CAT = Attachment("cat.png", "image/png", 3, data="Q0FU")
TOLD = "What?\n\nnotes.txt:\n```\nabc\n```"
CAT_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,Q0FU"}}
PARTS = [{"type": "text", "text": TOLD}, CAT_PART]


def with_files(*attached: Attachment, context: ContextMode = "full", **fields: Any) -> ReplyRequest:
    tree = Tree()
    tree.user("What?", attachments=list(attached))
    return tree.request(context, **fields)


def asked_later(*attached: Attachment, context: ContextMode = "full") -> ReplyRequest:
    tree = Tree()
    tree.user("What?", attachments=list(attached))
    tree.reply("That.")
    tree.user("And?")
    return tree.request(context)


@pytest.mark.parametrize("context", ["full", "newest"])
@pytest.mark.parametrize(("kind", "make"), [("openai", OpenAI), ("g4f", G4F)])
async def test_texts_are_in_the_prompt_and_images_are_parts_of_it(
    server: Server, kind: Any, make: Callable[[BackendConfig], Backend], context: ContextMode
) -> None:
    server.stream(chunk("ok"), finish(), DONE)
    config = BackendConfig(kind, kind=kind, base_url=f"{server.url}/v1", model="m")
    backend = make(config)
    request = with_files(NOTES, CAT, context=context)
    gathered = await gather(backend.stream(request))
    await backend.aclose()
    assert (gathered.text, gathered.error) == ("ok", None)
    assert server.requests[0].json["messages"] == [{"role": "user", "content": PARTS}]
    assert preview(request, config, {}).body["messages"] == server.requests[0].json["messages"]


def test_g4f_gets_no_key_beyond_its_five_for_a_text() -> None:
    body = plan(with_files(NOTES), BUILT_IN["g4f"]).body
    assert body["messages"] == [{"role": "user", "content": TOLD}]
    assert set(body) == {"model", "provider", "stream", "messages", "conversation_id"}


def test_an_image_alone_is_the_whole_prompt() -> None:
    tree = Tree()
    tree.user("", attachments=[CAT])
    assert plan(tree.request(), BUILT_IN["g4f"]).body["messages"] == [
        {"role": "user", "content": [CAT_PART]}
    ]
    assert plan(tree.request(system="S"), BUILT_IN["g4f"]).body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "S"}, CAT_PART]}
    ]


def test_the_system_prompt_stands_before_a_prompt_with_an_image() -> None:
    messages = plan(with_files(NOTES, CAT, system="S"), BUILT_IN["g4f"]).body["messages"]
    assert messages[0]["content"] == [{"type": "text", "text": f"S\n\n{TOLD}"}, CAT_PART]


def test_a_folded_branch_keeps_its_texts_and_its_images() -> None:
    messages = plan(asked_later(NOTES, CAT), BUILT_IN["g4f"]).body["messages"]
    words, *rest = messages[0]["content"]
    assert words["text"].startswith(PREAMBLE)
    assert "notes.txt:\n```\nabc\n```" in words["text"]
    assert rest == [CAT_PART]


def test_the_kinds_of_github_are_told_the_texts() -> None:
    assert plan_of_thread(with_files(NOTES), BUILT_IN["github"]).prompt.content == TOLD
    assert plan_turn(with_files(NOTES), "copilot").prompt == TOLD
    assert "notes.txt:\n```\nabc\n```" in plan_turn(asked_later(NOTES), "copilot").prompt


def never(*_: object) -> Any:
    raise AssertionError("something was begun")


def of_github() -> list[Backend]:
    return [
        GithubWeb(BUILT_IN["github"], credentials=never),
        CopilotSdk(BUILT_IN["copilot"], key=never, start=never, environ={}),
    ]


@pytest.mark.parametrize("at", [0, 1])
async def test_an_image_for_github_is_refused_before_anything_is_begun(at: int) -> None:
    gathered = await gather(of_github()[at].stream(with_files(NOTES, CAT)))
    assert str(gathered.error) == "GitHub Copilot's chat takes no images"
    assert gathered.deltas == []


@pytest.mark.parametrize("name", ["github", "copilot"])
def test_what_will_be_sent_says_that_an_image_is_not(name: str) -> None:
    notes = preview(with_files(CAT), BUILT_IN[name], {}).notes
    assert "GitHub Copilot's chat takes no images: this would not be sent" in notes
    notes = preview(asked_later(CAT), BUILT_IN[name], {}).notes
    assert any(note.startswith("images of earlier prompts are not sent") for note in notes)


def test_what_will_be_sent_names_the_files_and_shows_little_of_an_image() -> None:
    long = Attachment("cat.png", "image/png", 3000, data="QUFB" * 1000)
    found = preview(with_files(NOTES, long), BUILT_IN["ollama"], {})
    assert "Attached: notes.txt (3 bytes), cat.png (3,000 bytes)" in found.notes
    assert "(4,022 characters)" in found.text
    assert len(found.text) < 1000
    assert "QUFB" * 1000 in found.curl
    assert found.chars == len(TOLD)
