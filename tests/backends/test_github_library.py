"""GithubCopilot against a mock of a captured protocol; never tried against GitHub."""

from __future__ import annotations

import asyncio
import inspect
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import copilot_tui
from copilot_tui import Conversation, GithubCopilot, keyring_store
from copilot_tui.backends.branches import PREAMBLE
from copilot_tui.backends.github.auth import Tokens
from copilot_tui.config import address_of, default_credentials_file
from copilot_tui.errors import (
    BackendError,
    BadReply,
    ConnectionFailed,
    CutOff,
    EmptyReply,
    MissingAuth,
    MissingKey,
    RedirectRefused,
    Refused,
    ReplyFailed,
    UsageError,
)
from tests.mocks.github_chat import (
    COOKIES,
    THREADS_PATH,
    TOKEN_PATH,
    GithubChat,
    complete,
    content,
    error,
    github_chat,
)
from tests.mocks.socks_proxy import socks_proxy
from tests.server import CUT, HANG, Gate, event

EXAMPLES = Path(__file__).with_name("github_examples")
HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(autouse=True)
def no_sign_in_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPILOT_TUI_CONFIG", str(tmp_path / "config.toml"))


@pytest.fixture
def github() -> Iterator[GithubChat]:
    with github_chat() as running:
        yield running


def client(github: GithubChat, api: GithubChat | None = None) -> type[GithubCopilot]:
    """GithubCopilot with the mock's addresses and tokens of its own."""
    return addressed(github.token_url, (api or github).url)


def addressed(token: str, api: str) -> type[GithubCopilot]:
    class Mocked(GithubCopilot):
        token_url = token
        api_url = api
        _tokens = Tokens()

    return Mocked


async def said(of: type[GithubCopilot], **given: Any) -> list[Any]:
    fields = {"model": "gpt-4o", "messages": HELLO, "return_conversation": False, **given}
    return [part async for part in of.create_async_generator(**fields)]


async def failure(of: type[GithubCopilot], **given: Any) -> BackendError:
    with pytest.raises(BackendError) as caught:
        await said(of, **given)
    return caught.value


# The class.


def test_the_class_is_the_documented_one() -> None:
    assert GithubCopilot.label == "GitHub Copilot"
    assert GithubCopilot.url == "https://github.com/copilot"
    assert GithubCopilot.working
    assert GithubCopilot.needs_auth
    assert GithubCopilot.supports_stream
    assert GithubCopilot.default_model == "gpt-4o"
    assert {"gpt-4o", "o1-mini", "o1-preview", "claude-3.5-sonnet"} <= set(GithubCopilot.models)
    assert GithubCopilot.token_url == "https://github.com/github-copilot/chat/token"
    assert GithubCopilot.api_url == "https://api.individual.githubcopilot.com"


def test_the_signature_is_the_documented_one() -> None:
    parameters = inspect.signature(GithubCopilot.create_async_generator).parameters
    assert {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD
    } == {
        "model": inspect.Parameter.empty,
        "messages": inspect.Parameter.empty,
        "stream": False,
        "api_key": None,
        "proxy": None,
        "cookies": None,
        "conversation_id": None,
        "conversation": None,
        "return_conversation": False,
    }
    assert [p for p in parameters.values() if p.kind is p.VAR_KEYWORD]


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys; had = set(sys.modules); import copilot_tui; print(set(sys.modules) - had)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "{'copilot_tui'}\n"


def test_the_class_comes_without_the_app_and_without_httpx_until_it_asks() -> None:
    code = (
        "import sys; from copilot_tui import GithubCopilot;"
        "sys.exit(bool({'textual', 'httpx', 'asyncio'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-I", "-c", code], check=False).returncode == 0


def test_a_name_that_is_not_there_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = copilot_tui.nonsense


# A reply.


async def test_with_a_cookie_it_is_token_thread_and_message(github: GithubChat) -> None:
    github.says(content("Hel"), content("lo"), complete())
    assert "".join(await said(client(github), cookies=COOKIES)) == "Hello"
    token, thread, message = github.requests
    assert [request.method for request in github.requests] == ["POST"] * 3
    assert (token.path, thread.path) == (TOKEN_PATH, THREADS_PATH)
    assert message.path == f"{THREADS_PATH}/thread-1/messages"
    assert (token.body, thread.body) == (b"", b"")
    assert message.json == {
        "content": "Hello",
        "intent": "conversation",
        "references": [],
        "context": [],
        "currentURL": "https://github.com/copilot/c/thread-1",
        "streaming": True,
        "confirmations": [],
        "customInstructions": [],
        "model": "gpt-4o",
        "mode": "immersive",
    }


