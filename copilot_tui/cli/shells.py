"""The completion script of each shell.

Ids are asked of the program itself when they are wanted; all else stands in the script.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copilot_tui.cli.grammar import Option, Words


_LISTED: Final = {"id": "", "trashed": " --trash"}
"""What is listed for each kind of id."""


def _quoted(text: str) -> str:
    """A word that every one of the three shells takes as it is."""
    return "'" + text.replace("'", "'\\''") + "'"


def _with_value(words: Iterable[Words]) -> list[str]:
    """The flags that a value follows, whatever the command."""
    options = (option for each in words for option in each.options if option.takes != "nothing")
    return sorted({flag for option in options for flag in option.flags})


# bash


def bash(program: str, before: Words, commands: Sequence[Words]) -> str:
    """For bash 3.2 and later."""
    values = _bash_values((before, *commands))
    arguments = [line for each in (before, *commands) for line in _bash_words(each, commands)]
    return f"""\
# {program} for bash: eval "$({program} completion bash)" in ~/.bashrc
_copilot_tui() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}}
    local command= skip= word i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${{COMP_WORDS[i]}}
        if [[ -n $skip ]]; then skip=; continue; fi
        case $word in
            {"|".join(_with_value((before, *commands)))}) skip=1 ;;
            -*) ;;
            *) command=$word; break ;;
        esac
    done
    COMPREPLY=()
    case "$command $prev" in
{chr(10).join(values)}
    esac
    case $command in
{chr(10).join(arguments)}
    esac
}}
_copilot_tui_ids() {{
    "${{COMP_WORDS[0]}}" list "$@" 2>/dev/null | cut -f1
    echo last
}}
_copilot_tui_words() {{
    compopt +o default 2>/dev/null
    COMPREPLY=($(compgen -W "$1" -- "$cur"))
}}
complete -o default -F _copilot_tui {program}
"""


def _bash_values(all_words: Sequence[Words]) -> Iterable[str]:
    """What follows each flag; one line for all commands where they agree."""
    found: dict[str, dict[str, str]] = {}
    for words in all_words:
        for option in words.options:
            if option.takes != "nothing":
                for flag in option.flags:
                    found.setdefault(flag, {})[words.name] = _bash_value(option)
    for flag, by_command in found.items():
        if len(set(by_command.values())) == 1:
            yield f'        *" {flag}") {next(iter(by_command.values()))} return ;;'
        else:
            for name, value in by_command.items():
                yield f'        "{name} {flag}") {value} return ;;'


def _bash_value(option: Option) -> str:
    if option.choices:
        return f"_copilot_tui_words {_quoted(' '.join(option.choices))};"
    if option.takes in _LISTED:
        return f'_copilot_tui_words "$(_copilot_tui_ids{_LISTED[option.takes]})";'
    return "" if option.takes in ("file", "folder") else "_copilot_tui_words '';"


def _bash_words(words: Words, commands: Sequence[Words]) -> Iterable[str]:
    flags = " ".join(flag for option in words.options for flag in option.flags)
    yield f"        {words.name or chr(34) * 2})"
    yield f"            if [[ $cur == -* ]]; then _copilot_tui_words {_quoted(flags)}"
    if not words.name:
        names = " ".join(each.name for each in commands)
        yield f"            else _copilot_tui_words {_quoted(names)}"
    elif words.argument is not None and (value := _bash_value(words.argument)):
        yield f"            else {value.rstrip(';')}"
    elif words.argument is None:
        yield "            else _copilot_tui_words ''"
    yield "            fi ;;"


# zsh


def zsh(program: str, before: Words, commands: Sequence[Words]) -> str:
    """For zsh 5 and later."""
    cases = "\n".join(
        f"                ({each.name}) _arguments -s {_zsh_specs(each)} ;;" for each in commands
    )
    names = " ".join(_quoted(f"{each.name}:{each.summary.replace(':', ' -')}") for each in commands)
    return f"""\
