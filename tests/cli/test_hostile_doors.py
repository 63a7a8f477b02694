"""Every door through which foreign text comes to the terminal, and none lets it control that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from copilot_tui.conversation import Attachment, TitleSource
from copilot_tui.store import Store
from tests.cli.conftest import FIRST, PYTHON, Ended, Program, saved
from tests.server import CUT, DONE, Server, chunk, delta, event, finish

if sys.platform == "win32":
    pytest.skip("file names and pseudo-terminals of POSIX", allow_module_level=True)

import termios

from tests.pty.emulator import PATIENCE_S, Emulator
from tests.pty.nasty import PAYLOADS, TEXTS, harm_in

nasty = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())


def as_name(text: str) -> str:
    """What of it an argument, a variable or a file's name can hold."""
    return text.replace("\0", "").replace("/", "|")


def assert_harmless(*ended: Ended) -> None:
    for each in ended:
        assert harm_in(each.stdout + each.stderr) == [], each
        assert "Traceback" not in each.stderr


@nasty
def test_what_a_server_says_does_not_control_the_terminal(
    asking: Program, server: Server, text: str
) -> None:
    asking.environ |= {"COPILOT_TUI_BACKEND": "openai", "COPILOT_TUI_MODEL": "m"}
    header = as_name(text).translate({ord(c): " " for c in "\r\n\x0b\x0c\x85"})
    done = []
    server.stream(
        delta(reasoning_content=text), chunk(text, model=text), chunk(text), finish(text), DONE
    )
    done.append(asking.run("ask", "hi"))
    server.stream(chunk("half"), event({"error": {"message": text, "code": text}}))
    done.append(asking.run("ask", "hi"))
    server.stream(chunk("half"), f"data: {text}\n\n".encode(), CUT)
    done.append(asking.run("ask", "hi"))
    for status, body in (
        (401, {"error": {"message": text}}),
        (500, f"<h1>{text}</h1>"),
        (404, text),
    ):
        server.answer(body, status=status)
        done.append(asking.run("ask", "hi"))
    server.raw(b"HTTP/1.1 418 " + header.encode() + b"\r\nContent-Length: 0\r\n\r\n")
    done.append(asking.run("ask", "hi"))
    server.raw(b"HTTP/1.1 302 x\r\nLocation: http://x/" + header.encode() + b"\r\n\r\n")
    done.append(asking.run("ask", "hi"))
    server.raw(b"HTTP/1.1 200 x\r\nContent-Type: " + header.encode() + b"\r\n\r\nx")
    done.append(asking.run("ask", "hi"))
    model = {"id": text, "name": f"{text}x", "owned_by": text, "policy": {"state": text}}
    server.answer({"data": [model]})
    done.append(asking.run("models"))
    server.answer({"error": text})
    done.append(asking.run("models"))
    done += [asking.run("show", "last"), asking.run("list")]
    assert_harmless(*done)


@nasty
def test_what_a_conversation_holds_does_not_control_the_terminal(
    program: Program, store: Store, tmp_path: Path, text: str
) -> None:
    made = saved(store, FIRST, text)
    made.title_source, made.system, made.tags = TitleSource.USER, text, [text]
    made.backend = made.model = text
    for message in made.messages.values():
        message.content = f"needle {text}"
        message.model = message.error = message.hint = message.reasoning = text
        message.attachments = [Attachment(name=text, media_type=text, size=1, text=text)]
    store.save(made)
    folder = tmp_path / "out"
    done = [
        program.run(*args)
        for args in (
            ("list",),
            ("show", "last"),
            ("search", "needle"),
            ("export", "last", "-o", str(tmp_path / "file.md")),
            ("export", "--all", "-o", str(folder)),
            ("rename", FIRST, f"x{as_name(text)}"),
            ("list",),
            ("delete", FIRST),
        )
    ]
    assert [each.status for each in done] == [0] * len(done)
    assert_harmless(*done)
    assert [name for path in folder.iterdir() for name in harm_in(path.name)] == []


def on_a_terminal(program: Program, *args: str) -> tuple[str, str]:
    """What a command writes when stdout is a terminal, and what it says."""
    ours, theirs = os.openpty()
    settings = termios.tcgetattr(theirs)
    settings[1] &= ~termios.OPOST  # so that it adds nothing of its own
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    written = bytearray()
    with subprocess.Popen(
        (*PYTHON, *args),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=program.environ,
    ) as process:
        os.close(theirs)
        with suppress(OSError):  # EIO: nobody has the terminal open any more
            while piece := os.read(ours, 65536):
                written += piece
        os.close(ours)
        assert process.stderr is not None
        said = process.stderr.read().decode()
        assert process.wait(PATIENCE_S) == 0
    return written.decode(), said


EXACT = [
    ("export", "last"),
    ("export", "last", "--format", "html"),
    ("export", "last", "--format", "json"),
    ("show", "last", "--json"),
    ("list", "--json"),
    ("search", "needle", "--json"),
]