async def test_the_cookie_goes_to_the_tokens_address_alone_and_the_token_to_the_chats(
    github: GithubChat,
) -> None:
    await said(client(github), cookies=COOKIES)
    token, thread, message = github.requests
    assert token.headers["cookie"] == "user_session=session-secret; logged_in=yes"
    assert "authorization" not in token.headers
    for request in (thread, message):
        assert request.headers["authorization"] == "GitHub-Bearer token-1"
        assert "cookie" not in request.headers


async def test_everything_carries_the_headers_of_the_page(github: GithubChat) -> None:
    await said(client(github), cookies=COOKIES)
    for request in github.requests:
        assert request.headers["github-verified-fetch"] == "true"
        assert request.headers["x-requested-with"] == "XMLHttpRequest"
        assert request.headers["origin"] == "https://github.com"
        assert request.headers["referer"] == "https://github.com/copilot"
        assert request.headers["content-type"] == "application/json"
        assert request.headers["user-agent"].startswith("Mozilla/5.0")


async def test_the_api_key_is_the_token_itself(github: GithubChat) -> None:
    github.tokens.add("ready")
    assert await said(client(github), api_key="ready", cookies=COOKIES) == ["reply 1"]
    assert github.token_calls == 0


async def test_cookies_may_be_one_line(github: GithubChat) -> None:
    line = "Cookie: user_session=session-secret; logged_in=yes;"
    assert await said(client(github), cookies=line) == ["reply 1"]


async def test_what_is_kept_for_github_is_taken_when_nothing_is_given(github: GithubChat) -> None:
    keep(github, "user_session=session-secret; logged_in=yes")
    assert await said(client(github)) == ["reply 1"]
    github.tokens.add("kept-token")
    keep(github, "kept-token")
    assert await said(client(github)) == ["reply 2"]
    assert github.requests[-1].headers["authorization"] == "GitHub-Bearer kept-token"


async def test_what_is_kept_goes_to_no_other_address(github: GithubChat) -> None:
    with github_chat() as other:
        keep(github, "user_session=session-secret")
        assert isinstance(await failure(client(other)), MissingKey)
        assert other.requests == []


def keep(github: GithubChat, secret: str) -> None:
    path = default_credentials_file()
    entry = {"address": address_of(github.url), "in": "file", "secret": secret}
    path.write_text(json.dumps({"version": 1, "sign_ins": {"github": entry}}))
    path.chmod(0o600)
    assert "github" in keyring_store.sign_ins(path)


async def test_without_a_sign_in_nothing_is_asked(github: GithubChat) -> None:
    missing = await failure(client(github))
    assert isinstance(missing, MissingAuth)
    assert "nobody is signed in" in str(missing)
    assert "copilot-tui login github" in missing.hint
    assert github.requests == []


@pytest.mark.parametrize("given", [{"cookies": "user_session=a\nb"}, {"api_key": "a\nb"}])
async def test_a_secret_that_no_header_can_carry_is_refused_and_not_repeated(
    github: GithubChat, given: dict[str, str]
) -> None:
    wrong = await failure(client(github), **given)
    assert isinstance(wrong, MissingAuth)
    assert "a\nb" not in str(wrong) + wrong.hint
    assert github.requests == []


async def test_no_model_is_the_default_model(github: GithubChat) -> None:
    await said(client(github), cookies=COOKIES, model="")
    assert github.prompts[0]["model"] == "gpt-4o"


async def test_the_text_comes_as_it_is_sent(github: GithubChat) -> None:
    gate = Gate()
    github.says(content("first"), gate, content(" second"), complete())
    reply = client(github).create_async_generator("gpt-4o", HELLO, cookies=COOKIES)
    assert await anext(reply) == "first"
    gate.open()
    assert [text async for text in reply] == [" second"]


