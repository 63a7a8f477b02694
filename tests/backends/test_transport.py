from __future__ import annotations

import asyncio
import base64
import gzip
import inspect
import ssl
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from copilot_tui.backends import failures, network
from copilot_tui.backends.failures import as_backend_error, duration
from copilot_tui.backends.network import proxy_for
from copilot_tui.backends.openai import OpenAI
from copilot_tui.backends.server_words import LENGTH_LIMIT
from copilot_tui.backends.transport import REDIRECT_LIMIT, Transport
from copilot_tui.config import BackendConfig, is_loopback
from copilot_tui.errors import (
    BackendError,
    BadReply,
    ConfigError,
    ConnectionFailed,
    CutOff,
    MissingKey,
    RedirectRefused,
    Refused,
    TimedOut,
)
from tests.backends.asking import Gathered, gather, hello, openai
from tests.server import CUT, DONE, HANG, Gate, Server, chunk, event, serving

CONFIG = BackendConfig(name="test", base_url="http://127.0.0.1:9/v1", model="m")
WHOLE = chunk("text") + DONE


async def reply_of(backend: OpenAI) -> Gathered:
    try:
        return await gather(backend.stream(hello()))
    finally:
        await backend.aclose()


async def failure_of(backend: OpenAI) -> BackendError:
    error = (await reply_of(backend)).error
    assert error is not None
    return error


# Outside errors.


def test_every_error_of_httpx_has_its_sentence() -> None:
    kinds = [
        kind
        for kind in vars(httpx).values()
        if inspect.isclass(kind) and issubclass(kind, Exception)
    ]
    assert len(kinds) > 25
    for kind in kinds:
        assert issubclass(kind, failures.OUTSIDE_ERRORS), kind
        assert kind in failures._SENTENCES, kind
        error = as_backend_error(kind.__new__(kind), CONFIG)
        assert isinstance(error, BackendError)
        assert str(error)


def test_importing_the_backends_imports_no_httpx() -> None:
    code = "import sys, copilot_tui.backends; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_importing_a_backend_imports_no_textual() -> None:
    code = "import sys, copilot_tui.backends.g4f; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_nothing_listening_is_explained() -> None:
    server = Server()
    server.close()
    error = await failure_of(openai(server))
    assert isinstance(error, ConnectionFailed)
    assert str(error) == f"nothing answers at {server.url}/v1 (connection refused)"
    assert "--demo" in error.hint


async def test_an_unknown_host_is_named(server: Server) -> None:
    error = await failure_of(openai(server, base_url="http://nowhere.invalid/v1"))
    assert isinstance(error, ConnectionFailed)
    assert "nowhere.invalid" in str(error)


@pytest.mark.parametrize("address", ["localhost:1337/v1", "ftp://host/v1", "http://", "http://[/"])
async def test_what_is_no_address_is_explained(server: Server, address: str) -> None:
    error = await failure_of(openai(server, base_url=address))
    assert isinstance(error, ConnectionFailed)
    assert address in str(error)


async def test_what_is_no_address_is_shown_without_its_password(server: Server) -> None:
    error = await failure_of(openai(server, base_url="htp://me:secret@host/v1"))
    assert "'htp://host/v1'" in str(error)


async def test_a_short_key_is_masked_as_a_word_alone(server: Server) -> None:
    server.answer({"error": "x is no key that is expected"}, status=400)
    error = await failure_of(openai(server, key=lambda _: "x"))
    assert str(error).endswith("… is no key that is expected")


KEY = "sk-0123456789-abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize("shown", range(1, len(KEY), 7))
@pytest.mark.parametrize("is_json", [True, False])
async def test_no_part_of_a_key_is_left_where_a_long_refusal_is_shortened(
    server: Server, shown: int, is_json: bool
) -> None:
    words = "x" * (LENGTH_LIMIT - 1 - shown - len("key ")) + "key " + KEY + " y" * 99
    server.answer({"error": {"message": words}} if is_json else words, status=400)
    error = await failure_of(openai(server, key=lambda _: KEY))
    assert "xxkey …" in str(error)
    assert "xxkey s" not in str(error)


@pytest.mark.parametrize("shown", range(1, len(KEY), 7))
async def test_no_part_of_a_key_is_left_where_a_long_failure_in_a_reply_is_shortened(
    server: Server, shown: int
) -> None:
    words = "x" * (LENGTH_LIMIT - 1 - shown - len("key ")) + "key " + KEY + " y" * 99
    server.stream(event({"error": {"message": words}}))
    error = await failure_of(openai(server, key=lambda _: KEY))
    assert "xxkey …" in str(error)
    assert "xxkey s" not in str(error)


