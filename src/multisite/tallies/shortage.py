"""Why a number is withheld: too few patients behind it."""

__all__ = ["shortage"]


def shortage(n_patients: int, minimum: int, unit: str | None = None) -> str | None:
    """The reason, and ``None`` where there are patients enough. No count is told, for rows may be suppressed.

    Parameters
    ----------
    n_patients
        With a case in the denominator.
    minimum
        How many are asked for.
    unit
        What the denominator counts, such as ``positive case``; left out where every case counts.
    """
    if n_patients >= minimum:
        return None
    return f"fewer than {minimum} patients" if unit is None else f"fewer than {minimum} patients with a {unit}"
