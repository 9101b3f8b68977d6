"""Shapes before a face: where they lie, how large they are, whose tone they have."""

from __future__ import annotations

import numpy as np
import pytest

from facevalue.perturb.image_occlusion import FaceMask, Hair, Hand, Sunglasses


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def flat(height: int = 200, width: int = 200) -> np.ndarray:
    return np.full((height, width, 3), 150, np.uint8)


def covered(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.asarray((before != after).any(axis=2))


@pytest.mark.parametrize("top", [0.4, 0.625, 0.79])
def test_a_mask_reaches_from_the_lower_edge_to_where_it_is_said(top: float) -> None:
    found = covered(flat(), FaceMask(top=top).image(flat(), rng()))
    middle = np.nonzero(found[:, 100])[0]
    assert middle[0] == pytest.approx(200 * top, abs=1)
    assert middle[-1] == 199
    assert not found[: int(200 * top) - 1].any()
    # As much on the left as on the right.
    assert (found[:, ::-1] == found).mean() > 0.99


def test_glasses_cover_the_eyes_and_leave_the_mouth() -> None:
    found = covered(flat(), Sunglasses(lens=0.1).image(flat(), rng()))
    assert found[72, 64]
    assert found[72, 136]
    assert not found[100:].any()
    # Two ellipses of 0.1 by 0.08 and a bar of 0.02 beside them: 2 π · 0.1 · 0.08 + 0.56 · 0.02.
    assert found.mean() == pytest.approx(0.061, abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_a_hand_has_the_tone_of_the_picture_and_the_size_said(seed: int) -> None:
    image = rng(9).integers(90, 110, (200, 200, 3)).astype(np.uint8)
    changed = Hand(size=0.3).image(image, rng(seed))
    found = covered(image, changed)
    # A box of 0.3 by 0.4 with round corners.
    assert 0.1 < found.mean() < 0.12
    assert np.abs(changed[found].astype(float).mean() - 0.9 * image.mean()) < 1.5


def test_hair_hangs_from_the_upper_edge_in_strands_of_drawn_length() -> None:
    found = covered(flat(), Hair(low=0.3).image(flat(), rng()))
    assert found[:40].all()
    lengths = found.sum(axis=0)
    assert len(set(lengths.tolist())) > 10
    assert lengths.max() <= 200 * 0.3 * 1.25 + 1


def test_shapes_follow_the_sides_of_a_picture_that_is_not_square() -> None:
    found = covered(flat(100, 300), Sunglasses(lens=0.1).image(flat(100, 300), rng()))
    assert found[36, 96]
    assert found[36, 204]
    assert not found[50:].any()


def test_edges_are_covered_in_part() -> None:
    image = np.zeros((25, 25, 3), np.uint8)
    values = np.unique(FaceMask(top=0.5).image(image, rng())[:, :, 0])
    assert len(values) > 4
