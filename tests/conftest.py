"""Fixtures of all tests; `backend` comes from `phimath.testing.plugin`."""

import pytest

from phimath.dtype import precision


@pytest.fixture
def double():
    """The precision of finite differences."""
    with precision(64):
        yield
