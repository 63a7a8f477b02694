"""What may stand on the command line.

The options before the command and those after it are read by two parsers into one namespace. No
parser sets a default for an option, so it does not matter where one stands. A command's own parser
lets options and arguments mix: `ask "review this" --model m -`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from copilot_tui import __version__, config
from copilot_tui.cli import output
from copilot_tui.config_file import nearest
from copilot_tui.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PROGRAM: Final = "copilot-tui"

SHELLS: Final = ("bash", "zsh", "fish")
"""Those with a completion."""

_COMMON: Final = (
    ("--data-dir", "DIR", "where conversations are kept"),
    ("--config", "FILE", "the configuration file"),
    ("--backend", "NAME", "who answers: g4f, openai, ollama, …"),
    ("--base-url", "URL", "the server's address, up to /v1"),
    ("--model", "NAME", "the model"),
    ("--provider", "NAME", "g4f: which of its providers"),
    ("--proxy", "URL", "http, https or socks5 proxy"),
)

_APP_OPTIONS: Final = {"--prompt": "prompt", "--continue": "continue_last", "--demo": "demo"}
"""What means something for the app alone, with its name in the namespace."""


_INSTEAD: Final = {
    "--demo": f"The app on the demo: {PROGRAM} --demo; a command on it: --backend demo",
    "--continue": f"To go on with a conversation: {PROGRAM} ask --conversation last",
    "--prompt": f'A prompt for ask stands by itself: {PROGRAM} ask "…"',
}
"""What to write where an option of the app stands before a command."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong as every other error is said."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"See {self.prog} --help")

    def _print_message(self, message: str, file: object = None) -> None:
        output.exact(message)  # help and version; errors do not come here


@dataclass(frozen=True)
class Command:
    """One command of the shell."""

    name: str
    usage: str
    """What stands after the name."""
    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """What the command line says; `command` is None for the app. Raises UsageError."""
    before, name, after = _split(argv)
    given = main_parser().parse_args(before, argparse.Namespace(command=name))
    if name is None:
        return given
    if name not in COMMANDS:
        raise UsageError(
            f"there is no command {name}{nearest(name, COMMANDS)}",
            f'A prompt goes with ask: {PROGRAM} ask "…"',
        )
    options = after[: after.index("--")] if "--" in after else after
    for option, attribute in _APP_OPTIONS.items():
        if attribute in given or option in options:
            raise UsageError(f"{option} is for the app, not for {name}", _INSTEAD[option])
    parser = command_parser(COMMANDS[name])
    if "--" in after:  # which intermixed parsing does not understand
        return parser.parse_args(after, given)
    return parser.parse_intermixed_args(after, given)


def common_options(given: argparse.Namespace) -> dict[str, str]:
    """The options that were given, as `config.load` takes them."""
    return {
        name: value for name in config.OPTIONS if (value := getattr(given, name, None)) is not None
    }


def _split(argv: Sequence[str]) -> tuple[Sequence[str], str | None, Sequence[str]]:
    """What stands before the command, the command, and what follows it."""
    takes_value = {"--prompt", *(option for option, _, _ in _COMMON)}
    place = 0
    while place < len(argv) and argv[place].startswith("-"):
        place += 2 if argv[place] in takes_value else 1
    return argv[:place], argv[place] if place < len(argv) else None, argv[place + 1 :]


def words_of(argument: str) -> str:
    """An argument as text: bytes that are no UTF-8 reach Python as lone surrogates."""
    return "".join("�" if "\ud800" <= letter <= "\udfff" else letter for letter in argument)


