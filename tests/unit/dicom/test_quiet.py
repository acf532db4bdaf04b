"""Around pydicom nothing is logged or warned, and afterwards everything is as it was."""

import logging
import warnings

import pytest

from multisite.dicom.quiet import quiet


@pytest.mark.parametrize("name", ["pydicom", "pydicom.pixels.decoders.base"])
def test_no_line_of_pydicom_or_of_a_module_of_it_reaches_the_program(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with quiet():
        logging.getLogger(name).error("CANARY")
    assert "CANARY" not in caplog.text


def test_afterwards_lines_come_through_again(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("pydicom")
    before = log.disabled, log.propagate
    with quiet():
        pass
    assert (log.disabled, log.propagate) == before


def test_a_warning_stays_inside() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with quiet():
            warnings.warn("CANARY", stacklevel=1)
