from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from copilot_tui.backends import Model, ReplyRequest
from copilot_tui.backends.branches import PREAMBLE
from copilot_tui.backends.g4f import G4F, Plan, plan
from copilot_tui.config import BackendConfig
from copilot_tui.conversation import Role, Status
from copilot_tui.errors import ConnectionFailed, Refused, ReplyFailed
from copilot_tui.pruning import delete, whole_turn
from copilot_tui.replies import another_reply, edited_turn
from tests.backends.asking import Tree, contents, gather, hello
from tests.server import DONE, Gate, Server, chunk, event, finish

SERVER = "http://localhost:1337/v1"
CONFIG = BackendConfig(name="g4f", kind="g4f", base_url=SERVER, provider="Copilot")
CUSTOM = BackendConfig(name="g4f", kind="g4f", base_url=SERVER, provider="Custom")


def wire(conversation_id: str = "first-id", **fields: Any) -> dict[str, Any]:
    return {
        "conversation_id": conversation_id,
        "server": SERVER,
        "provider": "Copilot",
        **fields,
    }


def planned(request: ReplyRequest, config: BackendConfig = CONFIG) -> Plan:
    return plan(request, config, lambda: "fresh-id")


def sent(request: ReplyRequest, config: BackendConfig = CONFIG) -> tuple[str, list[str]]:
    body = planned(request, config).body
    return body["conversation_id"], contents(body["messages"])


def folded(*turns: str) -> list[str]:
    return ["\n\n".join([PREAMBLE, *turns])]


def one_turn(status: Status = Status.COMPLETE, reply: str = "a1", **fields: Any) -> Tree:
    tree = Tree()
    tree.user("u1")
    tree.reply(reply, status, **{**wire(), **fields})
    return tree


# The body.


def test_the_first_request_has_the_five_keys_and_no_other() -> None:
    first = planned(hello())
    assert first.body == {
        "model": "",
        "provider": "Copilot",
        "stream": True,
        "messages": [{"role": "user", "content": "hello"}],
        "conversation_id": "first-id",
    }
    assert first.wire == wire()
    assert first.notice is None


def test_what_was_set_is_sent() -> None:
    body = planned(hello(settings={"temperature": 0, "max_tokens": None}, model="m")).body
    assert (body["model"], body["temperature"]) == ("m", 0)
    assert "max_tokens" not in body


def test_no_provider_is_null() -> None:
    body = planned(hello(), BackendConfig(name="g4f", kind="g4f", base_url=SERVER)).body
    assert body["provider"] is None


@pytest.mark.parametrize("provider", ["Copilot", "copilot-app", "COPILOTSESSION", "Copilot_App"])
def test_a_conversation_provider_gets_the_system_prompt_in_the_first_message(
    provider: str,
) -> None:
    config = BackendConfig(name="g4f", kind="g4f", base_url=SERVER, provider=provider)
    tree = Tree()
    tree.user("u1")
    tree.reply("a1", **wire(provider=provider))
    tree.user("u2")
    body = planned(tree.request(system="S"), config).body
    assert contents(body["messages"]) == ["S\n\nu1", "a1", "u2"]
    assert {message["role"] for message in body["messages"]} == {"user", "assistant"}


def test_other_providers_get_a_system_message() -> None:
    body = planned(hello(system="S"), CUSTOM).body
    assert body["messages"][0] == {"role": "system", "content": "S"}


def test_a_provider_that_gave_a_conversation_is_a_conversation_provider() -> None:
    tree = Tree()
    tree.user("u1")
    tree.reply("a1", **wire(provider="Custom", conversation={"id": 1}))
    tree.user("u2")
    body = planned(tree.request(system="S"), CUSTOM).body
    assert contents(body["messages"])[0] == "S\n\nu1"
    assert body["conversation"] == {"id": 1}


def test_a_system_message_of_the_branch_is_no_system_message_either() -> None:
    tree = Tree()
    tree.says(Role.SYSTEM, "T")
    tree.user("u1")
    body = planned(tree.request(system="S")).body
    assert body["messages"] == [{"role": "user", "content": "S\n\nT\n\nu1"}]


# A straight chat.


def test_a_straight_chat_keeps_its_id_and_sends_the_branch() -> None:
    tree = one_turn()
    tree.user("u2")
    tree.reply("a2", **wire())
    tree.user("u3")
    assert sent(tree.request()) == ("first-id", ["u1", "a1", "u2", "a2", "u3"])
    assert planned(tree.request()).notice is None


