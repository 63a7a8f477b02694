"""What the status line says of the account that answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from copilot_tui.backends.accounts import Account, Quota
from copilot_tui.backends.sdk.words import SIGN_IN_HINT
from copilot_tui.config import Config
from copilot_tui.replies import new_turn
from copilot_tui.store import Store
from copilot_tui.tui.app import CopilotApp
from copilot_tui.tui.controllers.standing import EVERY_S, Standing
from copilot_tui.tui.desk import Desk
from copilot_tui.tui.desk.catalog import Choice
from tests.fakes import FakeBackend
from tests.no_keyring import no_keyring
from tests.tui.test_app import ended, send, until

LOW = Account("octocat", "GH_TOKEN", quota=(Quota("premium requests", 290, 300),), is_found=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody's sign-ins are touched."""
    for name in ("HOME", "USERPROFILE", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    with no_keyring():
        yield


class Counting(FakeBackend):
    """Notes how often it is asked who is signed in."""

    asked = 0

    async def account(self) -> Account:
        self.asked += 1
        return await super().account()


def app_with(config: Config, store: Store, backend: FakeBackend, chosen: str) -> CopilotApp:
    configured = config._replace(backend=config.backends[chosen])
    return CopilotApp(Desk(configured, store, make_backend=lambda _: backend))


async def test_a_quota_that_ends_and_a_found_sign_in_are_said_after_the_first_reply(
    config: Config, store: Store
) -> None:
    backend = Counting(["Hello"])
    backend.account_is = LOW
    app = app_with(config, store, backend, "copilot")
    async with app.run_test(size=(120, 30)) as pilot:
        assert backend.asked == 0
        await send(pilot, "hi")
        await ended(pilot)
        wanted = "copilot · 10 of 300 premium requests left · signed in with GH_TOKEN"
        await until(pilot, lambda: app.main.status.backend == wanted)


async def test_of_several_that_answer_together_each_account_is_said_with_its_name(
    config: Config, store: Store
) -> None:
    backends = {**config.backends, "work": config.backends["copilot"]._replace(name="work")}
    used = {name: Counting(["Hello"]) for name in ("copilot", "work")}
    used["copilot"].account_is = LOW._replace(is_found=False)
    used["work"].account_is = Account("me", quota=(Quota("chat messages", 50, 50),))
    configured = config._replace(backends=backends, backend=backends["copilot"])
    desk = Desk(configured, store, make_backend=lambda each: used[each.name])
    app = CopilotApp(desk)
    async with app.run_test(size=(200, 30)) as pilot:
        app.comparing.ask(app.shown.id, (Choice("copilot", "a"), Choice("work", "b")))
        await send(pilot, "hi")
        await until(pilot, lambda: used["copilot"].asked and used["work"].asked)
        wanted = "copilot: 10 of 300 premium requests left · work: no chat messages left"
        await until(pilot, lambda: wanted in app.main.status.backend)
        app.comparing.ask(app.shown.id, ())
        await until(pilot, lambda: app.main.status.backend.endswith("requests left"))
        assert "copilot:" not in app.main.status.backend


async def test_a_service_is_asked_at_most_once_a_minute(config: Config, store: Store) -> None:
    now = [0.0]
    backend = Counting(["one"])
    app = app_with(config, store, backend, "copilot")
    vars(app)["standing"] = Standing(app, clock=lambda: now[0])
    async with app.run_test(size=(120, 30)) as pilot:
        for prompt, later_s, asked in (("a", 0, 1), ("b", 1, 1), ("c", EVERY_S, 2)):
            now[0] += later_s
            await send(pilot, prompt)
            await ended(pilot)
            await app.workers.wait_for_complete()
            assert backend.asked == asked, prompt


async def test_nobody_is_asked_about_an_account_when_the_reply_wanted_a_sign_in(
    config: Config, store: Store
) -> None:
    backend = Counting(["one"])
    app = app_with(config, store, backend, "copilot")
    async with app.run_test() as pilot:
        reply = new_turn(app.shown, "hi", backend_name="copilot").reply
        reply.error, reply.hint = "nobody is signed in", SIGN_IN_HINT
        app.standing.ended(app.shown, reply.id)
        await app.workers.wait_for_complete()
        assert backend.asked == 0
        reply.hint = "Try again."
        app.standing.ended(app.shown, reply.id)
        await until(pilot, lambda: backend.asked == 1)


async def test_after_a_sign_in_what_was_known_of_the_account_before_is_forgotten(
    config: Config, store: Store
) -> None:
    backend = Counting(["Hello"])
    backend.account_is = LOW
    app = app_with(config, store, backend, "copilot")
    async with app.run_test(size=(120, 30)) as pilot:
        await send(pilot, "hi")
        await ended(pilot)
        await until(pilot, lambda: "GH_TOKEN" in app.main.status.backend)
        app.main.action_sign_out()
        await until(pilot, lambda: app.main.status.backend == "copilot")
        await send(pilot, "again")
        await until(pilot, lambda: backend.asked == 2)


async def test_who_has_no_such_service_is_not_asked(config: Config, store: Store) -> None:
    backend = Counting(["Hello"])
    backend.account_is = LOW
    app = app_with(config, store, backend, "ollama")
    async with app.run_test() as pilot:
        await send(pilot, "hi")
        await ended(pilot)
        await app.workers.wait_for_complete()
        assert backend.asked == 0
        assert "premium" not in app.main.status.backend
