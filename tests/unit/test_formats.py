from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot_tui import document
from copilot_tui.conversation import Attachment, Conversation, Message, Role, Status
from copilot_tui.formats import EXPORTS, file_name

WHEN = datetime(2026, 11, 21, 6, 27, 35, tzinfo=UTC).isoformat()


def conversation(*contents: str, title: str = "About names", **fields: Any) -> Conversation:
    made = Conversation(
        id="0a1b2c3d-0000-4000-8000-000000000000",
        title=title,
        created_at=WHEN,
        updated_at=WHEN,
        backend="g4f",
        **fields,
    )
    for number, content in enumerate(contents):
        role = Role.ASSISTANT if number % 2 else Role.USER
        made.add(Message(id=str(number), role=role, content=content, parent_id=made.head))
    return made


def markdown(made: Conversation) -> str:
    return EXPORTS["markdown"].dump(made).decode()


def test_markdown_has_front_matter_roles_as_headings_and_the_text() -> None:
    made = conversation("Who am I?", "You are *Heiner*.\n", model="gpt-4o", system="Be kind")
    made.messages["1"].model = "gpt-4o"
    assert markdown(made) == (
        '---\ntitle: "About names"\nid: "0a1b2c3d-0000-4000-8000-000000000000"\n'
        f'created_at: "{WHEN}"\nupdated_at: "{WHEN}"\nbackend: "g4f"\nmodel: "gpt-4o"\n---\n\n'
        "# About names\n\n## System\n\nBe kind\n\n## User\n\nWho am I?\n\n"
        "## Assistant (gpt-4o)\n\nYou are *Heiner*.\n"
    )


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_markdown_carries_the_exact_text(text: str) -> None:
    assert f"## User\n\n{text}" in markdown(conversation(text))


def test_markdown_shows_the_shown_branch_alone() -> None:
    made = conversation("Hello", "first version")
    made.add(Message(id="2", role=Role.ASSISTANT, content="second version", parent_id="0"))
    assert "first version" not in markdown(made)
    made.select("1")
    assert "second version" not in markdown(made)


def test_markdown_says_what_is_incomplete_or_failed_and_why() -> None:
    made = conversation("a", "half of")
    made.messages["1"].status, made.messages["1"].error = Status.PARTIAL, "cut off:\nthe end"
    assert markdown(made).endswith("half of\n\n*This reply is incomplete: cut off: the end*\n")
    made = conversation("a", "")
    made.messages["1"].status = Status.ERROR
    assert markdown(made).endswith("\n*This reply failed*\n")


def test_markdown_carries_reasoning_and_names_attachments() -> None:
    made = conversation("a", "b")
    made.messages["1"].reasoning = "because"
    made.messages["0"].attachments = [Attachment("notes.txt", "text/plain", 3, text="abc")]
    text = markdown(made)
    assert "<summary>Reasoning</summary>\n\nbecause\n\n</details>\n\nb\n" in text
    assert "*Attached: notes.txt*\n\na\n" in text


@pytest.mark.parametrize(
    ("text", "closing"),
    [
        ("```py\nx = 1", "\n```\n"),
        ("```py\nx = 1\n", "```\n"),
        ("````\n```\nx", "\n````\n"),
        ("~~~\n```\nx", "\n~~~\n"),
        ("```\nx\n```", "\n"),
        ("```\nx\n````  \n", ""),
        ("``` not `` a fence", "\n"),
        ("```\n``` py\nx", "\n```\n"),
    ],
)
def test_markdown_closes_a_code_block_that_a_cut_reply_left_open(text: str, closing: str) -> None:
    made = conversation("a", text, "next")
    assert f"## Assistant\n\n{text}{closing}\n## User\n\nnext" in markdown(made)


def test_the_front_matter_is_one_line_a_field_whatever_the_title_is() -> None:
    made = conversation(title='a "b"\n---\n\x85\x1b: c', tags=["x: y"])
    lines = markdown(made).split("---\n\n# ")[0].splitlines()
    assert lines[1] == r'title: "a \"b\"\n---\n\u0085\u001b: c"'
    assert lines[-1] == 'tags: ["x: y"]'


def test_json_is_the_document_with_every_branch_and_unknown_key() -> None:
    made = conversation("a", "b", extra={"later": [1]})
    made.add(Message(id="2", role=Role.ASSISTANT, content="c", parent_id="0"))
    exported = EXPORTS["json"].dump(made)
    assert document.loads(exported) == made
    assert json.loads(exported)["later"] == [1]


def test_json_of_a_newer_version_is_exported_as_far_as_it_is_known() -> None:
    made = conversation("a", extra={"version": 2, "later": "\ud800"})
    exported = json.loads(EXPORTS["json"].dump(made))
    assert (exported["version"], exported["later"]) == (2, "\ud800")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("About names", "About-names-0a1b2c3d.md"),
        ("../../etc/passwd", "etc-passwd-0a1b2c3d.md"),
        ('a/b\\c:d*e?f"g<h>i|j', "a-b-c-d-e-f-g-h-i-j-0a1b2c3d.md"),
        ("-rf $(x) `y`", "rf-(x)-y-0a1b2c3d.md"),
        ("\x1b[31m red\u202e", "[31m-red-0a1b2c3d.md"),
        ("CON", "CON-0a1b2c3d.md"),
        ("Grüße, 你好 👋", "Grüße,-你好-👋-0a1b2c3d.md"),
        ("...", "0a1b2c3d.md"),
        ("", "0a1b2c3d.md"),
    ],
)
def test_a_file_name_comes_from_the_title_and_is_safe(title: str, expected: str) -> None:
    assert file_name(conversation(title=title), ".md") == expected


@given(st.text())
def test_a_file_name_never_leaves_its_folder_or_grows_too_long(title: str) -> None:
    name = file_name(conversation(title=title), ".json")
    assert "/" not in name
    assert "\\" not in name
    assert not name.startswith((".", "-"))
    assert name.endswith("0a1b2c3d.json")
    assert len(name.encode()) < 130