def test_the_conversation_is_sent_back_as_it_came() -> None:
    given = {"conversation_id": "conv-1", "n": [1, {"x": None}]}
    tree = one_turn(conversation=given)
    tree.user("u2")
    assert planned(tree.request()).body["conversation"] == given


def test_the_newest_context_is_the_newest_prompt_the_id_and_the_echo() -> None:
    tree = one_turn(conversation={"n": 1})
    tree.user("u2")
    body = planned(tree.request("newest", system="S")).body
    assert contents(body["messages"]) == ["u2"]
    assert (body["conversation_id"], body["conversation"]) == ("first-id", {"n": 1})


def test_the_newest_context_begins_with_the_system_prompt() -> None:
    assert sent(hello(context="newest", system="S"))[1] == ["S\n\nhello"]


def test_a_stopped_later_reply_keeps_the_id_and_the_echo() -> None:
    tree = one_turn(conversation={"n": 1})
    tree.user("u2")
    tree.reply("ha", Status.PARTIAL, **wire())
    tree.user("u3")
    assert sent(tree.request()) == ("first-id", ["u1", "a1", "u2", "ha", "u3"])
    assert planned(tree.request()).body["conversation"] == {"n": 1}


def test_a_failed_later_reply_tried_again_is_a_straight_chat() -> None:
    tree = one_turn()
    prompt = tree.user("u2")
    tree.reply("", Status.ERROR, **wire())
    tree.conversation.head = prompt.id
    assert sent(tree.request()) == ("first-id", ["u1", "a1", "u2"])


# What the server cannot know.


def test_a_first_reply_tried_again_after_a_failure_keeps_the_id() -> None:
    tree = one_turn(Status.ERROR, "")
    tree.conversation.head = "m1"
    assert sent(tree.request()) == ("first-id", ["u1"])


def test_a_stopped_first_reply_keeps_the_id_and_is_folded() -> None:
    tree = one_turn(Status.PARTIAL, "ha")
    tree.user("u2")
    assert sent(tree.request()) == (
        "first-id",
        folded("User: u1", "Assistant: ha", "User: u2"),
    )
    assert "carried" in (planned(tree.request()).notice or "")


def test_a_failed_first_reply_keeps_the_id_and_is_folded() -> None:
    tree = one_turn(Status.ERROR, "")
    tree.user("u2")
    assert sent(tree.request()) == ("first-id", folded("User: u1", "User: u2"))


def test_a_stopped_first_reply_is_not_folded_for_other_providers() -> None:
    tree = one_turn(Status.PARTIAL, "ha", provider="Custom")
    tree.user("u2")
    assert sent(tree.request(), CUSTOM) == ("first-id", ["u1", "ha", "u2"])


def test_a_regenerated_first_reply_gets_a_fresh_id() -> None:
    tree = one_turn(conversation={"n": 1})
    tree.conversation.head = "m1"
    first = planned(tree.request())
    assert (first.body["conversation_id"], contents(first.body["messages"])) == ("fresh-id", ["u1"])
    assert "conversation" not in first.body
    assert (first.wire["conversation_id"], first.notice) == ("fresh-id", None)


def edited_second_prompt() -> Tree:
    tree = one_turn(conversation={"n": 1})
    tree.user("u2")
    tree.reply("a2", **wire())
    tree.user("u2 edited", parent_id="m2")
    return tree


def test_a_branch_is_folded_under_a_fresh_id() -> None:
    tree = edited_second_prompt()
    assert sent(tree.request()) == (
        "fresh-id",
        folded("User: u1", "Assistant: a1", "User: u2 edited"),
    )
    assert "conversation" not in planned(tree.request()).body


def test_a_fold_begins_with_the_system_prompt() -> None:
    assert sent(edited_second_prompt().request(system="S"))[1][0].startswith(f"S\n\n{PREAMBLE}")


def test_a_branch_of_another_provider_gets_a_fresh_id_and_every_message() -> None:
    tree = Tree()
    tree.user("u1")
    tree.reply("a1", **wire(provider="Custom"))
    tree.user("u2")
    tree.reply("a2", **wire(provider="Custom"))
    tree.user("edited", parent_id="m2")
    assert sent(tree.request(), CUSTOM) == ("fresh-id", ["u1", "a1", "edited"])


def test_a_branch_in_the_newest_context_says_what_is_missing() -> None:
    request = edited_second_prompt().request("newest")
    assert sent(request) == ("fresh-id", ["u2 edited"])
    assert "may not know" in (planned(request).notice or "")
    assert "conversation" not in planned(request).body


