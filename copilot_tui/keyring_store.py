"""Secrets that `login` was given: in the system's keyring, or in a file where there is none.

credentials.json beside the configuration says for each backend where its secret is and which
address it belongs to. So who never signed in pays nothing: the keyring, slow to import and behind a
bus that may ask for a password, is opened only for a name that stands there.

    {"version": 1, "sign_ins": {"openai": {"address": "https://api.openai.com", "in": "keyring"},
                                "work": {"address": "…", "in": "file", "secret": "…"}}}
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import platformdirs

from copilot_tui.errors import CopilotTuiError, MissingKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from keyring.backend import KeyringBackend

SERVICE: Final = "copilot-tui"
"""The keyring's name for us; the backend's name and its address are the user name. There is one
keyring for all configurations, and each may have another server under the same name.
"""

Place = Literal["keyring", "file"]

LOCK_S: Final = 10.0

_USABLE_PRIORITY: Final = 1
"""What keyring calls recommended. Below are those that keep nothing, or keep it in plain text."""


@dataclass(frozen=True)
class SignIn:
    """What is known of a kept secret without opening the keyring."""

    name: str
    """The backend's."""
    address: str
    """Scheme, host and port that the secret may go to; empty: the service behind the kind."""
    place: Place
    _secret: str = field(default="", repr=False)
    """Only in the file."""

    @property
    def user(self) -> str:
        """The user name in the keyring."""
        return _user(self.name, self.address)


def _user(name: str, address: str) -> str:
    return f"{name} {address}".strip()


def sign_ins(file: Path) -> dict[str, SignIn]:
    """Every sign-in by its backend's name. Raises MissingKey when the file cannot be read."""
    return {
        name: SignIn(name, entry["address"], entry["in"], entry.get("secret", ""))
        for name, entry in _entries(file).items()
    }


def secret_of(sign_in: SignIn) -> str:
    """The secret itself; may wait for the user to unlock the keyring. Raises MissingKey."""
    if sign_in.place == "file":
        return sign_in._secret
    import keyring

    again = f"Sign in again: copilot-tui login {sign_in.name}"
    try:
        secret = keyring.get_password(SERVICE, sign_in.user)
    except _faults() as error:
        raise MissingKey(
            f"the system keyring does not give the key for {sign_in.name}: {_why(error)}",
            f"Unlock the keyring and try again. {again}",
        ) from None
    if not secret:
        raise MissingKey(f"the key for {sign_in.name} is no longer in the system keyring", again)
    return secret


def keep(file: Path, name: str, secret: str, address: str) -> str:
    """Keep a secret; gives "" or, when it had to go into the file, why. Raises CopilotTuiError."""
    before = sign_ins(file).get(name)
    user = _user(name, address)
    trouble = _to_keyring(user, secret)
    where = {"in": "file", "secret": secret} if trouble else {"in": "keyring"}
    try:
        with _alone(file):  # somebody may sign in elsewhere at this moment
            _write(file, {**_entries(file), name: {"address": address, **where}})
    except CopilotTuiError:
        if before is None and not trouble:
            _from_keyring(user, name)  # nothing would say that it is there
        raise
    is_left = before is not None and (bool(trouble) or before.user != user)
    if before is not None and before.place == "keyring" and is_left:
        with suppress(CopilotTuiError):  # it takes nothing; that it keeps the old one is no news
            _from_keyring(before.user, name)
    return trouble


def forget(file: Path, name: str) -> bool:
    """Remove a secret; whether there was one. Raises CopilotTuiError."""
    kept = sign_ins(file).get(name)
    if kept is None:
        return False
    if kept.place == "keyring":
        _from_keyring(kept.user, name)
    with _alone(file):
        entries = _entries(file)
        entries.pop(name, None)
        if entries:
            _write(file, entries)
        else:
            _remove(file)
    return True


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Read and write the file as one step. Waits for nobody's keyring."""
    from filelock import FileLock

    # Not beside the file, where it would stay for good.
    folder = platformdirs.user_cache_path(SERVICE, appauthor=False) / "locks"
    name = hashlib.sha256(os.fsencode(file.absolute())).hexdigest()[:16]
    with ExitStack() as held:
        with suppress(OSError):  # no such folder can be made: then without, as nearly always
            for each in (folder.parent, folder):  # the mode is that of the last one made
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
            held.enter_context(FileLock(folder / f"{name}.lock", timeout=LOCK_S, mode=0o600))
        yield


def _to_keyring(user: str, secret: str) -> str:
    import keyring

    try:
        if not _is_usable(keyring.get_keyring()):
            return "there is no system keyring"
        keyring.set_password(SERVICE, user, secret)
    except _faults() as error:
        return f"the system keyring does not take it ({_why(error)})"
    return ""


def has_keyring() -> bool:
    """Whether there is a system keyring; it may still refuse. Slow the first time."""
    import keyring

    try:
        return _is_usable(keyring.get_keyring())
    except _faults():
        return False


def _is_usable(backend: KeyringBackend) -> bool:
    return float(backend.priority) >= _USABLE_PRIORITY


def _from_keyring(user: str, name: str) -> None:
    import keyring
    from keyring.errors import PasswordDeleteError

    try:
        with suppress(PasswordDeleteError):  # somebody else has removed it
            keyring.delete_password(SERVICE, user)
    except _faults() as error:
        raise CopilotTuiError(
            f"the system keyring does not remove the key for {name}: {_why(error)}",
            "Unlock the keyring and try again.",
        ) from None


def _faults() -> tuple[type[Exception], ...]:
    """What goes wrong with keyrings; some let out what is below them: a bus, a wrong setting."""
    from keyring.errors import KeyringError

    return KeyringError, ImportError, AttributeError, RuntimeError, OSError, ValueError


def _why(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _entries(file: Path) -> dict[str, dict[str, Any]]:
    try:
        written = file.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise MissingKey(f"{file} cannot be read: {error.strerror}") from None
    found = _parsed(written)
    if found is None:
        raise MissingKey(
            f"{file} is not what copilot-tui login wrote", "Move it away, and sign in again."
        )
    return found


def _parsed(written: bytes) -> dict[str, dict[str, Any]] | None:
    """None, and no error, which would hold what the file says."""
    try:
        found: dict[str, dict[str, Any]] = json.loads(written)["sign_ins"]
        return found if all(map(_is_entry, found.values())) else None
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _is_entry(entry: dict[str, Any]) -> bool:
    return (
        isinstance(entry["address"], str)
        and entry["in"] in get_args(Place)
        and isinstance(entry.get("secret", ""), str)
    )


def _write(file: Path, entries: dict[str, dict[str, Any]]) -> None:
    """Whole or not at all, and for nobody else's eyes from the first byte on."""
    content = json.dumps({"version": 1, "sign_ins": entries}, indent=2, ensure_ascii=False)
    beside = file.with_name(f".{file.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content.encode())
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(beside, file)
        except BaseException:
            with suppress(OSError):  # what went wrong first is what matters
                beside.unlink()
            raise
    except OSError as error:
        raise CopilotTuiError(f"{file} cannot be written: {error.strerror}") from None


def _remove(file: Path) -> None:
    try:
        file.unlink()
    except OSError as error:
        raise CopilotTuiError(f"{file} cannot be removed: {error.strerror}") from None
