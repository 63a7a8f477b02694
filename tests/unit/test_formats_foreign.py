from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copilot_tui import document
from copilot_tui.conversation import Conversation, Role, Status
from copilot_tui.formats.foreign import (
    Found,
    Item,
    Origin,
    Skipped,
    Turn,
    conversation_of,
    derived_id,
    utc,
)
from copilot_tui.formats.sources import UNKNOWN, Source, files_of
from tests.formats import stores


def items(path: Path) -> list[Item]:
    return list(Source(path).items())


def found(path: Path) -> list[Conversation]:
    read = items(path)
    assert all(isinstance(item, Found) for item in read), read
    return [item.conversation for item in read if isinstance(item, Found)]


def spoken(conversation: Conversation) -> list[tuple[str, str]]:
    return [(message.role.value, message.content) for message in conversation.path()]


def turn(key: str, parent: str | None, role: Role | None, text: str) -> Turn:
    return Turn(key=key, parent=parent, role=role, text=text)


USER, REPLY = Role.USER, Role.ASSISTANT
ORIGIN = Origin(program="x", key="1")


# What all of them share


def test_a_derived_id_is_a_uuid4_in_form_and_the_same_every_time() -> None:
    assert derived_id("elia", "1 a") == derived_id("elia", "1 a")
    assert derived_id("a", "b") != derived_id("ab") != derived_id("a", "b", "")
    assert derived_id("\ud800")[14] == "4"
    assert derived_id("x")[19] in "89ab"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1714564800.5, "2024-05-01T12:00:00.500Z"),
        ("2024-05-01 12:00:01.123456", "2024-05-01T12:00:01.123Z"),
        ("2025-06-01T10:00:00+02:00", "2025-06-01T08:00:00.000Z"),
        (float("nan"), ""),
        (1e300, ""),
        (-1e300, ""),
        (10**400, ""),
        ("soon", ""),
        (None, ""),
        ([], ""),
    ],
)
def test_a_time_becomes_utc_or_nothing(value: object, expected: str) -> None:
    assert utc(value) == expected


def test_steps_of_tools_become_the_reasoning_of_the_reply_they_lead_to() -> None:
    turns = [
        turn("1", None, USER, "1+2?"),
        turn("2", "1", None, "add(1, 2)"),
        turn("3", "2", None, "3"),
        turn("4", "3", REPLY, "Three."),
        turn("5", "3", REPLY, "It is three."),
    ]
    made = conversation_of(ORIGIN, turns)
    assert [m.reasoning for m in made.replies()] == ["add(1, 2)\n\n3"] * 2
    assert [m.content for m in made.replies()] == ["Three.", "It is three."]
    assert len(made.siblings(made.head or "")) == 2


def test_steps_that_led_to_no_reply_are_kept_as_one() -> None:
    turns = [
        turn("1", None, USER, "1+2?"),
        turn("2", "1", None, "add(1, 2)"),
        turn("3", "2", USER, "Well?"),
        turn("4", "3", None, "think"),
        turn("5", "4", REPLY, ""),
    ]
    assert spoken(conversation_of(ORIGIN, turns)) == [
        ("user", "1+2?"),
        ("assistant", "add(1, 2)"),
        ("user", "Well?"),
        ("assistant", "think"),
    ]


def test_turns_in_a_circle_or_without_a_parent_are_all_kept() -> None:
    turns = [
        turn("1", "2", USER, "a"),
        turn("2", "1", REPLY, "b"),
        turn("3", "3", USER, "c"),
        turn("4", "nowhere", USER, "d"),
    ]
    made = conversation_of(ORIGIN, turns)
    assert sorted(message.content for message in made.messages.values()) == ["a", "b", "c", "d"]


def test_a_hundred_thousand_turns_in_a_row_are_no_recursion() -> None:
    turns = [
        turn(str(n), str(n - 1) if n else None, None if n % 10 else USER, f"{n}")
        for n in range(100_000)
    ]
    assert len(conversation_of(ORIGIN, turns).messages) == 20_000


# ChatGPT


