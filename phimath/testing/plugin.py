"""The pytest plugin `-p phimath.testing.plugin`: the fixture `backend`, the option `--backend`.

Without `--backend` all tests run, those that take `backend` once per local backend: NumPy, the
strict one, and the strict namespace
of the Array API standard where its plug is installed.  With `--backend NAME` only tests that take
`backend` run, on that one;
they fail where it is missing or broken, so that a job can't be green by accident.

`@pytest.mark.needs("value_and_gradient")` lists a test for those backends only that support the
method.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

pytest.register_assert_rewrite("phimath.testing.conformance", "phimath.testing.assertions")

from phimath import context  # noqa: E402  # modules with rewritten assertions come after the registration
from phimath.backend import Backend, installed, load, register  # noqa: E402
from phimath.backend.support import supports  # noqa: E402
from phimath.errors import BackendError  # noqa: E402
from phimath.testing.strict import StrictBackend  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextvars import ContextVar

_STANDARD: Final = "array_api_strict"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--backend`."""
    parser.addoption(
        "--backend",
        action="append",
        default=[],
        metavar="NAME",
        help="run only tests that take `backend`, on this one (repeatable, or with commas)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the strict backend and the markers that choose backends."""
    register(StrictBackend())
    config.addinivalue_line(
        "markers",
        "needs(*methods): run only on backends that support these methods of the contract",
    )
    config.addinivalue_line("markers", "only_on(*names): run only on these backends")


def chosen(config: pytest.Config) -> list[str]:
    """Names given by `--backend`, each once."""
    given: list[str] = config.getoption("--backend") or []
    names = [name for text in given for name in text.split(",") if name]
    return list(dict.fromkeys(names))


def _local() -> list[str]:
    return ["numpy", "strict", *([_STANDARD] if _STANDARD in installed() else [])]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that takes `backend` once per backend."""
    if "backend" in metafunc.fixturenames:
        names = chosen(metafunc.config) or _local()
        metafunc.parametrize("backend", names, indirect=True)


def _backend_name(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return None if callspec is None else callspec.params.get("backend")


def _is_selected(item: pytest.Item, only_backends: bool) -> bool:
    name = _backend_name(item)
    if name is None:
        return not only_backends
    allowed = [backend for mark in item.iter_markers("only_on") for backend in mark.args]
    if allowed and name not in allowed:
        return False
    needed = [method for mark in item.iter_markers("needs") for method in mark.args]
    if not needed:
        return True
    try:
        backend = load(name)
    except BackendError:
        return True  # the fixture fails and says why
    return all(supports(backend, method) for method in needed)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests without a backend under `--backend`, and what a backend can't do."""
    only_backends = bool(chosen(config))
    selected = [item for item in items if _is_selected(item, only_backends)]
    if len(selected) < len(items):
        left = set(map(id, selected))
        config.hook.pytest_deselected(items=[item for item in items if id(item) not in left])
        items[:] = selected


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> Iterator[Backend[Any]]:
    """One backend, which is also the default of the context while the test runs."""
    try:
        found = load(request.param)
    except BackendError as error:
        pytest.fail(f"The backend {request.param!r} can't be tested. {error}", pytrace=False)
    with context.using(found), _without_optimisation(found):
        yield found


@contextmanager
def _without_optimisation(backend: Any) -> Iterator[None]:
    """Programs run as they were traced: some compilers take longer than the test has to say."""
    policy: ContextVar[str] | None = getattr(backend, "compile_optimization", None)
    if policy is None:
        yield
        return
    token = policy.set("off")
    try:
        yield
    finally:
        policy.reset(token)
