"""Options that benchmarks share, and the combinations that they choose."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, cast, final

from phimath.context import using
from phimath.dtype import precision
from phimath.transform import jit_compile
from phisim.bench.native import BACKENDS, Framework, framework, is_installed

Mode = Literal["eager", "compiled"]
MODES: Final = ("eager", "compiled")
PRECISIONS: Final = (32, 64)


@final
@dataclass(frozen=True)
class Variant:
    """One way to run a benchmark."""

    backend: str
    mode: Mode
    precision: int

    @contextmanager
    def chosen(self) -> Iterator[Framework]:
        """Sets backend and precision; gives the framework's own means.

        Raises:
            BackendNotInstalled: the framework is missing.
        """
        with using(self.backend), precision(64 if self.precision == 64 else 32):
            yield framework(self.backend)

    def function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, or compiled by us, at once where that could happen in the background."""
        return function if self.mode == "eager" else jit_compile(function, optimize="now")

    def native(self, function: Callable[..., Any], framework: Framework) -> Callable[..., Any]:
        """The function, or compiled by the framework."""
        compiled = None if self.mode == "eager" else framework.compiled(function)
        return function if compiled is None else compiled

    @property
    def dtype(self) -> str:
        """Name of NumPy's type of numbers."""
        return f"float{self.precision}"

    @property
    def tolerance(self) -> float:
        """Part of the largest value by which results may differ after a few operations."""
        return 1e-11 if self.precision == 64 else 1e-4


def add_variants(parser: argparse.ArgumentParser) -> None:
    """`--backend`, `--mode` and `--precision`."""
    add_backends(parser)
    parser.add_argument("--mode", action="append", choices=MODES, help="repeatable; default: both")
    parser.add_argument(
        "--precision", action="append", type=int, choices=PRECISIONS,
        help="bits, repeatable; default: both",
    )  # fmt: skip


def add_backends(parser: argparse.ArgumentParser, choices: Sequence[str] = BACKENDS) -> None:
    """`--backend`."""
    parser.add_argument(
        "--backend", action="append", choices=choices, help="repeatable; default: all installed"
    )


def backends(options: argparse.Namespace) -> list[str]:
    """Those chosen, or all installed."""
    return options.backend or [name for name in BACKENDS if is_installed(name)]


def add_compiling(parser: argparse.ArgumentParser) -> None:
    """`--precision` and, without NumPy, which compiles nothing, `--backend`."""
    parser.add_argument(
        "--precision", action="append", type=int, choices=PRECISIONS, help="bits; default: 32"
    )
    add_backends(parser, [name for name in BACKENDS if name != "numpy"])


def compiling(options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """Backends and bits that `add_compiling` has chosen."""
    for backend in backends(options):
        if backend != "numpy":
            for bits in options.precision or (32,):
                yield backend, bits


def variants(options: argparse.Namespace) -> Iterator[Variant]:
    """The combinations chosen; NumPy is eager only."""
    for backend in backends(options):
        for mode in options.mode or MODES:
            for bits in options.precision or PRECISIONS:
                if backend != "numpy" or mode == "eager":
                    yield Variant(backend, cast("Mode", mode), bits)


def positive(text: str) -> int:
    """A number of at least 1, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return number