def read_chatgpt(tmp_path: Path, *nodes: dict[str, Any], **fields: object) -> Found:
    value = stores.chatgpt(*nodes, **fields)
    (item,) = items(stores.write_json(tmp_path / "conversations.json", [value]))
    assert isinstance(item, Found)
    return item


def test_every_branch_of_chatgpt_is_kept_and_the_current_one_is_shown(tmp_path: Path) -> None:
    item = read_chatgpt(
        tmp_path,
        stores.node("sys", "root", "system", ""),
        stores.node("a", "sys", "user", "Who am I?"),
        stores.node("b", "a", "assistant", "You are you.", metadata={"model_slug": "gpt-4"}),
        stores.node("c", "b", "user", "And then?"),
        stores.node("d", "a", "assistant", "You are Heiner."),
        current_node="b",
    )
    made = item.conversation
    assert spoken(made) == [("user", "Who am I?"), ("assistant", "You are you.")]
    assert {m.content for m in made.messages.values()} == {
        "Who am I?", "You are you.", "And then?", "You are Heiner.",
    }  # fmt: skip
    assert len(made.children(made.path()[0].id)) == 2
    assert (made.title, made.model) == ("About names", "gpt-4o")
    assert made.created_at == "2024-05-01T12:00:00.000Z"
    assert made.updated_at == "2024-05-01T12:01:40.250Z"
    assert made.path()[1].model == "gpt-4"
    assert made.extra["imported"] == {
        "from": "ChatGPT",
        "id": "6632c3e5-0000-8003-9d4d-000000000001",
    }


def test_hidden_messages_of_chatgpt_are_left_out_and_counted(tmp_path: Path) -> None:
    hide = {"is_visually_hidden_from_conversation": True}
    item = read_chatgpt(
        tmp_path,
        stores.node("s", "root", "system", "", metadata=hide),
        stores.node("i", "s", "user", "About me: …", metadata=hide),
        stores.node("a", "i", "user", "Hi"),
    )
    assert (spoken(item.conversation), item.hidden) == ([("user", "Hi")], 1)


def test_pictures_sounds_and_files_of_chatgpt_become_notes(tmp_path: Path) -> None:
    image = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1"}
    made = {**image, "metadata": {"dalle": {"prompt": "a cat"}}}
    item = read_chatgpt(
        tmp_path,
        stores.node(
            "a", "root", "user",
            content={"content_type": "multimodal_text", "parts": [
                image, {"content_type": "audio_transcription", "text": "said"},
                {"content_type": "audio_asset_pointer"}, {"content_type": "hologram"}, "What?",
            ]},
            metadata={"attachments": [
                {"id": "file-1", "name": "cat.png"}, {"id": "file-2", "name": "notes.txt"},
            ]},
        ),
        stores.node("b", "a", "assistant", '{"prompt": "a cat"}', recipient="dalle.text2im"),
        stores.node(
            "c", "b", "tool", name="dalle.text2im",
            content={"content_type": "multimodal_text", "parts": [made]},
        ),
    )  # fmt: skip
    assert spoken(item.conversation) == [
        ("user", "[image: cat.png]\nsaid\n[audio]\n[hologram]\nWhat?\n[attached: notes.txt]"),
        ("assistant", "[image: a cat]"),
    ]
    assert item.conversation.path()[1].reasoning == 'dalle.text2im:\n\n{"prompt": "a cat"}'


def test_what_chatgpt_thought_and_ran_stands_in_the_reasoning(tmp_path: Path) -> None:
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "s", "content": "Hm."}]}
    code = {"content_type": "code", "language": "python", "text": "print('```')"}
    run = {"content_type": "execution_output", "text": "```"}
    item = read_chatgpt(
        tmp_path,
        stores.node("a", "root", "user", "Run it"),
        stores.node("b", "a", "assistant", content=thoughts),
        stores.node("c", "b", "assistant", content=code, recipient="python"),
        stores.node("d", "c", "tool", content=run, name="python"),
        stores.node(
            "e", "d", "assistant", "Done. \ue200cite\ue202turn0\ue201\ue200x\ue201!",
            metadata={"content_references": [
                {"matched_text": "\ue200cite\ue202turn0\ue201", "alt": "([a](https://a.example))"},
            ], "finish_details": {"type": "max_tokens"}},
        ),
    )  # fmt: skip
    reply = item.conversation.path()[-1]
    assert reply.content == "Done. ([a](https://a.example))!"
    assert reply.finish_reason == "length"
    assert reply.reasoning == (
        "Hm.\n\npython:\n\n````python\nprint('```')\n````\n\npython:\n\n````\n```\n````"
    )


