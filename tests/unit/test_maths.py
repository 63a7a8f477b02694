"""LaTeX as Unicode, and where Markdown has formulas."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.theme import BUILTIN_THEMES

from copilot_tui.tui.palette import Palette
from copilot_tui.tui.transcript import maths
from copilot_tui.tui.transcript.blocks import Blocks
from copilot_tui.tui.transcript.document import draw
from copilot_tui.tui.transcript.selection import copied_unit, part_source

PALETTE = Palette.from_theme(BUILTIN_THEMES["textual-dark"])


def drawn(source: str, width: int = 40) -> list[str]:
    return [line.text.rstrip() for line in draw(source, Blocks(PALETTE, width)).lines]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        # letters and signs
        (r"\alpha\beta \Omega", "αβΩ"),
        (r"2 \pi r", "2πr"),
        ("f(x) dx", "f(x) dx"),
        ("a+b=c", "a + b = c"),
        ("-x + -y", "−x + −y"),
        (r"a \le b \neq c \in \mathbb{R}", "a ≤ b ≠ c ∈ ℝ"),
        (r"A \cup B \subseteq C \setminus \emptyset", "A ∪ B ⊆ C ∖ ∅"),
        (r"x \to \infty", "x → ∞"),
        (r"p \Rightarrow q \iff \neg r", "p ⇒ q ⟺ ¬r"),
        (r"\forall x \in A : x \notin C", "∀x ∈ A : x ∉ C"),
        (r"3 \times 10^8 \cdot 2", "3 × 10⁸ · 2"),
        (r"\not= \quad \not\subset", "≠  ⊄"),
        (r"10\%, \$5, a\_b", "10%, $5, a_b"),
        ("1,000 < 1{,}000 < f(x,y)", "1,000 < 1,000 < f(x, y)"),
        ("f''(x) = f'(x)", "f″(x) = f′(x)"),
        (r"a\,b\;c\!d~e", "a b cd e"),
        # scripts
        ("x^2", "x²"),
        ("x_1^2", "x₁²"),
        ("x^23", "x²3"),
        ("a_{ij} + b^{n+1}", "aᵢⱼ + bⁿ⁺¹"),
        (r"e^{i\pi}", "e^(iπ)"),
        ("x_{1,2}", "x_(1,2)"),
        (r"x^\infty", "x^∞"),
        ("e^{-x^2}", "e^(−x²)"),
        (r"A^T A^{-1} 90^\circ", "Aᵀ A⁻¹ 90°"),
        (r"v_\text{max}", "vₘₐₓ"),
        (r"x^\frac12", "x^½"),
        ("^2", "²"),
        ("x^", "x"),
        # fractions and roots
        (r"\frac{1}{2} + \frac34", "½ + ¾"),
        (r"\frac{a}{b}", "a/b"),
        (r"\frac{a+b}{2a}", "(a + b)/(2a)"),
        (r"\frac{-b}{2}", "−b/2"),
        (r"\frac{dy}{dx} = \frac{\partial f}{\partial x}", "dy/dx = ∂f/∂x"),
        (r"\frac{1}{\frac{a}{b}}", "1/(a/b)"),
        (r"\frac{\text{way}}{\text{time}}", "way/time"),
        (r"\frac{n!}{k!(n-k)!}", "n!/(k!(n − k)!)"),
        (r"\left(\frac{a}{b}\right)^2", "(a/b)²"),
        (r"\frac{a}{b}^2", "(a/b)²"),
        (r"2\frac{a}{b}c", "2 a/b c"),
        (r"\sqrt{2} + \sqrt{x+1}", "√2 + √(x + 1)"),
        (r"\sqrt[3]{8} \sqrt[n]{ab}", "∛8ⁿ√(ab)"),
        (r"\binom{n}{k}", "C(n, k)"),
        # large signs and names
        (r"\sum_{n=1}^{\infty} \frac{1}{n^2}", "∑ₙ₌₁^∞ 1/n²"),
        (r"\int_0^1 f(x)\,\mathrm{d}x", "∫₀¹ f(x) dx"),
        (r"\lim_{x \to 0} \frac{\sin x}{x}", "lim_(x→0) (sin x)/x"),
        (r"\log(x) + \cos\theta", "log(x) + cos θ"),
        (r"\operatorname{sgn} x", "sgn x"),
        (r"a \equiv b \pmod{n}", "a ≡ b (mod n)"),
        # letters of other kinds, and accents
        (r"\mathbb{N} \mathcal{L} \mathfrak{g} \mathbf{x1}", "ℕℒ𝔤𝐱𝟏"),
        (r"\text{if } x > 0", "if x > 0"),
        (r"\hat{x} \bar y \vec{v} \overline{AB}", "x̂ȳv⃗A̅B̅"),
        (r"\lVert x \rVert \lfloor y \rfloor \langle z \rangle", "‖x‖⌊y⌋⟨z⟩"),
        (r"\left. f \right|_{x=0}", "f|ₓ₌₀"),
        (r"A \xrightarrow{f} B", "A ─f→ B"),
        # environments
        (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", "[a b; c d]"),
        (r"\begin{vmatrix} a & b \\ c & d \end{vmatrix}", "|a b; c d|"),
        (r"\begin{bmatrix} x + 1 & 0 \end{bmatrix}", "[x + 1, 0]"),
        (r"\begin{cases} x & x > 0 \\ 0 \end{cases}", "{ x, x > 0; 0"),
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}", "a = b; = c"),
        (r"a \\ b", "a; b"),
        (r"\boxed{42}", "[42]"),
        # as written
        (r"\foo{x} y", r"\foo{x} y"),
        (r"\unknown + 1", r"\unknown + 1"),
        ("a }", "a}"),
        ("{a", "a"),
        (r"\frac", r"\frac"),
        (r"\not\hat", r"\not\hat"),
        ("", ""),
        ("\\", "\\"),
    ],
)
def test_a_formula_on_one_line_looks_like_this(source: str, shown: str) -> None:
    assert maths.inline(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a = b", ["a = b"]),
        (r"\begin{pmatrix} 1 & 22 \\ 333 & 4 \end{pmatrix}", ["⎛ 1   22⎞", "⎝333  4 ⎠"]),
        (
            r"A = \begin{bmatrix} 1 \\ 2 \\ 3 \end{bmatrix}^T",
            ["    ⎡1⎤", "A = ⎢2⎥ᵀ", "    ⎣3⎦"],
        ),
        (
            r"f(x) = \begin{cases} x^2 & \text{if } x > 0 \\ 0 & \text{else} \end{cases}",
            ["f(x) = ⎰ x²  if x > 0", "       ⎱ 0   else"],
        ),
        (r"\begin{aligned} a + b &= c \\[2pt] &= d \end{aligned}", ["a + b = c", "      = d"]),
        ("a &= b \\\\ cc &= d \\\\", [" a = b", "cc = d"]),
        (r"\left[\begin{array}{lr} a & b \\ cc & dd \end{array}\right]", ["⎡a    b⎤", "⎣cc  dd⎦"]),
        (r"\boxed{x = 2}", ["┌───────┐", "│ x = 2 │", "└───────┘"]),
    ],
)
def test_a_formula_in_a_block_looks_like_this(source: str, shown: list[str]) -> None:
    assert [line.rstrip() for line in maths.display(source, 60)] == shown


def test_a_formula_that_is_too_wide_for_its_lines_is_put_on_one() -> None:
    source = r"\begin{pmatrix} aaaaaaaa & bbbbbbbbb \\ c & d \end{pmatrix}"
    assert maths.display(source, 12) == ("[aaaaaaaa bbbbbbbbb; c d]",)


def test_a_formula_that_is_too_long_is_shown_as_it_is() -> None:
    source = r"\alpha" * maths.LONGEST
    assert maths.inline(source) == source
    assert maths.display(source, 80) == (source,)


PARTS = [
    *"{}[]()^_&'~$%|+-=<>,.!/ \n\t", "\\", "\\\\", "a", "x", "12", "\\frac", "\\sqrt", "\\left",
    "\\right", "\\begin{pmatrix}", "\\end{pmatrix}", "\\begin{cases}", "\\end{cases}", "\\begin{x}",
    "\\begin", "\\end", "\\begin{array}{lc}", "\\text{", "\\hat", "\\not", "\\sum", "\\alpha",
    "\\foo", "\\boxed", "\\substack{", "\\mathbb", "\\operatorname*", "\\tag", "\\color{red}",
    "\\overset", "\\[", "\\)", "\\in", "\\sin", "\\,", "世", "\u0301", "\u200d", "\\xrightarrow",
    "\\binom", "\\{", "\\middle", "\\pmod", "\\label{a}", "\\textcolor",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=40).map("".join), st.integers(1, 60))
def test_anything_that_is_written_is_shown(source: str, width: int) -> None:
    assert "\n" not in maths.inline(source)
    lines = maths.display(source, width)
    assert lines
    assert not any("\n" in line for line in lines)
    if len(lines) > 1:
        assert max(map(cell_len, lines)) <= width


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_at_all_is_shown(source: str) -> None:
    assert "\n" not in maths.inline(source)
    assert maths.display(source, 40)


@pytest.mark.parametrize("part", PARTS)
def test_the_same_thing_a_thousand_times_takes_no_time(part: str) -> None:
    source = (part * 4_000)[: maths.LONGEST]
    began = process_time()
    maths.inline(source)
    maths.display(source, 80)
    assert process_time() - began < 2


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("a $x^2$ b", ["a x² b"]),
        (r"a \(x^2\) b \[y_1\] c", ["a x² b y₁ c"]),
        ("a $$x^2$$ b", ["a x² b"]),
        ("$a\n= b$", ["a = b"]),
        (r"**$x^2$** *$y_i$*", ["x² yᵢ"]),
        (r"$a * b$ and $c * d$", ["a * b and c * d"]),
        ("`$x^2$` and `\\(y\\)`", ["$x^2$ and \\(y\\)"]),
        # prices and other text
        ("$3 and $5", ["$3 and $5"]),
        ("from $3 to $5, or $8.", ["from $3 to $5, or $8."]),
        ("I have $5 and pay 3$.", ["I have $5 and pay 3$."]),
        ("US$5, A$6", ["US$5, A$6"]),
        ("$HOME/$USER", ["$HOME/$USER"]),
        ("$$ to $$$", ["$$ to $$$"]),
        (r"\$x^2\$", ["$x^2$"]),
        (r"\(a", ["(a"]),
        ("$ x$ y $z $", ["$ x$ y $z $"]),
        # blocks
        ("$$x^2$$", ["  x²"]),
        ("a\n$$\nx^2\n$$\nb", ["a", "", "  x²", "", "b"]),
        ("\\[\nx\n\n= y\n\\]", ["  x = y"]),
        ("\\[ x\n- y \\].", ["  x − y."]),
        ("$$x$$, where", ["x, where"]),
        ("$$\nx\n$$ where *y*", ["  x", "where y"]),
        ("- a\n\n  $$\n  x_1\n  $$\n- b", ["• a", "", "    x₁", "• b"]),
        ("> $$x_1$$", ["▎   x₁"]),
        ("$$ is a lot\n\n- a", ["$$ is a lot", "", "• a"]),
        ("a\n\n$$\nx_1", ["a", "", "$$", "x_1"]),
        ("    $$x$$", [" $$x$$"]),
        ("| a |\n|---|\n| $x^2$ |", ["a", "──", "x²"]),
    ],
)
def test_formulas_stand_where_they_are_meant(source: str, lines: list[str]) -> None:
    assert drawn(source) == lines


def test_a_wide_formula_is_wrapped_under_its_beginning() -> None:
    assert drawn("$$" + "aaa + " * 8 + "b$$", 20) == [
        "  aaa + aaa + aaa +",
        "  aaa + aaa + aaa +",
        "  aaa + aaa + b",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "a $x^2$ b",
        "$$\n\\frac{a}{b}\n$$",
        "\\[\n\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}\n\\]",
    ],
)
def test_the_source_of_formulas_is_copied(source: str) -> None:
    document = draw(source, Blocks(PALETTE, 40))
    last = document.lines[-1]
    assert copied_unit(document, 0) == source
    assert part_source(document, (0, 0), (len(document.lines) - 1, len(last.text))) == source


@pytest.mark.parametrize(
    "part", ["$", "$$", "$a ", "\\(", "\\[", "\n$$\n", "\n\\[ x", "$$a\n", "$$ $"]
)
def test_marks_without_end_take_no_time(part: str) -> None:
    began = process_time()
    drawn(part * (40_000 // len(part)), 80)
    assert process_time() - began < 5
