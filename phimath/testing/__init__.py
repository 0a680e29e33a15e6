"""The kit for tests: assertions, a pytest plugin, a strict backend, the conformance suite.

A third party tests its backend by `pytest -p phimath.testing.plugin --backend NAME` on a file with
one line,
`from phimath.testing.conformance import *`.
"""