async def test_closing_the_generator_closes_the_socket(github: GithubChat) -> None:
    github.says(content("first"), HANG)
    reply = client(github).create_async_generator("gpt-4o", HELLO, cookies=COOKIES)
    assert await anext(reply) == "first"
    await reply.aclose()
    assert await github.requests[-1].gone()


# Threads.


async def test_the_conversation_comes_first_and_goes_on(github: GithubChat) -> None:
    mocked = client(github)
    first, *text = await said(mocked, cookies=COOKIES, return_conversation=True)
    assert isinstance(first, Conversation)
    assert (first.conversation_id, first.parent_message_id) == ("thread-1", "reply-1")
    assert text == ["reply 1"]
    await said(mocked, cookies=COOKIES, conversation=first, conversation_id="other")
    assert github.threads == ["thread-1"]
    assert "parentMessageID" not in github.prompts[0]
    assert github.prompts[1]["parentMessageID"] == "reply-1"
    assert first.parent_message_id == "reply-2"


async def test_a_conversation_survives_json(github: GithubChat) -> None:
    first, *_ = await said(client(github), cookies=COOKIES, return_conversation=True)
    kept = json.dumps(first.get_dict())
    assert "token" not in kept
    assert Conversation(**json.loads(kept)) == first


async def test_a_conversation_that_goes_on_is_given_back_too(github: GithubChat) -> None:
    mocked = client(github)
    await said(mocked, cookies=COOKIES)
    again, *_ = await said(
        mocked, cookies=COOKIES, conversation_id="thread-1", return_conversation=True
    )
    assert again.conversation_id == "thread-1"


HISTORY = [
    {"role": "system", "content": "Be short."},
    {"role": "user", "content": "u1"},
    {"role": "assistant", "content": "a1"},
    {"role": "user", "content": [{"type": "text", "text": "u2"}]},
]


async def test_a_new_thread_is_told_the_whole_history(github: GithubChat) -> None:
    await said(client(github), cookies=COOKIES, messages=HISTORY)
    assert github.prompts[0]["content"] == "\n\n".join(
        [PREAMBLE, "System: Be short.", "User: u1", "Assistant: a1", "User: u2"]
    )


async def test_a_thread_that_goes_on_is_told_the_newest_message(github: GithubChat) -> None:
    mocked = client(github)
    await said(mocked, cookies=COOKIES)
    await said(mocked, cookies=COOKIES, messages=HISTORY, conversation_id="thread-1")
    assert github.prompts[1]["content"] == "u2"


async def test_a_newer_answer_to_a_new_thread_is_understood(github: GithubChat) -> None:
    github.threads.append("newer")
    github.answer({"thread": {"id": "newer"}}, status=201, path=THREADS_PATH)
    assert await said(client(github), cookies=COOKIES) == ["reply 1"]


@pytest.mark.parametrize("answer", [{}, {"thread_id": 5}, [], {"thread": []}])
async def test_an_answer_without_a_thread_is_no_answer(github: GithubChat, answer: object) -> None:
    github.answer(answer, path=THREADS_PATH)
    assert isinstance(await failure(client(github), cookies=COOKIES), BadReply)


async def test_a_thread_id_stays_within_its_path(github: GithubChat) -> None:
    await failure(client(github), cookies=COOKIES, conversation_id="../../x?y#z")
    assert github.requests[-1].path == f"{THREADS_PATH}/..%2F..%2Fx%3Fy%23z/messages"


# Tokens.


async def test_a_token_serves_until_shortly_before_it_expires(github: GithubChat) -> None:
    mocked = client(github)
    for _ in range(2):
        await said(mocked, cookies=COOKIES)
    assert github.token_calls == 1
    await said(mocked, cookies={**COOKIES, "dotcom_user": "another"})
    assert github.token_calls == 2


async def test_a_token_that_is_no_longer_taken_is_renewed_unseen(github: GithubChat) -> None:
    mocked = client(github)
    conversation, *_ = await said(mocked, cookies=COOKIES, return_conversation=True)
    github.expire_tokens()
    assert await said(mocked, cookies=COOKIES, conversation=conversation) == ["reply 2"]
    assert github.token_calls == 2
    messages = github.of(f"{THREADS_PATH}/thread-1/messages")
    sent = [message.headers["authorization"].split()[1] for message in messages]
    assert sent == ["token-1", "token-1", "token-2"]


