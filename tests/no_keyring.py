"""A system without a keyring, whatever the tests before have used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backends.fail import Keyring


@contextmanager
def no_keyring() -> Iterator[None]:
    """For the time of a `with` block. The environment counts only before the first use."""
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]  # keyring types it no further
    try:
        yield
    finally:
        keyring.set_keyring(before)
