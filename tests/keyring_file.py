"""A keyring for processes of their own: PYTHON_KEYRING_BACKEND=tests.keyring_file.FileKeyring."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class FileKeyring(KeyringBackend):
    """Keeps everything in the file that TEST_KEYRING_FILE names."""

    priority = 5

    def _held(self) -> dict[str, str]:
        file = Path(os.environ["TEST_KEYRING_FILE"])
        held: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        return held

    def _hold(self, held: dict[str, str]) -> None:
        Path(os.environ["TEST_KEYRING_FILE"]).write_text(json.dumps(held))

    def get_password(self, service: str, username: str) -> str | None:
        return self._held().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._hold({**self._held(), f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        held = self._held()
        if held.pop(f"{service} {username}", None) is None:
            raise PasswordDeleteError("not there")
        self._hold(held)
