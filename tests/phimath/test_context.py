"""Backend and device of new tensors: defaults of the process, of contexts, and by import line."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from phimath import context
from phimath.backend import load
from phimath.context import checked_device, default, default_backend, use, using
from phimath.create import zeros
from phimath.dimension import spatial
from phimath.errors import BackendError, DeviceError


@pytest.fixture(autouse=True)
def process_default():
    """Every test starts with NumPy, and puts back what it found."""
    before = list(context._process)
    context._process[:] = [None]
    yield
    context._process[:] = before


def name() -> str:
    return default_backend().name


def test_numpy_is_the_default():
    assert name() == "numpy"
    assert default().device is None


def test_use_sets_the_default_of_all_threads():
    assert use("strict") is load("strict")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(name).result() == "strict"
    assert zeros(spatial(x=2)).backend is load("strict")


def test_using_overrides_within_its_block_only():
    with using("strict") as backend:
        assert default_backend() is backend is load("strict")
        with using("numpy", "cpu"):
            assert default() == (load("numpy"), "cpu")
        assert name() == "strict"
    assert name() == "numpy"


def test_use_inside_of_using_shows_after_the_block():
    with using("numpy"):
        use("strict")
        assert name() == "numpy"
    assert name() == "strict"


def test_errors_leave_no_residue():
    with pytest.raises(ZeroDivisionError), using("strict"):
        _ = 1 / 0
    assert name() == "numpy"
    for wrong in (lambda: use("no such thing"), lambda: use("numpy", "tpu")):
        with pytest.raises(BackendError):
            wrong()
        assert name() == "numpy"
    with pytest.raises(BackendError), using("no such thing"):
        pass
    assert name() == "numpy"


def test_using_in_one_thread_does_not_reach_another():
    inside, leave, seen = threading.Event(), threading.Event(), []

    def strict():
        with using("strict"):
            inside.set()
            assert leave.wait(5)
            seen.append(name())

    thread = threading.Thread(target=strict)
    thread.start()
    assert inside.wait(5)
    assert name() == "numpy"
    leave.set()
    thread.join()
    assert seen == ["strict"]


def test_threads_in_a_copied_context_inherit_the_override():
    with using("strict"):
        copied = copy_context()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(copied.run, name).result() == "strict"


def names_in_strict():
    with using("strict"):
        yield name()
        yield name()


def test_generators_leave_no_residue():
    assert list(names_in_strict()) == ["strict", "strict"]
    assert name() == "numpy"
    generator = names_in_strict()
    next(generator)
    generator.close()
    assert name() == "numpy"
    generator = names_in_strict()
    next(generator)
    with pytest.raises(KeyError):
        generator.throw(KeyError("failed"))
    assert name() == "numpy"


def test_backends_that_do_not_exist_list_those_that_do():
    with pytest.raises(BackendError, match=r"no backend 'torhc'\. Known are .*numpy"):
        use("torhc")


class TwoDevices:
    name = "example"

    @staticmethod
    def devices():
        return ("cpu", "cuda:0", "cuda:1")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("cpu", "cpu"),
        ("cuda", "cuda:0"),
        ("CUDA:1", "cuda:1"),
        ("gpu", "cuda:0"),
        ("GPU", "cuda:0"),
    ],
)
def test_devices_are_found_by_kind_or_full_name(given, found):
    assert checked_device(TwoDevices(), given) == found


@pytest.mark.parametrize("device", ["gpu:99", "cuda:99", "", 0])
def test_devices_that_do_not_exist_list_those_that_do(backend, device):
    with pytest.raises(DeviceError, match=rf"no device {device!r} for {backend.name}. Available: "):
        use(backend, device)


def run_python(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_second_import_line_for_another_backend_is_refused():
    output = run_python(
        "from phisim.numpy import *\n"
        "from phisim.numpy import *\n"
        "from phimath.errors import BackendError\n"
        "try:\n"
        "    from phisim.torch import *\n"
        "except BackendError as error:\n"
        "    print(error)\n"
        "import phimath\n"
        "print(phimath.zeros().backend.name)\n"
    )
    message, backend = output.splitlines()
    assert message == (
        "The import line of numpy has already chosen the backend of this process, now that of "
        "torch was imported. Keep one import line and switch with: with math.using('torch'): …"
    )
    assert backend == "numpy"


def test_importing_phimath_chooses_and_imports_no_framework():
    loaded = run_python(
        "import sys, numpy, phimath\n"
        "phimath.wrap(numpy.ones(3), 'x:s') + 1\n"
        "print({'torch', 'jax', 'tensorflow', 'scipy'} & set(sys.modules))\n"
    )
    assert loaded.strip() == "set()"
