"""Placeholder."""

__all__ = ["STEPS", "read_pack"]

STEPS: tuple[str, ...] = ("x",)


def read_pack(path: str) -> dict[str, bytes]:
    return {}