async def test_a_token_is_renewed_only_once(github: GithubChat) -> None:
    github.answer({"message": "no"}, status=401, path=THREADS_PATH, repeat=True)
    missing = await failure(client(github), cookies=COOKIES)
    assert isinstance(missing, MissingAuth)
    assert len(github.of(THREADS_PATH)) == 2
    assert github.token_calls == 2


async def test_a_ready_token_that_has_expired_cannot_be_renewed(github: GithubChat) -> None:
    missing = await failure(client(github), api_key="old")
    assert isinstance(missing, MissingAuth)
    assert "expired" in str(missing)
    assert "cookie" in missing.hint
    assert len(github.requests) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_no_token_for_the_cookie_is_a_missing_sign_in(
    github: GithubChat, status: int
) -> None:
    github.answer({"error": "Not Found"}, status=status, path=TOKEN_PATH)
    missing = await failure(client(github), cookies=COOKIES)
    assert isinstance(missing, MissingAuth)
    assert "the cookie is missing or expired, or the account has no Copilot" in str(missing)
    assert "https://github.com/settings/copilot" in missing.hint


async def test_a_cookie_that_is_not_good_is_a_missing_sign_in(github: GithubChat) -> None:
    assert isinstance(await failure(client(github), cookies={"user_session": "wrong"}), MissingAuth)


async def test_being_sent_to_the_login_page_is_a_missing_sign_in(github: GithubChat) -> None:
    login = {"Location": "https://github.com/login?return_to=x"}
    github.answer(status=302, headers=login, path=TOKEN_PATH)
    assert isinstance(await failure(client(github), cookies=COOKIES), MissingAuth)
    github.answer(status=302, headers={"Location": "https://elsewhere/"}, path=TOKEN_PATH)
    assert isinstance(await failure(client(github), cookies=COOKIES), RedirectRefused)


async def test_single_sign_on_of_an_organisation_is_named(github: GithubChat) -> None:
    sso = {"Location": "https://github.com/orgs/acme/sso?return_to=x"}
    github.answer(status=302, headers=sso, path=TOKEN_PATH)
    error = await failure(client(github), cookies=COOKIES)
    assert isinstance(error, MissingAuth)
    assert "organisation wants its single sign-on" in str(error)


@pytest.mark.parametrize("answer", ["<title>Sign in</title>", {}, {"token": ""}, {"token": "a b"}])
async def test_an_answer_without_a_token_is_no_answer(github: GithubChat, answer: object) -> None:
    github.answer(answer, path=TOKEN_PATH)
    wrong = await failure(client(github), cookies=COOKIES)
    assert isinstance(wrong, BadReply)
    assert "token_url" in wrong.hint


# Refusals.

REFUSALS = [
    (400, "--model"),
    (402, "quota"),
    (403, "api.business.githubcopilot.com"),
    (404, "api.business.githubcopilot.com"),
    (413, "new conversation"),
    (421, "api.business.githubcopilot.com"),
    (422, "not enabled"),
    (429, "https://github.com/settings/copilot"),
    (500, "GitHub's side"),
    (503, "GitHub's side"),
]


@pytest.mark.parametrize(("status", "hint"), REFUSALS)
async def test_every_refusal_has_its_next_step(github: GithubChat, status: int, hint: str) -> None:
    github.tokens.add("ready-token")
    body = {"message": "no luck with ready-token"}
    github.answer(body, status=status, path=THREADS_PATH)
    refused = await failure(client(github), api_key="ready-token")
    assert isinstance(refused, Refused)
    assert refused.status == status
    assert str(refused).endswith(": no luck with …")
    assert hint in refused.hint


async def test_a_refusal_that_says_when_is_waited_for(github: GithubChat) -> None:
    for path in (TOKEN_PATH, THREADS_PATH, f"{THREADS_PATH}/thread-1/messages"):
        github.answer(b"", status=429, headers={"Retry-After": "0"}, path=path)
    assert await said(client(github), cookies=COOKIES) == ["reply 1"]
    assert len(github.requests) == 6


async def test_a_refusal_for_long_says_when(github: GithubChat) -> None:
    github.answer(b"", status=429, headers={"Retry-After": "3600"}, path=THREADS_PATH)
    refused = await failure(client(github), cookies=COOKIES)
    assert "60 min" in refused.hint


