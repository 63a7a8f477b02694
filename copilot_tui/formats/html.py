"""HTML: one page that needs nothing else and does nothing: to be read, printed and passed on.

There is no script in it and nothing is loaded from anywhere; a Content-Security-Policy forbids
both, whatever a message says. What a message says is text: of Markdown only what `_markdown` makes
becomes elements, links go to http, https and mailto alone, and pictures become links.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from copilot_tui.conversation import Role, Status, title_from
from copilot_tui.formats.branches import Branch, branches
from copilot_tui.terminal_text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict
    from pygments.lexer import Lexer

    from copilot_tui.conversation import Conversation, Message

MAX_COLOURED: Final = 100_000
"""Characters of a code block that is still given colours."""

_WHO: Final = {Role.USER: "You", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System"}

_LINK: Final = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)

_REGION: Final = 'tabindex="0" role="region"'

_REL: Final = "noopener noreferrer nofollow"

_NOT_HTML: Final = {
    ord(c): "\ufffd"
    for c in map(chr, (*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)))
    if c not in "\t\n\r"
}
"""Controls, which HTML cannot carry, and halves of surrogate pairs, which UTF-8 cannot."""


def dump(conversation: Conversation, *, every_branch: bool = False) -> bytes:
    """The shown branch as a page; with the others below it if they are wanted."""
    return "".join(_page(conversation, every_branch=every_branch)).encode()


def _page(conversation: Conversation, *, every_branch: bool) -> Iterator[str]:
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    title = _safe(one_line(conversation.title))
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="generator" content="copilot-tui">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#conversation">Skip to the conversation</a>\n'
        f'<header>\n<h1 dir="auto" lang="">{title}</h1>\n'
    )
    yield from _about(conversation)
    yield '</header>\n<main id="conversation" tabindex="-1">\n'
    if conversation.system:
        yield (
            '<article class="message system" aria-labelledby="system">\n'
            '<h2 class="who" id="system">System prompt</h2>\n'
            f'<div class="text plain" dir="auto" lang="">{_safe(conversation.system)}</div>\n'
            "</article>\n"
        )
    numbers = {id_: number for number, id_ in enumerate(conversation.messages, start=1)}
    for place, branch in enumerate(branches(conversation, every_branch=every_branch), start=1):
        yield from _branch(conversation, branch, place, numbers)
    yield (
        "</main>\n<footer>\n<p>Exported by copilot-tui. This page loads nothing and runs "
        "nothing.</p>\n</footer>\n</body>\n</html>\n"
    )


def _about(conversation: Conversation) -> Iterator[str]:
    facts = {
        "Started": _time(conversation.created_at),
        "Last changed": _time(conversation.updated_at),
        "Backend": _safe(conversation.backend or ""),
        "Model": _safe(conversation.model or ""),
        "Tags": _safe(", ".join(conversation.tags)),
    }
    shown = [
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items() if value
    ]
    if shown:
        yield '<dl class="about">\n' + "\n".join(shown) + "\n</dl>\n"


def _branch(
    conversation: Conversation, branch: Branch, place: int, numbers: Mapping[str, int]
) -> Iterator[str]:
    if place > 1:
        where = "Another beginning"
        if (after := branch.after) is not None:
            link = f'<a href="#m{numbers[after.id]}">{_safe(title_from(after.content))}</a>'
            where = f"After {_WHO[after.role]}: {link}"
        yield (
            f'<section class="branch" aria-labelledby="b{place}">\n'
            f'<h2 id="b{place}">Branch {place}</h2>\n<p dir="auto">{where}</p>\n'
        )
    for message in branch.messages:
        yield from _message(conversation, message, numbers[message.id])
    if place > 1:
        yield "</section>\n"


def _message(conversation: Conversation, message: Message, number: int) -> Iterator[str]:
    about = [_safe(message.model)] if message.model and message.role is Role.ASSISTANT else []
    versions = [version.id for version in conversation.siblings(message.id)]
    if len(versions) > 1:
        about.append(f"version {versions.index(message.id) + 1} of {len(versions)}")
    about.append(_time(message.created_at))
    small = "".join(f" <small>{each}</small>" for each in about if each)
    yield (
        f'<article class="message {message.role.value}" id="m{number}" '
        f'aria-labelledby="w{number}">\n'
        f'<h2 class="who" id="w{number}">{_WHO[message.role]}{small}</h2>\n'
    )
    if message.reasoning:
        yield (
            "<details>\n<summary>Reasoning</summary>\n"
            f'<div class="text" dir="auto" lang="">{_rendered(message.reasoning)}</div>\n'
            "</details>\n"
        )
    for attachment in message.attachments:
        name = f"Attached: {_safe(one_line(attachment.name))}"
        if attachment.text is None:
            yield f"<p>{name}</p>\n"
        else:
            yield f"<details>\n<summary>{name}</summary>\n{_pre(name, _safe(attachment.text))}"
            yield "</details>\n"
    if message.role is Role.ASSISTANT:
        yield f'<div class="text" dir="auto" lang="">{_rendered(message.content)}</div>\n'
    else:  # what a person typed stands as it was typed
        yield f'<div class="text plain" dir="auto" lang="">{_safe(message.content)}</div>\n'
    if message.status is not Status.COMPLETE:
        why = f": {_safe(one_line(message.error))}" if message.error else ""
        what = "is incomplete" if message.content else "failed"
        yield f'<p class="failed">This reply {what}{why}</p>\n'
    yield "</article>\n"


@lru_cache(maxsize=1)
def _style() -> str:
    return files("copilot_tui.formats").joinpath("html.css").read_text("utf-8")


def _clean(text: str) -> str:
    return text if text.isprintable() else text.translate(_NOT_HTML)


def _safe(text: str) -> str:
    return escape(_clean(text))


def _time(timestamp: str) -> str:
    """A time of the document, to the minute, or nothing."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*Z", timestamp):
        return _safe(one_line(timestamp))
    moment = _safe(timestamp)
    return f'<time datetime="{moment}">{moment[:10]} {moment[11:16]} UTC</time>'


