"""Every public name of ΦML and ΦFlow is accounted for: kept, or left out with advice."""

import csv
import importlib
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from phimath.replaced_names import REPLACED, advice, missing_name

# The issues whose names must exist by now.
DONE = {"2", "3", "4", "5"}

# Kept names that are modules here as they are there.
MODULES = {"advect", "diffuse", "extrapolation", "field", "fluid", "math", "physics", "vis"}

# Where the first part of a `target` is found.
HOMES = {
    "math": "phimath",
    "field": "phisim.field",
    "geometry": "phisim.geometry",
    "advect": "phisim.physics.advect",
    "diffuse": "phisim.physics.diffuse",
    "fluid": "phisim.physics.fluid",
}
IMPORT_LINE = "phisim.numpy"


def read_rows() -> list[dict[str, str]]:
    """The rows of the table, as dicts by column."""
    with (Path(__file__).parent / "vocabulary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = read_rows()
LIBRARIES = sorted({row["library"] for row in ROWS})


def exists(row: dict[str, str]) -> bool:
    """Whether a kept name is where its target says."""
    home, _, name = row["target"].rpartition(".")
    module = importlib.import_module(HOMES[home] if home else IMPORT_LINE)
    found = getattr(module, name, None)
    return found is not None and (not isinstance(found, ModuleType) or name in MODULES)


@pytest.mark.parametrize("library", LIBRARIES)
def test_kept_names_exist(library):
    due = [row for row in ROWS if row["library"] == library and row["issue"] in DONE]
    missing = [row["target"] for row in due if not exists(row)]
    assert not missing, f"{len(missing)} of {len(due)} kept names of {library} are missing"


@pytest.mark.parametrize("library", LIBRARIES)
def test_names_left_out_raise_with_the_replacement(library):
    home = importlib.import_module("phimath" if library == "phiml.math" else "phisim")
    for row in ROWS:
        name = row["name"]
        if row["library"] != library or row["status"] == "kept":
            continue
        if isinstance(vars(home).get(name), ModuleType):
            continue  # a file of ours, not their function
        with pytest.raises(AttributeError) as caught:
            getattr(home, name)
        word = re.split(r"\W", row["target"])[0]
        assert word in str(caught.value), f"{name}: {caught.value} does not name {row['target']}"


def test_every_row_is_complete():
    for row in ROWS:
        kept = row["status"] == "kept"
        assert row["status"] in {"kept", "renamed to", "out"}, row
        assert row["target"], row
        assert row["issue"] in ({"2", "3", "4", "5", "later"} if kept else {""}), row
        assert kept == (row["reason"] == ""), row


def test_no_name_of_a_library_appears_twice():
    names = Counter((row["library"], row["name"]) for row in ROWS)
    assert [name for name, count in names.items() if count > 1] == []


def test_the_table_of_replaced_names_and_the_vocabulary_agree():
    left_out = {row["name"] for row in ROWS if row["status"] != "kept"}
    assert {name for name in left_out if advice(name) is None} == set()
    assert set(REPLACED) - left_out == set()


def test_kept_names_of_phimath_carry_no_advice():
    ours = [row for row in ROWS if row["library"] == "phiml.math"]
    kept = {row["name"] for row in ours if row["status"] == "kept"}
    assert {name for name in kept if advice(name) is not None} == set()


def test_advice_on_a_family_spells_out_the_dimension_types():
    assert advice("dsum") == "Use `sum(value, dual)`."
    assert advice("finite_imax") == "Use `finite_max(value, instance)`."
    assert advice("si2d") == "Use `rename_dims(value, spatial & instance, dual)`."
    assert advice("map_s2b") == "Use `map_types(function, spatial, batch)`."


def test_a_name_that_nobody_ever_had_gets_the_plain_error():
    assert str(missing_name("phimath", "wibble")) == "module 'phimath' has no attribute 'wibble'"