async def test_an_echo_of_the_cookie_is_masked(github: GithubChat) -> None:
    github.answer({"message": "not session-secret"}, status=500, path=TOKEN_PATH)
    refused = await failure(client(github), cookies=COOKIES)
    assert str(refused).endswith(": not …")


async def test_neither_cookie_nor_token_follows_a_redirect(github: GithubChat) -> None:
    with github_chat() as other:
        for path in (TOKEN_PATH, THREADS_PATH):
            there = {"Location": other.url + path}
            github.answer(status=307, headers=there, path=path)
            moved = await failure(client(github), cookies=COOKIES)
            assert isinstance(moved, RedirectRefused)
            assert "base_url" not in moved.hint
        assert other.connections == 0


async def test_an_error_in_the_stream_is_raised_after_its_text(github: GithubChat) -> None:
    github.says(content("half "), error("filtered", "because"))
    reply = client(github).create_async_generator("gpt-4o", HELLO, cookies=COOKIES)
    assert await anext(reply) == "half "
    with pytest.raises(ReplyFailed, match="content filter stopped the reply: because"):
        await anext(reply)


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([content("half ")], CutOff),
        ([content("half "), CUT], CutOff),
        ([CUT], ConnectionFailed),
        ([event({"type": "debug"}), CUT], ConnectionFailed),
        ([complete()], EmptyReply),
        ([], EmptyReply),
    ],
)
async def test_a_reply_that_is_not_whole_is_an_error(
    github: GithubChat, steps: list[Any], kind: type[BackendError]
) -> None:
    github.says(*steps)
    assert isinstance(await failure(client(github), cookies=COOKIES), kind)


async def test_nobody_there_is_said_with_the_right_address() -> None:
    with github_chat() as gone:
        pass
    for given, key in (({"cookies": COOKIES}, "token_url"), ({"api_key": "x"}, "api_url")):
        missing = await failure(client(gone), **given)
        assert isinstance(missing, ConnectionFailed)
        assert "base_url" not in missing.hint
        assert key in missing.hint


# Other ways.


async def test_a_company_has_a_chat_of_its_own(github: GithubChat) -> None:
    with github_chat(github.tokens) as business:
        assert await said(client(github, business), cookies=COOKIES) == ["reply 1"]
        assert [request.path for request in github.requests] == [TOKEN_PATH]
        assert len(business.requests) == 2
        assert not any("cookie" in request.headers for request in business.requests)


async def test_everything_goes_through_a_proxy(github: GithubChat) -> None:
    elsewhere = addressed(f"http://github.invalid{TOKEN_PATH}", "http://api.invalid")
    assert await said(elsewhere, cookies=COOKIES, proxy=github.url) == ["reply 1"]
    assert github.proxied == 3


async def test_everything_goes_through_a_socks_proxy(github: GithubChat) -> None:
    elsewhere = addressed(f"http://github.invalid{TOKEN_PATH}", "http://api.invalid")
    async with socks_proxy(github.port) as proxy:
        assert await said(elsewhere, cookies=COOKIES, proxy=proxy.url) == ["reply 1"]
    assert proxy.asked_for == ["github.invalid", "api.invalid"]


