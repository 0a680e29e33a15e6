"""The Poisson benchmark solves what it says, and so do those that it compares with."""

import json
from dataclasses import replace

import numpy as np
import pytest

from phimath.context import using
from phimath.dtype import precision
from phimath.testing.assertions import assert_close
from phimath.wrap import wrap
from phisim.bench import main
from phisim.bench.measure import Timing
from phisim.bench.options import Variant
from phisim.bench.poisson.case import COEFFICIENTS, SIDES, Case
from phisim.bench.poisson.peers import PEERS, Peer
from phisim.bench.poisson.row import SolveRow
from phisim.bench.poisson.solves import grid

SYSTEMS = [(kind, sides) for kind in COEFFICIENTS for sides in SIDES]


@pytest.mark.parametrize(("kind", "sides"), SYSTEMS)
@pytest.mark.parametrize("cells", [(7, 6), (4, 5, 3)])
def test_what_is_declared_is_the_matrix_that_others_get(kind, sides, cells):
    case = Case(kind, sides, cells)
    x = np.random.default_rng(1).standard_normal(cells)
    if case.mask is not None:
        x *= case.mask
    if case.is_singular:
        x.flat[0] = 0  # where the matrix is held
    with using("numpy"), precision(64):
        image = case.operator().apply(wrap(x, case.cells)).numpy(case.cells)
    assert_close(case.matrix() @ x.ravel(), image.ravel(), atol=1e-9 * np.abs(image).max())
    assert case.residual(x, image)[0] < 1e-13


@pytest.mark.parametrize("peer", PEERS[:2], ids=lambda peer: peer.name)  # those of SciPy
@pytest.mark.parametrize("sides", SIDES)
def test_others_solve_the_system(peer, sides):
    case = Case("box", sides, (8, 6))
    b = case.right_side()
    solve = peer.prepare(case, b)
    assert solve is not None
    assert case.residual(solve(), b)[0] < 1e-6


@pytest.mark.only_on("jax")
def test_native_conjugate_gradients_solve_the_system(backend):
    case = Case("disc", "mixed", (8, 8))
    (peer,) = (peer for peer in PEERS if peer.name == "JAX CG")
    b = case.right_side()
    solve = peer.prepare(case, b)
    assert solve is not None
    assert case.residual(solve(), b)[0] < 1e-7


def test_coefficients_vary_by_ten_to_the_four():
    for kind in ("jump", "waves"):
        coefficients = Case(kind, "open", (32, 32)).coefficients
        assert coefficients is not None
        values = coefficients[0]
        assert 0.5e4 < values.max() / values.min() < 2e4


def test_the_benchmark_prints_a_table_and_writes_json(tmp_path, capsys):
    file = tmp_path / "poisson.json"
    arguments = "poisson --backend numpy --grid 8x8 --sides mixed --repetitions 1 --precision 64"
    peers = "--peer scipy.fft --peer splu --memory"
    assert main([*arguments.split(), *peers.split(), "--json", str(file)]) == 0
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    assert [(row["row"], row["method"], row["fault"]) for row in rows] == [
        ("box 8² mixed", "separable", ""),
        ("disc 8² mixed", "CG", ""),
    ]
    assert rows[0]["ratio"] > 0
    assert rows[0]["residual_in_rounding_errors"] < 2
    assert rows[1]["median_us"]["splu"] > 0
    assert rows[0]["peak_bytes"] is None or rows[0]["peak_bytes"] > 1e7
    assert "CG + multigrid" in capsys.readouterr().out


def test_a_peer_that_is_missing_says_how_to_get_it():
    peer = Peer("Nobody", lambda case, b: None, "no_such_package", (np.inf, np.inf))
    assert not peer.accepts(Case("box", "open", (4, 4)))
    assert peer.missing == "Nobody is left out: `pip install no_such_package` to compare with it."


def test_a_row_fails_by_its_residual_and_by_its_ratio():
    times = {"ours": Timing((2.0,)), "peers": {"scipy.fft": Timing((1.0,))}}
    row = SolveRow(
        Variant("numpy", "eager", 64), "box", "separable", "", 1, 1e-14, 0.5, 1e-8,
        **times, beside="scipy.fft", budget=3.0,
    )  # fmt: skip
    assert row.is_met
    assert not replace(row, budget=1.5).is_met
    assert not replace(row, rounding=2.5).is_met
    assert replace(row, budget=None).is_met is None


def test_grids_are_read():
    assert grid("64x32") == (64, 32)
    with pytest.raises(Exception, match="must be like 256x256"):
        grid("64")
