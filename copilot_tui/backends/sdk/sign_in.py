"""Which sign-in to GitHub is used, and that it goes nowhere else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import platformdirs

from copilot_tui.config import APP_NAME
from copilot_tui.credentials import require_closed_way

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from copilot_tui.config import BackendConfig

TOKEN_VARIABLES: Final = ("COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN")
"""Where the CLI looks for a token, in its own order."""

_CLASSIC: Final = "ghp_"
"""Copilot takes no classic token; one that is there for other programs is passed over."""

THEIR_OWN: Final = "the Copilot CLI's own sign-in"

_SIGNED_IN: Final = re.compile(
    r'"(lastLoggedInUser|loggedInUsers|last_logged_in_user)"\s*:\s*[\[{]'
)


class SignIn(NamedTuple):
    """A sign-in to GitHub, or a key for one's own server."""

    token: str | None
    """None: the CLI's own sign-in, if it has one."""
    home: Path
    """The folder that the CLI keeps its sessions in."""
    origin: str = ""
    """Where it was found without being asked for."""

    @property
    def notice(self) -> str:
        """What there is to say about it."""
        return f"signed in to Copilot with {self.origin}" if self.origin else ""


def own_home() -> Path:
    """The CLI's folder within ours: what is said here does not show up among its own sessions."""
    return platformdirs.user_data_path(APP_NAME, appauthor=False) / "copilot-cli"


def own_cache() -> Path:
    """Where a CLI that came with the SDK unpacks itself."""
    return platformdirs.user_cache_path(APP_NAME, appauthor=False) / "copilot-cli"


def find(
    config: BackendConfig, key: Callable[[BackendConfig], str | None], environ: Mapping[str, str]
) -> SignIn:
    """The sign-in for this backend. May wait for the keyring, so it is called in a thread. Raises
    MissingKey.
    """
    home = own_home()
    given = key(config)
    if given:
        require_closed_way(config)
    if given or config.base_url:
        return SignIn(given, home)
    return _found(environ) or SignIn(None, home)


def _found(environ: Mapping[str, str]) -> SignIn | None:
    """A sign-in that is no key of ours: in a variable, in our folder, or the CLI's own."""
    home = own_home()
    if name := variable_in_use(environ):
        return SignIn(environ[name].strip(), home, name)
    if has_sign_in(home):
        return SignIn(None, home)
    theirs = Path(environ.get("COPILOT_HOME") or Path.home() / ".copilot")
    return SignIn(None, theirs, THEIR_OWN) if has_sign_in(theirs) else None


def variable_in_use(environ: Mapping[str, str]) -> str:
    """The variable whose token is taken when there is no key of ours; empty: none."""
    tokens = ((name, environ.get(name, "").strip()) for name in TOKEN_VARIABLES)
    good = (name for name, token in tokens if token and not token.startswith(_CLASSIC))
    return next(good, "")


def origin_without_key(environ: Mapping[str, str]) -> tuple[str, bool]:
    """Where a sign-in that is no key of ours is from, and whether it was made for others; empty:
    there is none.
    """
    found = _found(environ)
    if found is None:
        return "", False
    return found.origin or "copilot-tui login", bool(found.origin)


def has_sign_in(home: Path) -> bool:
    """Whether somebody signed in with the CLI in this folder. The token itself is elsewhere."""
    try:
        # The file may begin with comments, so that it is no JSON.
        return bool(_SIGNED_IN.search((home / "config.json").read_text("utf-8", "replace")))
    except OSError:
        return False
