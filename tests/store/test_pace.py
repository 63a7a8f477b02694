"""Work in the background gives way to keys, and never for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from copilot_tui.store import pace
from copilot_tui.store.pace import Pace


class Clock:
    """A clock on which a step of work takes a millisecond, and a sleep what it says."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def perf_counter(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def work(self, steps: int) -> Iterator[int]:
        for step in range(steps):
            self.now += 0.001
            yield step


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "perf_counter", clock.perf_counter)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    return clock


def test_long_work_pauses_for_a_moment_now_and_then(clock: Clock) -> None:
    assert list(Pace().paced(clock.work(30))) == list(range(30))
    assert len(clock.slept) >= 9
    assert set(clock.slept) == {pace.PAUSE_S}


def test_work_stands_still_while_a_key_is_on_its_way(clock: Clock) -> None:
    paced = Pace()
    work = paced.paced(clock.work(10))
    next(work)
    paced.give_way()
    next(work)
    assert sum(clock.slept) == pytest.approx(pace.WAY_S - 0.001)
    next(work)
    assert len(clock.slept) == 1


def test_work_goes_on_under_keys_that_never_end(clock: Clock) -> None:
    paced = Pace()
    done = 0
    for _ in paced.paced(clock.work(50)):
        done += 1
        paced.give_way()
    assert done == 50
    assert max(clock.slept) <= pace.WAY_S
