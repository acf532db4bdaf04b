"""How work reaches a worker: a bounded number of items in flight, and faults told by kind, never by text."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from multisite.errors import MachineError, MultisiteError

__all__ = ["Done", "Executor", "Fault", "Item", "Pinned", "anonymous", "guarded"]

Item = TypeVar("Item", bound="Pinned")
Result = TypeVar("Result")

_MACHINE_FAULTS = (OSError, MemoryError, EOFError)


class Pinned(Protocol):
    """Work that belongs to a site, or to none (``""``)."""

    @property
    def site(self) -> str:
        """Site whose stores and tables the work reads."""
        ...


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """A result."""

    result: Result


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong. ``error`` is safe to show; ``retry`` says whether the machine, not the set-up, is at fault."""

    error: MultisiteError
    retry: bool


class Executor(Protocol):
    """Runs a plain function over items, in any order, and yields each with what became of it."""

    def run(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[Item, Done[Result] | Fault]]:
        """Every item exactly once; faults of the machine have been retried before they are yielded."""
        ...

    def close(self) -> None:
        """Release the workers."""
        ...


def guarded(function: Callable[[Item], Result], item: Item) -> Done[Result] | Fault:
    """Call ``function``; an exception becomes a fault that carries its class and place, and not its text.

    The text of an exception may quote a value from the data, and a cluster ships it into logs.
    """
    try:
        return Done(function(item))
    except MultisiteError as error:
        return Fault(error, retry=isinstance(error, MachineError))
    except _MACHINE_FAULTS as error:
        return Fault(anonymous(error), retry=True)
    except Exception as error:
        return Fault(anonymous(error), retry=False)


def anonymous(error: Exception) -> MachineError:
    """The class of an exception and the place in the program where it was raised: its text may quote data."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/multisite/" in frame.filename and frame.filename != __file__] or list(frames)
    where = f"{own[-1].filename.rpartition('/multisite/')[2]}:{own[-1].lineno}" if own else "unknown place"
    return MachineError(
        f"{type(error).__name__} while working",
        place=where,
        remedy="What is complete is safe; run the command again to go on. If it repeats, report class and place.",
    )
