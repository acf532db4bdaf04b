"""Silence around pydicom: its warnings and log lines quote values, and values do not belong into logs."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Final

from pydicom import config

__all__ = ["quiet"]

_LOCK: Final = RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """Run a block with pydicom tolerant and mute, and put its settings back afterwards.

    The settings are global to the process, so one thread at a time is let in.
    """
    log = logging.getLogger("pydicom")
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mode, disabled = config.settings.reading_validation_mode, log.disabled
        config.settings.reading_validation_mode = config.IGNORE
        log.disabled = True
        try:
            yield
        finally:
            log.disabled = disabled
            config.settings.reading_validation_mode = mode
