import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from copilot_tui.backends import Delta, Model, ReplyRequest, create
from copilot_tui.backends.demo import DemoBackend
from copilot_tui.backends.demo.scenes import SCENE_OF, SCENES
from copilot_tui.config import BackendConfig
from copilot_tui.conversation import Conversation, Message, Role, new_conversation, new_id, utc_now
from copilot_tui.errors import BackendError, ConnectionFailed, Refused, ReplyFailed

BROKEN = {"silent", "error", "cut", "length", "empty", "refused", "unreachable"}
WHOLE = [word for word in SCENE_OF if word not in BROKEN]


def talk(*turns: str) -> Conversation:
    """Prompts and replies in turn; the last one is a prompt."""
    conversation = new_conversation(now=utc_now())
    for number, text in enumerate(turns):
        role = Role.ASSISTANT if number % 2 else Role.USER
        conversation.add(Message(id=new_id(), role=role, content=text, parent_id=conversation.head))
    return conversation


def request(conversation: Conversation, system: str | None = None) -> ReplyRequest:
    return ReplyRequest(conversation=conversation, path=tuple(conversation.path()), system=system)


async def deltas(*turns: str, system: str | None = None) -> list[Delta]:
    wanted = request(talk(*turns), system)
    async with aclosing(DemoBackend(pace=0).stream(wanted)) as stream:
        return [delta async for delta in stream]


async def answer(*turns: str, system: str | None = None) -> str:
    return "".join(delta.text for delta in await deltas(*turns, system=system))


async def until_failure(stream: AsyncIterator[Delta]) -> tuple[str, BackendError]:
    text = ""
    try:
        async for delta in stream:
            text += delta.text
    except BackendError as error:
        return text, error
    raise AssertionError("the stream did not fail")


async def test_a_first_prompt_is_answered_with_an_introduction_that_says_what_it_is() -> None:
    text = await answer("Why is the sky blue?\nAnd the sea?")
    assert text.startswith("# Welcome to copilot-tui")
    assert "**demo**" in text
    assert "> Why is the sky blue?\n> And the sea?" in text


async def test_a_later_unknown_prompt_is_quoted_and_told_what_the_demo_knows() -> None:
    text = await answer("keys", "# The keys", "What do you make of the word {menu}, I wonder?")
    assert text.startswith("You wrote:\n\n> What do you make of the word {menu}, I wonder?")
    assert all(f"| `{word}` |" in text for word in SCENES)


@pytest.mark.parametrize("word", WHOLE)
async def test_every_known_word_gets_a_whole_reply_of_its_own(word: str) -> None:
    stream = await deltas(word)
    last = stream[-1]
    assert (last.complete, last.finish_reason, last.model) == (True, "stop", "demo")
    assert last.usage is not None
    assert last.usage["completion_tokens"] == len([d for d in stream if d.text or d.reasoning])
    text = "".join(delta.text for delta in stream)
    assert text.strip()
    assert "Welcome" not in text
    assert not any(place in text for place in ("{menu}", "{quote}", "{name}", "{break}"))


@pytest.mark.parametrize("prompt", ["TABLE", "table!", "Show me a table, please"])
async def test_a_word_is_known_in_any_case_and_in_a_short_sentence(prompt: str) -> None:
    assert (await answer(prompt)).startswith("# Tables")


async def test_a_known_word_in_a_long_sentence_is_not_taken_for_a_command() -> None:
    text = await answer("The price of a good table is not what it used to be")
    assert text.startswith("# Welcome")


async def test_long_gives_as_many_paragraphs_as_were_asked_for() -> None:
    text = await answer("long 12")
    assert "**12.** " in text
    assert "**13.** " not in text
    assert text.startswith("# 12 paragraphs\n\n## From 1 to 10\n\n**1.** ")


async def test_fast_gives_exactly_so_many_deltas_and_one_more_that_says_done() -> None:
    stream = await deltas("fast 5000")
    assert len(stream) == 5001
    assert {len(delta.text) for delta in stream[:-1]} == {10}


async def test_full_speed_still_lets_others_run() -> None:
    turns_of_others = 0

    async def other() -> None:
        nonlocal turns_of_others
        while True:
            turns_of_others += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await deltas("fast 3200")
    task.cancel()
    assert turns_of_others >= 100


async def test_reasoning_comes_before_the_answer_and_apart_from_it() -> None:
    kinds = ["".join("r" if delta.reasoning else "t") for delta in (await deltas("reasoning"))[:-1]]
    assert kinds == sorted(kinds)
    assert set(kinds) == {"r", "t"}


async def test_an_error_comes_in_the_middle_of_the_text() -> None:
    text, error = await until_failure(DemoBackend(pace=0).stream(request(talk("error"))))
    assert isinstance(error, ReplyFailed)
    assert text.endswith("something on the server ")
    assert error.hint


