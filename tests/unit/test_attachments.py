from __future__ import annotations

import base64
import os
import socket
import sys
from pathlib import Path

import pytest

from copilot_tui import attachments
from copilot_tui.attachments import IMAGE_LIMIT, TEXT_LIMIT, completed, read, title_words, told
from copilot_tui.conversation import Attachment, Message, Role
from copilot_tui.errors import AttachmentError

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="pipes and modes of POSIX")


def made(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def why_not(path: str | Path) -> str:
    with pytest.raises(AttachmentError) as caught:
        read(path)
    assert caught.value.exit_status == 2
    return str(caught.value)


def test_a_text_is_kept_as_text(tmp_path: Path) -> None:
    content = "Grüße\r\n\tü".encode()
    found = read(made(tmp_path, "notes.py", b"\xef\xbb\xbf" + content))
    assert found == Attachment("notes.py", "text/plain", len(content) + 3, text="Grüße\r\n\tü")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"GIF89a\0\0", "image/gif"),
        (b"GIF87a\0\0", "image/gif"),
        (b"RIFF\x04\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
def test_an_image_is_known_by_its_bytes_and_not_by_its_name(
    tmp_path: Path, content: bytes, media_type: str
) -> None:
    found = read(made(tmp_path, "picture.txt", content))
    assert (found.media_type, found.size, found.text) == (media_type, len(content), None)
    assert base64.b64decode(found.data or "") == content


@pytest.mark.parametrize("content", [b"a\0b", b"\xff\xfeh\0i\0", b"gr\xfc\xdfe", b"RIFF    WAVE\0"])
def test_what_is_neither_text_nor_image_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "is neither" in why_not(made(tmp_path, "thing.png", content))


def test_up_to_the_limits_a_file_is_read_and_beyond_them_it_is_refused(tmp_path: Path) -> None:
    assert read(made(tmp_path, "a.txt", b"x" * TEXT_LIMIT)).size == TEXT_LIMIT
    assert why_not(made(tmp_path, "b.txt", b"x" * (TEXT_LIMIT + 1))).endswith(
        "is 1 MB: a text may have 1 MB"
    )
    whole = PNG + bytes(IMAGE_LIMIT - len(PNG))
    assert read(made(tmp_path, "a.png", whole)).size == IMAGE_LIMIT
    assert "an image may have 10 MB" in why_not(made(tmp_path, "b.png", whole + b"\0"))
    with open(tmp_path / "huge.png", "wb") as sparse:
        sparse.write(PNG)
        sparse.truncate(1 << 33)
    assert "is 8.19e+03 MB" in why_not(tmp_path / "huge.png")


def test_a_folder_and_what_is_not_there_are_refused(tmp_path: Path) -> None:
    assert why_not(tmp_path).endswith("is a folder; only files can be attached")
    assert why_not(tmp_path / "gone.txt").startswith("there is no file ")
    assert why_not(made(tmp_path, "a", b"") / "below").startswith("there is no file ")
    assert why_not("a\0b").startswith("there is no file ")
    assert why_not("").startswith("there is no file ")


@POSIX
def test_a_pipe_a_device_and_a_socket_are_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert why_not(tmp_path / "pipe").endswith("is no regular file")
    assert why_not("/dev/zero") == "/dev/zero is no regular file"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        assert why_not(tmp_path / "s").endswith("is no regular file")


@POSIX
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path, "secret", b"x")
    path.chmod(0)
    assert "cannot be read: Permission denied" in why_not(path)


def test_a_tilde_is_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    made(tmp_path, "a.txt", b"at home")
    assert read("~/a.txt").text == "at home"
    assert completed("~/") == ["~/a.txt"]


@POSIX
def test_a_name_that_could_control_the_terminal_or_is_no_text_is_made_harmless(
    tmp_path: Path,
) -> None:
    path = os.fsencode(tmp_path) + b"/a\x1b]0;t\x07\n\xff.txt"
    with open(path, "wb") as file:
        file.write(b"x")
    assert read(os.fsdecode(path)).name == "a]0;t �.txt"


def message(content: str, *attached: Attachment) -> Message:
    return Message(id="a", role=Role.USER, content=content, attachments=list(attached))


TEXT = Attachment("n.md", "text/plain", 9, text="a\n````\nb")
IMAGE = Attachment("cat.png", "image/png", 3, data="AAAA")


def test_a_model_is_told_each_text_between_fences_that_it_does_not_break() -> None:
    assert told(message("Why?", TEXT)) == "Why?\n\nn.md:\n`````\na\n````\nb\n`````"
    assert told(message(" ", TEXT)) == "n.md:\n`````\na\n````\nb\n`````"
    assert told(message(" as it is ")) == " as it is "


def test_an_image_is_named_where_the_wire_has_no_other_place_for_it() -> None:
    assert told(message("Why?", IMAGE)) == "Why?\n\n[image/png: cat.png]"
    assert told(message("Why?", IMAGE), names_images=False) == "Why?"
    assert attachments.images([message("", TEXT, IMAGE), message("")]) == [IMAGE]


def test_without_a_prompt_the_first_file_gives_the_title() -> None:
    assert title_words("Why?", [IMAGE]) == "Why?"
    assert title_words(" \n", [IMAGE, TEXT]) == "cat.png"


def test_paths_are_completed_and_hidden_ones_only_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    for name in ("data.csv", ".env", "other.txt"):
        made(tmp_path, name, b"x")
    assert completed("") == ["data.csv", "docs/", "other.txt"]
    assert completed("d") == ["data.csv", "docs/"]
    assert completed(".e") == [".env"]
    assert completed(f"{tmp_path}/o") == [f"{tmp_path}/other.txt"]
    assert completed("nowhere/") == []
    assert len(completed("", most=2)) == 2
