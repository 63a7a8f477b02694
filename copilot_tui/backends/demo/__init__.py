"""The demo: answers by itself, without a server, an account or a network.

For a first look, for screenshots, and for tests, which set the pace to 0. What it says stands in
`script` and `scenes`.
"""

from __future__ import annotations

import asyncio
import random
import re
from typing import TYPE_CHECKING, Final

from copilot_tui.backends import Delta, Model
from copilot_tui.backends.accounts import Account
from copilot_tui.backends.demo.script import script
from copilot_tui.backends.demo.steps import End, Fail, Hold, Pause, Say, Speed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator

    from copilot_tui.backends import ReplyRequest
    from copilot_tui.config import BackendConfig

MODEL: Final = "demo"

FIRST_WORD_S: Final = 0.4
"""A reply starts after this time, as if somebody thought."""

DELTAS_BETWEEN_YIELDS: Final = 32
"""At full speed the loop gets its turn once in so many deltas, as with a fast socket."""

_RATES: Final = {Speed.HUMAN: 90.0, Speed.BRISK: 400.0}
"""Deltas a second."""

_PIECES: Final = {
    Speed.HUMAN: re.compile(r"\s*\S{1,5}|\s+"),
    Speed.BRISK: re.compile(r"(?s).{1,24}"),
    Speed.FULL: re.compile(r"(?s).{1,10}"),
}
"""How a text is cut up. Models send parts of words, white space in front, and so does the demo."""

_BREATH: Final = re.compile(r"[.:!?][)*_”’\"]*$|\n\n")
_BREATH_S: Final = 0.05
"""The pause at the end of a sentence or a paragraph."""


def create(config: BackendConfig) -> DemoBackend:
    """The demo at a human pace."""
    return DemoBackend(config.name)


class DemoBackend:
    """A backend that answers from a script: the same to the same, in the same rhythm."""

    def __init__(
        self,
        name: str = "demo",
        *,
        pace: float = 1.0,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`pace` multiplies every pause: 1 is human, 0 waits for nothing and lets others run."""
        self.name = name
        self._pace = pace
        self._sleep = sleep

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[Delta, None]:
        """The reply to the last prompt of the path, as the script has it."""
        rhythm = random.Random(request.path[-1].content)  # the same jitter each time
        spoken = 0
        await self._wait(FIRST_WORD_S)
        for step in script(request):
            match step:
                case Say():
                    for delta, gap_s in _deltas(step, rhythm):
                        spoken += 1
                        yield delta._replace(model=MODEL) if spoken == 1 else delta
                        await self._wait(gap_s)
                case Pause():
                    if step.notice:
                        yield Delta(notice=step.notice)
                    await self._wait(step.seconds)
                case Hold():
                    await asyncio.Event().wait()
                case Fail():
                    raise step.make()
                case End():
                    if step.finish_reason is not None:
                        yield _last_delta(request, spoken, step.finish_reason)
                    return

    async def _wait(self, seconds: float | None) -> None:
        if seconds is not None:
            await self._sleep(seconds * self._pace)

    async def models(self) -> list[Model]:
        """The one model that there is."""
        return [Model(MODEL, "copilot-tui")]

    async def account(self) -> Account:
        """Nobody signs in here."""
        return Account()

    async def aclose(self) -> None:
        """Nothing is open."""


def _deltas(step: Say, rhythm: random.Random) -> Iterator[tuple[Delta, float | None]]:
    """Each delta of a text, and the seconds to wait after it; None: go on at once."""
    texts: Iterable[str] = (step.text,) if isinstance(step.text, str) else step.text
    pieces = (piece for text in texts for piece in _PIECES[step.speed].findall(text))
    for number, piece in enumerate(pieces):
        gap_s: float | None
        if step.speed is Speed.FULL:
            gap_s = 0 if number % DELTAS_BETWEEN_YIELDS == 0 else None
        else:
            gap_s = rhythm.uniform(0.5, 1.5) / _RATES[step.speed]
            if step.speed is Speed.HUMAN and _BREATH.search(piece):
                gap_s += _BREATH_S
        yield (Delta(reasoning=piece) if step.aside else Delta(piece)), gap_s


def _last_delta(request: ReplyRequest, spoken: int, finish_reason: str) -> Delta:
    heard = sum(len(message.content) for message in request.path) // 4  # the usual rule of thumb
    usage = {
        "prompt_tokens": heard,
        "completion_tokens": spoken,
        "total_tokens": heard + spoken,
    }
    return Delta(complete=True, finish_reason=finish_reason, model=MODEL, usage=usage)
