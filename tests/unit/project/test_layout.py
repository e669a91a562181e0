from __future__ import annotations

import random

from studio.project.layout import GAP, GRID, Box, flow


def overlap(a: Box, b: Box) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def test_the_first_card_lies_at_the_origin() -> None:
    assert flow([], [(256, 128)]) == [(0, 0, 256, 128)]


def test_cards_fill_a_row_and_begin_another() -> None:
    boxes = flow([], [(256, 256)] * 5, row=900)
    assert [box[:2] for box in boxes] == [(0, 0), (280, 0), (560, 0), (0, 280), (280, 280)]


def test_one_by_one_gives_what_all_at_once_gives() -> None:
    sizes = [(256.0, 256.0), (320.0, 128.0), (320.0, 224.0)] * 5
    one_by_one: list[Box] = []
    for size in sizes:
        one_by_one += flow(one_by_one, [size])
    assert one_by_one == flow([], sizes)


def test_new_cards_lie_below_what_is_there_and_from_its_left_edge() -> None:
    there: list[Box] = [(-500.0, -300.0, 2000.0, 100.0), (100.0, 500.0, 1400.0, 333.0)]
    [box] = flow(there, [(256, 256)])
    assert box[:2] == (-496, 864)
    assert box[1] >= 833 + GAP


def test_a_card_wider_than_a_row_has_one_of_its_own() -> None:
    boxes = flow([], [(256, 256), (5000, 100), (256, 256)])
    assert [box[:2] for box in boxes] == [(0, 0), (0, 280), (0, 408)]


def test_nothing_is_ever_covered() -> None:
    rng = random.Random(5)
    boxes: list[Box] = [
        (rng.uniform(-900, 900), rng.uniform(-900, 900), rng.uniform(9, 500), rng.uniform(9, 500))
        for _ in range(20)
    ]
    for _ in range(60):
        sizes = [(rng.uniform(8, 400), rng.uniform(8, 400)) for _ in range(rng.randint(1, 4))]
        for new in flow(boxes, sizes):
            assert not any(overlap(new, box) for box in boxes)
            assert new[0] % GRID == new[1] % GRID == 0
            boxes.append(new)