def test_a_branch_goes_on_under_its_own_id() -> None:
    tree = edited_second_prompt()
    tree.reply("a2 edited", **wire("second-id"))
    tree.user("u3")
    assert sent(tree.request()) == (
        "second-id",
        ["u1", "a1", "u2 edited", "a2 edited", "u3"],
    )


def test_the_first_branch_goes_on_under_the_first_id() -> None:
    tree = edited_second_prompt()
    tree.reply("a2 edited", **wire("second-id"))
    tree.user("u3", parent_id="m4")
    assert sent(tree.request()) == ("first-id", ["u1", "a1", "u2", "a2", "u3"])


def test_a_stopped_reply_of_a_branch_keeps_the_branchs_id_and_is_folded() -> None:
    tree = edited_second_prompt()
    tree.reply("ha", Status.PARTIAL, **wire("second-id"))
    tree.user("u3")
    conversation_id, messages = sent(tree.request())
    assert (conversation_id, len(messages)) == ("second-id", 1)


def test_a_regenerated_reply_whose_first_was_stopped_keeps_the_id() -> None:
    tree = one_turn()
    prompt = tree.user("u2")
    tree.reply("ha", Status.PARTIAL, **wire())
    tree.conversation.head = prompt.id
    assert sent(tree.request()) == ("first-id", ["u1", "a1", "u2"])


def test_a_prompt_that_was_edited_after_its_reply_was_stopped_gets_a_fresh_id() -> None:
    tree = one_turn()
    tree.user("u2")
    tree.reply("ha", Status.PARTIAL, **wire())
    tree.user("u2 edited", parent_id="m2")
    assert sent(tree.request()) == (
        "fresh-id",
        folded("User: u1", "Assistant: a1", "User: u2 edited"),
    )


def test_a_first_prompt_that_was_edited_after_its_reply_was_stopped_gets_a_fresh_id() -> None:
    tree = one_turn(Status.PARTIAL)
    tree.conversation.head = None
    tree.user("u1 edited")
    assert sent(tree.request()) == ("fresh-id", ["u1 edited"])


def test_a_first_prompt_whose_reply_failed_keeps_its_id_with_the_next_try() -> None:
    tree = Tree()
    tree.user("u1")
    own_id = tree.conversation.id
    first = tree.reply("", Status.ERROR, **planned(tree.request()).wire)
    again = another_reply(tree.conversation, first.id, backend_name="g4f")
    assert sent(again.request) == (own_id, ["u1"])
    again.reply.status = Status.ERROR
    edited = edited_turn(tree.conversation, "m1", "u1 edited", backend_name="g4f")
    assert sent(edited.request) == (own_id, ["u1 edited"])


def test_after_a_deletion_the_thread_that_knows_of_it_is_left() -> None:
    tree = one_turn()
    tree.user("u2")
    tree.reply("a2", **wire())
    delete(tree.conversation, whole_turn(tree.conversation, "m4"))
    tree.user("u3")
    assert sent(tree.request()) == ("fresh-id", folded("User: u1", "Assistant: a1", "User: u3"))


def test_after_the_first_turn_was_deleted_the_next_one_begins_a_new_thread() -> None:
    tree = one_turn()
    delete(tree.conversation, whole_turn(tree.conversation, "m1"))
    tree.user("u2")
    assert sent(tree.request()) == ("fresh-id", ["u2"])


FOREIGN: list[dict[str, Any]] = [
    {},
    wire(server="http://elsewhere/v1"),
    wire(provider="Custom"),
]


@pytest.mark.parametrize("foreign", FOREIGN)
def test_turns_of_others_are_folded_under_a_fresh_id(foreign: dict[str, Any]) -> None:
    tree = Tree()
    tree.user("u1")
    tree.reply("a1", **foreign)
    tree.user("u2")
    assert sent(tree.request()) == ("fresh-id", folded("User: u1", "Assistant: a1", "User: u2"))


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("status", [Status.COMPLETE, Status.PARTIAL])
def test_a_turn_of_others_in_between_is_folded(foreign: dict[str, Any], status: Status) -> None:
    tree = one_turn()
    tree.user("u2")
    tree.reply("a2", status, **foreign)
    tree.user("u3")
    conversation_id, messages = sent(tree.request())
    assert (conversation_id, len(messages)) == ("fresh-id", 1)