@pytest.mark.parametrize("written", ["me:p%40ssword-1", "p%40ssword-1", "me:short"])
async def test_user_and_password_of_base_url_are_masked_in_the_servers_words(
    server: Server, written: str
) -> None:
    secret = written.removeprefix("me:")
    user, _, password = unquote(written).partition(":")
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    server.answer({"error": f"no: {secret} or {unquote(secret)} or {basic}"}, status=400)
    address = server.url.replace("//", f"//{written}@") + "/v1"
    error = await failure_of(openai(server, base_url=address))
    assert str(error).endswith("no: … or … or …")
    assert server.requests[0].headers["authorization"] == f"Basic {basic}"


async def test_the_proxys_password_is_masked_in_its_words(server: Server) -> None:
    server.answer({"error": "not for me:top-secret"}, status=407)
    proxy = server.url.replace("//", "//me:top-secret@")
    error = await failure_of(openai(server, base_url="http://nowhere.invalid/v1", proxy=proxy))
    assert str(error).endswith("not for me:…")


async def test_tls_to_a_server_without_it_is_explained(server: Server) -> None:
    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as plain:
        port = plain.sockets[0].getsockname()[1]
        error = await failure_of(openai(server, base_url=f"https://127.0.0.1:{port}/v1"))
    assert isinstance(error, ConnectionFailed)
    assert "no secure connection" in str(error)
    assert "http://" in error.hint


async def test_a_server_that_hangs_up_is_explained(server: Server) -> None:
    server.raw(CUT)
    error = await failure_of(openai(server))
    assert isinstance(error, ConnectionFailed)
    assert "broke" in str(error)


async def test_what_is_no_http_is_explained(server: Server) -> None:
    server.raw(b"SSH-2.0-OpenSSH_9.6\r\n")
    assert isinstance(await failure_of(openai(server)), ConnectionFailed)


async def test_a_connection_that_is_not_taken_is_timed_out(server: Server) -> None:
    assert isinstance(as_backend_error(httpx.ConnectTimeout("x"), CONFIG), TimedOut)
    assert "10 s" in str(as_backend_error(httpx.ConnectTimeout("x"), CONFIG))


# Refusals.

BODIES: list[tuple[object, str]] = [
    ({"error": "no luck"}, "no luck"),
    ({"error": {"message": "no luck", "code": "400"}}, "no luck"),
    ({"message": "no luck"}, "no luck"),
    ({"detail": "no luck"}, "no luck"),
    ({"detail": [{"loc": ["body", 9], "msg": "no luck"}]}, "body.9: no luck"),
    ({"success": False, "error": {"message": "no luck"}}, "no luck"),
    ({"object": "error", "message": {"detail": [{"msg": "no luck"}]}}, "no luck"),
    ({"error": {"message": "no", "metadata": {"raw": "luck"}}}, "no: luck"),
    ({"error": {"message": "", "code": "no_luck"}}, "no_luck"),
    (b'{"error": {"message": "no \\ud83d luck"}}', "no ? luck"),
    (b"no luck\r\n at all", "no luck at all"),
    ("<html><head><title>No\n luck</title></head><body>more</body></html>", "No luck"),
    ("<html><body><h1>502 Bad Gateway</h1></body></html>", "502 Bad Gateway"),
    ("<p>no <b>luck</b><script>x()</script></p>", "no luck"),
    (b"x" * 100_000, "x" * 499 + "…"),
    ("[" * 100_000, "[" * 499 + "…"),
]


@pytest.mark.parametrize(("body", "words"), BODIES)
async def test_a_refusal_is_one_line_of_the_servers_words(
    server: Server, body: object, words: str
) -> None:
    server.answer(body, status=400)
    error = await failure_of(openai(server))
    assert isinstance(error, Refused)
    assert str(error) == f"the server answered 400 Bad Request: {words}"


async def test_an_empty_refusal_is_its_status(server: Server) -> None:
    server.answer(b"", status=502)
    assert str(await failure_of(openai(server))) == "the server answered 502 Bad Gateway"


