"""Textual's driver for Linux and macOS: with what was typed before it started, and for terminals
that answer late, do not read, or go away.

`textual._xterm_parser` and `textual._writer_thread` are private; the package pins Textual's major
version, and the tests use all of this in a real pseudo-terminal.
"""

from __future__ import annotations

import os
import re
import selectors
from codecs import getincrementaldecoder
from contextlib import suppress
from queue import Empty, Full
from threading import Lock
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any, ClassVar, Final, Protocol, cast

from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver

from copilot_tui.tui.terminal.curtain import ENTER
from copilot_tui.tui.terminal.placed import placed
from copilot_tui.tui.terminal.signals import HUNG_UP_STATUS

if TYPE_CHECKING:
    from codecs import IncrementalDecoder
    from collections.abc import Callable, Iterable

    from textual import events
    from textual.message import Message

    from copilot_tui.tui.terminal import Terminal
    from copilot_tui.tui.terminal.curtain import Curtain

_OTHER_KEY: Final = re.compile(r"\x1b\[27;(\d+);(\d+)~\Z")
"""A key with modifiers as xterm tells it (modifyOtherKeys), and tmux with it."""


_BEHIND_S: Final = 0.5
"""A terminal that takes nothing for so long is behind."""

_LAST_WRITES: Final = 10
"""Leaving room for as many again and more: to give the terminal back takes eleven."""

_LAST_S: Final = 1.0
"""How long the end of the program waits for a terminal that does not read."""


class Leaving(Protocol):
    """The app, for which a closed window is the end."""

    def leave(self, status: int) -> None:
        """Save all and end."""


class PatientParser(XTermParser):
    """Drops the terminal's answers that come late, and knows one more way to tell a key."""

    terminal: ClassVar[Terminal]

    def feed(self, data: str) -> Iterable[Message]:
        """The events of this input."""
        typed = self.terminal.without_answer(data)
        if data and not typed:
            return ()  # to the parser, nothing means that nothing more will come
        return super().feed(typed)

    def tick(self) -> Iterable[Message]:
        """The events of what waited long enough. Raises OSError when the terminal is gone."""
        if self.terminal.is_gone:  # a closed window reads as an empty one, over and over
            raise OSError("the terminal is gone")
        return super().tick()

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if sequence.startswith("\x1b[27;"):
            sequence = _OTHER_KEY.sub("\x1b[\\2;\\1u", sequence)
        return super()._sequence_to_key_events(sequence, alt)


class PatientWriter(WriterThread):
    """Never lets the app wait for a terminal that does not read: a stalled connection, a closed
    window. Frames that it cannot take are left out, and the whole screen is painted afterwards.
    """

    def __init__(self, file: IO[str]) -> None:
        super().__init__(file)
        self._is_behind = False
        self.on_caught_up: Callable[[], object] | None = None

    def write(self, text: str) -> None:
        """Write this, soon."""
        if not self._is_behind:
            try:
                self._queue.put(text, timeout=_BEHIND_S)
            except Full:
                self._is_behind = True

    def make_room(self) -> None:
        """Drop what still waits if it is much: what comes now is the last, and matters more."""
        with suppress(Empty):
            while self._is_behind or self._queue.qsize() > _LAST_WRITES:
                self._queue.get_nowait()
        self._is_behind = False

    def run(self) -> None:
        """Write what comes, until the end."""
        write = self._write
        while (text := self._queue.get()) is not None:
            try:
                write(text.encode("utf-8", "replace"))
            except OSError:  # the window is closed; the input thread says so
                write = _drop
            if self._is_behind and self._queue.empty():
                self._is_behind = False
                if self.on_caught_up is not None:
                    self.on_caught_up()

    def _write(self, data: bytes) -> None:
        # Not through the file: at the end of the program Python would wait for its lock.
        while data:
            data = data[os.write(self._file.fileno(), data) :]

    def stop(self) -> None:
        """Wait until all is written, but not for ever."""
        with suppress(Full):
            self._queue.put(None, timeout=_LAST_S)
        self.join(_LAST_S)


