"""The what-if table in real Chromium: the numbers of the Python engine, by keyboard, on paper."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browser_support import opened
from facevalue.audits import FindingSet
from facevalue.report import build_report
from facevalue.report.model import Provenance, ReportInput
from facevalue.simulate import (
    Answers,
    Simulated,
    Spread,
    alone,
    consequences,
    deployment_of,
    measured_rates,
    scenario,
)

pytestmark = pytest.mark.browser

CLOSE = 1e-9


def _answers() -> Answers:
    rng = np.random.default_rng(4)
    n = 1200
    person = rng.integers(0, 60, n)
    leaning = rng.normal(0, 0.6, 60)[person]
    sought = rng.random(n) < 0.4
    score = 1 / (1 + np.exp(-(rng.normal(0, 1, n) + 1.2 * sought - 0.8 + leaning)))
    return Answers(
        score=score, person=person, is_sought=sought, is_calm=~sought, weight=np.ones(n),
        group=person % 3, groups=("a", "b", "c"), has_scores=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def simulated() -> list[Simulated]:
    rates = measured_rates(_answers(), threshold=0.55, attribute="group", seed=9)
    checkpoint, custody = scenario("checkpoint"), scenario("custody-monitoring")
    costly = replace(deployment_of(checkpoint, rates), cost_of_false_flag=30.0, cost_of_miss=1e6)
    claimed = alone(custody)
    return [
        Simulated(scenario=checkpoint, rates=rates, use=costly, system="s", dataset="d"),
        Simulated(scenario=custody, rates=claimed, use=deployment_of(custody, claimed)),
    ]


@pytest.fixture(scope="module")
def report(simulated: list[Simulated], tmp_path_factory: pytest.TempPathFactory) -> Path:
    html = build_report(
        ReportInput(
            title="What if", audit_text="", audit_sha256="", findings=FindingSet(()), verdicts=(),
            datasets=(), systems=(), provenance=Provenance(version="1"), simulated=simulated,
        )
    )  # fmt: skip
    path = tmp_path_factory.mktemp("whatif") / "report.html"
    path.write_text(html, "utf-8")
    return path


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    with opened(browser, report) as page:
        yield page


def _set(page: Any, box: str, name: str, value: float) -> float:
    """Move a slider and return where it came to stand, which is one of its steps."""
    stands: float = page.eval_on_selector(
        f"#{box} input[name='{name}']",
        "(input, value) => { input.value = value; "
        "input.dispatchEvent(new Event('input', {bubbles: true})); return Number(input.value); }",
        value,
    )
    return stands


def _told(page: Any, box: str) -> dict[str, dict[str, float | None]]:
    """Return what the page holds, unrounded: ``name`` of all, ``group/name`` of a group."""
    found = page.eval_on_selector_all(
        f"#{box} td[data-quantity]",
        "cells => cells.map(c => [c.dataset.group, c.dataset.quantity, c.dataset.value])",
    )
    return {f"{g}/{q}" if g is not None else q: json.loads(value) for g, q, value in found}


def _compare(
    told: dict[str, dict[str, float | None]], one: Simulated, at: int | None = None
) -> int:
    found = consequences(one.rates, one.use, at)
    expected: dict[str, Spread] = dict(found.of_all)
    for g, group in enumerate(found.of_groups.values()):
        expected |= {f"{g}/{name}": spread for name, spread in group.items()}
    assert set(told) == set(expected)
    for name, spread in expected.items():
        for end, value in (("value", spread.value), ("low", spread.low), ("high", spread.high)):
            theirs = told[name][end]
            if value is None:
                assert theirs is None, (name, end)
            else:
                assert theirs == pytest.approx(value, rel=CLOSE, abs=1e-15), (name, end)
    return len(expected)


def test_the_page_begins_with_the_numbers_of_python(page: Any, simulated: list[Simulated]) -> None:
    assert _compare(_told(page, "whatif-1"), simulated[0]) == 22 + 3 * 6
    assert _compare(_told(page, "whatif-2"), simulated[1]) == 21


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("base_rate", -6.0), ("base_rate", -2.0), ("looks", 1.0), ("looks", 100.0),
        ("correlation", 0.0), ("correlation", 0.37), ("correlation", 1.0), ("people_a_day", 5.5),
        ("staff", 1.0), ("staff", 100.0), ("minutes", 120.0),
    ],
)  # fmt: skip
def test_sliders_give_what_python_gives(
    page: Any, simulated: list[Simulated], name: str, given: float
) -> None:
    stands = _set(page, "whatif-1", name, given)
    assert stands == pytest.approx(given, abs=0.05)
    value = 10**stands if name in ("base_rate", "people_a_day") else stands
    whole = int(value) if name in ("looks", "staff") else value
    one = simulated[0]
    changed = replace(one, use=replace(one.use, **{name: whole}))  # type: ignore[arg-type]
    _compare(_told(page, "whatif-1"), changed)


def test_the_threshold_and_the_mix_give_what_python_gives(
    page: Any, simulated: list[Simulated]
) -> None:
    one = simulated[0]
    _set(page, "whatif-1", "at", 2)
    _compare(_told(page, "whatif-1"), one, at=2)
    for i, share in enumerate((10, 0, 40)):
        _set(page, "whatif-1", f"share-{i}", share)
    mixed = replace(one, rates=replace(one.rates, shares=np.array([0.2, 0.0, 0.8])))
    _compare(_told(page, "whatif-1"), mixed, at=2)
    # All at nothing is no mix of people: the last one touched stays.
    _set(page, "whatif-1", "share-0", 0)
    _set(page, "whatif-1", "share-2", 0)
    last = replace(one, rates=replace(one.rates, shares=np.array([0.0, 0.0, 1.0])))
    _compare(_told(page, "whatif-1"), last, at=2)


def test_everything_together_and_back_again(page: Any, simulated: list[Simulated]) -> None:
    one = simulated[0]
    for name, value in (("looks", 60), ("correlation", 0.8), ("staff", 7)):
        assert _set(page, "whatif-1", name, value) == value
    rate = 10 ** _set(page, "whatif-1", "base_rate", -2.5)
    use = replace(one.use, base_rate=rate, looks=60, correlation=0.8, staff=7)
    _compare(_told(page, "whatif-1"), replace(one, use=use))
    page.click("#whatif-1 button[type=reset]")
    _compare(_told(page, "whatif-1"), one)
    # The other table has sliders of its own.
    _compare(_told(page, "whatif-2"), simulated[1])


def test_sliders_move_by_keyboard_and_say_their_value(page: Any) -> None:
    slider = page.locator("#whatif-1 input[name='correlation']")
    slider.focus()
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "1.00"
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "0.99"
    said = page.locator("#whatif-1 .whatif-says")
    assert said.get_attribute("aria-live") == "polite"
    assert "flags a day; of 1,000 flags," in said.inner_text()
    labels = page.locator("#whatif-1 input[type=range]")
    for i in range(labels.count()):
        name = labels.nth(i).get_attribute("id")
        assert page.locator(f"label[for='{name}']").count() == 1


def test_the_page_says_the_same_words_as_python(page: Any, report: Path) -> None:
    context = page.context.browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(report.as_uri())
    cells = "#whatif-1 td[data-quantity], #whatif-2 td[data-quantity]"
    written = still.locator(cells).all_inner_texts()
    assert written == page.locator(cells).all_inner_texts()
    assert len(written) == 22 + 3 * 6 + 21
    assert still.locator(".whatif-form:visible").count() == 0
    context.close()


def test_paper_has_the_table_and_no_sliders(page: Any) -> None:
    page.emulate_media(media="print")
    assert page.locator("#whatif-1 form:visible").count() == 0
    assert page.locator("#whatif-1 table:visible").count() == 2
    page.emulate_media(media="screen")


def test_a_slider_answers_at_once(page: Any) -> None:
    took = page.evaluate(
        """() => {
        const input = document.querySelector("#whatif-1 input[name='correlation']");
        const begin = performance.now();
        for (let i = 0; i < 10; i += 1) {
          input.value = i / 20;
          input.dispatchEvent(new Event('input', {bubbles: true}));
        }
        return (performance.now() - begin) / 10;
        }"""
    )
    assert took < 200
