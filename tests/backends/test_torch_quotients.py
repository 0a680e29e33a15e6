"""Divisions by one denominator become one reciprocal in graphs that Inductor compiles."""

from collections import Counter
from importlib import import_module

import pytest

pytestmark = pytest.mark.only_on("torch")


def traced(function, *sizes):
    torch = import_module("torch")
    make_fx = import_module("torch.fx.experimental.proxy_tensor").make_fx
    values = [torch.rand(size, dtype=torch.float64) + 0.5 for size in sizes]
    return make_fx(function)(*values), values


def shared(module):
    import_module("phimath_torch.quotients").share_reciprocals(module.graph)
    module.recompile()
    return Counter(str(node.target) for node in module.graph.nodes if node.op == "call_function")


def test_quotients_by_one_denominator_take_one_division(backend):
    def components(x, y, r):
        return x / r, y / r, (x + y) / r

    module, values = traced(components, 5, 5, 5)
    counts = shared(module)
    assert counts["aten.reciprocal.default"] == 1
    assert counts["aten.mul.Tensor"] == 3
    assert counts["aten.div.Tensor"] == 0
    for found, expected in zip(module(*values), components(*values), strict=True):
        assert found.numpy() == pytest.approx(expected.numpy(), rel=4e-16)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y, r: (x / r, y / x),
        lambda x, y, r: (x / r, x / r),
        lambda x, y, r: (x / 3.0, y / 3.0),
        lambda x, y, r: (x / r.sum(), y / r.sum()),
    ],
    ids=["different denominators", "the same quotient", "by a number", "by a scalar array"],
)
def test_other_quotients_stay(backend, function):
    module, values = traced(function, 5, 5, 5)
    before = Counter(str(n.target) for n in module.graph.nodes if n.op == "call_function")
    assert shared(module) == before
    for found, expected in zip(module(*values), function(*values), strict=True):
        assert found.tolist() == expected.tolist()
