from __future__ import annotations

import pytest

from tests.pty.conftest import Desktop
from tests.server import DONE, HANG, Gate, Server, chunk, finish

pytestmark = pytest.mark.pty

ENTER = b"\r"
NEW = b"\x0e"
QUIT = b"\x11"
ESCAPE = b"\x1b"
NEXT = b"\x1b[1;3B"
SIZES = [(80, 24), (120, 40)]


def answering(server: Server, *words: str) -> None:
    server.stream(*map(chunk, words or ("Hello",)), finish(), DONE, repeat=True)


def prompts(server: Server) -> list[str]:
    return [request.json["messages"][-1]["content"] for request in server.requests]


def is_draft(desktop: Desktop, *texts: str) -> bool:
    return [text for text, _ in desktop.drafts()] == sorted(texts)


@pytest.mark.parametrize(
    "new_line",
    [
        pytest.param(b"\x1b\r", id="ESC CR, alt+enter of most terminals"),
        pytest.param(b"\x1b[13;2u", id="shift+enter, kitty"),
        pytest.param(b"\x1b[13;3u", id="alt+enter, kitty"),
        pytest.param(b"\x1b[27;2;13~", id="shift+enter, xterm's modifyOtherKeys"),
        pytest.param(b"\n", id="ctrl+j"),
        pytest.param(b"\x1b[106;5u", id="ctrl+j, kitty"),
    ],
)
def test_a_new_line_is_written_and_enter_sends_both(
    desktop: Desktop, server: Server, new_line: bytes
) -> None:
    answering(server)
    window = desktop.start()
    window.type(b"one" + new_line + b"two")
    window.wait_for(lambda: is_draft(desktop, "one\ntwo"))
    window.type(ENTER)
    window.wait_for(lambda: server.requests)
    assert prompts(server) == ["one\ntwo"]
    window.wait_for_text("Hello")


def test_enter_as_kitty_sends_it_sends(desktop: Desktop, server: Server) -> None:
    answering(server)
    window = desktop.start()
    window.type(b"one\x1b[13u")
    window.wait_for_text("Hello")
    assert prompts(server) == ["one"]


@pytest.mark.parametrize("line_end", [b"\r", b"\n", b"\r\n"])
@pytest.mark.parametrize("size", SIZES)
def test_a_paste_of_many_lines_stays_in_the_prompt(
    desktop: Desktop, server: Server, line_end: bytes, size: tuple[int, int]
) -> None:
    lines = [f"line {number}" for number in range(200)]
    window = desktop.start(size=size)
    window.type(b"\x1b[200~" + line_end.join(line.encode() for line in lines) + b"\x1b[201~")
    window.type(b"!")
    window.wait_for(lambda: is_draft(desktop, "\n".join(lines) + "!"))
    window.wait_for_text("line 199!")
    assert not server.requests


def test_text_and_enter_in_one_burst_send_exactly_the_text(
    desktop: Desktop, server: Server
) -> None:
    answering(server)
    text = "a fast typist, or a paste without brackets: äöü 漢字 " * 8
    window = desktop.start()
    window.type(text.encode() + ENTER)
    window.wait_for(lambda: server.requests)
    assert prompts(server) == [text]


def test_what_is_typed_behind_enter_in_one_burst_stays_in_the_prompt(
    desktop: Desktop, server: Server
) -> None:
    answering(server)
    window = desktop.start()
    window.type(b"first" + ENTER + b"second")
    window.wait_for(lambda: is_draft(desktop, "second"))
    assert prompts(server) == ["first"]


def test_a_burst_over_two_conversations_gives_each_its_draft(
    desktop: Desktop, server: Server
) -> None:
    window = desktop.start()
    window.type(b"abc" + NEW + b"def")
    window.wait_for(lambda: is_draft(desktop, "abc", "def"))
    assert not server.requests


def test_a_burst_that_sends_and_goes_on_elsewhere_sends_from_where_it_was_typed(
    desktop: Desktop, server: Server
) -> None:
    server.stream(chunk("Hello"), HANG, repeat=True)
    window = desktop.start()
    window.type(b"abc" + ENTER + NEW + b"def" + ENTER + NEW + b"ghi")
    window.wait_for(lambda: is_draft(desktop, "ghi"))
    window.wait_for(lambda: len(server.requests) == 2)
    assert sorted(prompts(server)) == ["abc", "def"]
    window.type(QUIT)
    assert window.ended() == 0
    assert sorted(each.title for each in desktop.conversations() if each.messages) == ["abc", "def"]


@pytest.mark.parametrize("is_open", [True, False], ids=["seen before", "to be read"])
def test_a_burst_that_goes_to_a_saved_conversation_is_typed_there(
    desktop: Desktop, server: Server, is_open: bool
) -> None:
    answering(server)
    window = desktop.start()
    window.type(b"saved" + ENTER)
    window.wait_for_text("Hello")
    if not is_open:
        window.type(QUIT)
        assert window.ended() == 0
        window = desktop.start()
        window.wait_for_text("saved")
    else:
        window.type(NEW)
        window.wait_for(lambda: "Hello" not in window.text, "the new conversation")
    window.type(b"abc" + NEXT + b"def" + NEW + b"ghi")
    window.wait_for(lambda: is_draft(desktop, "abc", "def", "ghi"))
    [saved] = [each for each in desktop.conversations() if each.messages]
    draft = desktop.store.draft(saved.id)
    assert draft is not None
    assert draft.text == "def"