def test_after_turns_of_others_a_stopped_reply_keeps_its_id() -> None:
    tree = Tree()
    tree.user("u1")
    tree.reply("a1")
    tree.user("u2")
    tree.reply("ha", Status.PARTIAL, **wire("third-id"))
    tree.user("u3")
    conversation_id, messages = sent(tree.request())
    assert (conversation_id, len(messages)) == ("third-id", 1)


def test_after_a_fold_the_chat_is_straight_again() -> None:
    tree = Tree()
    tree.user("u1")
    tree.reply("a1")
    tree.user("u2")
    tree.reply("a2", **wire("third-id"))
    tree.user("u3")
    assert sent(tree.request()) == ("third-id", ["u1", "a1", "u2", "a2", "u3"])


# The wire.


def g4f(server: Server, **fields: Any) -> G4F:
    options = {name: fields.pop(name) for name in ("key", "gate_key") if name in fields}
    chosen = {"base_url": f"{server.url}/v1", "provider": "Copilot", **fields}
    return G4F(BackendConfig(name="g4f", kind="g4f", **chosen), grace_s=0.05, **options)


@pytest.fixture
async def backend(server: Server) -> AsyncIterator[G4F]:
    made = g4f(server)
    yield made
    await made.aclose()


def first_generation(content: str | None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant", "content": content}, **more}
    return event(
        {"object": "chat.completion.cunk", "model": None, "provider": None, "choices": [choice]}
    )


async def test_the_id_is_known_before_the_request(server: Server, backend: G4F) -> None:
    stream = backend.stream(hello())
    first = await anext(stream)
    assert first.wire == {**wire(), "server": f"{server.url}/v1"}
    assert server.requests == []
    await stream.aclose()


async def test_the_old_generations_reply_is_read(server: Server, backend: G4F) -> None:
    server.stream(
        first_generation("Hel"),
        first_generation("lo"),
        first_generation(None, finish_reason="stop"),
        DONE,
    )
    reply = await gather(backend.stream(hello()))
    assert (reply.text, reply.is_complete, reply.error) == ("Hello", True, None)
    assert "stream_options" not in server.requests[0].json
    assert list(server.requests[0].json) == [
        "model",
        "provider",
        "stream",
        "messages",
        "conversation_id",
    ]


async def test_the_new_generations_reply_is_read(server: Server, backend: G4F) -> None:
    given = {"conversation_id": "conv-1", "n": 1}
    server.stream(
        chunk("Hello", model="", provider="Copilot"),
        finish(usage={"total_tokens": 2}, conversation=given),
        DONE,
    )
    reply = await gather(backend.stream(hello()))
    assert (reply.text, reply.last("wire"), reply.error) == ("Hello", {"conversation": given}, None)


async def test_the_wires_of_two_turns_fit_together(server: Server, backend: G4F) -> None:
    tree = Tree()
    for number in (1, 2):
        server.stream(chunk(f"a{number}"), finish(conversation={"n": number}), DONE)
        tree.user(f"u{number}")
        reply = await gather(backend.stream(tree.request()))
        kept = {key: value for d in reply.deltas if d.wire for key, value in d.wire.items()}
        tree.reply(reply.text, **kept)
    second = server.requests[1].json
    assert second["conversation_id"] == "first-id"
    assert second["conversation"] == {"n": 1}
    assert contents(second["messages"]) == ["u1", "a1", "u2"]


FAILED = {"error": {"message": "Request execution failed"}, "model": "", "provider": "Copilot"}


async def test_a_hidden_reason_is_said_to_stand_in_the_servers_log(
    server: Server, backend: G4F
) -> None:
    server.answer(FAILED, status=500)
    reply = await gather(backend.stream(hello()))
    assert isinstance(reply.error, Refused)
    assert reply.error.status == 500
    assert "the g4f server's own log" in reply.error.hint


async def test_an_error_after_some_text_keeps_it(server: Server, backend: G4F) -> None:
    server.stream(chunk("half "), event(FAILED))
    reply = await gather(backend.stream(hello()))
    assert reply.text == "half "
    assert isinstance(reply.error, ReplyFailed)
    assert "log" in reply.error.hint


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ('MissingRequirementsError: Install or update "curl_cffi" package', "Install"),
        ("MissingAuthError: Authentication required", "g4f auth Copilot"),
        ("ProviderNotFoundError: Provider not found: Nope", "copilot-tui models"),
    ],
)
async def test_the_old_generations_errors_are_events(
    server: Server, backend: G4F, message: str, hint: str
) -> None:
    server.stream(event({"error": {"message": message}, "model": "", "provider": "Copilot"}), DONE)
    reply = await gather(backend.stream(hello()))
    assert isinstance(reply.error, ReplyFailed)
    assert str(reply.error) == message
    assert hint in reply.error.hint


