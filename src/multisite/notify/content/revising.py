"""What a revision says of the mail before it."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["differences_of"]

_UNKNOWN = "The data of the month changed after the mail before."
_MOST = 4


def differences_of(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> tuple[str, ...]:
    """What changed between the facts of two mails, in short sentences; at least one."""
    if before is None:
        return (_UNKNOWN,)
    found = []
    if before["state"] != now["state"]:
        found.append(f"The state was {before['state']} and is {now['state']}.")
    if before["received"] != now["received"]:
        found.append(f"Volumes were: {before['received']}.")
    for line in _changed(before["lines"], now["lines"]):
        found.append(f"{line[0]} was {line[1]} ({line[2]}).")
    if before["cause"] != now["cause"]:
        found.append(f"It was put down to: {before['cause']}.")
    if before["baseline"] != now["baseline"]:
        found.append("It is judged by another baseline.")
    return tuple(found[:_MOST]) or (_UNKNOWN,)


def _changed(before: Sequence[Sequence[str]], now: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    stands = {line[0]: list(line) for line in now}
    return [line for line in before if stands.get(line[0]) != list(line)]
