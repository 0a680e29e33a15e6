"""Repeated steps: states, trajectories, stopping, measuring, progress."""

from dataclasses import dataclass

import numpy as np
import pytest

from phimath.create import zeros
from phimath.dimension import batch, channel, spatial
from phimath.errors import ShapeError, ValueRangeError
from phimath.tensor import Tensor
from phimath.testing.assertions import assert_close
from phimath.transform import iterate
from phimath.wrap import wrap


@dataclass(frozen=True)
class Ball:
    height: Tensor
    speed: Tensor
    gravity: float = -10.0


@dataclass(frozen=True)
class Sampled:
    """Stands for a field: its places are no values."""

    spacing: float
    values: Tensor

    def with_values(self, values):
        return Sampled(self.spacing, values)


def double(x):
    return 2 * x


def test_number_of_steps_gives_the_final_state(backend):
    x = wrap(backend.from_numpy(np.array([1.0, 3.0])), spatial("x"))
    assert_close(iterate(double, 3, x).numpy(), np.array([8.0, 24.0]))
    assert iterate(double, 0, x) is x


def test_dimension_gives_the_trajectory_with_the_initial_state_first(backend):
    result = iterate(double, batch(t=3), wrap(backend.from_numpy(np.array(1.0))))
    assert result.shape is batch(t=4)
    assert_close(result.numpy(), np.array([1.0, 2.0, 4.0, 8.0]))


def test_numbers_can_be_the_state():
    assert iterate(double, 10, 1) == 1024
    assert_close(iterate(double, batch(t=3), 1).numpy(), np.array([1, 2, 4, 8]))


def test_state_of_several_trees_stays_apart():
    a, b = iterate(lambda a, b: (b, a + b), batch(t=5), wrap(0), wrap(1))
    assert_close(a.numpy(), np.array([0, 1, 1, 2, 3, 5]))
    assert_close(b.numpy(), np.array([1, 1, 2, 3, 5, 8]))


def test_state_can_be_a_frozen_dataclass():
    def fall(ball, dt):
        return Ball(ball.height + dt * ball.speed, ball.speed + dt * ball.gravity)

    path = iterate(fall, batch(time=2), Ball(wrap(20.0), wrap(0.0)), dt=1.0)
    assert_close(path.height.numpy(), np.array([20.0, 20.0, 10.0]))
    assert_close(path.speed.numpy(), np.array([0.0, -10.0, -20.0]))
    assert path.gravity == -10.0


def test_state_can_be_a_dict_or_a_tuple():
    state = iterate(lambda s: {"x": s["x"] + 1}, batch(t=2), {"x": wrap(0)})
    assert_close(state["x"].numpy(), np.array([0, 1, 2]))
    assert iterate(lambda s: (s[1], s[0]), 1, (1, 2)) == (2, 1)


def test_entry_that_is_none_at_first_starts_a_trajectory_with_zeros():
    def step(x, pressure):
        return x + 1, (7.0 if pressure is None else 1.0) + zeros(spatial(x=2))

    x, pressure = iterate(step, batch(t=2), wrap(0), None)
    assert_close(x.numpy(), np.array([0, 1, 2]))
    assert_close(pressure.numpy("t,x"), np.array([[0.0, 0], [7, 7], [1, 1]]))


def test_zeros_for_a_field_are_at_its_places():
    def step(x, pressure):
        return x, Sampled(0.5, wrap([1.0, 2.0], spatial("x")))

    _, pressure = iterate(step, batch(t=1), wrap(0), None)
    assert pressure.spacing == 0.5
    assert_close(pressure.values.numpy("t,x"), np.array([[0.0, 0.0], [1.0, 2.0]]))


def test_entry_that_is_always_none_stays_none():
    assert iterate(lambda x, p: (x, p), batch(t=2), wrap(0), None)[1] is None
    assert iterate(lambda x, p: (x, p), batch(t=0), wrap(0), None)[1] is None


def test_entry_that_becomes_none_is_refused():
    with pytest.raises(ShapeError, match="can't be stacked along 't'"):
        iterate(lambda x, p: (x, None), batch(t=1), wrap(0), {"p": wrap(1.0)})


def test_states_of_other_dimensions_are_refused_with_advice():
    with pytest.raises(ShapeError, match="Pass a number instead of"):
        iterate(lambda x: zeros(channel(c=2)), batch(t=1), zeros(spatial(x=2)))


def test_substeps_are_not_counted():
    assert_close(iterate(double, batch(t=2), 1, substeps=3).numpy(), np.array([1, 8, 64]))


def test_measured_differences_come_with_the_result():
    clock = iter([0.0, 1.0, 10.0, 13.0])
    assert iterate(double, 2, 1, measure=lambda: next(clock)) == (4, [1.0, 3.0])


def test_until_stops_after_the_step_that_fulfils_it():
    assert iterate(double, 100, wrap(1), until=lambda x: x >= 10).item() == 16
    assert_close(iterate(double, batch(t=9), 1, until=lambda x: x > 3).numpy(), np.array([1, 2, 4]))


def test_callback_sees_each_state_with_its_number():
    seen = []
    iterate(double, 3, 1, callback=lambda i, x: seen.append((i, x)))
    assert seen == [(1, 2), (2, 4), (3, 8)]


def test_progress_bar_counts_steps(capsys):
    iterate(double, 3, 1, progress="plume")
    assert "plume: 100%" in capsys.readouterr().err


def test_no_progress_is_shown_unless_asked(capsys):
    iterate(double, 3, 1)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1, 1), ValueRangeError, "must not be negative, but is -1"),
        ((batch("t"), 1), ShapeError, "one sized dimension"),
        ((batch(t=2, u=3), 1), ShapeError, "one sized dimension"),
        ((1.5, 1), ShapeError, r"not 1\.5"),
        ((2, 1, 2), ShapeError, "given 2 values but returned 1"),
    ],
)
def test_wrong_steps_and_states_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        iterate(lambda *x: x[0], *arguments)


def test_substeps_must_be_positive():
    with pytest.raises(ValueRangeError, match="substeps must be at least 1, not 0"):
        iterate(double, 1, 1, substeps=0)
