from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import scipy.stats

from phimath import batch, channel, precision, spatial, tensor, using, vec, wrap
from phimath.backend import load
from phimath.errors import DTypeError, ShapeError, ValueRangeError
from phimath.random import (
    pick_random,
    random_normal,
    random_permutation,
    random_uniform,
    seed,
    seeded,
)
from phimath.random.normal import normal_quantile
from phimath.random.state import encrypt
from phimath.testing.assertions import assert_close


def numpy_reference(function):
    """What NumPy, the reference backend, draws from the same seed."""
    with using("numpy"), seeded(5):
        return function()


def test_the_host_encrypts_as_the_published_generator():
    # Test vectors of Random123 for threefry2x32 with 20 rounds (tests/kat_vectors).
    assert encrypt((0, 0), (0, 0)) == (0x6B200159, 0x99BA4EFE)
    ones = 0xFFFFFFFF
    assert encrypt((ones, ones), (ones, ones)) == (0x1CB996FC, 0xBB002BE7)
    assert encrypt((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3)) == (0xC4923A9C, 0x483DF7A0)


def test_the_same_seed_gives_the_same_numbers_and_other_seeds_others():
    draws = []
    for number in (1, 1, 2, 1 + 2**32):
        with seeded(number):
            draws.append(random_uniform(spatial(x=8)).numpy())
    assert (draws[0] == draws[1]).all()
    assert not (draws[0] == draws[2]).any()
    assert not (draws[0] == draws[3]).any()


def test_seed_restarts_the_surrounding_sequence():
    with seeded(0):
        seed(7)
        first = random_uniform(spatial(x=4)).numpy()
        second = random_uniform(spatial(x=4)).numpy()
        seed(7)
        assert (random_uniform(spatial(x=4)).numpy() == first).all()
    assert not (first == second).any()
    with pytest.raises(ValueRangeError, match=r"seed must be an integer, not 0\.5"):
        seed(0.5)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("limits", [(0, 1), (-2.5, 7)])
def test_uniform_numbers_have_the_same_bits_everywhere(backend, bits, limits):
    def draw():
        with precision(bits):
            return random_uniform(spatial(x=50, y=3), low=limits[0], high=limits[1]).numpy("x,y")

    with seeded(5):
        drawn = draw()
    assert drawn.dtype == f"float{bits}"
    assert (drawn == numpy_reference(draw)).all()


def test_integers_have_the_same_bits_everywhere(backend):
    def draw():
        return random_uniform(spatial(x=100), low=-3, high=5, dtype=int).numpy()

    with seeded(5):
        drawn = draw()
    assert (drawn == numpy_reference(draw)).all()
    assert set(drawn.tolist()) == set(range(-3, 5))


@pytest.mark.parametrize("bits", [32, 64])
def test_normal_numbers_agree_to_4_units_in_the_last_place(backend, bits):
    def draw():
        with precision(bits):
            return random_normal(spatial(x=5000)).numpy()

    with seeded(5):
        drawn = draw()
    reference = numpy_reference(draw)
    assert drawn.dtype == f"float{bits}"
    assert (np.abs(drawn - reference) <= 4 * np.spacing(np.abs(reference))).all()


def test_quantiles_of_the_normal_distribution_are_exact():
    u = np.concatenate([np.linspace(1e-6, 1 - 1e-6, 4001), 0.5 ** np.arange(2, 53)])
    assert_close(normal_quantile(load("numpy"), u), scipy.special.ndtri(u), rtol=4e-15, atol=1e-16)


@pytest.mark.parametrize("bits", [32, 64])
def test_samples_follow_their_distributions(bits):
    with precision(bits), seeded(0):
        normal = random_normal(spatial(x=20000)).numpy().astype(np.float64)
        uniform = random_uniform(spatial(x=20000), low=-1, high=3).numpy().astype(np.float64)
    assert scipy.stats.kstest(normal, "norm").pvalue > 0.01
    assert scipy.stats.kstest(uniform, "uniform", args=(-1, 4)).pvalue > 0.01
    assert abs(np.corrcoef(normal, uniform)[0, 1]) < 0.03
    assert abs(np.corrcoef(normal[1:], normal[:-1])[0, 1]) < 0.03


def test_integers_are_equally_likely():
    with seeded(0):
        counts = np.bincount(random_uniform(spatial(x=20000), high=10, dtype=int).numpy())
    assert scipy.stats.chisquare(counts).pvalue > 0.01


def test_uniform_numbers_reach_zero_but_not_one():
    with seeded(0):
        drawn = random_uniform(spatial(x=1 << 16)).numpy()
    assert drawn.min() >= 0
    assert drawn.max() < 1


def test_limits_may_be_tensors(backend):
    with seeded(0):
        drawn = random_uniform(spatial(x=100), low=vec(a=0, b=10), high=20).numpy("x,vector")
    assert drawn[:, 1].min() >= 10
    assert drawn[:, 0].min() < 10


def test_complex_numbers_have_independent_parts():
    with seeded(0):
        drawn = random_normal(spatial(x=20000), dtype=complex).numpy()
    assert drawn.dtype == "complex64"
    assert scipy.stats.kstest(drawn.imag.astype(np.float64), "norm").pvalue > 0.01
    assert abs(np.corrcoef(drawn.real, drawn.imag)[0, 1]) < 0.03


def test_what_cannot_be_drawn_is_an_error():
    with pytest.raises(DTypeError, match="Random booleans"):
        random_uniform(spatial(x=2), dtype=bool)
    with pytest.raises(DTypeError, match="floating or complex, not int64"):
        random_normal(spatial(x=2), dtype=int)
    with pytest.raises(ValueRangeError, match="no integer from 3 to below 3"):
        random_uniform(spatial(x=2), low=3, high=3, dtype=int)
    with pytest.raises(ShapeError, match="size of x is missing"):
        random_normal(spatial("x"))


# --- permutations ---


def test_permutations_list_every_position_once(backend):
    with seeded(0):
        order = random_permutation(batch(b=3), spatial(x=4, y=5))
    assert order.shape.get_labels("index") == ("x", "y")
    for one in order.numpy("b,x,y,index"):
        assert sorted(map(tuple, one.reshape(20, 2))) == [
            (x, y) for x in range(4) for y in range(5)
        ]
    flat = order.numpy("b,x,y,index").reshape(3, -1)
    assert not (flat[0] == flat[1]).all()


def test_permutations_are_equally_likely():
    with seeded(0):
        orders = random_permutation(batch(b=6000), spatial(x=3), index_dim=None).numpy("b,x")
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert len(counts) == 6
    assert scipy.stats.chisquare(counts).pvalue > 0.01


def test_picked_elements_differ(backend):
    value = tensor(np.arange(10), spatial("x"))
    with seeded(0):
        picked = pick_random(value, "x", 6).numpy()
        listed = pick_random(value, "x", channel(pick=3))
    assert len(set(picked.tolist())) == 6
    assert listed.shape.names == ("pick",)
    with pytest.raises(
        ValueRangeError, match="Cannot pick 11 different elements of 'x' with size 10"
    ):
        pick_random(value, "x", 11)


def test_heavier_elements_are_picked_more_often():
    value, weight = wrap([0, 1, 2], spatial("x")), wrap([1.0, 0.0, 3.0], spatial("x"))
    with seeded(0):
        picks = [int(pick_random(value, "x", 1, weight).numpy()[0]) for _ in range(400)]
    counts = np.bincount(picks, minlength=3)
    assert counts[1] == 0
    assert scipy.stats.chisquare(counts[[0, 2]], [100, 300]).pvalue > 0.01
