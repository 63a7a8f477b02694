"""Everything that can go wrong and be told to the user in one sentence.

CopilotTuiError
├── UsageError            the command or its options make no sense           exit 2
├── AttachmentError       a file cannot go with a prompt                     exit 2
├── ConfigError           the configuration file does not say what it must   exit 2
├── StoreError            conversations cannot be read or written
│   ├── NotFound          no such conversation
│   ├── UnreadableDocument  a file that is no document of ours; it is left alone
│   └── NewerDocument     written by a newer version; shown, never written
└── BackendError          no reply, or not a whole one
    ├── ConnectionFailed  the server cannot be reached (refused, DNS, TLS, proxy)
    │   └── NothingListens  there is no server at the address
    ├── TimedOut          it was reached and stayed silent
    ├── Refused           it answered, and not with a reply (any status but 2xx)
    ├── RedirectRefused   it sent us to another address
    ├── ReplyFailed       the reply itself reported an error
    ├── CutOff            the reply ended in the middle; what came is kept
    ├── EmptyReply        a reply with nothing in it
    ├── OpenWay           the key would travel unencrypted, and nobody has allowed it
    ├── MissingKey        the backend wants a key and there is none
    ├── MissingAuth       nobody is signed in, or the sign-in is no longer good
    └── BadReply          the answer is nothing this program understands
"""

from typing import ClassVar, Final

SIGN_IN_COMMAND: Final = "copilot-tui login"
"""Stands in the hint of whatever a sign-in would mend."""


class CopilotTuiError(Exception):
    """Something the user can be told in one line; `hint` says how to mend it."""

    exit_status: ClassVar[int] = 1
    """What a command that fails with this error ends with."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def in_one_line(self) -> str:
        """The error and its hint, where there is room for one line."""
        return f"{self}. {self.hint}" if self.hint else str(self)


class UsageError(CopilotTuiError):
    """The command or its options make no sense."""

    exit_status = 2


class AttachmentError(UsageError):
    """A file cannot go with a prompt: it is not there, too long, or nothing that is sent."""


class ConfigError(CopilotTuiError):
    """The configuration does not say what it must."""

    exit_status = 2


class StoreError(CopilotTuiError):
    """Conversations cannot be read or written."""


class NotFound(StoreError):
    """There is no such conversation."""


class UnreadableDocument(StoreError):
    """A file that is not a document of ours; it is named and left alone."""


class NewerDocument(StoreError):
    """Written by a newer version of the program; it may be shown and is never written."""


class BackendError(CopilotTuiError):
    """There is no reply, or not a whole one."""

    cut_off: ClassVar[bool] = False
    """True: what came is a part of a good reply, so its status is partial and not error."""


class ConnectionFailed(BackendError):
    """The server cannot be reached."""


class NothingListens(ConnectionFailed):
    """There is no server at the address: it was not started, or is elsewhere."""


class TimedOut(BackendError):
    """The server was reached and stayed silent."""


class Refused(BackendError):
    """The server answered with a status that is no reply."""

    def __init__(
        self, status: int, message: str, hint: str = "", *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.retry_after_s = retry_after_s


class RedirectRefused(BackendError):
    """The server sent us to another address, where neither prompt nor key goes."""


class ReplyFailed(BackendError):
    """The reply itself reported an error, in the server's words."""


class CutOff(BackendError):
    """The reply ended in the middle."""

    cut_off = True


class EmptyReply(BackendError):
    """A reply without text, reasoning or tool call."""


class OpenWay(BackendError):
    """The key would travel unencrypted to another machine; it was not sent."""


class MissingKey(BackendError):
    """The backend wants a key and there is none."""


class MissingAuth(BackendError):
    """Nobody is signed in to the service, or the sign-in is no longer good."""


class BadReply(BackendError):
    """The answer is nothing this program understands."""


def defect_in(error: BaseException | None) -> str:
    """What is said of an error that is none of these."""
    return f"A defect in copilot-tui: {type(error).__name__}: {error}"
