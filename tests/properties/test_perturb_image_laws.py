"""Laws of every perturbation of pictures: the registry says which there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facevalue.domain import Media
from facevalue.errors import InputError
from facevalue.perturb import PERTURBATIONS
from facevalue.perturb.sheet import drawn_pattern as pattern

SEEDED = settings(max_examples=300, deadline=None, derandomize=True)
PICTURES = [name for name in PERTURBATIONS if PERTURBATIONS[name].media == "image"]
SHAPES = [(1, 1), (1, 7), (300, 1), (2, 3), (25, 25), (48, 64), (65, 31), (112, 112)]


def noisy(height: int, width: int, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width, 3)).astype(np.uint8)


def media(image: np.ndarray, name: str = "a") -> Media:
    return Media(item=name, sha256=name * 64, image=image)


def applied(name: str, severity: int, image: np.ndarray, *, seed: int = 1) -> np.ndarray:
    changed = PERTURBATIONS[name].at(severity, seed=seed).apply(media(image)).image
    assert changed is not None
    return changed


def steps(name: str) -> Iterator[tuple[int, Any]]:
    return iter(sorted(PERTURBATIONS[name].steps.items()))


def draws(name: str) -> bool:
    """Whether it takes anything from its generator."""
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    for _, change in steps(name):
        change.image(noisy(40, 40), rng)
    return bool(rng.bit_generator.state != before)


@pytest.mark.parametrize("name", PICTURES)
def test_severity_0_is_no_step(name: str) -> None:
    with pytest.raises(InputError, match=rf"^{name} has no severity 0; it has [1-5]"):
        PERTURBATIONS[name].at(0, seed=1)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shape_and_type_stay_and_the_picture_given_is_left_alone(
    name: str, shape: tuple[int, int]
) -> None:
    for image in (noisy(*shape), np.zeros((*shape, 3), np.uint8), np.full((*shape, 3), 255, "u1")):
        before = image.copy()
        image.setflags(write=False)
        for severity, _ in steps(name):
            changed = applied(name, severity, image)
            assert changed.shape == image.shape
            assert changed.dtype == np.uint8
            assert not np.shares_memory(changed, image)
            assert changed.flags.c_contiguous
        assert (image == before).all()


@pytest.mark.parametrize("name", PICTURES)
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    image = pattern(50)
    for severity, _ in steps(name):
        one, two = (applied(name, severity, image, seed=7) for _ in range(2))
        assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize("name", PICTURES)
def test_what_draws_gives_other_bytes_for_another_seed_and_the_rest_does_not(name: str) -> None:
    image = pattern(50)
    for severity, _ in steps(name):
        found = {applied(name, severity, image, seed=seed).tobytes() for seed in range(8)}
        assert (len(found) > 1) == draws(name)


@pytest.mark.parametrize("name", [n for n in PICTURES if draws(n)])
def test_two_items_that_look_alike_are_changed_by_draws_of_their_own(name: str) -> None:
    severity = PERTURBATIONS[name].severities[-1]
    at = PERTURBATIONS[name].at(severity, seed=0)
    found = [at.apply(media(pattern(50), n)).image for n in "abcdefgh"]
    assert len({image.tobytes() for image in found if image is not None}) > 1


@pytest.mark.parametrize("name", PICTURES)
def test_every_step_changes_something_and_no_two_the_same(name: str) -> None:
    image = pattern(120)
    found = {applied(name, severity, image).tobytes() for severity, _ in steps(name)}
    assert len(found) == len(PERTURBATIONS[name].steps)
    assert image.tobytes() not in found


@pytest.mark.parametrize("name", PICTURES)
def test_a_view_is_changed_as_its_copy_is(name: str) -> None:
    image = pattern(50)[::-1, 1:]
    assert not image.flags.c_contiguous
    for severity, _ in steps(name):
        expected = applied(name, severity, np.ascontiguousarray(image))
        assert (applied(name, severity, image) == expected).all()


@SEEDED
@given(
    st.sampled_from(PICTURES),
    st.integers(1, 90),
    st.integers(1, 90),
    st.integers(0, 2**32 - 1),
    st.data(),
)
def test_any_picture_of_any_size_is_changed_into_one_of_that_size(
    name: str, height: int, width: int, seed: int, data: st.DataObject
) -> None:
    severity = data.draw(st.sampled_from(PERTURBATIONS[name].severities))
    image = noisy(height, width, seed)
    changed = applied(name, severity, image, seed=seed)
    assert changed.shape == image.shape
    assert changed.dtype == np.uint8