@pytest.mark.parametrize(
    ("word", "kind"), [("refused", Refused), ("unreachable", ConnectionFailed)]
)
async def test_a_failure_to_begin_comes_before_any_text(
    word: str, kind: type[BackendError]
) -> None:
    text, error = await until_failure(DemoBackend(pace=0).stream(request(talk(word))))
    assert (text, type(error)) == ("", kind)
    assert "demo" in str(error)


async def test_two_failures_are_two_errors_so_that_no_traceback_grows() -> None:
    backend = DemoBackend(pace=0)
    _, first = await until_failure(backend.stream(request(talk("error"))))
    _, second = await until_failure(backend.stream(request(talk("error"))))
    assert first is not second


async def test_a_cut_reply_ends_without_a_word_that_it_is_whole() -> None:
    stream = await deltas("cut")
    assert not any(delta.complete for delta in stream)
    assert stream[-1].text


async def test_a_limited_reply_says_that_it_is_limited() -> None:
    assert (await deltas("length"))[-1].finish_reason == "length"


async def test_an_empty_reply_is_complete_and_says_nothing() -> None:
    (only,) = await deltas("empty")
    assert only.complete
    assert (only.text, only.reasoning) == ("", "")


async def test_a_busy_server_is_waited_for_and_the_wait_is_counted_down() -> None:
    notices = [delta.notice for delta in await deltas("busy") if delta.notice]
    assert [notice.split(" in ")[1].split()[0] for notice in notices] == ["3", "2", "1"]


async def test_a_silent_reply_stays_open_until_it_is_stopped() -> None:
    said: list[str] = []
    silent = asyncio.Event()

    async def listen() -> None:
        async with aclosing(DemoBackend(pace=0).stream(request(talk("silent")))) as stream:
            async for delta in stream:
                said.append(delta.text)
                if "".join(said).endswith("is kept."):
                    silent.set()

    task = asyncio.create_task(listen())
    await silent.wait()
    done, _ = await asyncio.wait({task}, timeout=0.05)
    assert not done
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("word", ["cut", "error", "length"])
async def test_a_reply_that_broke_off_can_be_continued_to_its_end(word: str) -> None:
    first = ""
    try:
        async for delta in DemoBackend(pace=0).stream(request(talk(word))):
            first += delta.text
    except ReplyFailed:
        pass
    rest = await answer(
        word, first, "Continue exactly where you stopped, without repeating anything."
    )
    assert rest
    assert (first + rest).endswith(".")
    assert await answer(word, first + rest, "continue") == (
        "There is nothing to continue: the reply before this was whole, or there was none."
    )


async def test_a_stopped_reply_goes_on_where_it_was_stopped() -> None:
    whole = await answer("keys")
    assert whole[:200] + await answer("keys", whole[:200], "continue") == whole


async def test_what_was_said_in_this_branch_is_remembered() -> None:
    text = await answer("one\ntwo", "…", "three", "…", "What did I say?")
    assert "1. > one\n   > two\n\n2. > three" in text


async def test_the_system_prompt_is_remembered_too() -> None:
    text = await answer("What did I say?", system="Be brief.")
    assert text.endswith("> Be brief.")


async def test_the_two_turns_of_the_documents_work() -> None:
    first = await answer("Hello, i am Heiner. How are you?")
    assert "Hello, Heiner!" in first
    second = await answer(
        "Hello, i am Heiner. How are you?", first, "Tell me somethings about my name"
    )
    assert second.startswith("Your name is **Heiner**.")


async def test_the_same_prompt_gets_the_same_reply_in_the_same_rhythm() -> None:
    async def rhythm() -> list[float]:
        waits: list[float] = []

        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        async for _ in DemoBackend(sleep=sleep).stream(request(talk("code"))):
            pass
        return waits

    waits = await rhythm()
    assert waits == await rhythm()
    first, *gaps = waits
    assert first == pytest.approx(0.4)
    assert len(set(gaps)) > 100
    assert 60 <= len(gaps) / sum(gaps) <= 120


async def test_slow_waits_before_its_first_word() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async with aclosing(DemoBackend(sleep=sleep).stream(request(talk("slow")))) as stream:
        await anext(stream)
    assert sum(waits) > 8


async def test_a_delta_holds_a_piece_of_a_word_and_no_more() -> None:
    assert max(len(delta.text.strip()) for delta in await deltas("markdown")) <= 5


async def test_the_configured_demo_has_its_name_and_one_model() -> None:
    backend = create(BackendConfig(name="practice", kind="demo"))
    assert backend.name == "practice"
    assert await backend.models() == [Model("demo", vendor="copilot-tui")]
    await backend.aclose()
