"""The two themes. Colours keep 4.5:1 against their background for text, 3:1 for marks."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

DARK: Final = Theme(
    name="copilot-dark",
    primary="#6cb6ff",
    secondary="#b392f0",
    accent="#f0a35e",
    warning="#e3b341",
    error="#ff7b72",
    success="#56d364",
    foreground="#d7dde4",
    background="#12161c",
    surface="#1a2029",
    panel="#171c24",
    dark=True,
    variables={
        "border": "#2f3845",
        "border-blurred": "#242c37",
        "scrollbar": "#313b49",
        "scrollbar-background": "#12161c",
        "scrollbar-hover": "#445264",
        "scrollbar-active": "#56677d",
        "block-cursor-blurred-background": "#6cb6ff 20%",
        "input-selection-background": "#6cb6ff 30%",
    },
)

LIGHT: Final = Theme(
    name="copilot-light",
    primary="#0a5cb8",
    secondary="#6f42c1",
    accent="#a14a00",
    warning="#7d5700",
    error="#b3161b",
    success="#146c2e",
    foreground="#1f2328",
    background="#fbfcfd",
    surface="#eef1f4",
    panel="#f4f6f8",
    dark=False,
    variables={
        "border": "#c3cbd5",
        "border-blurred": "#dde2e8",
        "scrollbar": "#c3cbd5",
        "scrollbar-background": "#fbfcfd",
        "scrollbar-hover": "#a9b4c1",
        "scrollbar-active": "#8c99a8",
        "block-cursor-blurred-background": "#0a5cb8 14%",
        "input-selection-background": "#0a5cb8 22%",
    },
)
