"""What LaTeX's commands look like in Unicode."""

from __future__ import annotations

from typing import Final


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def _table(text: str) -> dict[str, str]:
    parts = text.split()
    return dict(zip(parts[::2], parts[1::2], strict=True))


ORDINARY: Final = _table("""
    alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι
    kappa κ varkappa ϰ lambda λ mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ
    varsigma ς tau τ upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ
    Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω infty ∞ partial ∂ nabla ∇ hbar ℏ ell ℓ Re ℜ
    Im ℑ wp ℘ aleph ℵ beth ℶ emptyset ∅ varnothing ∅ forall ∀ exists ∃ nexists ∄ neg ¬ lnot ¬
    top ⊤ bot ⊥ angle ∠ measuredangle ∡ triangle △ square □ Box □ blacksquare ■ qed ∎ diamond ◇
    Diamond ◇ lozenge ◊ clubsuit ♣ diamondsuit ♢ heartsuit ♡ spadesuit ♠ bigstar ★ dagger †
    ddagger ‡ prime ′ backprime ‵ degree ° circledR ® checkmark ✓ maltese ✠ flat ♭ natural ♮
    sharp ♯ imath ı jmath ȷ eth ð mho ℧ pounds £ yen ¥ euro € S § P ¶ copyright © aa å AA Å ae æ
    AE Æ oe œ OE Œ o ø O Ø ss ß dots … ldots … cdots ⋯ vdots ⋮ ddots ⋱ dotsc … dotsb ⋯ dotsm ⋯
    dotsi ⋯ surd √ vert | lvert | rvert | Vert ‖ lVert ‖ rVert ‖ backslash \\ because ∵ N ℕ R ℝ Z ℤ
    Q ℚ C ℂ
    """)

BINARY: Final = _table("""
    cdot · times × div ÷ pm ± mp ∓ ast ∗ star ⋆ circ ∘ bullet • cup ∪ cap ∩ sqcup ⊔ sqcap ⊓
    uplus ⊎ setminus ∖ smallsetminus ∖ wedge ∧ land ∧ vee ∨ lor ∨ oplus ⊕ ominus ⊖ otimes ⊗
    oslash ⊘ odot ⊙ bigcirc ◯ amalg ⨿ wr ≀ triangleleft ◁ triangleright ▷ bigtriangleup △
    bigtriangledown ▽ ltimes ⋉ rtimes ⋊ boxplus ⊞ boxtimes ⊠ boxdot ⊡ veebar ⊻ barwedge ⊼ dotplus ∔
    centerdot · intercal ⊺
    """)

RELATION: Final = _table("""
    leq ≤ le ≤ geq ≥ ge ≥ leqslant ⩽ geqslant ⩾ leqq ≦ geqq ≧ neq ≠ ne ≠ equiv ≡ approx ≈
    approxeq ≊ sim ∼ simeq ≃ cong ≅ propto ∝ asymp ≍ doteq ≐ coloneqq ≔ triangleq ≜ ll ≪ gg ≫
    lll ⋘ ggg ⋙ lesssim ≲ gtrsim ≳ prec ≺ succ ≻ preceq ⪯ succeq ⪰ in ∈ notin ∉ ni ∋ subset ⊂
    supset ⊃ subseteq ⊆ supseteq ⊇ subsetneq ⊊ supsetneq ⊋ nsubseteq ⊈ nsupseteq ⊉ sqsubset ⊏
    sqsupset ⊐ sqsubseteq ⊑ sqsupseteq ⊒ mid ∣ nmid ∤ parallel ∥ nparallel ∦ perp ⟂ vdash ⊢ dashv ⊣
    models ⊨ vDash ⊨ Vdash ⊩ bowtie ⋈ smile ⌣ frown ⌢ to → rightarrow → leftarrow ← gets ←
    leftrightarrow ↔ uparrow ↑ downarrow ↓ updownarrow ↕ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔
    Uparrow ⇑ Downarrow ⇓ Updownarrow ⇕ implies ⟹ impliedby ⟸ iff ⟺ longrightarrow ⟶
    longleftarrow ⟵ longleftrightarrow ⟷ Longrightarrow ⟹ Longleftarrow ⟸ Longleftrightarrow ⟺
    mapsto ↦ longmapsto ⟼ hookrightarrow ↪ hookleftarrow ↩ rightharpoonup ⇀ rightharpoondown ⇁
    leftharpoonup ↼ leftharpoondown ↽ rightleftharpoons ⇌ leftrightharpoons ⇋ nearrow ↗ searrow ↘
    swarrow ↙ nwarrow ↖ leadsto ⇝ rightsquigarrow ⇝ twoheadrightarrow ↠ rightarrowtail ↣
    nrightarrow ↛ nleftarrow ↚ nRightarrow ⇏ nLeftarrow ⇍ nleq ≰ ngeq ≱ nless ≮ ngtr ≯ lt < gt >
    therefore ∴ colon : owns ∋
    """)

LARGE: Final = _table("""
    sum ∑ prod ∏ coprod ∐ int ∫ iint ∬ iiint ∭ iiiint ⨌ oint ∮ oiint ∯ oiiint ∰ bigcup ⋃ bigcap ⋂
    bigsqcup ⨆ bigvee ⋁ bigwedge ⋀ bigoplus ⨁ bigotimes ⨂ bigodot ⨀ biguplus ⨄
    """)

OPENING: Final = _table("""
    langle ⟨ lfloor ⌊ lceil ⌈ lbrace { lbrack [ lparen ( llbracket ⟦ lgroup ⟮ ulcorner ⌜ llcorner ⌞
    """)

