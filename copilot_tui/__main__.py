"""The program's entry: `copilot-tui` and `python -m copilot_tui`."""

import sys


def run() -> int:
    """Run the command that the process was started with, and give its exit status."""
    if sys.argv[1:] == ["--version"]:
        # Asked for by scripts and package managers, so nothing else is imported for it.
        from copilot_tui.cli import output

        return output.version()
    from copilot_tui.cli.main import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