@pytest.mark.parametrize("end", [HANG, CUT])
async def test_a_refusal_without_end_keeps_its_status(
    server: Server, end: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copilot_tui.backends.transport.ERROR_BODY_TIMEOUT_S", 0.1)
    head = b"HTTP/1.1 418 No\r\nContent-Length: 99\r\n\r\nno luck"
    server.raw(head, *([HANG] if end is HANG else []))
    error = await failure_of(openai(server))
    assert isinstance(error, Refused)
    assert error.status == 418


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_masked_and_explained(server: Server, status: int) -> None:
    server.answer({"error": {"message": "no such key: sk-secret-123"}}, status=status)
    error = await failure_of(openai(server, key=lambda _: "sk-secret-123"))
    assert "sk-secret-123" not in str(error) + error.hint
    assert "api_key_env" in error.hint


@pytest.mark.parametrize("kind", [MissingKey, ConfigError])
async def test_a_missing_key_fails_before_the_request(
    server: Server, kind: type[MissingKey | ConfigError]
) -> None:
    def no_key(_: BackendConfig) -> str | None:
        raise kind("there is no key", "set one")

    error = await failure_of(openai(server, key=no_key))
    assert isinstance(error, MissingKey)
    assert (str(error), error.hint, server.requests) == ("there is no key", "set one", [])


async def test_a_key_that_was_refused_is_read_again(server: Server) -> None:
    keys = iter(["old-key", "new-key"])
    server.answer({"error": "expired"}, status=401)
    for _ in range(2):
        server.stream(WHOLE)
    backend = openai(server, key=lambda _: next(keys))
    for _ in range(3):
        await gather(backend.stream(hello()))
    await backend.aclose()
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer old-key", "Bearer new-key", "Bearer new-key"]


# Redirects.


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_within_the_server_is_followed(server: Server, status: int) -> None:
    server.answer(status=status, headers={"Location": "/v2/chat"}, path="/v1/chat/completions")
    server.stream(WHOLE, path="/v2/chat")
    reply = await reply_of(openai(server, key=lambda _: "sk-secret-123"))
    assert (reply.text, reply.error) == ("text", None)
    first, second = server.requests
    assert (second.method, second.body) == ("POST", first.body)
    assert second.headers["authorization"] == "Bearer sk-secret-123"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_neither_prompt_nor_key_follows_a_redirect_elsewhere(
    server: Server, status: int
) -> None:
    with serving() as other:
        target = f"{other.url}/v1/chat/completions?key=sk-secret-123"
        server.answer(status=status, headers={"Location": target})
        error = await failure_of(openai(server, key=lambda _: "sk-secret-123"))
        assert isinstance(error, RedirectRefused)
        assert f"{server.url}/v1/chat/completions" in str(error)
        assert f"{other.url}/v1/chat/completions" in str(error)
        assert "sk-secret-123" not in str(error)
        assert other.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_post_never_becomes_a_get(server: Server, status: int) -> None:
    server.answer(status=status, headers={"Location": "/v2"})
    assert isinstance(await failure_of(openai(server)), RedirectRefused)
    assert len(server.requests) == 1


async def test_redirects_come_to_an_end(server: Server) -> None:
    server.answer(status=307, headers={"Location": "/v1/again"}, repeat=True)
    assert isinstance(await failure_of(openai(server)), RedirectRefused)
    assert len(server.requests) == REDIRECT_LIMIT + 1


@pytest.mark.parametrize("location", ["http://[", "", "//127.0.0.1:1/x", "https://127.0.0.1/"])
async def test_odd_redirects_are_refused(server: Server, location: str) -> None:
    server.answer(status=307, headers={"Location": location})
    server.answer(status=400)
    assert isinstance(await failure_of(openai(server)), RedirectRefused | Refused)


# Encodings.


def deflated(body: bytes) -> bytes:
    return zlib.compress(body)


@pytest.mark.parametrize(
    ("name", "packed"), [("gzip", gzip.compress(WHOLE)), ("deflate", deflated(WHOLE))]
)
async def test_gzip_and_deflate_are_understood(server: Server, name: str, packed: bytes) -> None:
    server.stream(packed[:20], packed[20:], headers={"Content-Encoding": name})
    reply = await reply_of(openai(server))
    assert (reply.text, reply.error) == ("text", None)


@pytest.mark.parametrize("name", ["br", "zstd", "gzip, br", "x-own"])
async def test_any_other_encoding_is_refused(server: Server, name: str) -> None:
    server.stream(b"\x1b\x03", headers={"Content-Encoding": name})
    error = await failure_of(openai(server))
    assert isinstance(error, BadReply)
    assert name.split(", ")[-1] in str(error)


async def test_a_broken_gzip_is_refused(server: Server) -> None:
    server.stream(b"no gzip at all", headers={"Content-Encoding": "gzip"})
    assert isinstance(await failure_of(openai(server)), BadReply)


# Proxies.


def chosen(url: str, **fields: str) -> str | None:
    return proxy_for(url, BackendConfig(name="test", base_url=url, **fields))  # type: ignore[arg-type]  # proxy alone


def test_the_environments_proxy_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy:3128")
    monkeypatch.setenv("ALL_PROXY", "socks://tor:9050")
    assert chosen("https://api.example.com/v1") == "http://proxy:3128"
    assert chosen("http://api.example.com/v1") == "socks5://tor:9050"
    assert chosen("https://api.example.com/v1", proxy="http://mine:1") == "http://mine:1"


@pytest.mark.parametrize(
    "no_proxy", ["example.com", ".example.com", "*", "other, api.example.com:443"]
)
def test_no_proxy_counts(monkeypatch: pytest.MonkeyPatch, no_proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert chosen("https://api.example.com:443/v1") is None


def test_no_proxy_may_name_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "nonsense/x,10.0.0.0/8")
    assert chosen("http://10.1.2.3/v1") is None
    assert chosen("http://11.1.2.3/v1") == "http://proxy:3128"


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.8.8.8", "[::1]"])
def test_this_machine_is_never_behind_the_environments_proxy(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    assert chosen(f"http://{host}:1337/v1") is None
    assert chosen(f"http://{host}:1337/v1", proxy="http://mine:1") == "http://mine:1"
    assert is_loopback(host.strip("[]"))


async def test_a_request_goes_through_the_proxy(server: Server) -> None:
    server.stream(WHOLE)
    backend = openai(server, base_url="http://nowhere.invalid/v1", proxy=server.url)
    assert (await reply_of(backend)).text == "text"
    assert server.requests[0].path == "http://nowhere.invalid/v1/chat/completions"


async def test_a_proxy_that_is_not_there_is_named_without_its_password() -> None:
    server = Server()
    server.close()
    proxy = server.url.replace("//", "//me:secret@")
    error = await failure_of(openai(server, base_url="http://nowhere.invalid/v1", proxy=proxy))
    assert isinstance(error, ConnectionFailed)
    assert f"the proxy {server.url}" in str(error)
    assert "secret" not in str(error) + error.hint


@pytest.mark.parametrize("proxy", ["gopher://x:1", "socks4://x:1"])
async def test_a_proxy_of_an_unknown_kind_is_explained(server: Server, proxy: str) -> None:
    error = await failure_of(openai(server, proxy=proxy))
    assert isinstance(error, ConnectionFailed)
    assert "proxy" in str(error)


async def test_a_proxy_that_refuses_is_explained(server: Server) -> None:
    server.answer(status=407)
    backend = openai(server, base_url="https://nowhere.invalid/v1", proxy=server.url)
    error = await failure_of(backend)
    assert isinstance(error, ConnectionFailed)
    assert "407" in str(error)


async def test_a_socks_proxy_that_says_nothing_is_timed_out(server: Server) -> None:
    proxy = server.url.replace("http:", "socks5:")
    address = "http://nowhere.invalid/v1"
    backend = openai(server, base_url=address, proxy=proxy, connect_timeout_s=0.2)
    assert isinstance(await failure_of(backend), TimedOut)


# Certificates.


@pytest.fixture
def secure_server(certificate: tuple[Path, Path]) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with serving(context) as running:
        yield running


async def test_a_certificate_that_is_not_trusted_is_explained(secure_server: Server) -> None:
    error = await failure_of(openai(secure_server))
    assert isinstance(error, ConnectionFailed)
    assert "not trusted" in str(error)
    assert "ca_file" in error.hint


async def test_a_certificate_in_ca_file_is_trusted(
    secure_server: Server, certificate: tuple[Path, Path]
) -> None:
    secure_server.stream(WHOLE)
    reply = await reply_of(openai(secure_server, ca_file=str(certificate[0])))
    assert (reply.text, reply.error) == ("text", None)


async def test_a_certificate_in_ssl_cert_file_is_trusted(
    secure_server: Server, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    secure_server.stream(WHOLE)
    assert (await reply_of(openai(secure_server))).text == "text"


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_bad_ca_file_is_named(server: Server, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    address = server.url.replace("http:", "https:")
    error = await failure_of(openai(server, base_url=address, ca_file=str(path)))
    assert isinstance(error, ConnectionFailed)
    assert str(path) in str(error)


# The pace of reads.

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def framed(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)


async def test_http_chunks_of_one_read_are_one_delta(server: Server) -> None:
    parts = [chunk(f"{number} ") for number in range(50)]
    gate = Gate()
    server.raw(HEAD, gate, framed(*parts, DONE) + b"0\r\n\r\n")
    backend = openai(server)
    reply = asyncio.create_task(reply_of(backend))
    await gate.reached()
    gate.open()
    assert [delta.text for delta in (await reply).deltas] == ["".join(f"{n} " for n in range(50))]


async def test_what_came_in_the_read_before_a_cut_is_given(server: Server) -> None:
    server.raw(HEAD + framed(chunk("a"), chunk("b")) + b"ffff\r\ndata: {")
    reply = await reply_of(openai(server))
    assert reply.text == "ab"
    assert isinstance(reply.error, CutOff)


async def test_no_task_is_left_behind(server: Server) -> None:
    server.stream(chunk("a"), HANG)
    server.stream(WHOLE)
    backend = openai(server)
    stream = backend.stream(hello())
    assert (await anext(stream)).text == "a"
    assert len(asyncio.all_tasks()) == 2
    await stream.aclose()
    assert len(asyncio.all_tasks()) == 1
    assert (await gather(backend.stream(hello()))).text == "text"
    assert len(asyncio.all_tasks()) == 1
    await backend.aclose()


async def test_nothing_is_read_before_it_is_asked_for(server: Server) -> None:
    server.stream(chunk("a"), *[chunk("b" * 60_000) for _ in range(200)], HANG)
    backend = openai(server)
    stream = backend.stream(hello())
    first = await anext(stream)
    await asyncio.sleep(0)
    size = len(first.text)
    async for delta in stream:
        assert len(delta.text) <= 120_000
        size += len(delta.text)
        if size == 1 + 200 * 60_000:
            break
    await stream.aclose()
    await backend.aclose()


class Source:
    """A network stream that always has something."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.reads = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        self.reads += 1
        return b"x" * self._size


async def reads_within(seconds: float, size: int) -> int:
    source = Source(size)
    stream = network.PacedStream(source, 1.0)  # type: ignore[arg-type]  # it is only read
    try:
        async with asyncio.timeout(seconds):
            while True:
                await stream.read(65536, 1.0)
                await asyncio.sleep(0)
    except TimeoutError:
        return source.reads


async def test_small_reads_are_paced_after_a_burst() -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    reads = await reads_within(0.2, 100)
    at_the_pace = (loop.time() - begun) * network.READS_PER_SECOND
    assert network.READ_BURST <= reads <= network.READ_BURST + at_the_pace + 1


async def test_large_reads_are_not_paced() -> None:
    assert await reads_within(0.1, network.LARGE_READ) > 100


def test_a_transport_without_the_private_part_is_left_as_it_is() -> None:
    transport = httpx.AsyncHTTPTransport()
    assert network.pace_reads(transport, 1.0)
    del transport._pool
    assert not network.pace_reads(transport, 1.0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (1.2, "2 s"), (119, "119 s"), (121, "3 min"), (7200, "2 h"), (7201, "3 h")],
)
def test_a_duration_is_rounded_up(seconds: float, words: str) -> None:
    assert duration(seconds) == words


async def test_a_key_that_was_renewed_while_it_was_read_is_read_again(server: Server) -> None:
    server.answer({}, repeat=True)
    keys = iter(["old", "new"])

    def headers(_: BackendConfig) -> dict[str, str]:
        key = next(keys)
        if key == "old":
            transport.forget_keys()  # somebody else has just been refused with it
        return {"Authorization": f"Bearer {key}"}

    transport = Transport(BackendConfig("x", base_url=server.url), headers)
    await transport.get_json(server.url)
    await transport.aclose()
    assert server.requests[0].headers["authorization"] == "Bearer new"


async def test_a_redirect_takes_its_key_along_whoever_is_refused_meanwhile(
    server: Server,
) -> None:
    gate = Gate()
    head = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
    server.raw(gate, head, path="/here")
    server.answer({}, path="/there")
    transport = Transport(
        BackendConfig("x", base_url=server.url), lambda _: {"Authorization": "Bearer key"}
    )
    asking = asyncio.create_task(transport.get_json(f"{server.url}/here"))
    await gate.reached()
    transport.forget_keys()
    gate.open()
    await asking
    await transport.aclose()
    assert [r.headers.get("authorization") for r in server.requests] == ["Bearer key"] * 2
