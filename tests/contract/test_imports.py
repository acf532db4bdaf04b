"""Which room may import what, and what importing costs."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import multisite

MODULES = sorted(module.name for module in pkgutil.walk_packages(multisite.__path__, "multisite."))
_HEAVY = ("ray", "evidently", "pandas", "polars", "matplotlib", "pydicom", "s3fs", "obstore", "sklearn", "statsmodels")


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", MODULES)
def test_every_name_in_all_exists_and_all_is_sorted(name: str) -> None:
    module = importlib.import_module(name)
    public = getattr(module, "__all__", [])
    assert [n for n in public if not hasattr(module, n)] == []
    upper_first = sorted(public, key=lambda n: (not n.isupper(), not n[:1].isupper(), n))
    assert list(public) in (sorted(public), upper_first, sorted(public, key=str.casefold))


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is_for(name: str) -> None:
    assert (importlib.import_module(name).__doc__ or "").strip()


def test_import_multisite_loads_nothing_heavy() -> None:
    code = f"import sys, multisite; print([n for n in {_HEAVY!r} if n in sys.modules])"
    assert python(code) == "[]"


def test_loading_every_stage_loads_neither_ray_nor_evidently_nor_pandas() -> None:
    code = "import sys, multisite.pipeline; print([n for n in ('ray', 'evidently', 'pandas') if n in sys.modules])"
    assert python(code) == "[]"


def test_import_multisite_takes_less_than_a_third_of_a_second() -> None:
    code = "import time; t = time.perf_counter(); import multisite; print(time.perf_counter() - t)"
    assert min(float(python(code)) for _ in range(3)) < 0.3


def test_every_stage_runs_where_ray_is_not_installed() -> None:
    code = (
        "import sys; sys.modules['ray'] = None\n"
        "import multisite.pipeline, multisite.runners, multisite.cli.running\n"
        "print(len(multisite.pipeline.STAGES))"
    )
    assert int(python(code)) > 5
