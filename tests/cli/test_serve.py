from __future__ import annotations

import asyncio
import http.client
import signal
import socket
import sys
from contextlib import closing
from email.message import Message
from urllib.parse import urlsplit

import aiohttp
import pytest

from copilot_tui.cli.main import main
from copilot_tui.store import Store
from tests.cli.conftest import Program
from tests.server import PATIENCE_S

with_signals = pytest.mark.skipif(sys.platform == "win32", reason="ends the program by a signal")


def test_without_the_extra_it_is_one_line_and_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    assert main(["serve"]) == 1
    done = capsys.readouterr()
    assert done.out == ""
    assert done.err == (
        "copilot-tui: serve needs textual-serve, which is not installed\n"
        'Install it: pip install "copilot-tui[web]"\n'
    )


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_what_is_no_port_is_bad_usage(program: Program, port: str) -> None:
    done = program.run("serve", f"--port={port}")
    assert (done.status, done.stdout) == (2, "")


@with_signals
def test_the_page_answers_on_this_machine_to_who_has_the_address(program: Program) -> None:
    process = program.start("serve", "--backend", "demo", "--port", "0")
    assert process.stdout is not None
    address = urlsplit(process.stdout.readline().decode().strip())
    assert (address.scheme, address.hostname) == ("http", "127.0.0.1")
    assert address.port

    def get(path: str, **headers: str) -> tuple[int, Message, str]:
        connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=PATIENCE_S)
        with closing(connection):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    for path in ("/", "/ws", "/static/js/textual.js", "/?word=guess"):
        assert get(path)[0] == 403
    status, headers, _ = get(f"/?{address.query}")
    assert (status, headers["Location"]) == (302, "/")
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    own = {"Cookie": cookie.partition(";")[0]}
    status, headers, page = get("/", **own)
    assert status == 200
    assert f"ws://127.0.0.1:{address.port}/ws" in page
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "<title>copilot-tui</title>" in page
    assert "https://" not in page  # nobody else is asked for a font or a script
    assert get("/ws", Origin="http://evil.example.com", **own)[0] == 403
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 143
    assert process.stderr is not None
    assert process.stderr.read() == b""


@with_signals
async def test_ending_the_server_ends_the_open_pages_and_saves_what_was_typed(
    program: Program, store: Store
) -> None:
    process = program.start("serve", "--backend", "demo", "--port", "0")
    assert process.stdout is not None
    address = (await asyncio.to_thread(process.stdout.readline)).decode().strip()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(address) as page:
            assert page.status == 200
            socket_address = page.url.with_scheme("ws") / "ws"
        async with browser.ws_connect(socket_address, max_msg_size=0) as page_socket:
            painted = b""
            while b"Ask anything" not in painted:
                painted += await page_socket.receive_bytes()
            await page_socket.send_json(["stdin", "\x1b[200~half a prompt\x1b[201~"])
            while b"half a prompt" not in painted:
                painted += await page_socket.receive_bytes()
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE_S):
                while not page_socket.closed:
                    await page_socket.receive()
    assert await asyncio.to_thread(process.wait, PATIENCE_S) == 143
    found = [store.draft(id_) for id_ in store.drafts()]
    assert [draft.text for draft in found if draft is not None] == ["half a prompt"]


@with_signals
def test_a_port_that_is_taken_is_said(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = program.run("serve", "--port", str(taken.getsockname()[1]))
    assert (done.status, done.stdout) == (1, "")
    assert "nothing can be served" in done.stderr
    assert "--port N" in done.stderr
