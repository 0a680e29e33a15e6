"""The findings as aligned text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phisim.doctor.check import Finding

TITLES = {"numpy": "NumPy", "torch": "PyTorch", "jax": "JAX", "tensorflow": "TensorFlow"}
STATES = {"works": "works", "missing": "not installed", "broken": "BROKEN"}
EXTRAS = {"matplotlib": "vis"}  # packages that the base install leaves out


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their longest entry, a line below the first row."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(entry.ljust(width) for entry, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]])


def package_table(versions: Mapping[str, str | None]) -> str:
    """Packages with their versions, and how to get those that lack."""
    rows = [("package", "version")]
    for name, version in versions.items():
        target = f"'phisim[{EXTRAS[name]}]'" if name in EXTRAS else name
        rows.append((name, version or f"not installed; pip install {target}"))
    return table(rows)


def framework_table(findings: Sequence[Finding]) -> str:
    """One row per framework."""
    rows = [("framework", "state", "version", "devices", "computation", "gradient", "time")]
    for f in findings:
        rows.append(
            (
                TITLES.get(f.name, f.name),
                STATES[f.state],
                f.version or "–",
                ", ".join(f.devices) or "–",
                _short(f.computation),
                _short(f.gradient),
                f"{f.seconds:.1f} s" if f.seconds else "–",
            )
        )
    return table(rows)


def _short(outcome: str) -> str:
    known = ("ok", "not offered", "not tried")
    return (outcome if outcome in known else "WRONG") if outcome else "–"


def advice(findings: Sequence[Finding], has_gpu: bool) -> list[str]:
    """What to do about each framework that doesn't work, and about a processor that none uses."""
    lines = [line for finding in findings for line in _advice(finding)]
    working = [f for f in findings if f.state == "works" and f.name != "numpy"]
    blind = [f for f in working if not any("cpu" not in device for device in f.devices)]
    if has_gpu:
        lines += [
            f"{TITLES.get(f.name, f.name)} sees no GPU although this machine has one: "
            "install its build for CUDA."
            for f in blind
        ]
    return lines or ["All is well."]


def _advice(finding: Finding) -> list[str]:
    title = TITLES.get(finding.name, finding.name)
    if finding.state == "missing":
        return [f"To use {title}: pip install {_distribution(finding.name)}"]
    if finding.state == "broken":
        repair = f"pip install --upgrade --force-reinstall {_distribution(finding.name)}"
        return [f"{title} does not work. {finding.problem}", f"    Try: {repair}"]
    return []


def _distribution(name: str) -> str:
    if name == "numpy":
        return "numpy"
    return f"'phisim[{name}]'" if name in TITLES else name
