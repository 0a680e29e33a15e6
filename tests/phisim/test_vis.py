"""Pictures show the numbers that they were given."""

import numpy as np
import pytest

from phimath.dimension import batch, channel, spatial
from phimath.errors import ShapeError
from phimath.wrap import wrap
from phisim.field import CenteredGrid, StaggeredGrid
from phisim.geometry import Box, Sphere
from phisim.vis import Labels, plot, plot_animation, plot_strip
from phisim.vis.panels import panels_of

DATA = np.arange(12.0).reshape(4, 3)


def test_a_curve_is_drawn_over_the_cell_centers():
    figure = plot(CenteredGrid(wrap([1.0, 4.0], spatial("x")), 0.0, Box(x=(2, 4))))
    (line,) = figure.axes[0].lines
    np.testing.assert_array_equal(line.get_xdata(), [2.5, 3.5])
    np.testing.assert_array_equal(line.get_ydata(), [1.0, 4.0])


def test_a_plane_is_drawn_with_its_second_axis_upwards_and_its_labels():
    labels = Labels("Heat", "temperature (K)", "m")
    figure = plot(wrap(DATA, spatial("x,y")), labels=labels)
    axes, bar = figure.axes
    (image,) = axes.images
    np.testing.assert_array_equal(image.get_array(), DATA.T)
    assert image.origin == "lower"
    assert list(image.get_extent()) == [0, 4, 0, 3]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x (m)", "y (m)")
    assert bar.get_ylabel() == "temperature (K)"
    assert figure.get_suptitle() == "Heat"


def test_values_of_both_signs_have_their_middle_colour_at_zero():
    image = plot(wrap(DATA - 2.0, spatial("x,y"))).axes[0].images[0]
    assert image.get_clim() == (-9.0, 9.0)


def test_a_vector_field_is_drawn_as_magnitude_and_arrows():
    figure = plot(StaggeredGrid((3.0, 4.0), 0.0, Box(x=4, y=4), x=4, y=4))
    (image,) = figure.axes[0].images
    (arrows,) = figure.axes[0].collections
    middle = np.asarray(image.get_array())[1:3, 1:3]
    np.testing.assert_allclose(middle, 5.0, rtol=1e-6)
    assert set(arrows.U.tolist()) == {1.5, 3.0}  # faces on the walls are at rest


def test_batch_entries_become_panels_with_their_labels():
    value = wrap(np.stack([DATA, -DATA]), batch(case="hot,cold"), spatial("x,y"))
    titles = [axes.get_title() for axes in plot(value).axes]
    assert titles[:2] == ["hot", "cold"]


def test_a_plane_in_3d_is_the_mean_of_the_two_layers_at_the_middle():
    values = np.arange(4.0 * 4 * 4).reshape(4, 4, 4)
    field = CenteredGrid(wrap(values, spatial("x,y,z")))
    first, second = panels_of(field)
    assert (first.axes, second.axes) == (("x", "z"), ("y", "z"))
    np.testing.assert_array_equal(first.values(field), values[:, 1:3].mean(axis=1).T)
    np.testing.assert_array_equal(second.values(field), values[1:3].mean(axis=0).T)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (wrap([1.0, 2.0], channel("c")), "needs spatial dimensions"),
        (wrap(np.zeros((2, 3)), channel("c"), spatial("x")), "one component per axis x"),
        (wrap(np.zeros((9, 3)), batch("b"), spatial("x")), "would need 9 panels, at most 8"),
        (wrap(np.zeros((2, 2, 2, 2)), spatial("x,y,z,w")), "up to 3 axes"),
    ],
)
def test_what_cannot_be_drawn_is_named(value, said):
    with pytest.raises(ShapeError, match=said):
        plot(value)


def test_an_animation_needs_scalar_planes_and_a_time_for_each(tmp_path):
    line, plane = CenteredGrid(1.0, x=4), CenteredGrid(1.0, x=4, y=4)
    for frames in ([], [line], [StaggeredGrid(0.0, x=4, y=4)]):
        with pytest.raises(ShapeError, match="at least one frame"):
            plot_animation(frames, tmp_path / "a.html")
    with pytest.raises(ShapeError, match="2 times were given for 1 frames"):
        plot_animation([plane], tmp_path / "a.html", times=[0.0, 1.0])
    assert list(tmp_path.iterdir()) == []


def test_a_strip_needs_a_velocity_for_each_frame_or_none(tmp_path):
    plane = CenteredGrid(1.0, x=4, y=4)
    velocity = StaggeredGrid(0.0, x=4, y=4)
    with pytest.raises(ShapeError, match="2 frames, 2 times and 1 velocities"):
        plot_strip([plane, plane], tmp_path / "a.png", velocity=[velocity])


def test_distances_from_an_obstacle_are_those_on_the_shown_plane():
    field = CenteredGrid(0.0, x=4, y=4, z=4)
    panel = panels_of(field)[0]
    x, z, distance = panel.distance(Sphere(x=2, y=1, z=2, radius=1.5), field)
    middle = np.unravel_index(distance.argmin(), distance.shape)
    assert (x[middle[1]], z[middle[0]]) == (2.0, 2.0)
    assert distance.min() == pytest.approx(-0.5)  # the plane y=2 is 1 off the center