def _add_common(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("common options")
    for option, value, explanation in _COMMON:
        group.add_argument(option, metavar=value, default=argparse.SUPPRESS, help=explanation)


def main_parser() -> argparse.ArgumentParser:
    """What may stand before a command."""
    parser = _Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [options] [command …]",
        description="Chat with Copilot, or any OpenAI-compatible server, in the terminal.",
        epilog=_commands_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--prompt", metavar="TEXT", help="start the app and send TEXT at once")
    parser.add_argument(
        "--continue",
        dest="continue_last",
        action="store_true",
        help="start the app on the most recently changed conversation",
    )
    parser.add_argument(
        "--demo", action="store_true", help="look around: no server, account or network"
    )
    _add_private(parser)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    _add_common(parser)
    return parser


def command_parser(command: Command) -> argparse.ArgumentParser:
    """What may stand after this one."""
    parser = _Parser(
        prog=f"{PROGRAM} {command.name}",
        usage=f"{PROGRAM} {command.name} {command.usage} [options]",
        description=command.summary,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    command.add_arguments(parser)
    _add_common(parser)
    return parser


def _commands_help() -> str:
    lines = [f"  {f'{c.name} {c.usage}':<36}  {c.summary}".rstrip() for c in COMMANDS.values()]
    return "commands (without one: the app):\n" + "\n".join(lines)


def _add_private(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--private", action="store_true", help="write nothing to disk")


def _add_json(parser: argparse.ArgumentParser, explanation: str) -> None:
    parser.add_argument("--json", action="store_true", help=explanation)


def _add_ask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "prompt_words",
        metavar="PROMPT",
        nargs="*",
        default=[],
        help="the prompt; - reads it from stdin; after a PROMPT, - adds stdin below it",
    )
    parser.add_argument(
        "--conversation", metavar="ID|last", help="go on with this one (default: a new one)"
    )
    _add_json(parser, "one JSON object a line")
    parser.add_argument(
        "--system", metavar="TEXT", help="the system prompt, kept with the conversation"
    )
    parser.add_argument(
        "--context",
        choices=("full", "newest"),
        help="send the whole conversation, or only the prompt to a server that remembers the rest",
    )
    parser.add_argument(
        "--attach",
        metavar="FILE",
        action="append",
        help="send a text or an image with the prompt; may stand more than once",
    )
    _add_private(parser)


def _add_list(parser: argparse.ArgumentParser) -> None:
    _add_json(parser, "an array of objects")
    parser.add_argument(
        "--trash", action="store_true", help="what was deleted and can still be restored"
    )


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID|last")
    _add_json(parser, "the stored document, all branches")


def _add_search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        metavar="QUERY",
        nargs="+",
        help='words that must all occur, "phrases", in:title, from:me, from:assistant, tag:NAME, '
        "model:NAME, after:2026-01-31, before:2026-01-31",
    )
    _add_json(parser, "an array of objects")
    parser.add_argument("--best", action="store_true", help="the best first, not the newest")
    parser.add_argument("--limit", metavar="N", type=int, help="at most so many (default: all)")


def _add_export(parser: argparse.ArgumentParser) -> None:
    from copilot_tui.formats import EXPORTS  # of no use to ask, which is in a hurry

    parser.add_argument("ids", metavar="ID|last", nargs="*", default=[])
    parser.add_argument("--all", action="store_true", help="every conversation, into the folder -o")
    parser.add_argument("--format", choices=tuple(EXPORTS), help="default: markdown")
    parser.add_argument(
        "--branches",
        action="store_true",
        help="every branch, not only the shown one (json always has all)",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE|DIR",
        help="default: stdout; in a folder the title names the file",
    )
    parser.add_argument("--force", action="store_true", help="overwrite what is there")


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        metavar="FILE|DIR",
        nargs="+",
        help="our own JSON; ChatGPT's export; the store of elia, oterm, llm or aichat",
    )
    _add_json(parser, "the report as one object")


def _add_rename(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("title", metavar="TITLE")


def _add_delete(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", metavar="ID", nargs="+")


def _add_restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")


def _add_models(parser: argparse.ArgumentParser) -> None:
    _add_json(parser, "an array of objects")


def _add_login(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("backend_name", metavar="BACKEND", nargs="?", default=None)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    _add_json(parser, "an array of objects")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="first do what is safe: a backup stands beside every conversation that is changed",
    )


def _add_config(parser: argparse.ArgumentParser) -> None:
    _add_json(parser, "an array of objects")


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", metavar="HOST", help="default: 127.0.0.1, this machine alone")
    parser.add_argument("--port", metavar="N", type=int, help="default: 8000; 0: any that is free")


def _add_completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="|".join(SHELLS))


COMMANDS: Final[dict[str, Command]] = {
    command.name: command
    for command in (
        Command("ask", "[PROMPT] [-]", "one prompt; the reply streams to stdout", _add_ask),
        Command("list", "[--trash] [--json]", "saved conversations, newest first", _add_list),
        Command("show", "ID|last [--json]", "one conversation", _add_show),
        Command("search", "QUERY [--json]", "every message of every conversation", _add_search),
        Command(
            "export",
            "ID…|last|--all [-o FILE|DIR]",
            "conversations as Markdown, JSON or HTML",
            _add_export,
        ),
        Command("import", "FILE…", "conversations of this and other programs", _add_import),
        Command("rename", "ID TITLE", "give a conversation another title", _add_rename),
        Command("delete", "ID…", "move conversations to the trash", _add_delete),
        Command("restore", "ID", "take a conversation out of the trash", _add_restore),
        Command("models", "[--json]", "what the backend offers", _add_models),
        Command("login", "[BACKEND]", "keep a key or a sign-in in the keyring", _add_login),
        Command("logout", "[BACKEND]", "remove it", _add_login),
        Command("config", "[--json]", "every setting in effect, and where it is from", _add_config),
        Command("serve", "[--host HOST] [--port N]", "the app in a web browser", _add_serve),
        Command(
            "completion", "|".join(SHELLS), "a script that completes in your shell", _add_completion
        ),
        Command(
            "doctor", "[--json] [--repair]", "what is wrong here, and what mends it", _add_doctor
        ),
    )
}