def test_a_reply_of_chatgpt_that_was_stopped_is_incomplete(tmp_path: Path) -> None:
    item = read_chatgpt(
        tmp_path,
        stores.node(
            "a", "root", "assistant", "half", metadata={"finish_details": {"type": "interrupted"}}
        ),
    )
    assert item.conversation.path()[0].status is Status.PARTIAL


@pytest.mark.parametrize(
    "junk", [None, 1, "x", [], {"message": 1}, {"message": {"author": [], "content": "x"}},
             {"message": {"author": {"role": "user"}, "content": {"parts": [1, None, {"text": 2}]},
                          "metadata": [], "create_time": "x"}, "parent": 7}],
)  # fmt: skip
def test_junk_in_chatgpts_tree_does_not_hide_the_rest(tmp_path: Path, junk: object) -> None:
    item = read_chatgpt(tmp_path, {"junk": junk}, stores.node("a", "root", "user", "Hi"))
    assert spoken(item.conversation) == [("user", "Hi")]


def test_a_conversation_of_chatgpt_without_messages_is_named(tmp_path: Path) -> None:
    path = stores.write_json(tmp_path / "c.json", [stores.chatgpt(title="Empty\x1b[31m")])
    assert items(path) == [Skipped("Empty\x1b[31m", "there is no message in it", is_fault=False)]


# Stores


def test_elias_chats_are_read_with_times_models_and_system_prompt(tmp_path: Path) -> None:
    path = stores.make_database(tmp_path / "elia.sqlite", stores.ELIA)
    first, second = items(path)
    assert isinstance(first, Found)
    assert isinstance(second, Skipped)
    assert not second.is_fault
    made = first.conversation
    assert spoken(made) == [("user", "Hi"), ("assistant", "Hello!")]
    assert (made.title, made.model, made.system, made.archived) == (
        "My chat", "gpt-4o", "You are kind", True,
    )  # fmt: skip
    assert made.created_at == "2024-05-01T12:00:00.347Z"
    assert made.path()[1].created_at == made.updated_at == "2024-05-01T12:00:02.123Z"
    assert made.path()[1].model == "gpt-4o"


def test_oterms_chats_are_read_with_settings_and_reasoning(tmp_path: Path) -> None:
    path = stores.make_database(tmp_path / "store.db", stores.OTERM)
    os.utime(path, (1714564800, 1714564800))
    (made,) = found(path)
    assert spoken(made) == [("user", "What is this?\n[image]"), ("assistant", "A picture.")]
    assert made.path()[1].reasoning == "Hm."
    assert (made.system, made.settings) == ("Be kind", {"temperature": 0.5})
    assert made.updated_at == "2024-05-01T12:00:00.000Z"
    assert [message.created_at for message in made.path()] == ["", ""]


def test_a_reply_that_oterm_made_anew_is_another_version(tmp_path: Path) -> None:
    path = stores.make_database(tmp_path / "store.db", stores.OTERM)
    (before,) = found(path)
    stores.make_database(path, "UPDATE message SET text = 'A cat.' WHERE id = 2")
    (after,) = found(path)
    assert before.id == after.id
    assert before.path()[0] == after.path()[0]
    assert before.path()[1].id != after.path()[1].id


def test_llms_responses_are_read_with_fragments_and_usage(tmp_path: Path) -> None:
    (made,) = found(stores.make_database(tmp_path / "logs.db", stores.LLM_RESPONSES))
    assert spoken(made) == [
        ("user", "Hello, i am Heiner."),
        ("assistant", "Hello Heiner."),
        ("user", "a fragment\nWhat is it?\n\n[attachment: image/png]"),
        ("assistant", "A fragment."),
    ]
    assert (made.title, made.system, made.model) == ("Hello, i am Heiner.", "Be kind", "mock-2")
    reply = made.path()[1]
    assert (reply.elapsed_s, reply.usage) == (1.5, {"prompt_tokens": 3, "completion_tokens": 5})
    assert reply.created_at == "2025-01-01T07:59:06.988Z"