@nasty
def test_what_is_exact_in_a_file_does_not_control_a_terminal(
    program: Program, store: Store, text: str
) -> None:
    made = saved(store, FIRST, text)
    for message in made.messages.values():
        message.content = f"needle {text}"
    store.save(made)
    for args in EXACT:
        written, said = on_a_terminal(program, *args)
        exact = program.run(*args).stdout
        assert harm_in(written) == [], args
        assert "needle" in written or args[0] == "list"
        if "json" in args[-1]:
            assert (json.loads(written), said) == (json.loads(exact), ""), args
        else:
            is_less = written != exact
            assert is_less is bool(harm_in(exact)), args
            assert ("-o FILE" in said) is is_less, args


@nasty
def test_what_is_imported_does_not_control_the_terminal(
    program: Program, tmp_path: Path, text: str
) -> None:
    name = as_name(text).encode()[:100].decode(errors="ignore")
    for number, content in enumerate(
        (
            text,
            json.dumps({"version": 1, "id": text, "title": text, "messages": []}),
            json.dumps([{"title": text, "mapping": {text: {"id": text, "message": None}}}]),
            json.dumps([{"title": text, "mapping": text}]),
        )
    ):
        path = tmp_path / f"{number}{name}.json"
        path.write_text(content)
        assert_harmless(program.run("import", str(path)))
    assert_harmless(program.run("import", str(tmp_path / f"gone{name}")))


@nasty
def test_what_is_typed_or_configured_does_not_control_the_terminal(
    program: Program, tmp_path: Path, text: str
) -> None:
    given = as_name(text)
    quoted = json.dumps(text).replace("\\u007f", "\x7f")
    done = [
        program.run(*args)
        for args in (
            (f"x{given}",),
            ("list", f"--x{given}"),
            ("show", f"x{given}"),
            ("ask", "hi", "--backend", f"x{given}"),
            ("ask", "hi", "--base-url", f"http://x{given}/v1"),
            ("ask", "hi", "--proxy", f"http://x{given}:1"),
            ("ask", "hi", "--context", f"x{given}"),
            ("list", "--config", str(tmp_path / f"x{given}")),
            ("list", "--data-dir", "/dev/null/x" + given),
            ("search", f'"{given}'),
            ("login", f"x{given}"),
        )
    ]
    for line in (
        f"backend = {quoted}",
        f"x{given}",
        f"{quoted} = 1",
        f"[backends.{quoted}]\nx = 1",
    ):
        config = tmp_path / "config.toml"
        config.write_text(line)
        done.append(program.run("list", "--config", str(config)))
    assert_harmless(*done)


@nasty
def test_what_the_environment_says_does_not_control_the_terminal(
    asking: Program, server: Server, text: str
) -> None:
    program = asking
    server.stream(chunk("fine"), finish(), DONE)
    given = f"x{as_name(text)}"
    names = (
        "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "COLORTERM", "COLORFGBG", "EDITOR",
        "VISUAL", "SSL_CERT_FILE", "BROWSER", "TMUX", "NO_PROXY",
    )  # fmt: skip
    environ = dict.fromkeys(names, given) | {"LANG": "C.UTF-8"}
    chosen = ("--backend", "demo")
    assert_harmless(
        program.run("doctor", *chosen, environ=environ),
        program.run("config", *chosen, environ=environ),
        program.run("ask", "hi", environ=environ),  # the demo would answer for seconds
        program.run("list", environ={"LANG": given, "LC_ALL": given}),
        program.run("list", environ={"COPILOT_TUI_BACKEND": given}),
    )


@pytest.mark.pty
@nasty
def test_nothing_of_it_controls_the_terminal_that_the_app_paints(
    asking: Program, server: Server, store: Store, tmp_path: Path, text: str
) -> None:
    made = saved(store, FIRST, f"title {text}")
    for message in made.messages.values():
        message.content = (
            f"content {text}\n\n```{text}\n{text}\n```\n\n[{text}](http://x/{text})\n\n"
            f"| {text} |\n|--|\n| {text} |\n\n$${text}$$"
        )
        message.reasoning = message.model = text
    store.save(made)
    editor = tmp_path / "editor"
    script = f"import sys\nopen(sys.argv[-1], 'w').write('edited ' + {text!r})\n"
    editor.write_text(f"#!{sys.executable}\n{script}")
    editor.chmod(0o700)
    environ = {
        **asking.environ,
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "COPILOT_TUI_BACKEND": "openai",
        "COPILOT_TUI_MODEL": as_name(text),
        "TERM_PROGRAM": as_name(text),
        "EDITOR": str(editor),
    }
    server.answer({"data": [{"id": f"model {text}", "name": text}]}, path="/v1/models", repeat=True)
    chat = "/v1/chat/completions"
    server.stream(chunk(f"first {text}"), chunk(text), finish(), DONE, path=chat)
    server.answer({"error": {"message": f"second {text}"}}, status=500, path=chat)
    with Emulator((*PYTHON, "--continue"), environ, size=(100, 40)) as window:
        window.wait_for_text("content", "F1 keys")
        window.type(b"one\r")
        window.wait_for_text("first")
        window.type(b"two\r")
        window.wait_for_text("second")
        window.type(b"\x07")  # the editor writes the prompt
        window.wait_for_text("edited")
        window.type(b"\x0f")
        window.wait_for_text("Type to narrow")
        window.type(b"\x1b")
        window.type(b"\x06first")
        window.read(0.3)
        window.type(b"\x1b\x11")
        window.ended()
    assert [payload for payload in PAYLOADS if payload in window.painted] == []
