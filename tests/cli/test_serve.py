from __future__ import annotations

import http.client
import signal
import socket
import sys
from contextlib import closing
from email.message import Message
from urllib.parse import urlsplit

import pytest

from copilot_tui.cli.main import main
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
    assert get("/ws", Origin="http://evil.example.com", **own)[0] == 403
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 143
    assert process.stderr is not None
    assert process.stderr.read() == b""


@with_signals
def test_a_port_that_is_taken_is_said(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = program.run("serve", "--port", str(taken.getsockname()[1]))
    assert (done.status, done.stdout) == (1, "")
    assert "nothing can be served" in done.stderr
    assert "--port N" in done.stderr
