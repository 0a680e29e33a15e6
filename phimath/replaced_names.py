"""What became of the names of ΦML and ΦFlow that don't exist here, for the error of who asks.

`tests/rules/vocabulary.csv` lists every public name of theirs; this is its part that is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LAYOUT = "A tree is a tuple, a dict or a frozen dataclass."

# Name of theirs: what to write instead.
REPLACED: Mapping[str, str] = {
    # synonyms: one name per thing
    "always_close": "Use `close`.",
    "broadcast": "Use `map`.",
    "const_vec": "Use `expand(value, dim)`.",
    "copy_with": "Use `replace`.",
    "cross_product": "Use `cross`.",
    "functional_gradient": "Use `gradient`.",
    "inf": "Use `INF`.",
    "isfinite": "Use `is_finite`.",
    "nan": "Use `NAN`.",
    "ncat": "Use `concat`.",
    "neighbor_max": "Use `neighbor_reduce(grid, max)`.",
    "neighbor_mean": "Use `neighbor_reduce(grid, mean)`.",
    "neighbor_min": "Use `neighbor_reduce(grid, min)`.",
    "neighbor_sum": "Use `neighbor_reduce(grid, sum)`.",
    "pairwise_distances": "Use `pairwise_differences`.",
    "pi": "Use `PI`.",
    "rand": "Use `random_uniform`.",
    "randn": "Use `random_normal`.",
    "range": "Use `arange`.",
    "replace_dims": "Use `rename_dims`.",
    "set_global_precision": "Use `set_precision`.",
    "tcat": "Use `concat`.",
    # deprecated forms
    "clip_length": "Use `phisim.geometry.clip_length`.",
    "length": "Use `norm`.",
    "rotate_vector": "Use `phisim.geometry.rotate`.",
    "rotation_matrix": "Use `phisim.geometry.rotation_matrix`.",
    "squared_length": "Use `squared_norm`.",
    "vec_abs": "Use `norm`.",
    "vec_length": "Use `norm`.",
    "vec_normalize": "Use `normalize`.",
    "vec_squared": "Use `squared_norm`.",
    # methods and properties of tensors
    "choose_backend": "Use the property `Tensor.backend`.",
    "dtype": "Use the property `Tensor.dtype`.",
    "native": "Use the method `Tensor.native(order)`.",
    "numpy": "Use the method `Tensor.numpy(order)`, or `import numpy`.",
    "reshaped_native": "Use `Tensor.native(order)`, which takes groups of dimensions.",
    "reshaped_numpy": "Use `Tensor.numpy(order)`, which takes groups of dimensions.",
    "reshaped_tensor": "Use `tensor(array, *groups)`.",
    "swap_axes": "Give the order where arrays leave: `Tensor.native(order)`.",
    # errors and boundaries
    "ConvergenceException": "Catch `SolveError`, or its `NotConverged` and `Diverged`.",
    "Extrapolation": "Use `math.boundary.Boundary`.",
    "GeometryException": "Catch `PhiError`.",
    "IncompatibleShapes": "Catch `ShapeError`.",
    "as_extrapolation": "Use `math.boundary.as_boundary`.",
    # sparse formats, devices, files
    "factor_ilu": "Use `Solve(preconditioner='ilu')`.",
    "from_dict": "Use `save` and `load`.",
    "read": "Use `load`.",
    "sparse": "Use `to_format(x, 'coo')`.",
    "to_compact_cols": "Use `to_format(x, 'csr')`.",
    "to_compact_rows": "Use `to_format(x, 'csr')`.",
    "to_coo": "Use `to_format(x, 'coo')`.",
    "to_cpu": "Use `to_device(value, 'cpu')`.",
    "to_csc": "Use `to_format(x, 'csr')` of the transpose.",
    "to_csr": "Use `to_format(x, 'csr')`.",
    "to_dict": "Use `save` and `load`.",
    "to_gpu": "Use `to_device(value, 'gpu')`.",
    "write": "Use `save`.",
    # layouts of Python objects, -f- strings, protocols
    "Dict": "Use a dict or a frozen dataclass.",
    "DimFilter": "Annotate with `str | Shape | Callable`.",
    "f": "Use an f-string over `for` or `map`.",
    "is_composite": f"Use `isinstance`. {_LAYOUT}",
    "is_none": f"Write `value is None`. {_LAYOUT}",
    "is_numeric": f"Use `isinstance`. {_LAYOUT}",
    "layout": f"Use tuples, dicts or frozen dataclasses. {_LAYOUT}",
    "magic": "Use a frozen dataclass: it needs no protocol methods.",
    "object_dims": f"Use `shape`. {_LAYOUT}",
    # implementation details and leaked modules
    "LinearFunction": "Use `jit_compile_linear`.",
    "NUMPY": "Use `use('numpy')`: backends are named, not imported.",
    "assert_same_rank": "Compare `Shape.spatial_rank`.",
    "backend": "Use `math.use(name)`: backends are named, not imported.",
    "control": "Give your function an argument.",
    "enable_debug_checks": "Do nothing: checks are always on.",
    "find_differences": "Use `assert_close`, whose message names the differences.",
    "masked_laplace": "Use `make_incompressible`.",
    "math": "Use `phimath` itself.",
    "np": "Write `import numpy as np`.",
    "phi": "Write `import phisim`.",
    "phiml": "Write `import phimath`.",
    "sample_function": "Use `resample`.",
    "set_logging_level": "Use the standard library's `logging`.",
    "verify": "Run the command `phisim doctor`.",
    "version_file": "Use `importlib.metadata.version('phisim')`.",
    # fields and geometry
    "BaseBox": "Use `Box`.",
    "GeometryMask": "Use `mask`.",
    "Grid": "Use `Field`.",
    "HardGeometryMask": "Use `mask`.",
    "SampledField": "Use `Field`.",
    "SoftGeometryMask": "Use `resample(geometry, to, soft=True)`.",
    "cylinder": "Use `Cylinder`.",
    "differential": "Use `finite_difference`.",
    "geom": "Use `geometry`.",
    "numpy_sdf": "Use `SDF`.",
    "reduce_sample": "Use `resample`.",
}

_TYPES = {
    "b": "batch",
    "c": "channel",
    "d": "dual",
    "i": "instance",
    "p": "primal",
    "s": "spatial",
    "si": "spatial & instance",
}

# Families of theirs that put the first letter of a dimension type into the name.
_FAMILIES = (
    (r"(finite_)?([cdisp])(sum|max|min|mean|prod|std|sort)", "{0}{2}(value, {1})"),
    (r"()([bcdis])range", "arange({1}(...), start, stop)"),
    (r"()([cdis])size", "{1}(value).volume"),
    (r"()([cdis])cat", "concat(values, dim)"),
    (r"()([cdis])pack", "pack_dims(value, dims, {1}(...))"),
    (r"map_([bcdis])2([bcdis])", "map_types(function, {0}, {1})"),
    (r"(b|c|d|i|si|s|p)2([bcdis])", "rename_dims(value, {0}, {1})"),
)


def advice(name: str) -> str | None:
    """What to write instead of a name of theirs that is left out here; None for any other name."""
    if name in REPLACED:
        return REPLACED[name]
    for pattern, replacement in _FAMILIES:
        match = re.fullmatch(pattern, name)
        if match:
            words = (_TYPES.get(group, group) if group else "" for group in match.groups())
            return f"Use `{replacement.format(*words)}`."
    return None


def missing_name(module: str, name: str) -> AttributeError:
    """The error for `name`, which `module` doesn't have: raised by the module's `__getattr__`."""
    text = f"module {module!r} has no attribute {name!r}"
    instead = advice(name)
    if instead:
        text += f", a name of ΦML or ΦFlow that is left out. {instead}"
    return AttributeError(text, name=name)
