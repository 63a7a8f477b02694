from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import KeyringLocked, PasswordDeleteError, PasswordSetError

from copilot_tui import keyring_store
from copilot_tui.config import BackendConfig
from copilot_tui.credentials import api_key, stored_secret
from copilot_tui.errors import CopilotTuiError, MissingKey

SECRET = "sk-very-secret"
ADDRESS = "https://api.openai.com"


class MemoryKeyring(KeyringBackend):
    """A keyring that works, until it is locked."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring types it no further
        self.held: dict[tuple[str, str], str] = {}
        self.is_locked = False
        self.refuses_new = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise KeyringLocked("the collection is locked")
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.is_locked or self.refuses_new:
            raise PasswordSetError("the collection is locked")
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.is_locked:
            raise KeyringLocked("the collection is locked")
        if (service, username) not in self.held:
            raise PasswordDeleteError("not there")
        del self.held[service, username]


def using(backend: KeyringBackend) -> Iterator[KeyringBackend]:
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def memory() -> Iterator[MemoryKeyring]:
    ring = MemoryKeyring()
    for _ in using(ring):
        yield ring


@pytest.fixture(params=[fail.Keyring, null.Keyring], ids=["fail", "null"])
def no_keyring(request: pytest.FixtureRequest) -> Iterator[None]:
    for _ in using(request.param()):
        yield


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "credentials.json"


def test_a_secret_goes_into_the_keyring_and_not_into_the_file(
    memory: MemoryKeyring, file: Path
) -> None:
    assert keyring_store.keep(file, "openai", SECRET, ADDRESS) == ""
    assert memory.held == {("copilot-tui", f"openai {ADDRESS}"): SECRET}
    assert SECRET not in file.read_text()
    assert stored_secret("openai", file=file) == SECRET


def test_two_configurations_with_a_backend_of_one_name_keep_their_keys_apart(
    memory: MemoryKeyring, tmp_path: Path
) -> None:
    mine, works = tmp_path / "mine.json", tmp_path / "works.json"
    keyring_store.keep(mine, "server", "sk-mine", "https://mine.example")
    keyring_store.keep(works, "server", "sk-works", "https://works.example")
    assert stored_secret("server", file=mine, address="https://mine.example") == "sk-mine"
    assert keyring_store.forget(works, "server")
    assert stored_secret("server", file=mine, address="https://mine.example") == "sk-mine"
    assert len(memory.held) == 1


def test_a_key_for_another_address_takes_the_old_one_out_of_the_keyring(
    memory: MemoryKeyring, file: Path
) -> None:
    keyring_store.keep(file, "server", "sk-old", "https://old.example")
    keyring_store.keep(file, "server", "sk-new", "https://new.example")
    assert list(memory.held.values()) == ["sk-new"]


@pytest.mark.usefixtures("no_keyring")
def test_without_a_keyring_it_goes_into_a_file_for_nobody_elses_eyes(file: Path) -> None:
    umask = os.umask(0)
    try:
        said = keyring_store.keep(file, "openai", SECRET, ADDRESS)
    finally:
        os.umask(umask)
    assert said == "there is no system keyring"
    assert stored_secret("openai", file=file) == SECRET
    if sys.platform != "win32":
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [found.name for found in file.parent.iterdir()] == [file.name]


@pytest.mark.usefixtures("no_keyring")
def test_a_file_that_others_could_read_is_replaced_by_one_that_they_cannot(file: Path) -> None:
    keyring_store.keep(file, "openai", SECRET, ADDRESS)
    file.chmod(0o644)
    keyring_store.keep(file, "work", "other", ADDRESS)
    assert file.stat().st_mode & 0o077 == 0 or sys.platform == "win32"
    assert stored_secret("openai", file=file) == SECRET


def test_a_keyring_that_refuses_is_named_and_the_file_takes_the_secret(
    memory: MemoryKeyring, file: Path
) -> None:
    memory.is_locked = True
    said = keyring_store.keep(file, "openai", SECRET, ADDRESS)
    assert said == "the system keyring does not take it (the collection is locked)"
    assert stored_secret("openai", file=file) == SECRET


def test_who_never_signed_in_does_not_open_the_keyring(memory: MemoryKeyring, file: Path) -> None:
    memory.is_locked = True
    assert stored_secret("openai", file=file) is None


def test_a_locked_keyring_is_said_without_a_traceback_of_its_own(
    memory: MemoryKeyring, file: Path
) -> None:
    keyring_store.keep(file, "openai", SECRET, ADDRESS)
    memory.is_locked = True
    with pytest.raises(MissingKey, match="the collection is locked") as caught:
        stored_secret("openai", file=file)
    assert "login openai" in caught.value.hint
    with pytest.raises(CopilotTuiError, match="does not remove"):
        keyring_store.forget(file, "openai")
    assert "openai" in keyring_store.sign_ins(file)


def test_a_secret_that_was_taken_from_the_keyring_is_missed(
    memory: MemoryKeyring, file: Path
) -> None:
    keyring_store.keep(file, "openai", SECRET, ADDRESS)
    memory.held.clear()
    with pytest.raises(MissingKey, match="no longer in the system keyring"):
        stored_secret("openai", file=file)
    assert keyring_store.forget(file, "openai")


@pytest.mark.parametrize("is_locked", [False, True], ids=["in-keyring", "in-file"])
def test_what_is_forgotten_is_gone(memory: MemoryKeyring, file: Path, is_locked: bool) -> None:
    memory.is_locked = is_locked
    keyring_store.keep(file, "openai", SECRET, ADDRESS)
    keyring_store.keep(file, "work", "other", ADDRESS)
    assert keyring_store.forget(file, "openai")
    assert not keyring_store.forget(file, "openai")
    assert stored_secret("openai", file=file) is None
    assert stored_secret("work", file=file) == "other"
    assert SECRET not in file.read_text()


@pytest.mark.parametrize(
    "written",
    [
        "",
        "[]",
        "{",
        '{"sign_ins": 3}',
        '{"sign_ins": {"openai": "sk-very-secret"}}',
        '{"sign_ins": {"openai": {"address": "", "in": "sk-very-secret"}}}',
        '{"sign_ins": {"openai": {"address": "", "in": "file", "secret": 3}}}',
    ],
)
def test_a_file_that_is_not_ours_is_named_and_left_alone(
    memory: MemoryKeyring, file: Path, written: str
) -> None:
    file.parent.mkdir()
    file.write_text(written)
    for action in (
        lambda: stored_secret("openai", file=file),
        lambda: keyring_store.keep(file, "openai", "new", ADDRESS),
        lambda: keyring_store.forget(file, "openai"),
    ):
        with pytest.raises(MissingKey, match=r"credentials\.json is not what") as caught:
            action()
        assert SECRET not in str(caught.value)
        assert caught.value.__cause__ is caught.value.__context__ is None
    assert file.read_text() == written
    assert memory.held == {}


@pytest.mark.skipif(sys.platform == "win32", reason="folders have other rights there")
@pytest.mark.usefixtures("no_keyring")
def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    with pytest.raises(CopilotTuiError, match="cannot be"):
        keyring_store.keep(tmp_path / "config" / "c.json", "openai", SECRET, ADDRESS)


@pytest.mark.usefixtures("no_keyring")
def test_a_secret_is_not_in_what_python_prints_of_a_sign_in(file: Path) -> None:
    keyring_store.keep(file, "openai", SECRET, ADDRESS)
    assert SECRET not in repr(keyring_store.sign_ins(file))


# What api_key makes of it


@pytest.fixture
def backend(memory: MemoryKeyring, file: Path) -> BackendConfig:
    keyring_store.keep(file, "openai", SECRET, ADDRESS)
    return BackendConfig(
        "openai", base_url=f"{ADDRESS}/v1", api_key_env="OPENAI_API_KEY", credentials_file=file
    )


def test_the_kept_key_is_the_last_one_that_is_asked_for(
    backend: BackendConfig, memory: MemoryKeyring
) -> None:
    assert api_key(backend, {}) == SECRET
    memory.is_locked = True
    assert api_key(backend, {"OPENAI_API_KEY": "from-environment"}) == "from-environment"
    assert api_key(backend, {"COPILOT_TUI_API_KEY": "own"}) == "own"


def test_the_kept_key_does_not_go_to_an_address_that_was_given(
    backend: BackendConfig, memory: MemoryKeyring
) -> None:
    moved = backend._replace(base_url="https://elsewhere.example/v1", owns_address=False)
    assert api_key(moved, {}) is None


def test_the_kept_key_is_refused_when_the_file_moved_the_backend(backend: BackendConfig) -> None:
    moved = backend._replace(base_url="https://elsewhere.example:8443/v1")
    with pytest.raises(MissingKey, match=r"is for https://api\.openai\.com, and does not go to"):
        api_key(moved, {})


def test_the_notes_of_who_is_signed_in_hold_no_secret(backend: BackendConfig, file: Path) -> None:
    assert json.loads(file.read_text()) == {
        "version": 1,
        "sign_ins": {"openai": {"address": ADDRESS, "in": "keyring"}},
    }


@pytest.mark.usefixtures("no_keyring")
def test_many_sign_ins_at_once_are_all_kept(file: Path) -> None:
    names = [f"backend-{number}" for number in range(12)]
    start = Barrier(len(names))

    def keep(name: str) -> None:
        start.wait()
        keyring_store.keep(file, name, f"sk-{name}", ADDRESS)

    with ThreadPoolExecutor(len(names)) as threads:
        list(threads.map(keep, names))
    assert keyring_store.sign_ins(file).keys() == set(names)


def test_a_key_that_moves_to_the_file_is_left_nowhere_else(
    memory: MemoryKeyring, tmp_path: Path
) -> None:
    file = tmp_path / "credentials.json"
    keyring_store.keep(file, "openai", "sk-old", ADDRESS)
    memory.refuses_new = True
    assert keyring_store.keep(file, "openai", "sk-new", ADDRESS)
    assert memory.held == {}
    assert keyring_store.forget(file, "openai")


def test_a_key_that_cannot_be_noted_does_not_stay_in_the_keyring(
    memory: MemoryKeyring, tmp_path: Path
) -> None:
    (tmp_path / "no-folder").write_text("")
    with pytest.raises(CopilotTuiError):
        keyring_store.keep(tmp_path / "no-folder" / "credentials.json", "openai", SECRET, ADDRESS)
    assert memory.held == {}
