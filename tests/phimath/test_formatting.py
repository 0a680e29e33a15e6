"""Tensors print what helps: a number, a short vector, or a summary; and never fail to print."""

from __future__ import annotations

import numpy as np
import pytest

from phimath import formatting
from phimath.create import tensor, vec, zeros
from phimath.dimension import batch, spatial
from phimath.dtype import precision
from phimath.errors import ValueRangeError
from phimath.join import stack
from phimath.wrap import wrap

GRID = wrap(np.array([[0.0, 1.0], [2.0, 3.0]], np.float32), "x:s,y:s")
RAGGED = wrap((wrap([1, 2, 3], "x:s"), wrap([1, 2], "x:s")), "b:b")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (wrap(3), "3"),
        (wrap(0.1), "0.1"),
        (wrap(True), "True"),
        (vec(x=1, y=2.0), "(x=1.000, y=2.000)"),
        (vec("size", x=1), "(x=1) along sizeᶜ"),
        (wrap([1, 2, 3], "x:s"), "(1, 2, 3) along xˢ"),
        (wrap([1e-9, 2], "x:s"), "(0.000, 2.000) along xˢ"),
        (wrap([1e-9, 2e-9], "x:s"), "(1.00e-09, 2.00e-09) along xˢ"),
        (GRID, "(xˢ=2, yˢ=2) float32 1.5e+00 ± 1e+00 (0e+00…3e+00)"),
        (zeros(spatial(x=64, y=64)), "(xˢ=64, yˢ=64) float32 const 0.000"),
        (zeros(spatial(x=0, y=3)), "(xˢ=0, yˢ=3) float32 empty"),
        (GRID > 1, "(xˢ=2, yˢ=2) bool 2 of 4 true"),
        (
            wrap([[1j, 2]], "x:s,y:s"),
            "(xˢ=1, yˢ=2) complex64 1.0e+00+5.0e-01j ± 1e+00 (|…| 1e+00…2e+00)",
        ),
        (RAGGED, "(bᵇ=2, xˢ=(3,2) along b) int64 1.8e+00 ± 7e-01 (1e+00…3e+00)"),
        (wrap([[np.nan, 1]], "x:s,y:s"), "(xˢ=1, yˢ=2) float32 nan ± nan (nan…nan)"),
    ],
)
def test_tensors_print_readably(value, text):
    assert repr(value) == str(value) == text


def test_stacks_of_tensors_whose_sizes_vary_print_statistics_of_all_values():
    doubled = stack([RAGGED, RAGGED], batch("run"))
    assert repr(doubled).endswith("int64 1.8e+00 ± 7e-01 (1e+00…3e+00)")


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("row", "((0.000, 1.000), (2.000, 3.000)) along (xˢ=2, yˢ=2)"),
        ("row:.1f", "((0.0, 1.0), (2.0, 3.0)) along (xˢ=2, yˢ=2)"),
        ("summary", "(xˢ=2, yˢ=2) float32 1.5e+00 ± 1e+00 (0e+00…3e+00)"),
        (".2f", "(xˢ=2, yˢ=2) float32 1.50 ± 1.12 (0.00…3.00)"),
        ("full:.0f", "(xˢ=2, yˢ=2) float32\n0  1\n2  3"),
        ("numpy", "[[0. 1.]\n [2. 3.]]"),
    ],
)
def test_layouts_and_number_formats_can_be_chosen(spec, text):
    assert format(GRID, spec) == text


def test_full_prints_a_matrix_per_outer_element_with_labels():
    value = wrap(np.arange(8).reshape(2, 2, 2), "b:b,x:s,vector:c=(u,v)")
    assert f"{value:full}".splitlines()[1:5] == ["b=0", "u  v", "0  1", "2  3"]


def test_full_prints_components_of_non_uniform_tensors():
    assert f"{RAGGED:full}".splitlines()[1:] == [
        "b=0: (xˢ=3) int64",
        "1  2  3",
        "b=1: (xˢ=2) int64",
        "1  2",
    ]


def test_scalars_take_number_formats():
    assert f"{wrap(1.2345):.2f}" == "1.23"


@pytest.mark.parametrize("spec", ["table", "row:x.y", "full:", ".3q"])
def test_unknown_formats_are_an_error(spec):
    if spec == "full:":
        assert format(GRID, spec) == format(GRID, "full")
    else:
        with pytest.raises(ValueRangeError, match=r"is no format of a tensor\. Use full, row"):
            format(GRID, spec)


def test_printing_never_fails(backend):
    class Broken(type(backend)):  # pyright: ignore[reportUntypedBaseClass]
        name = "broken"

        def to_numpy(self, array):
            raise RuntimeError("memory is gone")

    value = tensor([1.0, 2.0], "x:s")
    broken = type(value)(value.stored_native, value.signature.replace(backend=Broken()))
    assert repr(broken) == "(xˢ=2) (no values: RuntimeError: memory is gone)"
    assert "memory is gone" in broken._repr_html_()


def test_traced_tensors_print_shape_and_type(backend):
    class Tracing(type(backend)):  # pyright: ignore[reportUntypedBaseClass]
        name = "tracing"

        def is_available(self, array):
            return False

    value = tensor([1.0, 2.0], "x:s")
    traced = type(value)(value.stored_native, value.signature.replace(backend=Tracing()))
    assert repr(traced) == "(xˢ=2) float32 traced by tracing"


def test_summaries_weight_lazily_repeated_components():
    parts = (zeros(spatial(x=3)), wrap([1.0, 1.0, 1.0], "x:s"), wrap([1.0], "x:s"))
    assert "8.6e-01" not in repr(wrap(parts, "b:b"))
    assert f"{wrap(parts, 'b:b'):summary:.3f}".split()[5] == f"{4 / 7:.3f}"


def test_precision_shows_in_scalars():
    with precision(64):
        assert str(wrap(1 / 3)) == str(1 / 3)


def test_notebooks_show_tables():
    text = vec(x=1, y=2)._repr_html_()
    assert "<th>x</th><th>y</th>" in text
    assert "<td>1</td><td>2</td>" in text
    assert text.count("<tr>") == 2
    assert RAGGED._repr_html_().startswith("<code>(bᵇ=2")


def test_print_shows_all_values(capsys):
    formatting.print(wrap([1, 2], "x:s"), "title")
    formatting.print("text")
    assert capsys.readouterr().out == "title\n(xˢ=2) int64\n1  2\ntext\n"
