"""An outside package adds an adapter by entry point; a broken one says so when asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from facevalue.domain import Media, Prediction
from facevalue.errors import PluginError, UnknownNameError
from facevalue.registry import Registry
from facevalue.systems import SystemRequest, open_system
from facevalue.systems import names as names_module

PACKAGE = Path(__file__).parents[2] / "plugin_package"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package into a folder of its own, with the ordinary client."""
    target = tmp_path_factory.mktemp("installed") / "site"
    subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
            "--disable-pip-version-check", "--target", str(target), str(PACKAGE),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return target


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package can be imported, and nobody has looked for plugins yet."""
    monkeypatch.syspath_prepend(str(site))
    fresh: Registry[names_module.Opener] = Registry("adapter", group="facevalue.systems")
    monkeypatch.setattr(names_module, "ADAPTERS", fresh)
    yield site
    sys.modules.pop("facevalue_coin", None)


def test_an_outside_adapter_is_found_by_name(installed: Path) -> None:
    registry = names_module.ADAPTERS
    assert list(registry) == ["broken", "coin"]
    assert registry.origin("coin") == "facevalue-coin"
    request = SystemRequest(name="c", adapter="coin", options={"says": "tails"})
    system = open_system(request, base=installed)
    media = [Media(item="a", sha256="0"), Media(item="b", sha256="1")]
    assert system.predict(media) == [Prediction("tails")] * 2  # type: ignore[union-attr] # not recorded


def test_a_broken_plugin_is_an_error_when_its_name_is_asked_for(installed: Path) -> None:
    with pytest.raises(PluginError) as caught:
        names_module.ADAPTERS["broken"]
    assert str(caught.value) == (
        "plugin 'broken' broke its contract: 'facevalue_coin:not_there' cannot be loaded: "
        "module 'facevalue_coin' has no attribute 'not_there'"
    )


def test_a_name_is_taken_once_and_an_unknown_one_lists_the_known() -> None:
    registry: Registry[int] = Registry("number")
    registry.add("one", 1)
    registry.add_lazy("pi", "math:pi")
    assert registry["pi"] == pytest.approx(3.14159, abs=1e-5)
    assert ("one" in registry, "two" in registry, list(registry)) == (True, False, ["one", "pi"])
    with pytest.raises(PluginError, match=r"^plugin 'one' broke its contract: there is already a"):
        registry.add("one", 2)
    with pytest.raises(PluginError, match="is not of the form 'module:attribute'"):
        registry.add_lazy("bad", "math.pi")
    with pytest.raises(UnknownNameError) as caught:
        registry["on"]
    assert str(caught.value) == "unknown number 'on'. Did you mean 'one'? Known: 'one', 'pi'."
