"""Following a flow."""

import numpy as np
import pytest

from studio.flows import follow_flow


def growing(x, time):
    return x


def test_second_order_steps_err_a_quarter_as_much_at_twice_the_number():
    def error(steps: int) -> float:
        return abs(follow_flow(growing, np.ones(1), steps)[0] - np.e)

    assert error(32) < error(16) / 3


def test_the_way_back_leads_to_where_it_began():
    there = follow_flow(growing, np.array([1.0, -2.0]), 64)
    assert follow_flow(growing, there, 64, back=True) == pytest.approx([1, -2], rel=1e-3)


def test_times_are_those_at_the_beginning_of_each_step():
    times = []
    follow_flow(lambda x, time: times.append(time) or 0.0, 0.0, 4)
    follow_flow(lambda x, time: times.append(time) or 0.0, 0.0, 4, back=True)
    assert times == [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]


def test_arrays_keep_their_kind():
    x = np.ones((2, 3), np.float32)
    assert follow_flow(growing, x, 3).dtype == np.float32
    assert (x == 1).all()
