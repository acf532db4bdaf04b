"""Everything that has to stand before the demo can run: data, configuration, S3 server, environment."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from multisite.demo.configuration import SITES_FOLDER, pseudonym_keys, write_configuration
from multisite.demo.generate import Progress, generate
from multisite.demo.hospitals import hospital
from multisite.demo.layout import DATA, S3_ROOT
from multisite.demo.plan import DemoPlan
from multisite.demo.planted import Planted
from multisite.demo.s3_server import serve_s3
from multisite.errors import StoreError

__all__ = ["StagedDemo", "staged_demo"]


@dataclass(frozen=True, slots=True)
class StagedDemo:
    """The demo's study file, folder of site files and planted faults; ``notice`` tells what is other than intended."""

    study_file: Path
    sites_folder: Path
    planted: tuple[Planted, ...]
    notice: str | None


@contextmanager
def staged_demo(
    out: Path, plan: DemoPlan, progress: Progress | None = None, *, s3: bool = True
) -> Iterator[StagedDemo]:
    """Generate below ``out`` what is not there yet, and hold server and environment variables while the context lasts.

    Without rclone, or with ``s3`` false, the S3 site's store is read as a folder, and ``notice`` says so.
    The environment is that of this process and of those it starts; it is put back afterwards.
    """
    planted = generate(out, plan, progress)
    with ExitStack() as stack:
        variables = dict(pseudonym_keys(plan))
        notice, served = None, False
        root = _s3_root(out, plan)
        if s3 and root is not None:
            try:
                variables |= stack.enter_context(serve_s3(root)).environment()
                served = True
            except StoreError as error:
                notice = f"{error.fact}: that site is read from a folder instead"
        stack.enter_context(_environment(variables))
        study_file = write_configuration(out, plan, s3=served)
        yield StagedDemo(study_file, study_file.parent / SITES_FOLDER, planted, notice)


def _s3_root(out: Path, plan: DemoPlan) -> Path | None:
    """The folder to serve: there is at most one hospital whose store is S3."""
    for index in range(plan.sites):
        place = hospital(index)
        if any(store.bucket for store in place.stores):
            return out / DATA / place.id / S3_ROOT
    return None


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