REFUSALS = [
    (404, {"error": {"message": "Provider not found: Nope"}}, "Provider not found: Nope"),
    (404, {"detail": "Not Found"}, "Not Found"),
    (
        422,
        {"detail": [{"loc": ["body", "messages"], "msg": "Field required", "type": "missing"}]},
        "body.messages: Field required",
    ),
    (401, {"error": {"message": "Not authenticated"}}, "Not authenticated"),
]


@pytest.mark.parametrize(("status", "answer", "words"), REFUSALS)
async def test_the_new_generations_errors_are_statuses(
    server: Server, backend: G4F, status: int, answer: object, words: str
) -> None:
    server.answer(answer, status=status)
    reply = await gather(backend.stream(hello()))
    assert isinstance(reply.error, Refused)
    assert words in str(reply.error)
    assert reply.error.hint


async def test_both_keys_go_their_own_way(server: Server) -> None:
    server.stream(chunk("text"), DONE)
    backend = g4f(server, key=lambda _: "sk-provider", gate_key=lambda _: "gate")
    await gather(backend.stream(hello()))
    await backend.aclose()
    headers = server.requests[0].headers
    assert (headers["authorization"], headers["g4f-api-key"]) == ("Bearer sk-provider", "gate")


async def test_the_keys_come_from_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE", "gate-key")
    monkeypatch.setenv("PROVIDER", "provider-key")
    server.stream(chunk("text"), DONE)
    backend = g4f(server, api_key_env="PROVIDER", server_key_env="GATE")
    await gather(backend.stream(hello()))
    await backend.aclose()
    headers = server.requests[0].headers
    assert headers["authorization"] == "Bearer provider-key"
    assert headers["g4f-api-key"] == "gate-key"


async def test_a_server_that_is_not_started_is_explained() -> None:
    server = Server()
    server.close()
    backend = g4f(server)
    reply = await gather(backend.stream(hello()))
    await backend.aclose()
    assert isinstance(reply.error, ConnectionFailed)
    assert "connection refused" in str(reply.error)
    for part in ('pip install "g4f[api]"', f"127.0.0.1:{server.port}", "0.0.0.0", "--demo"):
        assert part in reply.error.hint


async def test_a_stopped_reply_closes_the_socket_before_the_first_byte(
    server: Server, backend: G4F
) -> None:
    gate = Gate()
    server.raw(gate)
    stream = backend.stream(hello())
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream))
    await gate.reached()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await server.requests[0].gone()


OFFERED = {
    "object": "list",
    "data": [
        {"id": "gpt-4o", "object": "model", "owned_by": "", "provider": False},
        {"id": "Copilot", "object": "model", "owned_by": None, "provider": True},
        {"id": None, "provider": True},
    ],
}


async def test_models_are_the_providers_own_and_then_the_providers(
    server: Server, backend: G4F
) -> None:
    server.answer(OFFERED, path="/v1/models")
    own = [{"id": name, "type": "chat"} for name in ("Copilot", "Think Deeper", "Smart", "Study")]
    server.answer({"object": "list", "data": own}, path="/api/Copilot/models")
    models = await backend.models()
    assert [model.id for model in models if not model.is_provider] == [
        "Copilot", "Think Deeper", "Smart", "Study"
    ]  # fmt: skip
    assert [model.id for model in models if model.is_provider] == ["Copilot"]


async def test_models_without_a_list_of_the_provider_are_everything(
    server: Server, backend: G4F
) -> None:
    server.answer(OFFERED, path="/v1/models")
    server.answer({"detail": "Not Found"}, status=404, path="/api/Copilot/models")
    assert await backend.models() == [Model("gpt-4o"), Model("Copilot", "", True)]


async def test_providers_have_the_names_that_people_know(server: Server, backend: G4F) -> None:
    listed = [
        {"id": "Copilot", "object": "provider", "url": "https://copilot.com", "label": "Microsoft"},
        {"id": "Nameless", "object": "provider", "url": None, "label": None},
    ]
    server.answer(OFFERED, path="/v1/models")
    server.answer(listed, path="/v1/providers")
    server.answer({"detail": "Not Found"}, status=404, path="/api/Copilot/models")
    assert await backend.models() == [
        Model("gpt-4o"),
        Model("Copilot", is_provider=True, name="Microsoft"),
        Model("Nameless", is_provider=True),
    ]