async def test_everything_goes_through_an_https_proxy(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    elsewhere = addressed(f"http://github.invalid{TOKEN_PATH}", "http://api.invalid")
    with github_chat(tls=context) as proxy:
        assert proxy.url.startswith("https://")
        assert await said(elsewhere, cookies=COOKIES, proxy=proxy.url) == ["reply 1"]
        assert proxy.proxied == 3


async def test_a_proxy_of_another_kind_is_explained(github: GithubChat) -> None:
    wrong = await failure(client(github), cookies=COOKIES, proxy="gopher://127.0.0.1:1")
    assert isinstance(wrong, ConnectionFailed)
    assert "socks5://HOST:PORT" in wrong.hint
    assert github.requests == []


@pytest.mark.parametrize("stream", [False, True])
async def test_with_stream_and_without_it_is_the_same(github: GithubChat, stream: bool) -> None:
    github.says(content("Hel"), content("lo"), complete())
    assert "".join(await said(client(github), cookies=COOKIES, stream=stream)) == "Hello"


async def test_what_other_clients_are_given_besides_is_left_alone(github: GithubChat) -> None:
    others = {"temperature": 1, "timeout": 5, "web_search": True, "system_prompt": "x"}
    assert await said(client(github), cookies=COOKIES, **others) == ["reply 1"]
    assert not set(others) & set(github.prompts[0])


def test_two_event_loops_one_after_the_other_share_the_token_and_nothing_else(
    github: GithubChat,
) -> None:
    mocked = client(github)
    first, text = asyncio.run(said(mocked, cookies=COOKIES, return_conversation=True))
    assert text == "reply 1"
    assert asyncio.run(said(mocked, cookies=COOKIES, conversation=first)) == ["reply 2"]
    assert (github.token_calls, github.threads) == (1, ["thread-1"])


async def test_two_replies_at_once_in_one_loop_do_not_meet(github: GithubChat) -> None:
    gate = Gate()
    github.says(content("slow "), gate, content("end"), complete())
    github.says(content("quick"), complete())
    mocked = client(github)
    slow = mocked.create_async_generator("gpt-4o", HELLO, cookies=COOKIES)
    assert await anext(slow) == "slow "
    assert await said(mocked, cookies=COOKIES) == ["quick"]
    gate.open()
    assert [text async for text in slow] == ["end"]
    assert github.threads == ["thread-1", "thread-2"]


async def test_two_loops_in_two_threads_at_once_do_not_meet(github: GithubChat) -> None:
    mocked = client(github)
    both = await asyncio.gather(
        *(asyncio.to_thread(asyncio.run, said(mocked, cookies=COOKIES)) for _ in range(2))
    )
    assert sorted(text for [text] in both) == ["reply 1", "reply 2"]


# The examples of the README, as scripts of their own.

RUN = (
    "import runpy, sys; from copilot_tui import GithubCopilot;"
    "GithubCopilot.token_url, GithubCopilot.api_url = sys.argv[2:];"
    "runpy.run_path(sys.argv[1], run_name='__main__')"
)


def run_example(script: Path, token_url: str, api_url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN, str(script), token_url, api_url],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_example_with_an_api_key_runs(github: GithubChat) -> None:
    github.tokens.add("YOUR_TOKEN")
    assert run_example(EXAMPLES / "api_key.py", github.token_url, github.url) == "reply 1"
    assert github.token_calls == 0


def test_the_example_with_a_proxy_runs(github: GithubChat, tmp_path: Path) -> None:
    github.sessions.add("YOUR_COOKIE")
    text = (EXAMPLES / "proxy.py").read_text()
    assert "http://localhost:8080" in text
    script = tmp_path / "proxy.py"
    script.write_text(text.replace("http://localhost:8080", github.url))
    token_url = f"http://github.invalid{TOKEN_PATH}"
    assert run_example(script, token_url, "http://api.invalid") == "reply 1"
    assert github.proxied == 3


def test_the_example_with_a_conversation_id_runs(github: GithubChat) -> None:
    github.sessions.add("YOUR_COOKIE")
    script = EXAMPLES / "conversation_id.py"
    assert run_example(script, github.token_url, github.url) == "reply 1\nreply 2\n"
    assert github.threads == ["thread-1"]
    assert [prompt["content"] for prompt in github.prompts] == [
        "My name is Heiner.",
        "What is my name?",
    ]
    assert github.token_calls == 1


@pytest.mark.parametrize("messages", [[], [{"role": "user"}], [{"content": "hi"}]], ids=str)
async def test_messages_that_are_none_are_said_before_anything_is_asked(
    github: GithubChat, messages: list[dict[str, str]]
) -> None:
    with pytest.raises(UsageError, match="role and content"):
        await said(client(github), messages=messages, cookies=COOKIES)
    assert github.requests == []


async def test_a_role_that_is_not_known_is_carried_as_the_users(github: GithubChat) -> None:
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "assistant", "content": None},
        {"role": "tool", "content": "42"},
        {"role": "user", "content": "so?"},
    ]
    await said(client(github), messages=messages, cookies=COOKIES)
    told = github.prompts[0]["content"]
    assert "System: Be brief." in told
    assert "User: 42" in told
    assert "None" not in told
