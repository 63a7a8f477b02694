"""Virtual environments apart from the project's own: g4f of each generation, and GitHub's SDK.

`python -m tests.integration.venvs` makes those that are missing and prints where they are. They are
kept in `.test-venvs` (or in COPILOT_TUI_TEST_VENVS) until the pins or the Python change.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_ROOT: Final = _HERE.parents[1]
_CACHE: Final = Path(os.environ.get("COPILOT_TUI_TEST_VENVS") or _ROOT / ".test-venvs")


@dataclass(frozen=True)
class Venv:
    """A release of a package with every dependency pinned."""

    package: str
    version: str

    @property
    def pins(self) -> Path:
        """What pip installs."""
        return _HERE / f"{self.package}-{self.version}.txt"

    @property
    def folder(self) -> Path:
        """Where the environment is, or will be."""
        python = f"{sys.implementation.cache_tag}-{sys.platform}"
        stamp = hashlib.sha256(self.pins.read_bytes()).hexdigest()[:8]
        return _CACHE / f"{self.package}-{self.version}-{python}-{stamp}"

    @property
    def scripts(self) -> Path:
        """The folder of its executables."""
        return self.folder / ("Scripts" if sys.platform == "win32" else "bin")

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.scripts / ("python.exe" if sys.platform == "win32" else "python")

    @property
    def site_packages(self) -> Path:
        """Where its packages are, to be put on the path of another interpreter."""
        if sys.platform == "win32":
            return self.folder / "Lib" / "site-packages"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    @property
    def _finished(self) -> Path:
        return self.folder / "finished"

    @property
    def is_ready(self) -> bool:
        """Whether everything was installed."""
        return self._finished.exists()

    def make(self) -> None:
        """Make the environment, or make it anew if an earlier attempt did not finish."""
        venv.create(self.folder, clear=True, with_pip=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([self.python, *install, "--requirement", self.pins], check=True)
        self._finished.touch()


CURRENT: Final = Venv("g4f", "8.8.6")
"""Errors come as statuses, and the client echoes a `conversation`."""

FIRST: Final = Venv("g4f", "0.4.8.6")
"""Errors come within a 200, and the server remembers by conversation_id."""

SDK: Final = Venv("github-copilot-sdk", "1.0.0")
"""The release that brings GitHub's CLI along: 212 MB."""


def main() -> None:
    """Make what is missing."""
    for wanted in (CURRENT, FIRST, SDK):
        if not wanted.is_ready:
            wanted.make()
        print(wanted.folder)


if __name__ == "__main__":
    main()