#compdef {program}
# {program} for zsh: eval "$({program} completion zsh)" in ~/.zshrc, below compinit; or this file
# as _{program} in a folder of $fpath
_copilot_tui_listed() {{
    local -a found
    found=('last:the newest')
    {program} list "$@" 2>/dev/null | while IFS=$'\\t' read -r id when title rest; do
        found+=("$id:$title")
    done
    _describe conversation found
}}
_copilot_tui_ids() {{ _copilot_tui_listed }}
_copilot_tui_trashed() {{ _copilot_tui_listed --trash }}
_copilot_tui() {{
    local curcontext=$curcontext state line
    local -A opt_args
    _arguments -C -s {_zsh_specs(before)} '1:command:->command' '*::argument:->argument'
    case $state in
        (command)
            local -a commands
            commands=({names})
            _describe command commands ;;
        (argument)
            case $words[1] in
{cases}
            esac ;;
    esac
}}
if [[ $funcstack[1] = _{program} ]]; then _copilot_tui "$@"; else compdef _copilot_tui {program}; fi
"""


def _zsh_specs(words: Words) -> str:
    specs = [_zsh_option(flag, option) for option in words.options for flag in option.flags]
    if words.argument is not None:
        specs.append(f"*:{_zsh_text(words.argument.help or 'text')}:{_zsh_value(words.argument)}")
    return " ".join(map(_quoted, specs))


def _zsh_option(flag: str, option: Option) -> str:
    value = f":value:{_zsh_value(option)}" if option.takes != "nothing" else ""
    return f"{flag}[{_zsh_text(option.help)}]{value}"


def _zsh_text(text: str) -> str:
    return re.sub(r"([\[\]:\\])", r"\\\1", text)


def _zsh_value(option: Option) -> str:
    if option.choices:
        return f"({' '.join(option.choices)})"
    values = {
        "id": "_copilot_tui_ids",
        "trashed": "_copilot_tui_trashed",
        "file": "_files",
        "folder": "_files -/",
    }
    return values.get(option.takes, " ")


# fish


def fish(program: str, before: Words, commands: Sequence[Words]) -> str:
    """For fish 3 and later."""
    names = " ".join(each.name for each in commands)
    first = f"not __fish_seen_subcommand_from {names}"
    lines = [
        f"# {program} for fish: {program} completion fish > "
        f"~/.config/fish/completions/{program}.fish",
        "function __copilot_tui_ids",
        f"    {program} list $argv 2>/dev/null "
        "| string replace -r '^([^\\t]*)\\t[^\\t]*\\t([^\\t]*).*' '$1\\t$2'",
        "    echo last",
        "end",
        f"complete -c {program} -f",
        *_fish_lines(program, first, before),
    ]
    for each in commands:
        lines.append(
            f"complete -c {program} -n {_quoted(first)} -a {each.name} -d {_fish(each.summary)}"
        )
        lines += _fish_lines(program, f"__fish_seen_subcommand_from {each.name}", each)
    return "\n".join(lines) + "\n"


def _fish_lines(program: str, condition: str, words: Words) -> Iterable[str]:
    start = f"complete -c {program} -n {_quoted(condition)}"
    for option in words.options:
        flags = " ".join(
            f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags
        )
        yield f"{start} {flags} -d {_fish(option.help)}{_fish_value(option)}"
    if words.argument is not None and (value := _fish_value(words.argument)):
        yield start + value.replace(" -r -F", " -F").replace(" -x", "")


def _fish_value(option: Option) -> str:
    if option.choices:
        return f" -x -a {_quoted(' '.join(option.choices))}"
    values = {
        "id": " -x -a '(__copilot_tui_ids)'",
        "trashed": " -x -a '(__copilot_tui_ids --trash)'",
        "file": " -r -F",
        "folder": " -x -a '(__fish_complete_directories)'",
        "text": " -x",
    }
    return values.get(option.takes, "")


def _fish(text: str) -> str:
    """fish knows two escapes between single quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