# Markdown


def _rendered(text: str) -> str:
    page: str = _markdown().render(_clean(text))
    return page


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.validateLink = lambda url: _LINK.match(url) is not None  # type: ignore[method-assign]
    parser.core.ruler.push("copilot_tui", lambda state: _adapt(state.tokens))
    rules: dict[str, Callable[..., str]] = {
        "fence": _fence, "code_block": _fence, "image": _image, "table_open": _table_open,
        "table_close": _table_close,
    }  # fmt: skip
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


def _adapt(tokens: Sequence[Token]) -> None:
    """Make the elements fit into a page that has headings and a policy of its own."""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):  # h1 and h2 are the page's
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        elif token.type in ("th_open", "td_open"):
            # The policy forbids the style attribute that it comes with.
            side = str(token.attrs.pop("style", "")).removeprefix("text-align:")
            if side in ("left", "center", "right"):
                token.attrSet("class", f"to-{side}")
        for each in token.children or ():
            if each.type == "link_open":
                each.attrSet("rel", _REL)


def _fence(
    _self: RendererHTML,
    tokens: Sequence[Token],
    place: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    token = tokens[place]
    language = (token.info.split() or [""])[0][:40]
    label = f"Code, {language}" if language else "Code"
    return _pre(escape(label), _coloured(token.content, language))


def _pre(label: str, code: str) -> str:
    # It scrolls sideways, so the keyboard must reach it.
    return f'<pre {_REGION} aria-label="{label}"><code>{code}</code></pre>\n'


def _coloured(code: str, language: str) -> str:
    lexer = _lexer(language) if language and len(code) <= MAX_COLOURED else None
    if lexer is not None:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter

        coloured: str = highlight(code, lexer, HtmlFormatter(nowrap=True))
        return coloured
    return escape(code)


@lru_cache(maxsize=32)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _image(
    self: RendererHTML,
    tokens: Sequence[Token],
    place: int,
    options: OptionsDict,
    env: MutableMapping[str, object],
) -> str:
    token = tokens[place]
    alt = self.renderInlineAsText(token.children or [], options, env)
    url = str(token.attrs.get("src", ""))
    return f'<a href="{escape(url)}" rel="{_REL}">{escape(alt or url)} (picture)</a>'


def _table_open(*_: object) -> str:
    return f'<div class="wide" {_REGION} aria-label="Table">\n<table>\n'


def _table_close(*_: object) -> str:
    return "</table>\n</div>\n"
