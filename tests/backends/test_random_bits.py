"""Random bits against the generator's published vectors and a version in plain Python integers."""

import importlib.util

import numpy as np
import pytest

from phimath.backend import load
from phimath.backend.contract.random import Random, _threefry
from phimath.dtype import INT64

MASK = 0xFFFFFFFF
# Random123 1.14, tests/kat_vectors, lines `threefry2x32 20`: counter, key, output.
KNOWN_ANSWERS = [
    ((0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]
KEYS = [(0, 0), (1, 2), (0x13198A2E, 0x03707344), (MASK, MASK)]


def threefry(key, counter):
    """The paper's figure 2 and table 2, one block at a time."""
    x, y = counter
    schedule = (key[0], key[1], 0x1BD11BDA ^ key[0] ^ key[1])
    x, y = (x + schedule[0]) & MASK, (y + schedule[1]) & MASK
    for number in range(20):
        bits = (13, 15, 26, 6, 17, 29, 16, 24)[number % 8]
        x = (x + y) & MASK
        y = ((y << bits) & MASK | y >> (32 - bits)) ^ x
        if number % 4 == 3:
            injection = number // 4 + 1
            x = (x + schedule[injection % 3]) & MASK
            y = (y + schedule[(injection + 1) % 3] + injection) & MASK
    return x, y


def expected_words(key, count):
    words = [word for i in range((count + 1) // 2) for word in threefry(key, (i, 0))]
    return np.array(words[:count], np.int64)


@pytest.mark.parametrize(("counter", "key", "output"), KNOWN_ANSWERS)
def test_plain_version_gives_the_published_answers(counter, key, output):
    assert threefry(key, counter) == output


@pytest.mark.parametrize(("counter", "key", "output"), KNOWN_ANSWERS)
def test_derived_rounds_give_the_published_answers(counter, key, output):
    numpy = load("numpy")
    first, second = (np.array([word], np.int64) for word in counter)
    found = _threefry(numpy, key, first, second)
    assert tuple(int(word[0]) for word in found) == output


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("count", [0, 1, 2, 7, 64])
def test_random_bits_equal_the_plain_version(backend, key, count):
    found = backend.to_numpy(backend.random_bits(key, count))
    np.testing.assert_array_equal(found, expected_words(key, count), strict=True)


@pytest.mark.parametrize("key", KEYS)
def test_derived_method_equals_the_backends_own(backend, key):
    derived = Random.random_bits(backend, key, 9)
    np.testing.assert_array_equal(
        backend.to_numpy(derived), backend.to_numpy(backend.random_bits(key, 9)), strict=True
    )


def test_random_bits_are_64_bit_integers(backend):
    assert backend.dtype(backend.random_bits((3, 4), 5)) is INT64


def test_blocks_of_numpy_join_without_a_seam():
    numpy = load("numpy")
    words = numpy.random_bits((5, 6), 2 * 16384 + 10)
    at = range(16384 - 2, 16384 + 2)
    expected = [word for i in at for word in threefry((5, 6), (i, 0))]
    np.testing.assert_array_equal(words[2 * at[0] : 2 * at[-1] + 2], expected)


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs JAX")
def test_compiled_bits_equal_eager_bits():
    import jax

    backend = load("jax")
    compiled = jax.jit(lambda: backend.random_bits((7, 8), 11))()
    np.testing.assert_array_equal(compiled, expected_words((7, 8), 11))


@pytest.mark.parametrize("key", KEYS)
def test_keys_as_arrays_give_the_same_bits(backend, key):
    array = backend.from_numpy(np.array(key, np.int64))
    for bits in (backend.random_bits(array, 9), Random.random_bits(backend, array, 9)):
        np.testing.assert_array_equal(backend.to_numpy(bits), expected_words(key, 9), strict=True)
