"""The backend `github` against a mock of a captured protocol; never tried against GitHub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from copilot_tui import backends, config, keyring_store
from copilot_tui.backends import Model, ReplyRequest
from copilot_tui.backends.branches import CARRIED, NOT_KNOWN, PREAMBLE
from copilot_tui.backends.github.auth import Credentials, from_secret, token_of
from copilot_tui.backends.github.backend import THREAD_IS_GONE, GithubWeb, Plan, plan
from copilot_tui.backends.listing import NOT_ENABLED
from copilot_tui.config import BUILT_IN, BackendConfig
from copilot_tui.conversation import Role, Status
from copilot_tui.errors import ConfigError, MissingAuth, MissingKey, Refused, ReplyFailed
from tests.backends.asking import Tree, gather, hello, no_sleep
from tests.mocks.github_chat import (
    MODELS_PATH,
    THREADS_PATH,
    TOKEN_PATH,
    GithubChat,
    content,
    error,
    github_chat,
)
from tests.server import Gate

COOKIE = "user_session=session-secret"
GITHUB = BUILT_IN["github"]


@pytest.fixture
def github() -> Iterator[GithubChat]:
    with github_chat() as running:
        yield running


def configuration(github: GithubChat, **fields: Any) -> BackendConfig:
    return BackendConfig(
        "github",
        kind="github-web",
        base_url=github.url,
        token_url=github.token_url,
        api_url=github.url,
        **fields,
    )


def signed_in(_: BackendConfig) -> Credentials:
    return Credentials(cookies=COOKIE)


@pytest.fixture
async def backend(github: GithubChat) -> AsyncIterator[GithubWeb]:
    made = GithubWeb(configuration(github), credentials=signed_in, sleep=no_sleep)
    yield made
    await made.aclose()


# What a thread is told.


def wire(thread: str = "t1", parent: str = "r1", **fields: Any) -> dict[str, Any]:
    return {
        "conversation_id": thread,
        "parent_message_id": parent,
        "server": GITHUB.api_url,
        **fields,
    }


def planned(request: ReplyRequest) -> Plan:
    return plan(request, GITHUB)


def told(request: ReplyRequest) -> tuple[str | None, str, str, str | None]:
    chosen = planned(request)
    prompt = chosen.prompt
    return prompt.thread_id, prompt.parent_message_id, prompt.content, chosen.notice


def folded(*turns: str) -> str:
    return "\n\n".join([PREAMBLE, *turns])


def one_turn(status: Status = Status.COMPLETE, reply: str = "a1", **fields: Any) -> Tree:
    tree = Tree()
    tree.user("u1")
    tree.reply(reply, status, **{**wire(), **fields})
    return tree


def test_the_first_prompt_makes_a_thread() -> None:
    assert told(hello()) == (None, "", "hello", None)
    assert planned(hello()).prompt.model == "gpt-4o"
    assert planned(hello(model="o1-mini")).prompt.model == "o1-mini"


def test_a_straight_chat_sends_the_newest_prompt_after_the_last_reply() -> None:
    tree = one_turn()
    tree.user("u2")
    assert told(tree.request(system="S")) == ("t1", "r1", "u2", None)
    tree.reply("a2", **wire(parent="r2"))
    tree.user("u3")
    assert told(tree.request()) == ("t1", "r2", "u3", None)


def test_a_new_thread_gets_the_system_prompt_before_the_first_prompt() -> None:
    assert told(hello(system="S"))[2] == "S\n\nhello"
    tree = Tree()
    tree.says(Role.SYSTEM, "T")
    tree.user("u1")
    assert told(tree.request(system="S")) == (None, "", "S\n\nT\n\nu1", None)


def test_a_turn_that_was_stopped_is_carried_in_the_next_prompt() -> None:
    tree = one_turn()
    tree.user("u2")
    tree.reply("ha", Status.PARTIAL, **wire(parent=""))
    tree.user("u3")
    content = folded("User: u2", "Assistant: ha", "User: u3")
    assert told(tree.request()) == ("t1", "r1", content, CARRIED)


def test_a_stopped_first_reply_keeps_its_thread_and_is_folded() -> None:
    tree = one_turn(Status.PARTIAL, "ha", parent_message_id=None)
    tree.user("u2")
    content = folded("User: u1", "Assistant: ha", "User: u2")
    assert told(tree.request()) == ("t1", "", content, CARRIED)


def test_a_first_reply_that_failed_leaves_its_thread_to_the_next() -> None:
    tree = one_turn(Status.ERROR, "", parent_message_id=None)
    tree.conversation.head = "m1"
    assert told(tree.request()) == ("t1", "", "u1", None)


def test_a_failed_later_reply_tried_again_follows_the_same_reply() -> None:
    tree = one_turn()
    prompt = tree.user("u2")
    tree.reply("", Status.ERROR, **wire(parent=""))
    tree.conversation.head = prompt.id
    assert told(tree.request()) == ("t1", "r1", "u2", None)


def test_a_reply_without_an_id_cannot_be_followed() -> None:
    tree = one_turn(parent_message_id=None)
    tree.user("u2")
    assert told(tree.request()) == (
        "t1", "", folded("User: u1", "Assistant: a1", "User: u2"), CARRIED,
    )  # fmt: skip


def test_a_regenerated_first_reply_gets_a_thread_of_its_own() -> None:
    tree = one_turn()
    tree.conversation.head = "m1"
    assert told(tree.request()) == (None, "", "u1", None)


def edited_second_prompt() -> Tree:
    tree = one_turn()
    tree.user("u2")
    tree.reply("a2", **wire(parent="r2"))
    tree.user("edited", parent_id="m2")
    return tree


def test_a_branch_is_folded_into_a_thread_of_its_own() -> None:
    content = folded("User: u1", "Assistant: a1", "User: edited")
    assert told(edited_second_prompt().request()) == (None, "", content, CARRIED)
    assert planned(edited_second_prompt().request(system="S")).prompt.content == f"S\n\n{content}"


def test_every_branch_goes_on_in_its_own_thread() -> None:
    tree = edited_second_prompt()
    tree.reply("a2 edited", **wire("t2", "r9"))
    tree.user("u3")
    assert told(tree.request()) == ("t2", "r9", "u3", None)
    tree.user("u3", parent_id="m4")
    assert told(tree.request()) == ("t1", "r2", "u3", None)


@pytest.mark.parametrize(
    "other", [{}, {"conversation_id": "c", "server": "http://localhost:1337/v1"}]
)
def test_what_another_backend_has_said_is_folded_into_a_new_thread(other: dict[str, Any]) -> None:
    tree = Tree()
    tree.user("u1")
    tree.reply("a1", **other)
    tree.user("u2")
    content = folded("User: u1", "Assistant: a1", "User: u2")
    assert told(tree.request()) == (None, "", content, CARRIED)


def test_another_backend_in_between_ends_the_thread() -> None:
    tree = one_turn()
    tree.user("u2")
    tree.reply("a2")
    tree.user("u3")
    assert told(tree.request())[0] is None


def test_the_newest_context_is_the_newest_prompt() -> None:
    tree = one_turn()
    tree.user("u2")
    assert told(tree.request("newest")) == ("t1", "r1", "u2", None)
    assert told(edited_second_prompt().request("newest")) == (None, "", "edited", NOT_KNOWN)
    assert told(hello(context="newest", system="S")) == (None, "", "S\n\nhello", None)


# A reply.


async def test_a_reply_keeps_its_thread_and_its_id(github: GithubChat, backend: GithubWeb) -> None:
    reply = await gather(backend.stream(hello()))
    assert (reply.text, reply.is_complete, reply.error) == ("reply 1", True, None)
    kept: dict[str, Any] = {}
    for delta in reply.deltas:
        kept |= delta.wire or {}
    assert kept == {
        "conversation_id": "thread-1",
        "server": github.url,
        "parent_message_id": "reply-1",
    }
    assert reply.last("model") == "gpt-4o"
    assert reply.notices == []


async def test_the_thread_is_known_before_the_first_word(
    github: GithubChat, backend: GithubWeb
) -> None:
    gate = Gate()
    github.says(gate)
    stream = backend.stream(hello())
    first = await anext(stream)
    assert (first.wire or {})["conversation_id"] == "thread-1"
    waiting = asyncio.ensure_future(anext(stream))
    await gate.reached()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await github.requests[-1].gone()


async def answered(github: GithubChat, backend: GithubWeb, tree: Tree, prompt: str) -> None:
    """One turn of a conversation, as the app would keep it."""
    tree.user(prompt)
    reply = await gather(backend.stream(tree.request()))
    assert reply.error is None
    kept: dict[str, Any] = {}
    for delta in reply.deltas:
        kept |= delta.wire or {}
    tree.reply(reply.text, **kept)


async def test_a_conversation_is_one_thread(github: GithubChat, backend: GithubWeb) -> None:
    tree = Tree()
    for prompt in ("u1", "u2", "u3"):
        await answered(github, backend, tree, prompt)
    assert github.threads == ["thread-1"]
    assert [prompt["content"] for prompt in github.prompts] == ["u1", "u2", "u3"]
    parents = [prompt.get("parentMessageID") for prompt in github.prompts]
    assert parents == [None, "reply-1", "reply-2"]
    assert github.token_calls == 1
    assert github.connections == 2


async def test_a_token_that_expires_in_mid_conversation_is_renewed_unseen(
    github: GithubChat, backend: GithubWeb
) -> None:
    tree = Tree()
    await answered(github, backend, tree, "u1")
    github.expire_tokens()
    await answered(github, backend, tree, "u2")
    assert (github.token_calls, github.threads) == (2, ["thread-1"])


async def test_a_token_is_renewed_shortly_before_it_expires(github: GithubChat) -> None:
    start = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    moments = [start]
    github.expiration = "2026-11-21T12:30:00.000Z"
    made = GithubWeb(configuration(github), credentials=signed_in, now=lambda: moments[-1])
    calls = []
    for minutes in (0, 28, 29, 30):
        moments.append(start + timedelta(minutes=minutes))
        await gather(made.stream(hello()))
        calls.append(github.token_calls)
        github.expiration = "2026-11-21T13:00:00Z"
    await made.aclose()
    assert calls == [1, 1, 2, 2]
    assert github.requests[-1].headers["authorization"] == "GitHub-Bearer token-2"


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("2026-11-21T12:30:00.000Z", 29),
        ("2026-11-21T13:30:00.123456789+01:00", 29),
        ("2026-11-21T12:30:00", 29),
        ("soon", 4),
        (None, 4),
        (1_800_000_000, 4),
    ],
)
def test_the_expiration_is_read_in_every_spelling(said: object, minutes: int) -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    token = token_of({"token": "t", "expiration": said}, now)
    assert (token.renew_at - now) // timedelta(minutes=1) == minutes


async def test_two_replies_at_once_share_one_token(github: GithubChat, backend: GithubWeb) -> None:
    replies = await asyncio.gather(*(gather(backend.stream(hello())) for _ in range(3)))
    assert all(reply.error is None for reply in replies)
    assert (github.token_calls, len(github.threads)) == (1, 3)


async def test_a_thread_that_is_gone_is_replaced_by_one_that_is_told_everything(
    github: GithubChat, backend: GithubWeb
) -> None:
    tree = Tree()
    await answered(github, backend, tree, "u1")
    github.threads[0] = "gone"
    tree.user("u2")
    reply = await gather(backend.stream(tree.request()))
    assert (reply.text, reply.error) == ("reply 2", None)
    assert THREAD_IS_GONE in reply.notices
    assert reply.deltas[-1].wire == {"parent_message_id": "reply-2"}
    assert github.prompts[1]["content"] == folded("User: u1", "Assistant: reply 1", "User: u2")


async def test_a_new_thread_that_is_not_found_is_no_thread_that_is_gone(
    github: GithubChat, backend: GithubWeb
) -> None:
    github.answer(b"", status=404, path=THREADS_PATH)
    reply = await gather(backend.stream(hello()))
    assert isinstance(reply.error, Refused)
    assert len(github.requests) == 2


async def test_an_error_in_the_stream_keeps_what_came(
    github: GithubChat, backend: GithubWeb
) -> None:
    github.says(content("half "), error("rateLimit", "slow down"))
    reply = await gather(backend.stream(hello()))
    assert (reply.text, reply.is_complete) == ("half ", False)
    assert isinstance(reply.error, ReplyFailed)
    assert "quota" in str(reply.error)
    assert str(reply.error).endswith(": slow down")


async def test_a_cut_stream_is_not_complete(github: GithubChat, backend: GithubWeb) -> None:
    github.says(content("half "))
    reply = await gather(backend.stream(hello()))
    assert (reply.text, reply.is_complete, reply.error) == ("half ", False, None)


async def test_waiting_is_counted_down(github: GithubChat, backend: GithubWeb) -> None:
    github.answer(b"", status=429, headers={"Retry-After": "2"}, path=THREADS_PATH)
    reply = await gather(backend.stream(hello()))
    waits = [notice.partition(":")[0] for notice in reply.notices]
    assert waits == ["trying again in 2 s", "trying again in 1 s"]
    assert reply.error is None


async def test_a_sign_in_that_is_made_later_is_found(github: GithubChat) -> None:
    found = iter([Credentials(cookies="user_session=old"), Credentials(cookies=COOKIE)])
    made = GithubWeb(configuration(github), credentials=lambda _: next(found))
    assert isinstance((await gather(made.stream(hello()))).error, MissingAuth)
    assert (await gather(made.stream(hello()))).error is None
    await made.aclose()


async def test_a_ready_token_that_was_replaced_where_it_is_kept_is_read_again(
    github: GithubChat,
) -> None:
    github.tokens.add("new")
    found = iter([Credentials(token="old"), Credentials(token="new")])
    made = GithubWeb(configuration(github), credentials=lambda _: next(found))
    assert (await gather(made.stream(hello()))).error is None
    await made.aclose()


async def test_where_the_service_lists_no_models_there_is_a_list_of_our_own(
    github: GithubChat, backend: GithubWeb
) -> None:
    models = [model.id for model in await backend.models()]
    assert models[:4] == ["gpt-4o", "o1-mini", "o1-preview", "claude-3.5-sonnet"]
    assert [request.method for request in github.of(MODELS_PATH)] == ["GET"]


async def test_who_is_not_signed_in_sees_the_list_of_our_own_and_asks_nobody(
    github: GithubChat,
) -> None:
    def nobody(_: BackendConfig) -> Credentials:
        raise MissingAuth("nobody is signed in")

    made = GithubWeb(configuration(github), credentials=nobody)
    assert len(await made.models()) > 4
    assert github.requests == []


async def test_the_models_are_those_of_the_account_where_the_service_lists_them(
    github: GithubChat, backend: GithubWeb
) -> None:
    listed = {
        "id": "gpt-5",
        "name": "GPT-5",
        "vendor": "OpenAI",
        "policy": {"state": "disabled", "terms": "…"},
        "capabilities": {"limits": {"max_context_window_tokens": 128000}},
    }
    github.answer({"data": [listed]}, path=MODELS_PATH)
    assert await backend.models() == [
        Model("gpt-5", "OpenAI", name="GPT-5", context_window=128_000, disabled=NOT_ENABLED)
    ]


async def test_who_is_signed_in_is_told_until_the_token_ends(github: GithubChat) -> None:
    github.expiration = "2099-01-01T00:30:00.000Z"
    cookies = "user_session=session-secret; dotcom_user=octocat"
    made = GithubWeb(configuration(github), credentials=lambda _: Credentials(cookies=cookies))
    account = await made.account()
    assert (account.login, account.until) == (
        "octocat",
        datetime(2099, 1, 1, 0, 30, tzinfo=UTC),
    )
    assert account.renews
    assert "session-secret" not in repr(account)
    await made.aclose()


async def test_a_cookie_that_is_no_longer_good_is_no_account(
    github: GithubChat, backend: GithubWeb
) -> None:
    github.sessions.clear()
    with pytest.raises(MissingAuth, match="the cookie is missing or expired"):
        await backend.account()


# Who asks.


@pytest.mark.parametrize(
    ("secret", "found"),
    [
        ("token-1", Credentials(token="token-1")),
        ("GitHub-Bearer token-1", Credentials(token="token-1")),
        ("tid=1;exp=2", Credentials(token="tid=1;exp=2")),
        ("user_session=a", Credentials(cookies="user_session=a")),
        ("Cookie: _gh_sess=b; user_session=a;", Credentials(cookies="_gh_sess=b; user_session=a")),
    ],
)
def test_what_is_kept_is_cookies_or_a_token(secret: str, found: Credentials) -> None:
    assert from_secret(secret) == found


def test_neither_cookie_nor_token_is_in_a_repr() -> None:
    assert "secret" not in repr(Credentials(token="secret", cookies="secret"))
    assert "secret" not in repr(token_of({"token": "secret"}, datetime.now(UTC)))


@pytest.mark.parametrize("secret", ["ready", COOKIE])
async def test_the_environment_may_say_who_asks(
    github: GithubChat, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPILOT_TUI_API_KEY", secret)
    github.tokens.add("ready")
    made = backends.create(configuration(github))
    assert (await gather(made.stream(hello()))).error is None
    await made.aclose()


async def test_what_login_keeps_says_who_asks(github: GithubChat, tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    keep(file, f"{COOKIE}; logged_in=yes", github.url)
    made = backends.create(configuration(github, credentials_file=file))
    assert (await gather(made.stream(hello()))).error is None
    await made.aclose()


@pytest.mark.parametrize("is_kept_for_it", [True, False])
async def test_what_login_keeps_goes_to_no_other_server(
    github: GithubChat, tmp_path: Path, is_kept_for_it: bool
) -> None:
    file = tmp_path / "credentials.json"
    keep(file, COOKIE, github.url if is_kept_for_it else "https://github.com")
    # Kept for this token's address, but --base-url leads the token elsewhere.
    moved = configuration(github, credentials_file=file, owns_address=not is_kept_for_it)
    made = backends.create(moved)
    reply = await gather(made.stream(hello()))
    await made.aclose()
    assert isinstance(reply.error, MissingAuth if is_kept_for_it else MissingKey)
    assert github.requests == []


def keep(file: Path, secret: str, address: str) -> None:
    keyring_store._write(file, {"github": {"address": address, "in": "file", "secret": secret}})


# The configuration.


def load(path: Path, text: str, **options: str) -> BackendConfig:
    path.write_text(text)
    return config.load({"config": str(path), "backend": "github", **options}, {}).backend


def test_the_addresses_are_githubs_own(tmp_path: Path) -> None:
    backend = load(tmp_path / "c.toml", "")
    assert backend.kind == "github-web"
    assert backend.token_url == "https://github.com" + TOKEN_PATH
    assert backend.api_url == "https://api.individual.githubcopilot.com"
    assert backend.base_url == "https://github.com"
    assert backend.owns_address


def test_a_company_names_its_chat(tmp_path: Path) -> None:
    text = '[backends.github]\napi_url = "https://api.business.githubcopilot.com/"'
    backend = load(tmp_path / "c.toml", text)
    assert backend.api_url == "https://api.business.githubcopilot.com"
    assert backend.base_url == "https://github.com"


def test_a_sign_in_belongs_to_the_tokens_address(tmp_path: Path) -> None:
    text = '[backends.github]\ntoken_url = "http://127.0.0.1:9/token"'
    assert load(tmp_path / "c.toml", text).base_url == "http://127.0.0.1:9"


def test_base_url_on_the_command_line_is_the_chat_and_takes_no_sign_in_along(
    tmp_path: Path,
) -> None:
    backend = load(tmp_path / "c.toml", "", base_url="http://127.0.0.1:9/")
    assert backend.api_url == "http://127.0.0.1:9"
    assert not backend.owns_address


def test_another_backend_of_the_kind_has_the_usual_addresses(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[backends.work]\nkind = "github-web"')
    loaded = config.load({"config": str(tmp_path / "c.toml"), "backend": "work"}, {}).backend
    assert (loaded.token_url, loaded.api_url) == (GITHUB.token_url, GITHUB.api_url)
    assert loaded.base_url == "https://github.com"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('token_url = "nonsense"', "line 2: token_url in [backends.github] must be a URL"),
        ('api_url = "https://me:x@h"', "line 2: api_url in [backends.github] holds a user"),
        ('base_url = "https://h"', "line 2: base_url in [backends.github] is nothing that"),
        ('api_ulr = "https://h"', "did you mean api_url?"),
        ('cookies = "x"', "never stands in this file"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "c.toml", f"[backends.github]\n{line}")
    assert words in str(caught.value)


def test_it_is_marked_as_experimental() -> None:
    assert "experimental" in backends.EXPERIMENTAL["github-web"]
    assert set(backends.EXPERIMENTAL) <= set(backends._KINDS)
