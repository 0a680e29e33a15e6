"""The kinds of boundaries: constants, and what repeats, mirrors or continues the interior."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, final

from phimath.context import using
from phimath.dtype import precision
from phimath.errors import BoundaryError
from phimath.table import OPERATIONS
from phimath.tensor import Tensor, apply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.table import Operation
    from phimath.tensor import Number

Rule = Literal["periodic", "edge", "symmetric", "reflect", "none"]

# sin(-x) = -sin(x), and cos(-x) = cos(x): decides what these make of an antisymmetric boundary.
_ODD = frozenset(
    "negative sign sin tan arcsin arctan sinh tanh arcsinh arctanh erf conjugate real imag "
    "round".split()
)
_EVEN = frozenset("abs cos cosh".split())
_QUOTIENTS = frozenset(("divide", "safe_div"))
_AFFINE = frozenset("negative conjugate real imag".split())


class Boundary(ABC):
    """What lies outside of a grid, on all sides or per side.

    Arithmetic applies the same operation to boundaries as to the grids they belong to: `ONE + 1`
    is the constant 2 and
    `PERIODIC * 2` is `PERIODIC`.  Numbers and tensors stand for values without a boundary of their
    own.
    """

    __slots__ = ()

    priority: ClassVar[int] = 40
    __array_ufunc__: ClassVar[None] = None

    @abstractmethod
    def at(self, axis: str, *, upper: bool) -> Boundary:
        """The boundary on one side of `axis`."""

    @abstractmethod
    def derivative(self) -> Boundary:
        """Boundary of the spatial derivative of a grid with this boundary."""

    @abstractmethod
    def component(self, dim: str, index: int, label: str | None, axes: Sequence[str]) -> Boundary:
        """Boundary of one slice, along channel dimension `dim`, of a grid with these axes."""

    def parts(self) -> tuple[Boundary, ...]:
        """The boundaries that this one is made of."""
        return (self,)

    def spatial_gradient(self) -> Boundary:
        """Boundary of the spatial derivative of a grid with this boundary."""
        return self.derivative()

    def elementwise(self, operation: Operation, operands: Sequence[Any]) -> Boundary:
        """Boundary of the result of an operation on grids with these boundaries.

        Raises:
            BoundaryError: the values outside of the result don't follow from those of the operands.
        """
        return combine(operation, tuple(operands))

    def select(self, function: Callable[[Any], Any]) -> Boundary:
        """Copy with `function` applied to all prescribed values."""
        return self


COMPOSITES: list[Callable[[Operation, tuple[Any, ...]], Boundary | None]] = []
"""How composite boundaries split an operation; `phimath.boundary.sides` registers itself here."""


@dataclass(frozen=True, eq=False)
class Prescribed(Boundary):
    """A boundary with a value: a number, or a tensor such as a vector or a batch of numbers."""

    value: Number | Tensor

    def __eq__(self, other: object) -> bool:
        if self.__class__ is not other.__class__:
            return False
        mine, others = self.value, other.value  # type: ignore[attr-defined]
        # Tensors are compared by identity: their values may be unknown while a compiler traces.
        return mine is others or (
            not (isinstance(mine, Tensor) or isinstance(others, Tensor)) and mine == others
        )

    def __hash__(self) -> int:
        return id(self.value) if isinstance(self.value, Tensor) else hash(self.value)

    def at(self, axis: str, *, upper: bool) -> Boundary:
        """Itself."""
        return self

    def component(self, dim: str, index: int, label: str | None, axes: Sequence[str]) -> Boundary:
        """Prescribed value of one component, found by its label where both have labels."""
        value = self.value
        if not isinstance(value, Tensor) or dim not in value.shape:
            return self
        labels = value.shape.get_labels(dim)
        if label is not None and labels is not None:
            if label not in labels:
                raise BoundaryError(
                    f"The boundary {self!r} prescribes the components {','.join(labels)} but not "
                    f"'{label}' of the grid. Give one value for each component."
                )
            index = labels.index(label)
        return self.__class__(value.get({dim: index}))

    def select(self, function: Callable[[Any], Any]) -> Boundary:
        """Same kind with the new value."""
        return self.__class__(function(self.value))


@final
@dataclass(frozen=True, eq=False)
class Constant(Prescribed):
    """The same value everywhere outside."""

    def __repr__(self) -> str:
        return str(self.value)

    def derivative(self) -> Boundary:
        """Zero: the derivative of what is constant outside."""
        return ZERO


@final
@dataclass(frozen=True, eq=False)
class FaceValue(Prescribed):
    """A value prescribed half a cell outside: ghost = 2 value − mirrored interior.

    This is how a grid of cell centers sees a constant that is prescribed on the domain's faces.
    """

    def __repr__(self) -> str:
        return f"{self.value} on faces"

    def derivative(self) -> Boundary:
        """Even about the face, because the grid is odd about it."""
        return SYMMETRIC


@final
@dataclass(frozen=True)
class Extension(Boundary):
    """Ghost values made of interior ones: `sign · interior[rule] + edge · outermost value`.

    rule: which interior value belongs to the k-th ghost value: `periodic` the k-th from the other
        side, `edge` the outermost,
    `symmetric` the k-th, `reflect` the (k+1)-th, `none`: there are no ghost values.
    """

    name: str
    rule: Rule
    sign: Literal[1, -1] = 1
    edge: Literal[0, 2] = 0

    def __repr__(self) -> str:
        return self.name

    @property
    def is_copy(self) -> bool:
        """Whether ghost values are unchanged interior values, as are then any functions of them."""
        return self.sign == 1 and self.edge == 0

    def static_fields(self) -> tuple[str, ...]:
        """Its numbers say which rule it is: they are no data."""
        return ("name", "rule", "sign", "edge")

    def at(self, axis: str, *, upper: bool) -> Boundary:
        """Itself."""
        return self

    def derivative(self) -> Boundary:
        """By a table: what is even becomes odd and the other way round."""
        return _DERIVATIVES[self.name]()

    def component(self, dim: str, index: int, label: str | None, axes: Sequence[str]) -> Boundary:
        """Itself."""
        return self


PERIODIC = Extension("periodic", "periodic")
ZERO_GRADIENT = BOUNDARY = Extension("zero-gradient", "edge")
SYMMETRIC = Extension("symmetric", "symmetric")
REFLECT = Extension("reflect", "reflect")
ANTISYMMETRIC = Extension("antisymmetric", "symmetric", -1)
ANTIREFLECT = Extension("antireflect", "reflect", -1)
SYMMETRIC_GRADIENT = Extension("symmetric-gradient", "reflect", -1, 2)
NONE = Extension("none", "none")
ZERO = Constant(0)
ONE = Constant(1)

EXTENSIONS = {
    e.name: e
    for e in (
        PERIODIC,
        ZERO_GRADIENT,
        SYMMETRIC,
        REFLECT,
        ANTISYMMETRIC,
        ANTIREFLECT,
        SYMMETRIC_GRADIENT,
        NONE,
    )
}
_DERIVATIVES: dict[str, Callable[[], Boundary]] = {
    "periodic": lambda: PERIODIC,
    "zero-gradient": lambda: ZERO,
    "symmetric": lambda: ANTISYMMETRIC,
    "reflect": lambda: ANTIREFLECT,
    "antisymmetric": lambda: SYMMETRIC,
    "antireflect": lambda: REFLECT,
    "symmetric-gradient": lambda: REFLECT,
    "none": lambda: NONE,
}
_OPPOSITE = {
    SYMMETRIC: ANTISYMMETRIC,
    REFLECT: ANTIREFLECT,
    ANTISYMMETRIC: SYMMETRIC,
    ANTIREFLECT: REFLECT,
}


def on_faces(boundary: Boundary) -> Boundary:
    """One-sided boundary as seen by cell centers: constants are prescribed on the face."""
    return FaceValue(boundary.value) if isinstance(boundary, Constant) else boundary


def constant(value: Number | Tensor) -> Constant:
    """Constant of this value; all zeros are one object, but for that of booleans."""
    return ZERO if _is_zero(value) and value is not False else Constant(value)


def _is_zero(value: Number | Tensor) -> bool:
    return not isinstance(value, Tensor) and value == 0


# --- arithmetic ---


def combine(operation: Operation, operands: tuple[Any, ...]) -> Boundary:
    """Boundary of the result of an operation on boundaries, numbers and tensors."""
    for split in COMPOSITES:
        result = split(operation, operands)
        if result is not None:
            return result
    boundaries = [operand for operand in operands if isinstance(operand, Boundary)]
    if NONE in boundaries:
        return NONE
    if _stays_zero(operation, operands):
        return ZERO
    if all(isinstance(boundary, Constant) for boundary in boundaries):
        return _combine_constants(operation, operands)
    result = _combine_extensions(operation, operands, boundaries)
    if result is None:
        raise BoundaryError(
            f"The boundary of {operation.name}({', '.join(map(repr, operands))}) does not follow "
            "from these boundaries. "
            "Give both operands the same boundary first, e.g. with field.with_boundary(…)."
        )
    return result


def _stays_zero(operation: Operation, operands: tuple[Any, ...]) -> bool:
    """Whether the result is zero outside whatever the other operands are.

    A zero is a number of the program, not data: sides that are known to be zero stay known.
    """
    zeros = [isinstance(operand, Constant) and _is_zero(operand.value) for operand in operands]
    if operation.name == "multiply":
        return any(zeros)
    if operation.name in _QUOTIENTS:
        return zeros[0]
    return operation.name in ("add", "subtract", "negative") and all(zeros)


def _combine_constants(operation: Operation, operands: tuple[Any, ...]) -> Boundary:
    values = [o.value if isinstance(o, Constant) else o for o in operands]
    if any(isinstance(value, Tensor) for value in values):
        return Constant(apply(operation, *values))
    # Numbers stay numbers, so that they are exact at every precision and no framework is involved.
    with using("numpy"), precision(64):
        return constant(apply(operation, *values).item())


def _combine_extensions(
    operation: Operation, operands: tuple[Any, ...], boundaries: list[Boundary]
) -> Boundary | None:
    extensions = [b for b in boundaries if isinstance(b, Extension)]
    first = extensions[0] if extensions else None
    if (
        first is None
        or len(extensions) != len(boundaries)
        or any(e.rule != first.rule for e in extensions)
    ):
        return None
    if all(e.is_copy for e in extensions):
        return first
    if operation.arity == 1:
        return _unary(operation.name, first)
    if len(extensions) == 1:
        return first if _keeps_with_number(operation.name, first, operands) else None
    same = all(e == first for e in extensions)
    if operation.name in ("add", "subtract"):
        return first if same else None
    if operation.name in ("multiply", *_QUOTIENTS) and not any(e.edge for e in extensions):
        sign = extensions[0].sign * extensions[1].sign
        return first if first.sign == sign else _OPPOSITE[first]
    return None


def _unary(name: str, extension: Extension) -> Boundary | None:
    if extension.edge:
        return extension if name in _AFFINE else None
    if name in _ODD:
        return extension
    return _OPPOSITE[extension] if name in _EVEN else None


def _keeps_with_number(name: str, extension: Extension, operands: tuple[Any, ...]) -> bool:
    if name == "multiply" or (name in _QUOTIENTS and operands[0] is extension):
        return True
    return bool(extension.edge) and name in ("add", "subtract")


def _operator(
    operation: Operation, *, reflected: bool = False
) -> Callable[[Boundary, Any], Boundary]:
    def operator(self: Boundary, other: Any) -> Boundary:
        return apply(operation, other, self) if reflected else apply(operation, self, other)

    operator.__doc__ = f"Boundary of the elementwise {operation.name}."
    return operator


_OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
}
for _method, _name in _OPERATORS.items():
    setattr(Boundary, f"__{_method}__", _operator(OPERATIONS[_name]))
    setattr(Boundary, f"__r{_method}__", _operator(OPERATIONS[_name], reflected=True))


def _negative(self: Boundary) -> Boundary:
    """Boundary of the negative."""
    return apply(OPERATIONS["negative"], self)


def _absolute(self: Boundary) -> Boundary:
    """Boundary of the magnitude."""
    return apply(OPERATIONS["abs"], self)


Boundary.__neg__ = _negative  # type: ignore[attr-defined]
Boundary.__abs__ = _absolute  # type: ignore[attr-defined]