CLOSING: Final = _table("""
    rangle ⟩ rfloor ⌋ rceil ⌉ rbrace } rbrack ] rparen ) rrbracket ⟧ rgroup ⟯ urcorner ⌝ lrcorner ⌟
    """)

FUNCTIONS: Final = words("""
    sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth exp log ln lg lim limsup liminf
    max min sup inf arg argmax argmin det dim ker hom deg gcd lcm Pr tr rank sgn mod erf sech csch
    injlim projlim varlimsup varliminf diag span softmax
    """)

SPACES: Final = {
    "quad": "  ", "qquad": "    ", ",": " ", ":": " ", ";": " ", ">": " ", " ": " ", "\n": " ",
    "space": " ", "thinspace": " ", "medspace": " ", "thickspace": " ", "enspace": " ",
    "nobreakspace": " ",
}  # fmt: skip

IGNORED: Final = words("""
    ! displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber notag big Big
    bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm biggm Biggm middle negthinspace
    hline hfill allowbreak nobreak rm bf it normalsize small large Large centering noindent
    """)
"""Commands that change nothing that can be shown here."""

WITH_IGNORED_ARGUMENT: Final = words("""
    label hspace vspace phantom hphantom vphantom color cline mspace mskip kern
    """)

TEXT: Final = words("""
    text textrm textnormal textbf textit textsf texttt textsc mbox hbox mathrm mathsf mathtt mathit
    mathnormal operatorname up emph textup
    """)
"""Their argument is upright: it is shown as it is."""

PLAIN: Final = words("""
    overbrace underbrace mathstrut smash mathop mathbin mathrel mathord mathopen mathclose cancel
    bcancel xcancel overparen mathpunct mathinner
    """)
"""Their argument is shown without what they add to it."""

ACCENTS: Final = {
    "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0305",
    "underline": "\u0332", "vec": "\u20d7", "overrightarrow": "\u20d7", "tilde": "\u0303",
    "widetilde": "\u0303", "dot": "\u0307", "ddot": "\u0308", "dddot": "\u20db", "acute": "\u0301",
    "grave": "\u0300", "check": "\u030c", "breve": "\u0306", "mathring": "\u030a",
}  # fmt: skip


def _letters(capitals: int, small: int, digits: int = 0, **others: str) -> dict[str, str]:
    letters = {chr(65 + index): chr(capitals + index) for index in range(26)}
    letters |= {chr(97 + index): chr(small + index) for index in range(26)}
    if digits:
        letters |= {chr(48 + index): chr(digits + index) for index in range(10)}
    return letters | others


_SCRIPT: Final = _letters(
    0x1D49C, 0x1D4B6, B="ℬ", E="ℰ", F="ℱ", H="ℋ", I="ℐ", L="ℒ", M="ℳ", R="ℛ", e="ℯ", g="ℊ", o="ℴ"
)
_DOUBLE: Final = _letters(
    0x1D538, 0x1D552, 0x1D7D8, C="ℂ", H="ℍ", N="ℕ", P="ℙ", Q="ℚ", R="ℝ", Z="ℤ"
)
_BOLD: Final = _letters(0x1D400, 0x1D41A, 0x1D7CE)
_FRAKTUR: Final = _letters(0x1D504, 0x1D51E, C="ℭ", H="ℌ", I="ℑ", R="ℜ", Z="ℨ")

ALPHABETS: Final = {
    "mathbb": _DOUBLE,
    "Bbb": _DOUBLE,
    "mathbbm": _DOUBLE,
    "mathds": _DOUBLE,
    "mathcal": _SCRIPT,
    "mathscr": _SCRIPT,
    "mathbf": _BOLD,
    "boldsymbol": _BOLD,
    "bm": _BOLD,
    "pmb": _BOLD,
    "symbf": _BOLD,
    "mathfrak": _FRAKTUR,
    "frak": _FRAKTUR,
}

SUPERSCRIPTS: Final = dict(
    zip(
        "0123456789+−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ′°*†‡",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ′°*†‡",
        strict=True,
    )
)
SUBSCRIPTS: Final = dict(
    zip(
        "0123456789+−=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)

FRACTIONS: Final = {
    ("1", "2"): "½", ("1", "3"): "⅓", ("2", "3"): "⅔", ("1", "4"): "¼", ("3", "4"): "¾",
    ("1", "5"): "⅕", ("2", "5"): "⅖", ("3", "5"): "⅗", ("4", "5"): "⅘", ("1", "6"): "⅙",
    ("5", "6"): "⅚", ("1", "8"): "⅛", ("3", "8"): "⅜", ("5", "8"): "⅝", ("7", "8"): "⅞",
}  # fmt: skip

NEGATED: Final = {
    "=": "≠", "∈": "∉", "∋": "∌", "≡": "≢", "∼": "≁", "≈": "≉", "≃": "≄", "≅": "≇", "<": "≮",
    ">": "≯", "≤": "≰", "≥": "≱", "⊂": "⊄", "⊃": "⊅", "⊆": "⊈", "⊇": "⊉", "∣": "∤", "∥": "∦",
    "∃": "∄", "→": "↛", "⊢": "⊬", "⊨": "⊭",
}  # fmt: skip

BRACKETS: Final = {
    "(": "⎛⎜⎜⎝", ")": "⎞⎟⎟⎠", "[": "⎡⎢⎢⎣", "]": "⎤⎥⎥⎦", "{": "⎧⎪⎨⎩", "}": "⎫⎪⎬⎭", "⌊": "⎢⎢⎢⎣",
    "⌋": "⎥⎥⎥⎦", "⌈": "⎡⎢⎢⎢", "⌉": "⎤⎥⎥⎥",
    "|": "││││", "‖": "║║║║",
}  # fmt: skip
"""Brackets over several lines: top, between, middle and bottom."""
