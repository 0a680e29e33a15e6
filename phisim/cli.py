"""The console script `phisim`: finds the command, and says in one message what went wrong.

A command is a module with `main(arguments) -> exit status`, loaded when it is called, so that
`phisim --help` is quick.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module, metadata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Command(NamedTuple):
    """What a command does in one line, and the module that does it."""

    help: str
    module: str


COMMANDS = {
    "demo": Command("run a demonstration, e.g. `phisim demo plume`", "phisim.demo"),
    "doctor": Command("check Python and the frameworks, and say how to fix them", "phisim.doctor"),
    "validate": Command(
        "run flows whose solution is known, and compare", "phisim.physics.validation.command"
    ),
    "bench": Command("measure Phisim against native code", "phisim.bench"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Returns:
        Exit status: 0 if all went well, 1 after an error, 130 when interrupted.  Wrong usage exits
        with 2.
    """
    chosen = _parser().parse_args(arguments)
    command = import_module(COMMANDS[chosen.command].module)
    # The errors' base class is loaded with the command, not for `--help`.
    phi_error = import_module("phimath.errors").PhiError
    try:
        return command.main(chosen.arguments)
    except phi_error as error:
        print(f"phisim {chosen.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    parser = argparse.ArgumentParser(
        prog="phisim",
        usage="phisim [--help] [--version] COMMAND …",
        description="Simulations written once, for any dimension and any framework.",
        epilog="\n".join(
            [
                "commands:",
                *(f"  {name:{width}}  {command.help}" for name, command in COMMANDS.items()),
                "",
                "`phisim COMMAND --help` tells more about a command.",
            ]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"phisim {_version()}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _version() -> str:
    try:
        return metadata.version("phisim")
    except metadata.PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
