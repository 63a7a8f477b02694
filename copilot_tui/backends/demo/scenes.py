"""The words that the demo knows, and the reply to each. Texts are Markdown files in `replies`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from itertools import count, cycle, islice
from typing import Final, NamedTuple

from copilot_tui.backends.demo.steps import End, Fail, Hold, Pause, Say, Speed, Step
from copilot_tui.errors import ConnectionFailed, Refused, ReplyFailed

LONG_DEFAULT, LONG_MOST = 100, 10_000
FAST_DEFAULT, FAST_MOST = 2_000, 1_000_000
FAST_DELTA_LENGTH: Final = 10

_BREAK: Final = "{break}"
"""Stands in a reply's file where the reply breaks off."""


class Scene(NamedTuple):
    """What one word shows."""

    promise: str
    """What the menu says of it."""
    reply: Callable[[int | None], list[Step]]
    """From the number in the prompt, if there is one, to the steps."""
    also: tuple[str, ...] = ()
    """Other words that mean it."""


def text_reply(file_name: str, /, **values: str) -> list[Step]:
    """A whole reply, from a file; `values` fill its {places}."""
    return [Say(fill(file_name, **values)), End()]


def fill(file_name: str, /, **values: str) -> str:
    """The text of a file, with its {places} filled; {menu} is always known."""
    text = files(__package__).joinpath("replies", f"{file_name}.md").read_text("utf-8").rstrip()
    for place, value in {"menu": _menu(), **values}.items():
        text = text.replace(f"{{{place}}}", value)
    return text


def _menu() -> str:
    rows = [f"| `{word}` | {scene.promise} |" for word, scene in SCENES.items()]
    return "\n".join(["| Send | and see |", "|---|---|", *rows])


def _text(name: str, *first: Step) -> Callable[[int | None], list[Step]]:
    return lambda _number: [*first, *text_reply(name)]


def _broken(name: str, broken_by: Step) -> Callable[[int | None], list[Step]]:
    def reply(_number: int | None) -> list[Step]:
        before, after = fill(name).split(_BREAK)
        return [Say(before), broken_by, Say(after), End()]

    return reply


def _only(*steps: Step) -> Callable[[int | None], list[Step]]:
    return lambda _number: list(steps)


def _reasoning(_number: int | None) -> list[Step]:
    return [Say(fill("thoughts"), aside=True), Pause(0.5), *text_reply("reasoning")]


def _long(number: int | None) -> list[Step]:
    paragraphs = min(LONG_DEFAULT if number is None else number, LONG_MOST)
    return [
        Say(f"# {paragraphs:,} paragraphs\n\n"),
        Say(islice(_paragraphs(), paragraphs), speed=Speed.BRISK),
        Say("That was the last one."),
        End(),
    ]


def _fast(number: int | None) -> list[Step]:
    deltas = min(FAST_DEFAULT if number is None else number, FAST_MOST)
    page = "".join(islice(_paragraphs(), 70))
    last = len(page) - FAST_DELTA_LENGTH
    starts = cycle(range(0, last, FAST_DELTA_LENGTH))
    pieces = (page[start : start + FAST_DELTA_LENGTH] for start in starts)
    return [Say(islice(pieces, deltas), speed=Speed.FULL), End()]


def _paragraphs() -> Iterator[str]:
    """Numbered paragraphs without end, three sentences each, with a heading over every ten."""
    sentences = cycle(_SENTENCES)
    for number in count(1):
        heading = f"## From {number:,} to {number + 9:,}\n\n" if number % 10 == 1 else ""
        yield f"{heading}**{number:,}.** {' '.join(islice(sentences, 3))}\n\n"


_SENTENCES: Final = (
    "This paragraph is one of many, and it is here so that you can scroll.",
    "The tide comes in, looks at what the children have built in the sand, and goes out again.",
    "However long a conversation becomes, every line of it can be reached.",
    "A kettle sings in the kitchen, and nobody gets up, because everybody else surely will.",
    "`PageUp` and `PageDown` turn the pages, and `Ctrl+End` follows the newest line again.",
    "On the platform at *Little Snoring* the 10:42 is late, as it has been since 1964.",
    "If you read further up, new text does not move what you read.",
)

_FAILED: Final = Fail(
    lambda: ReplyFailed(
        "the server reported an error in the middle of the reply, as the demo was asked to",
        "What came is kept. Enter on the empty prompt tries again.",
    )
)
_REFUSED: Final = Fail(
    lambda: Refused(
        401,
        "the server answered 401: the key is not valid, as the demo was asked to say",
        "A real server would now want another key. Send any other word to go on.",
    )
)
_UNREACHABLE: Final = Fail(
    lambda: ConnectionFailed(
        "nothing answers at the server's address, as the demo was asked to say",
        "A real server would now have to be started. Send any other word to go on.",
    )
)
_WAITS: Final = [
    Pause(1.0, f"the server is busy; trying again in {left} s (demo)") for left in (3, 2, 1)
]

SCENES: Final[dict[str, Scene]] = {
    "keys": Scene("the keys of the program", _text("keys"), ("key", "shortcuts")),
    "markdown": Scene("headings, lists, quotes, links", _text("markdown"), ("md",)),
    "code": Scene("coloured code in several languages", _text("code"), ("python",)),
    "table": Scene("tables, narrow and wide", _text("table"), ("tables",)),
    "math": Scene("formulas", _text("math"), ("maths", "mathematics", "latex")),
    "unicode": Scene("CJK, emoji, right-to-left", _text("unicode"), ("cjk", "emoji", "rtl")),
    "reasoning": Scene("thoughts before the answer", _reasoning, ("think", "thinking")),
    "long 500": Scene("500 paragraphs, or any number", _long, ("long",)),
    "fast 5000": Scene("5,000 pieces at full speed", _fast, ("fast",)),
    "slow": Scene("eight seconds before the first word", _text("slow", Pause(8.0))),
    "busy": Scene("a server that asks you to wait", _text("busy", *_WAITS)),
    "silent": Scene("a reply that falls silent", _broken("silent", Hold())),
    "error": Scene("an error in mid-reply", _broken("error", _FAILED)),
    "cut": Scene("a reply that is cut off", _broken("cut", End(None))),
    "length": Scene("a reply that reaches its limit", _broken("length", End("length"))),
    "empty": Scene("a reply with nothing in it", _only(End())),
    "refused": Scene("a key that is refused", _only(_REFUSED)),
    "unreachable": Scene("a server that is not there", _only(_UNREACHABLE)),
    "continue": Scene("the rest of a reply that broke off", _text("nothing_to_continue")),
    "help": Scene("this list", _text("help"), ("menu", "demo")),
}
"""By the word that the menu shows, in its order."""

SCENE_OF: Final = {
    word: scene for shown, scene in SCENES.items() for word in (shown.split()[0], *scene.also)
}


def spoken(steps: Iterable[Step]) -> str:
    """The whole answer that these steps would give if nothing stopped them."""
    texts = (step.text for step in steps if isinstance(step, Say) and not step.aside)
    return "".join(text if isinstance(text, str) else "".join(text) for text in texts)
