"""LaTeX to Unicode, as far as lines of text can show it.

Nothing that is written raises or takes long: what is not known stays as it was written, what is
nested too deeply or is too long as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from rich.cells import cell_len

from copilot_tui.tui.transcript import maths_symbols as symbols
from copilot_tui.tui.transcript.maths_boxes import Box, beside, bracketed, framed, grid

LONGEST: Final = 8_000
"""Characters of a formula that is read; a longer one is shown as it is."""

_DEEPEST: Final = 24
_TOKEN: Final = re.compile(r"\\(?:[A-Za-z]+|.|$)|\s+|\d+(?:,\d{3})*(?:\.\d+)?|.", re.DOTALL)
_NEW_ROW: Final = "\\\\"
_ROW_SPACING: Final = re.compile(r"\s*-?[\d.]+\s*[a-z]{2}\s*")
_ESCAPED: Final = re.compile(r"\\([%$#&_{} ])")
_NO_ENDS: Final[frozenset[str]] = frozenset()
_CELL_ENDS: Final = frozenset({"&", _NEW_ROW, "\\end"})

_CHARACTERS: Final = {
    "-": ("binary", "−"),
    "+": ("binary", "+"),
    "*": ("binary", "*"),
    "=": ("relation", "="),
    "<": ("relation", "<"),
    ">": ("relation", ">"),
    ":": ("relation", ":"),
    ",": ("comma", ","),
    ";": ("comma", ";"),
    "(": ("opening", "("),
    "[": ("opening", "["),
    ")": ("closing", ")"),
    "]": ("closing", "]"),
    "!": ("closing", "!"),
    "~": ("space", " "),
    _NEW_ROW: ("comma", ";"),
}
_COMMANDS: Final = (
    {name: ("ordinary", sign) for name, sign in symbols.ORDINARY.items()}
    | {name: ("binary", sign) for name, sign in symbols.BINARY.items()}
    | {name: ("relation", sign) for name, sign in symbols.RELATION.items()}
    | {name: ("large", sign) for name, sign in symbols.LARGE.items()}
    | {name: ("opening", sign) for name, sign in symbols.OPENING.items()}
    | {name: ("closing", sign) for name, sign in symbols.CLOSING.items()}
    | {name: ("name", name) for name in symbols.FUNCTIONS}
    | {name: ("space", space) for name, space in symbols.SPACES.items()}
    | {sign: ("ordinary", sign) for sign in "%$#&_"}
    | {"{": ("opening", "{"), "}": ("closing", "}"), "|": ("ordinary", "‖")}
    | {"limsup": ("name", "lim sup"), "liminf": ("name", "lim inf"), "bmod": ("binary", "mod")}
)

_SCRIPTED: Final = "".join({*symbols.SUPERSCRIPTS.values(), *symbols.SUBSCRIPTS.values()})
_ONE_THING: Final = re.compile(
    rf"\d+(?:\.\d+)?|√?[d∂]?.[{re.escape(_SCRIPTED)}″\u0300-\u036f\u20d0-\u20ff]*"
    r"(?:[_^](?:\w|\([^()]*\)))*"
)
_CALL: Final = re.compile(r"\w\([^()]*\)")
_ONE_LETTER: Final = re.compile(r"\d+|\w[\u0300-\u036f\u20d0-\u20ff₀-₉]*")
_MATRICES: Final = {
    "matrix": ("", ""),
    "smallmatrix": ("", ""),
    "array": ("", ""),
    "pmatrix": ("(", ")"),
    "bmatrix": ("[", "]"),
    "Bmatrix": ("{", "}"),
    "vmatrix": ("|", "|"),
    "Vmatrix": ("‖", "‖"),
}
_ALIGNED: Final = symbols.words("""
    aligned align alignat alignedat split eqnarray flalign gather gathered equation multline
    displaymath math dmath
    """)
_WITH_SIZE: Final = frozenset({"array", "alignat", "alignedat"})


class _Atom(NamedTuple):
    kind: str
    """What it is among its neighbours: ordinary, word, binary, relation, large, name, opening,
    closing, bracketed, comma, fraction or space."""
    box: Box
    gap: bool = False
    """A space was written before it that a reader may want."""


@lru_cache(maxsize=512)
def inline(source: str) -> str:
    """A formula on one line."""
    if len(source) > LONGEST:
        return source
    return _clean(_Reader(source, tall=False).whole().flat)


@lru_cache(maxsize=64)
def display(source: str, width: int) -> tuple[str, ...]:
    """A formula in a block of its own; one line may be wider than `width`, several are not."""
    if len(source) > LONGEST:
        return (source,)
    box = _Reader(source, tall=True).whole()
    if box.lines and cell_len(box.lines[0]) <= width:
        return tuple(_clean(line) for line in box.lines)
    return (_clean(box.flat),)


def _clean(text: str) -> str:
    return re.sub(r"[\t\n\r]+", " ", text).rstrip()


class _Reader:
    """Reads a formula from its first token to its last."""

    def __init__(self, source: str, *, tall: bool) -> None:
        self._tokens = _TOKEN.findall(source.strip())
        self._at = 0
        self._tall = tall
        self._depth = 0
        self._handlers: dict[str, Callable[[str], _Atom | None]] = {
            "frac": self._fraction,
            "dfrac": self._fraction,
            "tfrac": self._fraction,
            "cfrac": self._fraction,
            "sqrt": self._root,
            "binom": self._binomial,
            "dbinom": self._binomial,
            "tbinom": self._binomial,
            "begin": self._environment,
            "boxed": self._boxed,
            "fbox": self._boxed,
            "not": self._negated,
            "pmod": self._modulus,
            "tag": self._tag,
            "overset": self._above,
            "stackrel": self._above,
            "underset": self._below,
            "xrightarrow": self._long_arrow,
            "xleftarrow": self._long_arrow,
            "substack": self._substack,
            "textcolor": self._second_argument,
        }
        for names, handler in (
            (symbols.TEXT, self._upright),
            (symbols.ALPHABETS, self._alphabet),
            (symbols.ACCENTS, self._accent),
            (symbols.PLAIN, self._plain),
            (symbols.WITH_IGNORED_ARGUMENT, self._without_argument),
        ):
            self._handlers |= dict.fromkeys(names, handler)

    def whole(self) -> Box:
        """All of it; rows at its top level are put below each other."""
        rows = self._rows(frozenset({"&", _NEW_ROW}))
        return _aligned(rows) if len(rows) > 1 or len(rows[0]) > 1 else rows[0][0]

    # Tokens

    @property
    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._next
        self._at += 1
        return token

    def _skip_space(self) -> None:
        if self._next.isspace():
            self._at += 1

    def _raw_argument(self) -> str:
        """The text between braces, as it is written."""
        self._skip_space()
        if self._next != "{":
            return "" if self._next in ("}", "&", _NEW_ROW) else self._take()
        start = self._at + 1
        depth = 0
        while self._at < len(self._tokens):
            depth += {"{": 1, "}": -1}.get(self._take(), 0)
            if not depth:
                return "".join(self._tokens[start : self._at - 1])
        return "".join(self._tokens[start:])

    def _option(self) -> str:
        """What stands between square brackets here, as it is written."""
        self._skip_space()
        if self._next != "[" or "]" not in (rest := self._tokens[self._at : self._at + 40]):
            return ""
        end = rest.index("]")
        self._at += end + 1
        return "".join(rest[1:end])

    # Sequences

    def _rows(self, ends: frozenset[str]) -> list[list[Box]]:
        """Cells up to the end of an environment, or of all."""
        rows: list[list[Box]] = [[]]
        while True:
            rows[-1].append(self._sequence(ends).box)
            token = self._take()
            if token == "&":
                continue
            if token != _NEW_ROW:
                break
            rows.append([])
            before = self._at
            if not _ROW_SPACING.fullmatch(self._option()):
                self._at = before
        if len(rows) > 1 and not any(cell.flat for cell in rows[-1]):
            del rows[-1]
        return rows

    def _sequence(self, ends: frozenset[str], *, tight: bool = False) -> _Atom:
        """What stands before one of these ends, which stays."""
        atoms: list[_Atom] = []
        gap = is_plain = False
        while (token := self._next) and token not in ends:
            self._at += 1
            if token.isspace():
                gap = is_plain
                continue
            if token in ("_", "^", "'"):
                self._attach(atoms, token)
                continue
            atom = self._atom(token, ends)
            if atom is not None:
                atoms.append(atom._replace(gap=gap and token.isalnum() and not tight))
            gap = False
            is_plain = token[0] != "\\" or (atom is not None and atom.box.flat.startswith(token))
        return _joined(atoms, tight=tight)

    def _attach(self, atoms: list[_Atom], mark: str) -> None:
        """Put a script or a prime onto the last atom."""
        base = atoms.pop() if atoms and atoms[-1].kind != "space" else _Atom("ordinary", Box(""))
        if mark == "'":
            twice = self._next == "'"
            self._at += twice
            script = "″" if twice else "′"
        else:
            script = _script(mark, self._argument(tight=True).box.flat)
        box = base.box
        kind = base.kind
        if kind == "fraction":
            box, kind = Box(f"({box.flat})"), "ordinary"
        atoms.append(base._replace(kind=kind, box=beside([box, Box(script)])))

    def _argument(self, *, tight: bool = False) -> _Atom:
        """What a command takes: a group, a digit, or a command with what that takes."""
        self._skip_space()
        token = self._next
        if not token or token in ("}", "&", _NEW_ROW, "\\end", "\\right"):
            return _Atom("ordinary", Box(""))
        if token[0].isdigit() and len(token) > 1:
            self._tokens[self._at] = token[1:]
            return _Atom("ordinary", Box(token[0]))
        self._at += 1
        if token == "{":
            return self._group(tight=tight)
        return self._atom(token, _NO_ENDS) or _Atom("ordinary", Box(""))

    def _group(self, *, tight: bool = False) -> _Atom:
        if self._depth >= _DEEPEST:
            return _Atom("ordinary", Box("{"))
        self._depth += 1
        inner = self._sequence(frozenset({"}"}), tight=tight)
        self._depth -= 1
        self._at += 1
        return inner

    def _atom(self, token: str, ends: frozenset[str]) -> _Atom | None:
        """One thing; None: it cannot be seen."""
        if token == "{":
            inner = self._group()
            return inner if inner.kind != "comma" else _Atom("ordinary", inner.box)
        if token[0] != "\\" or token == _NEW_ROW:
            kind, sign = _CHARACTERS.get(token, ("ordinary", token))
            return _Atom(kind, Box(sign))
        name = token[1:]
        if name in _COMMANDS:
            kind, sign = _COMMANDS[name]
            return _Atom(kind, Box(sign))
        if name in symbols.IGNORED:
            return None
        if self._depth >= _DEEPEST:
            return _Atom("ordinary", Box(token))
        self._depth += 1
        atom = self._command(token, name, ends)
        self._depth -= 1
        return atom

    def _command(self, token: str, name: str, ends: frozenset[str]) -> _Atom | None:
        if name == "left":
            return self._delimited(ends)
        if name == "right":
            self._delimiter()
            return None
        if name in self._handlers:
            return self._handlers[name](name)
        written = token  # it is not known, and neither is what it would do to its arguments
        while self._next == "{":
            written += "{" + self._raw_argument() + "}"
        return _Atom("word", Box(written))

    # Brackets and environments

    def _delimited(self, ends: frozenset[str]) -> _Atom:
        opening = self._delimiter()
        inner = self._sequence(ends | {"\\right"})
        closing = ""
        if self._next == "\\right":
            self._at += 1
            closing = self._delimiter()
        return _Atom("bracketed", bracketed(opening, inner.box, closing))

    def _delimiter(self) -> str:
        self._skip_space()
        if self._next in ("}", "&", _NEW_ROW):
            return ""
        token = self._take()
        if token[:1] == "\\":
            return _COMMANDS.get(token[1:], ("", ""))[1]
        return "" if token == "." else {"<": "⟨", ">": "⟩"}.get(token, token)

    def _environment(self, _: str) -> _Atom:
        name = self._raw_argument().rstrip("*")
        self._option()
        columns = self._raw_argument() if name in _WITH_SIZE else ""
        rows = self._rows(_CELL_ENDS)
        self._raw_argument()
        tidy = [[cell._replace(flat=cell.flat.strip()) for cell in row] for row in rows]
        box = _environment_box(name, tidy, re.sub("[^lcr]", "", columns))
        return _Atom("bracketed", box if self._tall else Box(box.flat))

    def _substack(self, _: str) -> _Atom:
        self._skip_space()
        self._at += self._next == "{"
        rows = self._rows(frozenset({"}", "&", _NEW_ROW}))
        return _Atom("ordinary", Box(", ".join(" ".join(c.flat for c in row) for row in rows)))

    # Commands

    def _fraction(self, name: str) -> _Atom:
        top, bottom = self._argument(), self._argument()
        above, below = top.box.flat, bottom.box.flat
        if not above and not below:
            return _Atom("word", Box(f"\\{name}"))
        if (above, below) in symbols.FRACTIONS:
            return _Atom("ordinary", Box(symbols.FRACTIONS[above, below]))
        if _is_sum(above):
            above = f"({above})"
        if _is_sum(below) or not (bottom.kind == "word" or _is_one_thing(below)):
            below = f"({below})"
        return _Atom("fraction", Box(f"{above}/{below}"))

    def _root(self, _: str) -> _Atom:
        degree = self._option()
        body = self._argument().box.flat
        sign = {"": "√", "2": "√", "3": "∛", "4": "∜"}.get(degree) or _script("^", degree) + "√"
        simple = _ONE_LETTER.fullmatch(body) or (len(body) == 1)
        return _Atom("ordinary", Box(sign + (body if simple else f"({body})")))

    def _binomial(self, _: str) -> _Atom:
        return _Atom(
            "ordinary", Box(f"C({self._argument().box.flat}, {self._argument().box.flat})")
        )

    def _upright(self, name: str) -> _Atom:
        if name.startswith("text") or name in ("mbox", "hbox"):
            text = _ESCAPED.sub(r"\1", self._raw_argument().replace("~", " ").replace("$", ""))
            return _Atom("word", Box(re.sub(r"\s+", " ", text)))
        if name == "operatorname":
            self._at += self._next == "*"
            return _Atom("name", self._argument().box)
        return _Atom("word", self._argument().box)

    def _alphabet(self, name: str) -> _Atom:
        letters = symbols.ALPHABETS[name]
        argument = self._argument()
        flat = "".join(letters.get(character, character) for character in argument.box.flat)
        return argument._replace(box=Box(flat))

    def _accent(self, name: str) -> _Atom:
        mark = symbols.ACCENTS[name]
        flat = self._argument().box.flat
        accented = "".join(
            character + mark
            if unicodedata.category(character)[0] in "LN" and character not in _SCRIPTED
            else character
            for character in flat
        )
        accented = unicodedata.normalize("NFC", accented)
        return _Atom("ordinary", Box(accented or f"\\{name}"))

    def _plain(self, _: str) -> _Atom:
        return self._argument()

    def _without_argument(self, _: str) -> None:
        self._raw_argument()

    def _second_argument(self, _: str) -> _Atom:
        self._raw_argument()
        return self._argument()

    def _boxed(self, _: str) -> _Atom:
        box = framed(self._argument().box)
        return _Atom("ordinary", box if self._tall else Box(box.flat))

    def _negated(self, _: str) -> _Atom:
        sign = self._argument()
        flat = sign.box.flat
        if not flat or flat[0] == "\\":
            return _Atom("word", Box(f"\\not{flat}"))
        return sign._replace(box=Box(symbols.NEGATED.get(flat, flat[0] + "\u0338" + flat[1:])))

    def _modulus(self, _: str) -> _Atom:
        return _Atom("word", Box(f" (mod {self._argument().box.flat})"))

    def _tag(self, _: str) -> _Atom:
        return _Atom("word", Box(f"   ({self._raw_argument()})"))

    def _above(self, _: str) -> _Atom:
        script = _script("^", self._argument(tight=True).box.flat)
        base = self._argument()
        return base._replace(box=Box(base.box.flat + script))

    def _below(self, _: str) -> _Atom:
        script = _script("_", self._argument(tight=True).box.flat)
        base = self._argument()
        return base._replace(box=Box(base.box.flat + script))

    def _long_arrow(self, name: str) -> _Atom:
        below = self._option()
        label = " ".join(filter(None, (self._argument().box.flat, below)))
        return _Atom("relation", Box(f"─{label}→" if name == "xrightarrow" else f"←{label}─"))


def _joined(atoms: list[_Atom], *, tight: bool) -> _Atom:
    """Atoms with the spaces that their kinds ask for."""
    if len(atoms) == 1:
        return atoms[0]
    boxes: list[Box] = []
    before = ""
    for index, atom in enumerate(atoms):
        kind = atom.kind
        if kind == "binary" and (
            before in ("", "binary", "relation", "opening", "comma", "large", "name")
            or index == len(atoms) - 1
        ):
            kind = "sign"
        previous = atoms[index - 1].kind if index else ""
        space = "" if "space" in (previous, kind) else _space(before, kind, tight=tight)
        if space or atom.gap:
            boxes.append(Box(" "))
        boxes.append(atom.box)
        before = before if kind == "space" else kind
    return _Atom("ordinary", beside(boxes))


def _space(one: str, two: str, *, tight: bool) -> bool:
    """Whether a space stands between two kinds."""
    one = "closing" if one == "bracketed" else one
    two = "opening" if two == "bracketed" else two
    if one in ("", "opening", "sign") or two in ("closing", "comma") or one == two == "relation":
        return False
    if {one, two} & {"binary", "relation"}:
        return not tight
    if one == "comma":
        return not tight
    if one == "name":
        return two != "opening"
    if one == "large":
        return two != "large"
    if two in ("name", "large"):
        return True
    return "fraction" in (one, two)


def _script(mark: str, text: str) -> str:
    """A super- or subscript, in Unicode's own characters where it has them all."""
    text = text.strip()
    if mark == "^" and text in ("∘", "°"):
        return "°"
    table = symbols.SUPERSCRIPTS if mark == "^" else symbols.SUBSCRIPTS
    if all(character in table for character in text):
        return "".join(table[character] for character in text)
    return mark + (text if cell_len(text) == 1 or _is_bracketed(text) else f"({text})")


