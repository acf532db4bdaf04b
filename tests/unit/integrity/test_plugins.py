import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from multisite.errors import ConfigError
from multisite.integrity import CHECKS
from multisite.integrity.plugins import Plugin, installed_plugins, plugin_checks
from multisite.integrity.scorecard import run_checks
from multisite.vocabulary import Verdict
from tests.unit.integrity.builders import frames

_MODULE = """
from multisite.integrity.check import Check, judged, nothing_found
from multisite.vocabulary import Severity


def run(frames):
    return judged(nothing_found(), frames.included.height, failed="Some.", passed="None of the cases is odd.")


def crash(frames):
    raise KeyError("SMITH^JANE")


ODD = Check("odd_cases", "No case is odd", "local", Severity.MINOR, "Looks.", "cases", run)
CRASHING = Check("crashing", "Crashes", "local", Severity.MINOR, "None.", "cases", crash)
BOTH = (ODD, CRASHING)
TAKEN = Check("patient_overlap", "Taken", "local", Severity.MINOR, "None.", "cases", run)
NOTHING = ()
TEXT = "no check"
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution as pip leaves it: a module, and a .dist-info that names its entry points."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def made(*points: str, package: str = "odd-checks", module: str = _MODULE) -> None:
        name = package.replace("-", "_")
        (tmp_path / f"{name}.py").write_text(module, encoding="utf-8")
        info = tmp_path / f"{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n", encoding="utf-8")
        lines = "".join(f"{point}\n" for point in points)
        (info / "entry_points.txt").write_text(f"[multisite.checks]\n{lines}", encoding="utf-8")
        importlib.invalidate_caches()

    yield made
    for name in ("odd_checks", "other_checks"):
        sys.modules.pop(name, None)


def refusal(*names: str) -> str:
    with pytest.raises(ConfigError) as caught:
        plugin_checks(names, taken=[check.id for check in CHECKS])
    assert caught.value.place == "study file, `integrity.plugins`"
    return caught.value.fact


def test_a_check_of_an_installed_package_is_asked_and_a_crashing_one_is_a_row(install: Install) -> None:
    install("odd = odd_checks:BOTH")
    checks = plugin_checks(["odd"], taken=[check.id for check in CHECKS])
    scorecard, _ = run_checks(frames(), checks, site="north", blocking=["crashing"])
    assert scorecard["check"].to_list() == ["odd_cases", "crashing"]
    assert scorecard["verdict"].to_list() == [Verdict.PASS.value, Verdict.ERROR.value]
    assert scorecard["blocking"].to_list() == [False, True]
    assert "SMITH" not in str(scorecard.to_dicts())


def test_one_check_needs_no_tuple(install: Install) -> None:
    install("odd = odd_checks:ODD")
    assert [check.id for check in plugin_checks(["odd"], taken=[])] == ["odd_cases"]


def test_the_version_of_the_package_is_known_so_that_another_one_is_run_again(install: Install) -> None:
    install("odd = odd_checks:ODD")
    assert installed_plugins(["odd"]) == (Plugin("odd", "odd-checks", "1.2"),)


def test_a_plugin_that_is_not_installed_is_refused(install: Install) -> None:
    install("odd = odd_checks:ODD")
    assert refusal("even") == "no installed package offers the plugin `even`"
    with pytest.raises(ConfigError, match="no installed package"):
        installed_plugins(["even"])


def test_a_plugin_of_two_packages_is_refused(install: Install) -> None:
    install("odd = odd_checks:ODD")
    install("odd = other_checks:ODD", package="other-checks")
    assert refusal("odd") == "2 installed packages offer a plugin `odd`"


def test_an_id_that_is_taken_is_refused(install: Install) -> None:
    install("taken = odd_checks:TAKEN", "odd = odd_checks:ODD", "both = odd_checks:BOTH")
    assert "has a check called `patient_overlap`, and so has another" in refusal("taken")
    assert "has a check called `odd_cases`" in refusal("odd", "both")


@pytest.mark.parametrize("attribute", ["NOTHING", "TEXT"])
def test_what_is_no_check_is_refused(install: Install, attribute: str) -> None:
    install(f"odd = odd_checks:{attribute}")
    assert refusal("odd") == "the plugin `odd` offers neither a Check nor a tuple of them"


@pytest.mark.parametrize(("module", "kind"), [("raise ValueError('SMITH^JANE')", "ValueError"), ("", "AttributeError")])
def test_a_plugin_that_cannot_be_imported_is_refused_and_quotes_nothing(
    install: Install, module: str, kind: str
) -> None:
    install("odd = odd_checks:ODD", module=module)
    assert refusal("odd") == f"the plugin `odd` cannot be imported ({kind})"
