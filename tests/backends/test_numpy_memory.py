"""Memory that NumPy arrays had is used again without asking the system."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from phimath.backend.discovery import load

load("numpy")



def solve():
    return [np.ones(1 << 17) for _ in range(6)]

solve()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    solve()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators differ")
def test_arrays_that_come_and_go_cause_no_page_faults():
    found = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert int(found.stdout) < 100, found.stderr