def _drop(data: bytes) -> None:
    """There is nowhere to write to."""


class WakingSelector(selectors.SelectSelector):
    """Waits for keys until it is woken; Textual's own would wait 0.2 s at every end."""

    latest: ClassVar[WakingSelector | None] = None

    def __init__(self) -> None:
        super().__init__()
        self._woken, self._waking = os.pipe()
        self._is_open = True
        self._lock = Lock()
        self.register(self._woken, selectors.EVENT_READ)
        WakingSelector.latest = self

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """The keyboard if something is typed; nothing if the time is over, or when woken."""
        return [each for each in super().select(timeout) if each[0].fd != self._woken]

    def wake(self) -> None:
        """End this wait, and each that would follow."""
        with self._lock:
            if self._is_open:
                os.write(self._waking, b"\0")

    def close(self) -> None:
        """Give back what it waits with."""
        super().close()
        with self._lock:
            self._is_open = False
            os.close(self._woken)
            os.close(self._waking)


_SELECTORS: Final = SimpleNamespace(
    SelectSelector=WakingSelector,
    SelectorKey=selectors.SelectorKey,
    EVENT_READ=selectors.EVENT_READ,
)
"""What Textual's driver takes from the module `selectors`."""


def _lenient(encoding: str) -> Callable[[], IncrementalDecoder]:
    """Decodes what is typed; a byte that is none of the encoding must not end the program."""
    decoder = getincrementaldecoder(encoding)
    return lambda: decoder("replace")


class TypeAheadDriver(LinuxDriver):
    """Gives the app first what was typed while it was loading."""

    terminal: ClassVar[Terminal]
    curtain: ClassVar[Curtain]

    @classmethod
    def take(cls, curtain: Curtain) -> None:
        """The terminal that it drives; there is one in a process."""
        cls.curtain = curtain
        cls.terminal = PatientParser.terminal = curtain.terminal
        vars(linux_driver).update(
            XTermParser=PatientParser,
            WriterThread=PatientWriter,
            selectors=_SELECTORS,
            getincrementaldecoder=_lenient,
        )

    def start_application_mode(self) -> None:
        """Take the terminal, at the start and after the shell or $EDITOR had it."""
        is_again = self.attrs_before is not None
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # What it noted is our own quiet mode; $EDITOR and the shell get the terminal as it was.
        self.attrs_before: list[Any] | None = self.terminal.attributes

        if isinstance(self._writer_thread, PatientWriter):
            self._writer_thread.on_caught_up = self._repaint_soon
        if is_again:  # Textual would paint only what has changed, and the screen is empty now
            self._repaint_soon()

    def write(self, data: str) -> None:
        """Write this, soon. A screen that the curtain entered is not entered, and wiped, again."""
        if data != ENTER or not self.curtain.hand_over():
            super().write(placed(data))

    def _repaint_soon(self) -> None:
        self._loop.call_soon_threadsafe(lambda: self._app.refresh(layout=True))

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        if isinstance(self._writer_thread, PatientWriter):
            self._writer_thread.make_room()
        super().stop_application_mode()

    def disable_input(self) -> None:
        """Read no more keys: to quit, or while $EDITOR has the terminal."""
        if (waiting := WakingSelector.latest) is not None:
            waiting.wake()
        super().disable_input()

    def run_input_thread(self) -> None:
        """Read until the app ends, or the window is closed."""
        app = cast("Leaving", self._app)
        try:
            if typed := self.terminal.collect():
                for event in PatientParser().feed(typed.decode("utf-8", "replace")):
                    self.process_message(event)
            super().run_input_thread()
        except OSError:
            self._loop.call_soon_threadsafe(app.leave, HUNG_UP_STATUS)
        except Exception as error:  # noqa: BLE001  this thread's outer edge
            self._loop.call_soon_threadsafe(self._app._handle_exception, error)
