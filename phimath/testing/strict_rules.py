"""What the contract promises to backends about arguments, as tables of checks.

Each check returns a complaint, or an empty text where all is well.  Arrays appear as NumPy arrays
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from phimath.dtype import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Arguments: TypeAlias = "Mapping[str, Any]"  # values of any of the contract's argument types
Rule: TypeAlias = "Callable[[Arguments], str]"

_KINDS: Final = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}
_NUMBERS: Final[dict[type, int]] = {bool: 0, int: 1, float: 2, complex: 3}
_HOLDS: Final = {"bool": 0, "int": 1, "uint": 1, "float": 2, "complex": 3}
NUMERIC: Final = "int float complex"
REAL: Final = "int float"
FLOATING: Final = "float complex"


def kind_of(array: np.ndarray) -> str:
    """Kind of the elements: bool, int, float or complex."""
    return _KINDS[array.dtype.kind]


def is_integer(value: object) -> bool:
    """A Python int and nothing that only resembles one."""
    return type(value) is int


def is_integers(value: object) -> bool:
    """A tuple of Python ints."""
    return isinstance(value, tuple) and all(is_integer(v) for v in value)


def _is_index(value: object) -> bool:
    if isinstance(value, slice):
        parts = (value.start, value.stop, value.step)
        return all(part is None or is_integer(part) for part in parts)
    return is_integer(value)


def _is_widths(value: Any) -> bool:
    return all(is_integers(pair) and len(pair) == 2 and min(pair) >= 0 for pair in value)


def _are_array_types(value: object) -> bool:
    return isinstance(value, tuple) and all(
        len(one) == 2 and is_integers(one[0]) and isinstance(one[1], DType) for one in value
    )


# Annotation in the contract → whether a value that is no array fits it.
PLAIN: Final[dict[str, Callable[[Any], bool]]] = {
    "int": is_integer,
    "tuple[int, ...]": is_integers,
    "tuple[int, int]": lambda value: is_integers(value) and len(value) == 2,
    "tuple[int | slice, ...]": lambda v: isinstance(v, tuple) and all(_is_index(i) for i in v),
    "Sequence[tuple[int, int]]": _is_widths,
    "Number": lambda value: type(value) in _NUMBERS,
    "DType": lambda value: isinstance(value, DType),
    "str": lambda value: isinstance(value, str),
    "str | None": lambda value: value is None or isinstance(value, str),
    "ArrayTypes": _are_array_types,
    "HostFunction": callable,
    "np.ndarray": lambda value: type(value) is np.ndarray,
    "ScatterMode": lambda value: value in ("update", "add", "min", "max"),
    "Literal['left', 'right']": lambda value: value in ("left", "right"),
    'Literal["left", "right"]': lambda value: value in ("left", "right"),
}


def same_type(*names: str) -> Rule:
    """These arrays have one element type; a name may also stand for a sequence of arrays."""

    def check(arguments: Arguments) -> str:
        found = {array.dtype.name for array in _arrays(arguments, names)}
        return f"element types differ: {', '.join(sorted(found))}" if len(found) > 1 else ""

    return check


def _arrays(arguments: Arguments, names: Iterable[str]) -> list[np.ndarray]:
    values = [arguments[name] for name in names]
    return [v for value in values for v in (value if isinstance(value, (tuple, list)) else [value])]


def kinds(name: str, allowed: str) -> Rule:
    """The array or arrays under this name are of an allowed kind."""

    def check(arguments: Arguments) -> str:
        wrong = {kind_of(a) for a in _arrays(arguments, [name])} - set(allowed.split())
        return f"'{name}' must be {allowed}, not {', '.join(wrong)}" if wrong else ""

    return check


def rank(name: str, least: int, most: int | None = None) -> Rule:
    """The array has `least` axes, or between `least` and `most` of them."""

    def check(arguments: Arguments) -> str:
        found = arguments[name].ndim
        fits = least <= found <= (least if most is None else most)
        return "" if fits else f"'{name}' has {found} axes, expected {least} to {most or least}"

    return check


def axis_exists(arguments: Arguments) -> str:
    """`axis` counts from 0 and exists."""
    axis, count = arguments["axis"], arguments["a"].ndim
    return "" if 0 <= axis < count else f"axis {axis} of an array with {count} axes"


def axes_exist(arguments: Arguments) -> str:
    """`axes` is not empty, and each axis exists and is given once."""
    axes, count = arguments["axes"], arguments["a"].ndim
    if not axes or len(set(axes)) != len(axes):
        return f"axes {axes} must be distinct and at least one"
    return "" if all(0 <= axis < count for axis in axes) else f"axes {axes} of {count} axes"


def axes_sorted(arguments: Arguments) -> str:
    """`axes` ascends."""
    axes = arguments["axes"]
    return "" if list(axes) == sorted(axes) else f"axes {axes} must ascend"


def _axes_permuted(arguments: Arguments) -> str:
    axes, count = arguments["axes"], arguments["a"].ndim
    return "" if sorted(axes) == list(range(count)) else f"axes {axes} permute not {count} axes"


def _axes_inserted(arguments: Arguments) -> str:
    axes, count = arguments["axes"], arguments["a"].ndim + len(arguments["axes"])
    fits = len(set(axes)) == len(axes) and all(0 <= axis < count for axis in axes)
    return "" if fits else f"axes {axes} don't exist in a result with {count} axes"


def _same_count(arguments: Arguments) -> str:
    before, sizes = arguments["a"].size, arguments["sizes"]
    fits = min(sizes, default=0) >= 0 and before == int(np.prod(sizes, dtype=np.int64))
    return "" if fits else f"{before} elements don't fit {sizes}"


def _can_repeat(arguments: Arguments) -> str:
    old, new = arguments["a"].shape, arguments["sizes"]
    fits = len(old) == len(new) and all(a in (1, b) for a, b in zip(old, new, strict=True))
    return "" if fits else f"sizes {old} can't be repeated to {new}"


def _index_fits(arguments: Arguments) -> str:
    sizes, index = arguments["a"].shape, arguments["index"]
    if len(sizes) != len(index):
        return f"{len(index)} indices for {len(sizes)} axes"
    wrong = [i for i, n in zip(index, sizes, strict=True) if isinstance(i, int) and not -n <= i < n]
    return f"indices {wrong} are out of range in {sizes}" if wrong else ""


def _joinable(arguments: Arguments) -> str:
    shapes = [a.shape for a in arguments["arrays"]]
    axis = arguments["axis"]
    if not shapes:
        return "no arrays to join"
    if any(len(s) != len(shapes[0]) for s in shapes) or not 0 <= axis < len(shapes[0]):
        return f"sizes {shapes} can't be joined along axis {axis}"
    rest = {s[:axis] + s[axis + 1 :] for s in shapes}
    return f"sizes {shapes} differ off axis {axis}" if len(rest) > 1 else ""


def _stackable(arguments: Arguments) -> str:
    shapes = {a.shape for a in arguments["arrays"]}
    fits = len(shapes) == 1 and 0 <= arguments["axis"] <= len(next(iter(shapes)))
    return "" if fits else f"sizes {sorted(shapes)} can't be stacked along {arguments['axis']}"


def _one_width_per_axis(arguments: Arguments) -> str:
    widths, count = len(arguments["widths"]), arguments["a"].ndim
    return "" if widths == count else f"{widths} pairs of widths for {count} axes"


def number_fits(dtype: np.dtype[Any], number: object) -> str:
    """A Python number must not widen the kind of the elements it meets."""
    if _NUMBERS.get(type(number), 4) <= _HOLDS[DType(dtype.name).kind]:
        return ""
    return f"the number {number!r} would change elements of type {dtype.name}"


def complaint_about_flag(flag: object) -> str:
    """A loop goes on by a boolean scalar."""
    fits = isinstance(flag, np.ndarray) and not flag.shape and flag.dtype == np.bool_
    return "" if fits else f"the condition must be a boolean scalar, got {flag!r}"


def changes_of_state(before: tuple[np.ndarray, ...], after: object) -> str:
    """The state of a loop keeps its number of arrays, their sizes and types."""
    if not isinstance(after, tuple) or not all(isinstance(a, np.ndarray) for a in after):
        return f"the body must give a tuple of native arrays, got {after!r}"
    old, new = ([(a.dtype.name, a.shape) for a in arrays] for arrays in (before, after))
    return "" if old == new else f"the state changes from {old} to {new}"


def _padding_fits(arguments: Arguments) -> str:
    return number_fits(arguments["a"].dtype, arguments["value"])


def _exponent_fits(arguments: Arguments) -> str:
    base, exponent = arguments["a"], arguments["exponent"]
    if base.dtype.kind in "iu" and exponent < 0:
        return f"integers have no power {exponent}"
    return number_fits(base.dtype, exponent)


def _filling_fits(arguments: Arguments) -> str:
    if min(arguments["sizes"], default=0) < 0:
        return f"negative sizes {arguments['sizes']}"
    return number_fits(np.dtype(arguments["dtype"].name), arguments["value"])


def _indices_of(name: str, axis: Callable[[Arguments], int]) -> Rule:
    def check(arguments: Arguments) -> str:
        indices = arguments["indices"]
        size = arguments[name].shape[axis(arguments)]
        if indices.dtype.name not in ("int32", "int64"):
            return f"indices are {indices.dtype.name}, expected int64 or int32"
        fits = indices.size == 0 or (indices.min() >= 0 and indices.max() < size)
        return "" if fits else f"indices must lie in 0 … {size - 1}"

    return check


def _same_batch(name: str) -> Rule:
    def check(arguments: Arguments) -> str:
        found, expected = arguments["indices"].shape[0], arguments[name].shape[0]
        return "" if found == expected else f"{found} batches of indices for {expected}"

    return check


def _values_fit(arguments: Arguments) -> str:
    base, indices = arguments["base"].shape, arguments["indices"].shape
    expected, found = (*indices, base[2]), arguments["values"].shape
    return "" if found == expected else f"values have sizes {found}, expected {expected}"


def _mask_fits(arguments: Arguments) -> str:
    size, found = arguments["a"].shape[arguments["axis"]], arguments["mask"].shape[0]
    return "" if found == size else f"{found} flags for {size} elements"


def _is_square(arguments: Arguments) -> str:
    sizes = arguments["a"].shape
    return "" if sizes[-1] == sizes[-2] else f"matrices {sizes} are not square"


def _chain(arguments: Arguments) -> str:
    a, b = arguments["a"].shape, arguments["b"].shape
    return "" if a[-1] == b[-2] else f"matrices {a} and {b} can't be multiplied"


def _sparse_product(arguments: Arguments) -> str:
    pattern, values, x = (arguments[name] for name in ("pattern", "values", "x"))
    wanted = (x.shape[0], pattern.entries)
    if values.shape != wanted:
        return f"values have sizes {values.shape}, expected {wanted}"
    fits = x.shape[1] == pattern.columns
    return "" if fits else f"x has {x.shape[1]} rows for {pattern.columns} columns"


def _subscripts(arguments: Arguments) -> str:
    text = arguments["subscripts"]
    plain = text.replace(",", "").replace("->", "")
    fits = "->" in text and (plain.isalpha() or not plain)
    return "" if fits else f"subscripts {text!r} need letters and an explicit output"


def _is_transform(arguments: Arguments) -> str:
    kind = arguments["kind"]
    return "" if kind in (1, 2, 3, 4) else f"there is no type {kind} of these transforms"


_ROWS_AND_COLUMNS = rank("a", 2, 9)
_INTEGER_SUM = (axes_exist, axes_sorted, kinds("a", NUMERIC))
_LARGEST = (axes_exist, axes_sorted, kinds("a", REAL + " bool"))
_LOGIC = (axes_exist, axes_sorted, kinds("a", "bool"))
_ONE_REAL = (axis_exists, kinds("a", REAL))
_MATRIX = (_ROWS_AND_COLUMNS, kinds("a", FLOATING))

RULES: Final[dict[str, tuple[Rule, ...]]] = {
    "where": (kinds("condition", "bool"), same_type("true", "false")),
    "power_of": (kinds("a", NUMERIC), _exponent_fits),
    "full": (_filling_fits,),
    "sum": _INTEGER_SUM,
    "prod": _INTEGER_SUM,
    "mean": (axes_exist, axes_sorted, kinds("a", FLOATING)),
    "max": _LARGEST,
    "min": _LARGEST,
    "any": _LOGIC,
    "all": _LOGIC,
    "argmax": _ONE_REAL,
    "argmin": _ONE_REAL,
    "cumulative_sum": (axis_exists, kinds("a", NUMERIC)),
    "sort": _ONE_REAL,
    "argsort": _ONE_REAL,
    "reshape": (_same_count,),
    "transpose": (_axes_permuted,),
    "expand_dims": (_axes_inserted, axes_sorted),
    "broadcast_to": (_can_repeat,),
    "get": (_index_fits,),
    "concat": (same_type("arrays"), _joinable),
    "stack": (same_type("arrays"), _stackable),
    "flip": (axes_exist,),
    "pad": (_one_width_per_axis, _padding_fits),
    "repeat": (axis_exists,),
    "take": (axis_exists, rank("indices", 1), _indices_of("a", lambda given: given["axis"])),
    "gather": (rank("a", 3), rank("indices", 2), _same_batch("a"), _indices_of("a", lambda _: 1)),
    "scatter": (
        rank("base", 3), rank("indices", 2), rank("values", 3), same_type("base", "values"),
        _same_batch("base"), _values_fit, _indices_of("base", lambda _: 1),
    ),
    "nonzero": (kinds("mask", "bool"),),
    "boolean_mask": (axis_exists, rank("mask", 1), kinds("mask", "bool"), _mask_fits),
    "searchsorted": (rank("sorted_values", 1), same_type("sorted_values", "values")),
    "matmul": (rank("a", 2, 9), rank("b", 2, 9), same_type("a", "b"), kinds("a", NUMERIC), _chain),
    "einsum": (same_type("arrays"), kinds("arrays", NUMERIC), _subscripts),
    "sparse_matmul": (
        rank("values", 2), rank("x", 3), same_type("values", "x"), kinds("x", NUMERIC),
        _sparse_product,
    ),
    "svd": _MATRIX,
    "eigenvalues": (*_MATRIX, _is_square),
    "eigh": (*_MATRIX, _is_square),
    "solve": (*_MATRIX, rank("b", 2, 9), same_type("a", "b"), _is_square, _chain),
    "qr": _MATRIX,
    "fft": (axes_exist, kinds("a", "complex")),
    "ifft": (axes_exist, kinds("a", "complex")),
    "rfft": (axis_exists, kinds("a", "float")),
    "irfft": (axis_exists, kinds("a", "complex")),
    "dct": (axis_exists, kinds("a", "float"), _is_transform),
    "dst": (axis_exists, kinds("a", "float"), _is_transform),
}  # fmt: skip

# Elementwise function → kinds of operands that it is defined for; all others take floating numbers.
ELEMENTWISE: Final[dict[str, str]] = {
    **dict.fromkeys("negative abs sign conj real imag add subtract multiply pow".split(), NUMERIC),
    **dict.fromkeys("floor ceil round floor_divide remainder maximum minimum".split(), REAL),
    **dict.fromkeys("less less_equal greater greater_equal".split(), REAL),
    **dict.fromkeys("isfinite isnan isinf equal not_equal".split(), "bool " + NUMERIC),
    **dict.fromkeys("logical_not logical_and logical_or logical_xor".split(), "bool"),
    **dict.fromkeys(
        [f"bitwise_{name}" for name in "invert and or xor left_shift right_shift".split()], "int"
    ),
    **dict.fromkeys("atan2 sigmoid softplus erf log_gamma lower_incomplete_gamma".split(), "float"),
}
