"""What stands in brackets behind one dimension: `t.x[...]`."""

import pytest

from phimath.dimension import channel
from phimath.errors import ValueRangeError
from phimath.wrap import wrap

VECTOR = wrap([1, 2, 3], channel(vector="x,y,z"))


@pytest.mark.parametrize("part", [slice(None, "z"), slice(0, "z"), slice(None, 2), slice(None, -1)])
def test_slices_end_before_a_label_or_position(part):
    assert VECTOR.vector[part].numpy("vector").tolist() == [1, 2]


@pytest.mark.parametrize("position", [3, -4])
def test_a_position_out_of_range_is_an_error(position):
    with pytest.raises(ValueRangeError, match="out of range for 'vector' of size 3"):
        VECTOR.vector[position]


def test_negative_positions_count_from_the_end():
    assert VECTOR.vector[-1].item() == 3


def test_a_slice_without_a_step_is_an_error():
    with pytest.raises(ValueRangeError, match="step of a slice along 'vector' cannot be 0"):
        VECTOR.vector[::0]
