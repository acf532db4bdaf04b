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
        mode, disabled, propagate = config.settings.reading_validation_mode, log.disabled, log.propagate
        config.settings.reading_validation_mode = config.IGNORE
        # Its modules have loggers of their own, which hand their lines on unless they are stopped here.
        log.disabled, log.propagate = True, False
        try:
            yield
        finally:
            log.disabled, log.propagate = disabled, propagate
            config.settings.reading_validation_mode = mode
