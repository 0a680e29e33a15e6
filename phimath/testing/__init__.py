"""The kit for testing backends and programs: assertions, a pytest plugin, a strict backend and the conformance suite.

A third party tests its backend by `pytest -p phimath.testing.plugin --backend NAME` on a file with one line,
`from phimath.testing.conformance import *`.
"""