def test_llms_threads_are_read_with_tools_in_the_reasoning(tmp_path: Path) -> None:
    (made,) = found(stores.make_database(tmp_path / "logs.db", stores.LLM_THREADS))
    assert spoken(made)[2:] == [
        ("user", "a fragment\nWhat is it?\n\n[attachment: image/png]"),
        ("assistant", "A fragment."),
        ("user", "1+2?"),
        ("assistant", "It is 3."),
    ]
    assert (made.system, made.title) == ("Be kind", "1+2?")
    reply = made.path()[-1]
    assert reply.reasoning == 'add({"a": 1, "b": 2})\n\nadd:\n\n3\n\nSimple.'
    assert (reply.model, reply.elapsed_s) == ("mock-2", 2.5)
    assert reply.created_at == "2026-11-21T07:59:10.197Z"
    assert all(message.created_at for message in made.path())


def test_a_conversation_of_llm_is_the_same_before_and_after_its_update(tmp_path: Path) -> None:
    (old,) = found(stores.make_database(tmp_path / "old.db", stores.LLM_RESPONSES))
    path = stores.make_database(tmp_path / "new.db", stores.LLM_RESPONSES, stores.LLM_THREADS)
    (new,) = found(path)
    assert old.id == new.id
    assert new.title == old.title
    assert [new.messages[id_] for id_ in old.messages] == list(old.messages.values())
    assert spoken(new)[4:] == [("user", "1+2?"), ("assistant", "It is 3.")]


def test_a_fork_of_an_llm_thread_is_a_conversation_of_its_own(tmp_path: Path) -> None:
    fork = "INSERT INTO threads VALUES ('01m7b', 'fork', 'b2:4', '01m7a', '2026-11-22 07:59:09')"
    path = stores.make_database(tmp_path / "logs.db", stores.LLM_THREADS, fork)
    first, second = found(path)
    assert spoken(second) == spoken(first)[:4]
    assert first.messages.keys().isdisjoint(second.messages)


def test_aichats_session_is_read_with_what_was_compressed(tmp_path: Path) -> None:
    path = tmp_path / "20250601T100000-names.yaml"
    path.write_text(stores.AICHAT_SESSION)
    (made,) = found(path)
    assert spoken(made) == [
        ("user", "Hello, i am Heiner."),
        ("assistant", "Hello **Heiner**.\n\n  - a list"),
        ("system", "This is a summary of the chat history as a recap: names"),
        ("user", "yes\n[image]"),
        ("assistant", "It's a \u2028 picture."),
    ]
    assert (made.title, made.model, made.settings) == (
        "names", "openai:gpt-4o", {"temperature": 0.7},
    )  # fmt: skip
    assert made.created_at == "2025-06-01T10:00:00.000Z"


def test_aichats_single_questions_are_a_conversation_each(tmp_path: Path) -> None:
    path = tmp_path / "messages.md"
    path.write_text(stores.AICHAT_MESSAGES)
    first, second = found(path)
    assert spoken(first) == [("user", "Who am I?"), ("assistant", "You are Heiner.")]
    assert first.path()[1].reasoning == "Heiner, it seems."
    assert first.created_at == "2025-06-01T08:00:00.000Z"
    assert spoken(second) == [("user", "two\nlines"), ("assistant", "# A heading\n\nDone.")]


@pytest.mark.parametrize(
    "content",
    ["model: x\nmessages: [", "model: x\nmessages:\n" + "- [" * 5000, "model: x\nmessages: *a\n"],
)
def test_a_session_of_aichat_that_is_no_yaml_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(content)
    (item,) = items(path)
    assert isinstance(item, Skipped)
    assert item.what == "broken"
    assert item.is_fault