def test_what_is_typed_before_the_program_reads_is_sent(desktop: Desktop, server: Server) -> None:
    answering(server)
    window = desktop.open(typed=b"typed early\rand then")
    window.wait_for(lambda: is_draft(desktop, "and then"))
    window.wait_for_text("typed early", "Hello")
    assert prompts(server) == ["typed early"]


def test_every_key_typed_while_it_starts_is_kept(desktop: Desktop, server: Server) -> None:
    window = desktop.open()
    typed = ""
    while "F1 keys" not in window.text:
        window.type(b"x")
        typed += "x"
        window.read()
    window.type(b".")
    window.wait_for(lambda: is_draft(desktop, typed + "."))


def test_type_ahead_goes_into_the_conversation_that_is_continued(
    desktop: Desktop, server: Server
) -> None:
    answering(server)
    window = desktop.start()
    window.type(b"earlier" + ENTER)
    window.wait_for_text("Hello")
    window.type(QUIT)
    assert window.ended() == 0
    window = desktop.open("--continue", typed=b"later\rdraft")
    window.wait_for(lambda: len(server.requests) == 2)
    window.wait_for(lambda: is_draft(desktop, "draft"))
    [conversation] = desktop.conversations()
    assert [each.content for each in conversation.path()][::2] == ["earlier", "later"]


@pytest.mark.parametrize(
    "answer",
    [
        b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\",
        b"\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
        b"\x1b]11;#1e1e1e\x1b\\",
        b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\",
        b"\x1b[?2026;2$y",
    ],
)
@pytest.mark.parametrize("pieces", [1, 3])
def test_a_late_answer_of_the_terminal_never_gets_into_the_prompt(
    desktop: Desktop, answer: bytes, pieces: int
) -> None:
    window = desktop.start()
    step = -(-len(answer) // pieces)
    window.type(b"before ")
    for start in range(0, len(answer), step):
        window.type(answer[start : start + step])
    window.type(b"after")
    window.wait_for(lambda: is_draft(desktop, "before after"))
    assert "before after" in window.text


def test_the_wheel_scrolls_the_transcript(desktop: Desktop, server: Server) -> None:
    answering(server, "\n\n".join(f"paragraph {number}" for number in range(60)))
    window = desktop.start()
    window.type(b"long" + ENTER)
    window.wait_for_text("paragraph 59")
    window.type(b"\x1b[<64;60;10M" * 3)
    window.wait_for(lambda: "paragraph 59" not in window.text, "the end to scroll away")
    window.type(b"\x1b[<65;60;10M" * 3)
    window.wait_for_text("paragraph 59")


@pytest.mark.parametrize(
    "f1",
    [
        pytest.param(b"\x1bOP", id="xterm"),
        pytest.param(b"\x1b[P", id="kitty"),
        pytest.param(b"\x1b[1P", id="kitty, with a parameter"),
        pytest.param(b"\x1b[11~", id="rxvt"),
    ],
)
def test_f1_shows_the_keys_and_escape_closes_them(desktop: Desktop, f1: bytes) -> None:
    window = desktop.start()
    window.type(f1)
    window.wait_for_text("send the prompt; on an empty")
    window.type(ESCAPE)
    window.wait_for(lambda: "send the prompt; on an empty" not in window.text, "the help to close")


def test_f9_hides_the_sidebar_and_brings_it_back(desktop: Desktop, server: Server) -> None:
    answering(server)
    window = desktop.start()
    window.type(b"hello" + ENTER)
    window.wait_for_text("Today")
    window.type(b"\x1b[20~")
    window.wait_for(lambda: "Today" not in window.text, "the sidebar to go")
    window.type(b"\x1b[20~")
    window.wait_for_text("Today")


def test_escape_alone_stops_a_reply_at_once(desktop: Desktop, server: Server) -> None:
    gate = Gate()
    server.stream(chunk("half"), gate, chunk("never"))
    window = desktop.start()
    window.type(b"hello" + ENTER)
    window.wait_for_text("half", "Escape stops")
    window.type(ESCAPE)
    window.wait_for(lambda: server.requests[0].client_gone.is_set())
    window.wait_for(lambda: "Escape stops" not in window.text, "the hint to go")


def test_ctrl_z_does_not_stop_the_program(desktop: Desktop) -> None:
    window = desktop.start()
    window.type(b"abc\x1adef\n.")
    window.wait_for(lambda: [text for text, _ in desktop.drafts() if text.endswith("def\n.")])


@pytest.mark.parametrize("wrong", [b"\xe9", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80"], ids=repr)
def test_bytes_that_are_no_utf8_are_shown_as_such_and_typing_goes_on(
    desktop: Desktop, wrong: bytes
) -> None:
    window = desktop.start()
    window.type(b"before")
    window.wait_for_text("before")
    window.type(wrong)
    window.type(b" after")
    wanted = "before" + wrong.decode("utf-8", "replace") + " after"
    window.wait_for(lambda: is_draft(desktop, wanted))
    window.type(QUIT)
    assert window.ended() == 0
