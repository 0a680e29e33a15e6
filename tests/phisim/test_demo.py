"""The plume at its smallest, and the files that it leaves."""

import base64
import json
import math
import re
import sys

import numpy as np
import pytest
from matplotlib.image import imread

from phimath.dtype import precision
from phisim.cli import main
from phisim.demo.plume import RATE, PlumeSettings, simulate

TINY = ["demo", "plume", "--resolution", "16", "--steps", "6", "--dt", "1"]


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize(("bits", "limit"), [(32, 1e-5), (64, 1e-12)])
def test_no_cell_gains_or_loses_volume(dims, bits, limit):
    with precision(bits):
        result = simulate(PlumeSettings(dims, 16, 6, 2.0))
    assert 0 < result.divergence <= limit
    assert result.cells_per_step > 0.1


def test_smoke_flows_in_at_the_given_rate():
    result = simulate(PlumeSettings(2, 64, 8, 1.0))
    exact = RATE * 8 * math.pi * 6.0**2  # area of the inflow
    assert result.expected_mass == pytest.approx(exact, rel=0.02)  # cut cells count as planes
    # Before the smoke meets walls or becomes thin, advection keeps it.
    assert result.mass == pytest.approx(result.expected_mass, rel=0.01)


def test_smoke_rises():
    result = simulate(PlumeSettings(2, 16, 12, 2.0))
    heights = []
    for frame in (result.frames[1], result.frames[-1]):
        smoke = frame.values.numpy("y,x").sum(axis=1)
        heights.append(float((smoke * np.arange(16)).sum() / smoke.sum()))
    assert heights[1] > heights[0] + 0.5


def test_each_inflow_of_a_batch_has_its_own_strength_and_place():
    result = simulate(PlumeSettings(2, 64, 2, batch=3))
    ratio = result.expected_mass / result.expected_mass[0]
    assert ratio == pytest.approx([1.0, 1.25, 1.5], rel=0.02)
    smoke = result.frames[-1].values.numpy("inflow,x,y").sum(axis=2)
    place = (smoke * (np.arange(64) + 0.5)).sum(axis=1) / smoke.sum(axis=1) * 100 / 64
    assert place == pytest.approx([35.0, 50.0, 65.0], abs=0.5)


def test_the_summary_says_what_came_out(tmp_path, capsys):
    assert main([*TINY, "--precision", "64", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    for words in ("numpy on cpu, 64 bit", "16 × 16 cells", "steps per second", "div u"):
        assert words in shown
    for kind in ("html", "png"):
        assert str(tmp_path / f"plume_2d.{kind}") in shown


@pytest.mark.parametrize("options", [[], ["--dims", "3"], ["--batch", "5"]])
def test_the_animation_needs_no_network_and_the_picture_is_none_of_one_colour(options, tmp_path):
    assert main([*TINY, *options, "--out", str(tmp_path)]) == 0
    (page,) = tmp_path.glob("*.html")
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)\s*=", text) == []
    assert len(text) > 1_000_000  # Plotly is inside
    (picture,) = tmp_path.glob("*.png")
    pixels = imread(picture)
    assert pixels[..., :3].std() > 0.05
    assert pixels.shape[1] > 800


def frames_in(page):
    """Heatmap values of each frame of an animation, decoded from the page."""
    text = page.read_text(encoding="utf-8")
    start = text.index("Plotly.addFrames(")
    frames, _ = json.JSONDecoder().raw_decode(text, text.index("[", start))
    decoded = []
    for frame in frames:
        z = frame["data"][0]["z"]
        shape = [int(size) for size in z["shape"].split(",")]
        decoded.append(np.frombuffer(base64.b64decode(z["bdata"]), z["dtype"]).reshape(shape))
    return decoded


def test_the_animation_shows_the_recorded_smoke_with_the_vertical_axis_upwards(tmp_path):
    assert main([*TINY, "--out", str(tmp_path)]) == 0
    shown = frames_in(tmp_path / "plume_2d.html")
    recorded = simulate(PlumeSettings(2, 16, 6, 1.0)).frames
    assert len(shown) == len(recorded) == 7
    np.testing.assert_array_equal(shown[-1], recorded[-1].values.numpy("y,x"))
    assert shown[0].max() == 0


def test_without_matplotlib_the_animation_is_written_and_the_user_told(
    monkeypatch, tmp_path, capsys
):
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    assert main([*TINY, "--out", str(tmp_path)]) == 0
    assert [file.suffix for file in tmp_path.iterdir()] == [".html"]
    assert "pip install 'phisim[vis]'" in capsys.readouterr().err