def _is_bracketed(text: str) -> bool:
    """Whether one pair of round brackets holds all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for index, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if not depth:
            return index == len(text) - 1
    return False


def _is_sum(text: str) -> bool:
    """Whether there is something in it, outside of brackets, that binds less than a fraction."""
    depth = 0
    for index, character in enumerate(text):
        depth += (character in "([{⟨⌊⌈") - (character in ")]}⟩⌋⌉")
        if index and depth <= 0 and character in " +−±∓=</":
            return True
    return False


def _is_one_thing(text: str) -> bool:
    return bool(_ONE_THING.fullmatch(text) or _CALL.fullmatch(text)) or _is_bracketed(
        text.lstrip("√")
    )


def _aligned(rows: list[list[Box]]) -> Box:
    flat = "; ".join(" ".join(filter(None, (cell.flat for cell in row))) for row in rows)
    return grid(flat, rows, "rl" * 20, (" ", "   "))


def _environment_box(name: str, rows: list[list[Box]], columns: str) -> Box:
    """The box of an environment; one that is not known is a matrix without brackets."""
    if name in ("gather", "gathered", "multline"):
        return _aligned(rows)._replace(lines=grid("", rows, "c", (" ",)).lines)
    if name in _ALIGNED:
        return _aligned(rows)
    cells = [[cell.flat for cell in row] for row in rows]
    if name.endswith("cases"):
        flat = "; ".join(", ".join(cell.rstrip(", ") for cell in row if cell) for row in cells)
        box = grid(flat, rows, "l", ("  ",))
        marks = ("", " }") if name == "rcases" else ("{ ", "")
        tall = bracketed(marks[0].strip(), _indented(box, name), marks[1].strip())
        return tall._replace(flat=marks[0] + flat + marks[1])
    comma = ", " if any(" " in cell for row in cells for cell in row) else " "
    flat = "; ".join(comma.join(row) for row in cells)
    opening, closing = _MATRICES.get(name, ("", ""))
    box = bracketed(opening, grid(flat, rows, columns or "c", ("  ",)), closing)
    return box._replace(flat=f"[{flat}]") if opening in ("(", "[") else box


def _indented(box: Box, name: str) -> Box:
    """A space between a brace and what it holds."""
    lines = tuple(f"{line} " if name == "rcases" else f" {line}" for line in box.lines)
    return box._replace(lines=lines)
