"""Text as models write it: any amount, of any kind, and the same in every run."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from copilot_tui.conversation import Message, Role

_TEXT: Final = (
    "when the light of a late afternoon falls across an old harbour and all its boats lie still "
    "somebody will ask how such a place could ever have been busy yet there were days on which "
    "no one found room to stand between barrels ropes nets and crates while clerks wrote down "
    "each name every weight and whatever else was thought to matter to those who came after them"
)
_WORDS: Final = _TEXT.split()

_CODE: Final = {
    "python": '''def weigh_{n}(crates: list[Crate], limit: float = {m}.5) -> dict[str, float]:
    """The weight of every crate below the limit, by name."""
    found: dict[str, float] = {{}}
    for crate in sorted(crates, key=lambda one: one.name):
        if crate.weight < limit:  # the scales end there
            found[crate.name] = round(crate.weight * {m}, 2)
    return found
''',
    "javascript": """export const boats{n} = async (port, {{ limit = {m} }} = {{}}) => {{
  const answer = await fetch(`/ports/${{port}}/boats?limit=${{limit}}`);
  if (!answer.ok) throw new Error("no harbour master: " + answer.status);
  return (await answer.json()).filter((boat) => boat.draught > {m});
}};
""",
    "sql": """SELECT port, COUNT(*) AS boats, SUM(weight) / {m} AS load
  FROM arrivals  -- since the year {n}
 WHERE arrived >= '19{m}0-01-01'
 GROUP BY port HAVING COUNT(*) > {n};
""",
}


class Writer:
    """Writes Markdown; the seed decides what."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def sentence(self, words: int) -> str:
        """A sentence with some markup in it."""
        text = self._random.choices(_WORDS, k=words)
        chance = self._random.random()
        if chance < 0.35 and words > 4:
            text[1], text[2] = f"**{text[1]}", f"{text[2]}**"
        elif chance < 0.55 and words > 6:
            text[4] = f"`{text[4]}_{text[5]}()`"
        elif chance < 0.65 and words > 7:
            text[6] = f"[the {text[6]}](https://example.org/{text[5]}/{text[4]})"
        elif chance < 0.72 and words > 8:
            text[7] = f"*{text[7]}*"
        return " ".join(text).capitalize() + "."

    def paragraph(self) -> str:
        """A few sentences."""
        return " ".join(
            self.sentence(self._random.randint(6, 19)) for _ in range(self._random.randint(2, 5))
        )

    def code(self) -> str:
        """Some lines of a language, without a fence."""
        language = self._random.choice(list(_CODE))
        return _CODE[language].format(n=self._random.randint(1, 999), m=self._random.randint(2, 9))

    def row(self, columns: int = 4) -> str:
        """One row of a table."""
        cells = (self.sentence(self._random.randint(1, 4)) for _ in range(columns))
        return "| " + " | ".join(cells) + " |"

    def block(self) -> str:
        """Anything."""
        kind = self._random.choices(
            ("heading", "paragraph", "bullets", "steps", "code", "table", "quote"),
            (12, 42, 14, 8, 13, 7, 4),
        )[0]
        count = self._random.randint(3, 7)
        match kind:
            case "heading":
                return f"{'#' * (1 + count % 3)} {self.sentence(4)[:-1]}"
            case "bullets":
                return "\n".join(f"- {self.sentence(9)}" for _ in range(count))
            case "steps":
                return "\n".join(f"{n + 1}. {self.sentence(11)}" for n in range(count))
            case "code":
                language = self._random.choice(list(_CODE))
                return f"```{language}\n{_CODE[language].format(n=count, m=count)}```"
            case "table":
                rows = "\n".join(self.row() for _ in range(count))
                return f"{self.row()}\n|---|:-:|--:|---|\n{rows}"
            case "quote":
                return f"> {self.sentence(14)}"
            case _:
                return self.paragraph()


def _filled(size: int, start: str, part: Callable[[], str], joint: str) -> str:
    parts: list[str] = [start] if start else []
    length = len(start)
    while length < size:
        parts.append(part())
        length += len(parts[-1]) + len(joint)
    return joint.join(parts)


def reply(kind: str, size: int, seed: int = 1) -> str:
    """At least `size` characters of one of KINDS."""
    writer = Writer(seed)
    match kind:
        case "list":
            return _filled(size, "", lambda: f"- {writer.sentence(12)}", "\n")
        case "fence":
            return _filled(size, "```python", writer.code, "\n")
        case "paragraph":
            return _filled(size, "", lambda: writer.sentence(12), " ")
        case "table":
            head = f"{writer.row()}\n|---|:-:|--:|---|"
            return _filled(size, head, writer.row, "\n")
        case _:
            return _filled(size, "", writer.block, "\n\n")


KINDS: Final = ("mixed", "list", "fence", "paragraph", "table")


def conversation(count: int, seed: int = 2) -> list[Message]:
    """So many messages, prompts and replies in turn, of some 600 characters on average."""
    messages: list[Message] = []
    writer = Writer(seed)
    for number in range(count):
        is_prompt = number % 2 == 0
        text = writer.sentence(14) if is_prompt else _filled(900, "", writer.block, "\n\n")
        messages.append(
            Message(
                id=f"message-{number}",
                role=Role.USER if is_prompt else Role.ASSISTANT,
                content=text,
                model="benchmark",
            )
        )
    return messages