@pytest.mark.parametrize("nested", ["[" * 100_000 + "]" * 100_000, "\n" + "- " * 100_000])
def test_a_session_of_aichat_that_is_nested_too_deeply_does_not_end_the_program(
    tmp_path: Path, nested: str
) -> None:
    path = tmp_path / "deep.yaml"
    path.write_text(f"model: x\nmessages: {nested}\n")
    code = (
        "import sys; from pathlib import Path; from copilot_tui.formats.sources import Source;"
        "print(*Source(Path(sys.argv[1])).items())"
    )
    program = [sys.executable, "-c", code, str(path)]
    found = subprocess.run(program, capture_output=True, text=True, check=False, timeout=120)
    assert (found.returncode, found.stderr) == (0, "")
    assert "it is nested too deeply" in found.stdout


def test_an_alias_in_a_session_of_aichat_stands_for_nothing(tmp_path: Path) -> None:
    lines = ["model: x", "messages:", "- role: assistant", "  content:", "    tool_results:"]
    lines.append("    - &a0 [x, x, x, x, x, x, x, x, x, x]")
    lines += [f"    - &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    path = tmp_path / "laughs.yaml"
    path.write_text("\n".join(lines))
    (item,) = items(path)
    assert isinstance(item, Skipped)
    assert item.why == "it has aliases, which no session has"


def test_an_archive_that_is_damaged_is_named_however_it_is_packed(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("conversations.json", '[{"mapping": {}}]' * 2000)
    content = bytearray(path.read_bytes())
    content[61] ^= 0xFF
    path.write_bytes(content)
    (item,) = items(path)
    assert isinstance(item, Skipped)
    assert item.is_fault


# Whatever else a file holds


def test_a_format_is_told_by_content_and_not_by_name(tmp_path: Path) -> None:
    path = stores.make_database(tmp_path / "conversations.json", stores.OTERM)
    assert len(found(path)) == 1
    path = stores.write_json(tmp_path / "elia.sqlite", stores.chatgpt(
        stores.node("a", "root", "user", "Hi")
    ))  # fmt: skip
    assert len(found(path)) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\xff", b"Hello", b"[]", b"{}", b"[1, 2, {}]", b"PK\x03\x04junk", b"[" * 100_000,
     b"SQLite format 3\x00" + b"junk" * 1000, b'{"version": 1', b"messages:\n", b'["\xff"]'],
)  # fmt: skip
def test_a_file_with_nothing_to_import_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    (item,) = items(path)
    assert isinstance(item, Skipped)
    assert item.is_fault


def test_a_database_of_another_program_is_not_taken_for_a_store(tmp_path: Path) -> None:
    path = stores.make_database(tmp_path / "x.db", "CREATE TABLE chat (id); CREATE TABLE t (a)")
    assert items(path) == [Skipped("", UNKNOWN)]


def test_cells_of_any_type_are_read(tmp_path: Path) -> None:
    odd = "INSERT INTO message VALUES (4, 1, x'ff00', 7, x'41', '{}', 99, NULL)"
    path = stores.make_database(tmp_path / "elia.sqlite", stores.ELIA, odd)
    first, _ = items(path)
    assert isinstance(first, Found)
    assert any(message.content == "7" for message in first.conversation.messages.values())


@pytest.mark.parametrize(
    "scripts",
    [[stores.ELIA], [stores.OTERM], [stores.LLM_RESPONSES, stores.LLM_THREADS]],
    ids=["elia", "oterm", "llm"],
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    damage=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8))), data=st.data()
)
def test_a_damaged_store_is_named_or_read_as_far_as_it_goes(
    tmp_path: Path, scripts: list[str], damage: list[tuple[float, bytes]], data: st.DataObject
) -> None:
    path = tmp_path / "store.db"
    if not path.exists():
        stores.make_database(path, *scripts)
    content = bytearray(path.read_bytes())
    for place, junk in damage:
        start = 16 + int(place * (len(content) - 16))
        content[start : start + len(junk)] = junk
    broken = tmp_path / "broken.db"
    broken.write_bytes(content[: data.draw(st.integers(16, len(content)))])
    for item in items(broken):
        if isinstance(item, Found):
            assert document.loads(document.dumps(item.conversation)) == item.conversation
        else:
            assert item.why


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    (item,) = [item for file in files_of(tmp_path) for item in items(file)]
    folder.chmod(0o700)
    assert item == Skipped("", "it cannot be read: Permission denied")
