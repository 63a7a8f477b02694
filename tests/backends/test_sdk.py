"""The backend `copilot`, with a stand-in for GitHub's SDK."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from copilot_tui import backends
from copilot_tui.backends import Model
from copilot_tui.backends.accounts import Account
from copilot_tui.backends.branches import CARRIED, NOT_KNOWN, PREAMBLE
from copilot_tui.backends.listing import NOT_ENABLED
from copilot_tui.backends.sdk import CopilotSdk
from copilot_tui.backends.sdk.backend import LIVE_MOST
from copilot_tui.backends.sdk.plan import PLAIN_SYSTEM
from copilot_tui.config import BUILT_IN, BackendConfig
from copilot_tui.conversation import Role, Status
from copilot_tui.errors import BadReply, ConnectionFailed, CutOff, MissingKey, ReplyFailed, TimedOut
from tests.backends.asking import Gathered, Tree, gather, hello
from tests.backends.sdk_fakes import (
    AFTER,
    BEFORE,
    END,
    GONE,
    HOLD,
    FakeClient,
    Starter,
    error,
    event,
    failed_call,
    message,
    reply,
    retry,
    text,
    thought,
)

GITHUB = BackendConfig("copilot", kind="copilot-sdk")
OWN = BackendConfig("copilot", kind="copilot-sdk", base_url="http://127.0.0.1:9/v1", model="m")
SECRET = "sk-secret"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))


def sdk(*clients: FakeClient, config: BackendConfig = GITHUB, **options: Any) -> CopilotSdk:
    ids = (f"s{n}" for n in range(1, 100))
    options = {"key": lambda _: None, "environ": {}, "pulse_s": 0.05, **options}
    return CopilotSdk(
        config, start=options.pop("start", Starter(*clients)), make_id=lambda: next(ids), **options
    )


async def asked(*script: Any, **options: Any) -> Gathered:
    return await gather(sdk(FakeClient(script), **options).stream(hello()))


def shown(gathered: Gathered) -> str:
    """What stands in the reply in the end."""
    content = ""
    for delta in gathered.deltas:
        content = delta.text if delta.replaces else content + delta.text
    return content


def answer(tree: Tree, gathered: Gathered, status: Status = Status.COMPLETE) -> None:
    tree.reply(shown(gathered), status, **(gathered.deltas[0].wire or {}))


# A reply


async def test_a_reply_streams_and_is_complete_when_the_session_is_idle() -> None:
    gathered = await asked(*reply("Hel", "lo"))
    assert gathered.text == "Hello"
    assert [delta.complete for delta in gathered.deltas][-1]
    assert gathered.error is None
    assert gathered.last("usage") == {
        "prompt_tokens": 11,
        "completion_tokens": 6,
        "total_tokens": 17,
    }
    assert gathered.last("model") == "gpt-5"
    assert gathered.last("wire") == {"conversation_id": "s1", "server": "copilot", "turn": 1}


async def test_it_is_a_plain_chat_with_the_conversations_own_system_prompt() -> None:
    client = FakeClient(reply("a"), reply("b"))
    backend = sdk(client)
    await gather(backend.stream(hello()))
    await gather(backend.stream(hello(system="Be brief.", model="gpt-5")))
    first, second = (session.setup for session in client.opened)
    assert first["available_tools"] == []
    assert first["streaming"] is True
    assert first["system_message"] == {"mode": "replace", "content": PLAIN_SYSTEM}
    assert first["enable_session_telemetry"] is False
    assert "model" not in first
    assert "provider" not in first
    assert second["system_message"] == {"mode": "replace", "content": "Be brief."}
    assert second["model"] == "gpt-5"


async def test_reasoning_is_apart() -> None:
    script = [*BEFORE, thought("Hm"), thought("m."), text("Yes"), message("Yes"), *END]
    gathered = await asked(*script)
    assert (gathered.reasoning, gathered.text) == ("Hmm.", "Yes")


async def test_reasoning_that_comes_whole_is_shown() -> None:
    gathered = await asked(*BEFORE, text("Yes"), message("Yes", reasoning_text="Hmm."), *END)
    assert (gathered.reasoning, gathered.text) == ("Hmm.", "Yes")


async def test_unknown_events_are_left_out() -> None:
    script = [event("unknown"), *reply("Hello"), event("model.call_start", model="x")]
    assert (await asked(*script)).text == "Hello"


async def test_settings_that_the_cli_does_not_take_are_said() -> None:
    client = FakeClient(reply("a"))
    request = hello(settings={"temperature": 0.5, "reasoning_effort": "high"})
    gathered = await gather(sdk(client).stream(request))
    assert gathered.notices == ["the Copilot CLI takes no temperature"]
    assert client.opened[0].setup["reasoning_effort"] == "high"


async def test_a_tool_call_without_text_is_noted() -> None:
    gathered = await asked(*BEFORE, message("", tool_requests=[object()]), *END)
    assert gathered.last("tool_calls")
    assert not gathered.is_complete


# What is told twice


@pytest.mark.parametrize(
    "between",
    [
        [failed_call(), retry()],  # 1.0.0: the same message goes on
        [failed_call(), event("assistant.turn_retry"), event("assistant.message_start")],  # 1.0.27
    ],
)
async def test_the_same_words_after_a_retry_are_shown_once(between: list[Any]) -> None:
    script = [*BEFORE, text("Hel"), text("lo"), *between]
    script += [text("Hel", "m2"), text("lo, you", "m2"), *AFTER, message("Hello, you"), *END]
    gathered = await asked(*script)
    assert gathered.text == "Hello, you"
    assert not any(delta.replaces for delta in gathered.deltas)
    assert gathered.is_complete


async def test_other_words_after_a_retry_replace_the_first_and_are_not_behind_them() -> None:
    script = [*BEFORE, thought("A"), text("Hello"), failed_call(), retry()]
    script += [thought("Better"), text("Good"), text(" day"), message("Good day"), *END]
    gathered = await asked(*script)
    assert shown(gathered) == "Good day"
    replacing = [delta for delta in gathered.deltas if delta.replaces]
    assert [(delta.text, delta.reasoning) for delta in replacing][-1] == ("Good day", "Better")


async def test_a_retry_is_said_without_our_key() -> None:
    words = f'{{"error":{{"message":"bad key {SECRET}"}}}}'
    script = [*BEFORE, failed_call(words, 500), retry(), *reply("Hello")]
    gathered = await asked(*script, config=OWN, key=lambda _: SECRET)
    assert gathered.notices == ["the model failed (500 bad key …): the Copilot CLI asks it again"]


async def test_a_key_that_ones_own_server_refuses_is_not_tried_again() -> None:
    script = [*BEFORE, failed_call('{"message":"bad key"}', 401), retry(), HOLD]
    gathered = await asked(*script, config=OWN, key=lambda _: SECRET)
    assert str(gathered.error) == "http://127.0.0.1:9/v1 refuses the key (401)"
    assert gathered.notices == []


async def test_githubs_own_sign_in_may_be_renewed_by_the_cli() -> None:
    script = [*BEFORE, failed_call('{"message":"expired"}', 401), retry(), *reply("Hello")]
    gathered = await asked(*script)
    assert (gathered.text, gathered.error) == ("Hello", None)


async def test_when_every_try_fails_the_longest_text_is_kept_as_a_part() -> None:
    script = [*BEFORE, text("Hello, you"), failed_call(), retry(), text("He"), failed_call()]
    words = "Failed to get response from the AI model; retried 5 times. Last error: 503 GOAWAY"
    gathered = await asked(*script, error("query", words), *END)
    assert gathered.text == "Hello, you"
    assert isinstance(gathered.error, CutOff)
    assert not gathered.is_complete


# Sessions


async def test_a_conversation_goes_on_in_its_session_with_the_newest_prompt_alone() -> None:
    client = FakeClient(reply("one"), reply("two"))
    backend = sdk(client)
    tree = Tree()
    tree.user("first")
    answer(tree, await gather(backend.stream(tree.request())))
    tree.user("second")
    second = await gather(backend.stream(tree.request()))
    assert client.called("send") == [("s1", "first"), ("s1", "second")]
    assert client.called("resume") == []
    assert second.last("wire") == {"conversation_id": "s1", "server": "copilot", "turn": 2}
    assert second.notices == []


async def test_after_a_restart_the_session_is_resumed() -> None:
    disk: dict[str, list[Any]] = {}
    tree = Tree()
    tree.user("first")
    before = sdk(FakeClient(reply("one"), sessions=disk))
    answer(tree, await gather(before.stream(tree.request())))
    await before.aclose()
    tree.user("second")
    client = FakeClient(reply("two"), sessions=disk)
    await gather(sdk(client).stream(tree.request()))
    assert client.called("resume") == [("s1",)]
    assert client.called("send") == [("s1", "second")]


@pytest.mark.parametrize("loss", ["all", "reply", "turn"])
async def test_a_session_that_the_cli_has_not_whole_is_left_for_one_that_is_told(loss: str) -> None:
    disk: dict[str, list[Any]] = {}
    tree = Tree()
    tree.user("first")
    answer(tree, await gather(sdk(FakeClient(reply("one"), sessions=disk)).stream(tree.request())))
    match loss:
        case "all":
            disk.clear()
        case "reply":
            disk["s1"].pop()
        case "turn":
            disk["s1"].append(event("user.message", content="another"))
    tree.user("second")
    client = FakeClient(reply("two"), sessions=disk)
    backend = CopilotSdk(
        GITHUB, key=lambda _: None, start=Starter(client), environ={}, make_id=lambda: "fresh"
    )
    gathered = await gather(backend.stream(tree.request()))
    folded = f"{PREAMBLE}\n\nUser: first\n\nAssistant: one\n\nUser: second"
    assert client.called("send") == [("fresh", folded)]
    assert gathered.notices == [CARRIED]
    assert gathered.last("wire") == {"conversation_id": "fresh", "server": "copilot", "turn": 1}


async def test_a_session_that_cannot_be_resumed_gives_way_to_one_that_is_told() -> None:
    disk: dict[str, list[Any]] = {}
    tree = Tree()
    tree.user("first")
    answer(tree, await gather(sdk(FakeClient(reply("one"), sessions=disk)).stream(tree.request())))
    tree.user("second")
    client = FakeClient(reply("two"), sessions=disk)
    client.resume_fails = "Session file is corrupted (line 1: SyntaxError: …)"
    gathered = await gather(sdk(client).stream(tree.request()))
    assert (gathered.text, gathered.error) == ("two", None)
    assert "Assistant: one" in client.called("send")[0][1]


async def test_a_turn_that_another_process_took_in_the_session_is_not_forgotten() -> None:
    disk: dict[str, list[Any]] = {}
    client = FakeClient(reply("one"), reply("three"), sessions=disk)
    backend = sdk(client)
    tree = Tree()
    tree.user("first")
    answer(tree, await gather(backend.stream(tree.request())))
    tree.user("second")
    other = sdk(FakeClient(reply("two"), sessions=disk))
    answer(tree, await gather(other.stream(tree.request())))
    tree.user("third")
    gathered = await gather(backend.stream(tree.request()))
    assert client.called("resume") == [("s1",)]
    assert client.called("send")[-1] == ("s1", "third")
    assert gathered.last("wire") == {"conversation_id": "s1", "server": "copilot", "turn": 3}


async def test_what_is_not_gone_on_with_leaves_nothing_on_the_clis_disk() -> None:
    client = FakeClient([*BEFORE, text("Hal"), HOLD], [*BEFORE, error("query", "broken"), *END])
    backend = sdk(client)
    streaming = backend.stream(hello())
    await anext(streaming)
    assert (await anext(streaming)).text == "Hal"
    await streaming.aclose()
    assert isinstance((await gather(backend.stream(hello()))).error, ReplyFailed)
    await backend.aclose()
    assert client.sessions == {}


async def test_of_many_sessions_those_used_last_are_open_and_the_others_are_resumed() -> None:
    client = FakeClient(*(reply("a") for _ in range(LIVE_MOST + 3)), reply("b"))
    backend = sdk(client)
    first = Tree()
    first.user("first")
    answer(first, await gather(backend.stream(first.request())))
    for _ in range(LIVE_MOST + 2):
        await gather(backend.stream(hello()))
    assert client.called("disconnect") == [("s1",), ("s2",), ("s3",)]
    first.user("second")
    assert (await gather(backend.stream(first.request()))).text == "b"
    assert client.called("resume") == [("s1",)]
    await backend.aclose()


async def test_a_cli_that_was_killed_since_is_started_again_unseen() -> None:
    dead, new = FakeClient(reply("a")), FakeClient(reply("b"))
    backend = sdk(dead, new)
    await gather(backend.stream(hello()))
    dead.is_gone = True
    gathered = await gather(backend.stream(hello()))
    assert (gathered.text, gathered.error) == ("b", None)
    assert dead.called("force_stop") == [()]


async def test_a_branch_gets_a_session_of_its_own() -> None:
    client = FakeClient(reply("one"), reply("two"), reply("other"))
    backend = sdk(client)
    tree = Tree()
    tree.user("first")
    answer(tree, await gather(backend.stream(tree.request())))
    fork = tree.conversation.head
    tree.user("second")
    answer(tree, await gather(backend.stream(tree.request())))
    tree.user("another second", parent_id=fork)
    await gather(backend.stream(tree.request()))
    assert [session_id for session_id, _ in client.called("send")] == ["s1", "s1", "s2"]


async def test_a_stopped_reply_leaves_its_session_as_the_cli_has_no_part_of_it() -> None:
    client = FakeClient([*BEFORE, text("Hal"), HOLD], reply("two"))
    backend = sdk(client)
    tree = Tree()
    tree.user("first")
    stopped = Gathered()
    async with aclosing(backend.stream(tree.request())) as deltas:
        async for delta in deltas:
            stopped.deltas.append(delta)
            if delta.text:
                break
    await asyncio.wait_for(client.aborted.wait(), 5)
    assert client.called("abort") == [("s1",)]
    answer(tree, stopped, Status.PARTIAL)
    tree.user("second")
    await gather(backend.stream(tree.request()))
    assert client.called("send")[1][0] == "s2"
    assert "Assistant: Hal" in client.called("send")[1][1]


async def test_cancelling_does_not_wait_for_the_cli() -> None:
    client = FakeClient([*BEFORE, text("Hal"), HOLD])
    client.may_abort.clear()
    task = asyncio.create_task(gather(sdk(client).stream(hello())))
    await asyncio.wait_for(client.held.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not client.aborted.is_set()
    client.may_abort.set()
    await asyncio.wait_for(client.aborted.wait(), 5)


async def test_another_model_or_system_prompt_sets_the_session_up_anew() -> None:
    client = FakeClient(reply("one"), reply("two"))
    backend = sdk(client)
    tree = Tree()
    tree.user("first")
    answer(tree, await gather(backend.stream(tree.request(model="a"))))
    tree.user("second")
    await gather(backend.stream(tree.request(model="b")))
    assert client.called("disconnect") == [("s1",)]
    assert client.called("resume") == [("s1",)]
    assert [session.setup["model"] for session in client.opened] == ["a", "b"]


async def test_the_newest_context_carries_nothing_to_a_session_that_knows_nothing() -> None:
    client = FakeClient(reply("two"))
    tree = Tree()
    tree.user("first")
    tree.reply("one")
    tree.user("second")
    gathered = await gather(sdk(client).stream(tree.request("newest")))
    assert client.called("send") == [("s1", "second")]
    assert gathered.notices == [NOT_KNOWN]


async def test_a_reply_of_another_backend_in_between_is_told() -> None:
    client = FakeClient(reply("one"), reply("three"))
    backend = sdk(client)
    tree = Tree()
    tree.user("first")
    answer(tree, await gather(backend.stream(tree.request())))
    tree.user("second")
    tree.says(Role.ASSISTANT, "from elsewhere", wire={})
    tree.user("third")
    await gather(backend.stream(tree.request()))
    assert client.called("send")[1][0] == "s2"
    assert "Assistant: from elsewhere" in client.called("send")[1][1]


async def test_two_conversations_stream_at_once_in_one_client() -> None:
    client = FakeClient([*BEFORE, text("held"), HOLD], reply("two"))
    starter = Starter(client)
    backend = sdk(start=starter)
    first = asyncio.create_task(gather(backend.stream(hello())))
    await asyncio.wait_for(client.held.wait(), 5)
    assert (await gather(backend.stream(hello()))).text == "two"
    assert len(starter.started) == 1
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_private_conversation_leaves_no_session_and_is_told_each_time() -> None:
    client = FakeClient(reply("one"), reply("two"))
    backend = sdk(client)
    tree = Tree()
    tree.user("first")
    answer(tree, await gather(backend.stream(tree.request(is_private=True))))
    tree.user("second")
    await gather(backend.stream(tree.request(is_private=True)))
    await backend.aclose()
    assert client.sessions == {}
    assert client.called("resume") == []
    assert "Assistant: one" in client.called("send")[1][1]


# Starting and ending


async def test_nothing_is_started_before_the_first_reply() -> None:
    starter = Starter()
    backend = sdk(start=starter)
    await backend.aclose()
    assert starter.started == []


async def test_the_sessions_are_on_disk_before_the_cli_is_ended() -> None:
    client = FakeClient(reply("a"))
    backend = sdk(client)
    await gather(backend.stream(hello()))
    await backend.aclose()
    assert [call[0] for call in client.calls[-2:]] == ["disconnect", "force_stop"]


async def test_nobody_signed_in_is_one_sentence_and_the_next_step() -> None:
    client = FakeClient()
    client.is_signed_in = False
    gathered = await gather(sdk(client).stream(hello()))
    assert isinstance(gathered.error, MissingKey)
    assert str(gathered.error) == "nobody is signed in to Copilot: Not authenticated"
    assert "copilot-tui login copilot" in gathered.error.hint
    assert client.called("force_stop") == [()]


async def test_a_token_that_is_not_accepted_is_named_and_not_shown() -> None:
    client = FakeClient()
    client.is_signed_in = False
    gathered = await gather(sdk(client, environ={"GH_TOKEN": "gho_secret"}).stream(hello()))
    assert (
        str(gathered.error) == "Copilot does not accept the token from GH_TOKEN: Not authenticated"
    )
    assert isinstance(gathered.error, MissingKey)
    assert "GitHub cannot be reached" in gathered.error.hint


async def test_after_a_refusal_the_next_reply_reads_the_sign_in_again() -> None:
    script = [*BEFORE, failed_call("expired", 401), error("authentication", "expired", 401), *END]
    old, new = FakeClient(script), FakeClient(reply("Hello"))
    starter = Starter(old, new)
    keys = iter(["old", "new"])
    backend = sdk(start=starter, key=lambda _: next(keys))
    assert isinstance((await gather(backend.stream(hello()))).error, MissingKey)
    assert (await gather(backend.stream(hello()))).text == "Hello"
    assert [found.token for _, found in starter.started] == ["old", "new"]
    await backend.aclose()
    assert (old.called("force_stop"), new.called("force_stop")) == ([()], [()])


async def test_a_cli_that_was_refused_ends_when_its_last_reply_does() -> None:
    refused = [*BEFORE, failed_call("expired", 401), error("authentication", "expired", 401), *END]
    old, new = FakeClient([*BEFORE, text("Half"), HOLD], refused), FakeClient(reply("Hello"))
    backend = sdk(old, new)
    streaming = backend.stream(hello())
    async with aclosing(streaming):
        await anext(streaming)
        assert (await anext(streaming)).text == "Half"
        assert isinstance((await gather(backend.stream(hello()))).error, MissingKey)
        assert (await gather(backend.stream(hello()))).text == "Hello"
        assert old.called("force_stop") == []
    await asyncio.wait_for(old.stopped.wait(), 5)
    assert ("s1",) in old.called("abort")
    assert new.called("force_stop") == []
    await backend.aclose()
    assert (old.called("force_stop"), new.called("force_stop")) == ([()], [()])


async def test_one_cli_that_does_not_end_leaves_no_other_behind() -> None:
    refused = [*BEFORE, failed_call("expired", 401), error("authentication", "expired", 401), *END]
    old, new = FakeClient([*BEFORE, text("Half"), HOLD], refused), FakeClient(reply("Hello"))
    old.stop_fails = True
    backend = sdk(old, new)
    streaming = backend.stream(hello())
    await anext(streaming)
    assert (await anext(streaming)).text == "Half"
    await gather(backend.stream(hello()))
    await gather(backend.stream(hello()))
    await backend.aclose()
    assert new.called("force_stop") == [()]
    await streaming.aclose()


async def test_an_end_that_is_cut_short_still_ends_the_cli() -> None:
    client = FakeClient(reply("a"))
    backend = sdk(client)
    await gather(backend.stream(hello()))
    client.may_disconnect.clear()
    ending = asyncio.create_task(backend.aclose())
    await asyncio.wait_for(client.disconnecting.wait(), 5)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert client.called("force_stop") == [()]


async def test_who_is_signed_in_can_be_asked_and_what_is_left() -> None:
    client = FakeClient()
    client.quotas = {
        "premium_interactions": quota(300, 120, reset_date="2026-12-01T00:00:00Z"),
        "chat": quota(-1, 7, is_unlimited_entitlement=True),
        "completions": quota(5, 5),
    }
    account = await backends.account(sdk(client, environ={"GH_TOKEN": "gho_secret"}))
    assert account.words() == "signed in as me (GH_TOKEN)"
    assert [each.words() for each in account.quota] == [
        "180 of 300 premium requests left, renewed on 2026-12-01",
        "chat messages without limit",
    ]


def quota(entitlement: int, used: int, **fields: Any) -> SimpleNamespace:
    """A snapshot as the SDK has it."""
    usual = {"is_unlimited_entitlement": False, "reset_date": None, "overage": 0.0}
    return SimpleNamespace(
        entitlement_requests=entitlement, used_requests=used, **{**usual, **fields}
    )


async def test_whether_more_than_the_quota_is_allowed_is_told() -> None:
    client = FakeClient()
    client.quotas = {"premium_interactions": quota(300, 300)}
    (used_up,) = (await sdk(client).account()).quota
    assert used_up.is_used_up
    more = quota(300, 300, overage_allowed_with_exhausted_quota=True)
    client.quotas = {"premium_interactions": more}
    (billed,) = (await sdk(client).account()).quota
    assert not billed.is_used_up


async def test_a_backend_that_is_closed_while_its_cli_starts_leaves_none_behind() -> None:
    client = FakeClient(reply("a"))
    may_start = asyncio.Event()
    is_starting = asyncio.Event()

    async def start(*_: Any) -> FakeClient:
        is_starting.set()
        await may_start.wait()
        return client

    backend = sdk(start=start)
    asking = asyncio.create_task(gather(backend.stream(hello())))
    await asyncio.wait_for(is_starting.wait(), 5)
    await backend.aclose()
    may_start.set()
    assert isinstance((await asking).error, ConnectionFailed)
    assert client.called("force_stop") == [()]


async def test_a_cli_that_tells_no_quota_still_tells_who_is_signed_in() -> None:
    account = await sdk(FakeClient()).account()
    assert (account.login, account.quota) == ("me", ())


async def test_asking_who_is_signed_in_when_nobody_is_leaves_no_cli_behind() -> None:
    nobody, somebody = FakeClient(), FakeClient(reply("Hello"))
    nobody.is_signed_in = False
    backend = sdk(nobody, somebody)
    with pytest.raises(MissingKey, match="nobody is signed in"):
        await backend.account()
    assert nobody.called("force_stop") == [()]
    assert (await gather(backend.stream(hello()))).text == "Hello"


async def test_who_pays_for_ones_own_server_is_known_without_a_cli() -> None:
    starter = Starter()
    account = await sdk(start=starter, config=OWN, environ={"GH_TOKEN": "gho_1"}).account()
    assert account == Account()
    assert starter.started == []


async def test_of_a_model_size_price_and_policy_are_told() -> None:
    client = FakeClient()
    limits = SimpleNamespace(max_context_window_tokens=128_000)
    client.listed = [
        SimpleNamespace(
            id="claude-opus-4.5",
            name="Claude Opus 4.5",
            capabilities=SimpleNamespace(limits=limits),
            policy=SimpleNamespace(state="disabled", terms="…"),
            billing=SimpleNamespace(multiplier=3.0),
        )
    ]
    (model,) = await sdk(client).models()
    assert model == Model(
        "claude-opus-4.5",
        "Anthropic",
        name="Claude Opus 4.5",
        context_window=128_000,
        multiplier=3.0,
        disabled=NOT_ENABLED,
    )


async def test_the_models_are_the_accounts() -> None:
    client = FakeClient()
    client.models = ["gpt-5", "claude-sonnet-4.5"]
    assert await sdk(client).models() == [
        Model("gpt-5", "OpenAI"),
        Model("claude-sonnet-4.5", "Anthropic"),
    ]


async def test_a_sign_in_that_was_found_is_said_once() -> None:
    starter = Starter(FakeClient(reply("a"), reply("b")))
    backend = sdk(start=starter, environ={"GITHUB_TOKEN": "gho_1", "GH_TOKEN": "gho_2"})
    first = await gather(backend.stream(hello()))
    second = await gather(backend.stream(hello()))
    assert first.notices == ["signed in to Copilot with GH_TOKEN"]
    assert second.notices == []
    assert starter.started[0][1].token == "gho_2"


async def test_ones_own_server_gets_its_key_and_no_sign_in_to_github() -> None:
    client = FakeClient(reply("a"))
    client.is_signed_in = False
    starter = Starter(client)
    environ = {"GH_TOKEN": "gho_secret"}
    backend = sdk(start=starter, config=OWN, environ=environ, key=lambda _: SECRET)
    gathered = await gather(backend.stream(hello()))
    assert gathered.error is None
    assert client.opened[0].setup["provider"] == {
        "type": "openai",
        "wire_api": "completions",
        "base_url": "http://127.0.0.1:9/v1",
        "api_key": SECRET,
    }
    assert client.opened[0].setup["model"] == "m"
    assert client.called("get_auth_status") == []
    assert starter.started[0][1].token == SECRET
    assert gathered.last("wire")["server"] == "http://127.0.0.1:9/v1"


# Failures


async def test_a_cli_that_dies_in_the_middle_leaves_a_part_and_the_next_reply_starts_another() -> (
    None
):
    dead, fresh = FakeClient([*BEFORE, text("Hal"), GONE]), FakeClient(reply("Hello"))
    backend = sdk(dead, fresh)
    gathered = await gather(backend.stream(hello()))
    assert isinstance(gathered.error, CutOff)
    assert gathered.text == "Hal"
    assert dead.called("force_stop") == [()]
    assert (await gather(backend.stream(hello()))).text == "Hello"


async def test_a_cli_that_dies_before_a_word_is_no_connection() -> None:
    gathered = await asked(*BEFORE, GONE)
    assert isinstance(gathered.error, ConnectionFailed)


async def test_a_cli_that_lives_and_says_nothing_is_given_up_after_the_read_timeout() -> None:
    quiet = BackendConfig("copilot", kind="copilot-sdk", read_timeout_s=0.1)
    client = FakeClient([*BEFORE, HOLD])
    gathered = await gather(sdk(client, config=quiet).stream(hello()))
    assert isinstance(gathered.error, TimedOut)
    assert "read_timeout_s" in gathered.error.hint
    assert client.called("force_stop") == []


async def test_an_error_that_the_idle_never_follows_still_ends_the_reply() -> None:
    gathered = await asked(*BEFORE, error("query", "It broke"), HOLD)
    assert isinstance(gathered.error, ReplyFailed)
    assert str(gathered.error) == "It broke"


async def test_our_key_is_masked_where_it_is_echoed() -> None:
    script = [*BEFORE, error("query", f"bad thing with {SECRET} in it"), *END]
    gathered = await asked(*script, config=OWN, key=lambda _: SECRET)
    assert str(gathered.error) == "bad thing with … in it"


def test_the_backend_is_built_in_and_made_without_the_sdk() -> None:
    made = backends.create(BUILT_IN["copilot"])
    assert isinstance(made, CopilotSdk)


@pytest.mark.parametrize("kind", [text, thought, message])
async def test_an_event_that_is_too_long_ends_the_reply_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    monkeypatch.setattr("copilot_tui.backends.sdk.events.EVENT_LIMIT", 10)
    gathered = await asked(*BEFORE, text("short"), kind("x" * 11), *END)
    assert isinstance(gathered.error, BadReply)
    assert "one event of the Copilot CLI holds more than" in str(gathered.error)
    assert (shown(gathered), gathered.is_complete) in (("short", False), ("", False))
