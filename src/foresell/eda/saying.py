"""How numbers are written in sentences."""

from foresell.charts.signs import minus
from foresell.spec.calendar import Frequency

_LETTERS = 60


def amount(value: float) -> str:
    """Return a number with as many digits as a reader takes in.

    >>> amount(6737218987.11), amount(15981.26), amount(0.0521), amount(-3.0)
    ('6,737,218,987', '15,981', '0.0521', '−3')
    """
    return minus(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}")


def percent(share: float) -> str:
    """Return a share in percent.

    >>> percent(0.64257), percent(0.0004), percent(1.0)
    ('64.3 %', '0.04 %', '100 %')
    """
    value = 100 * share
    return f"{value:.1f} %".replace(".0 %", " %") if abs(value) >= 1 else f"{value:.2g} %"


def in_unit(unit: str) -> str:
    """Return what stands after a number to say its unit; nothing where there is none.

    >>> in_unit("USD"), in_unit("100,000 USD"), in_unit("")
    (' USD', ' x 100,000 USD', '')
    """
    if not unit:
        return ""
    return f" x {unit}" if unit[0].isdigit() else f" {unit}"


def named(value: str | None) -> str:
    """Return a value as text, also one that is missing.

    A long one is cut.

    >>> named("A"), named(None), named("x" * 5000)[-3:]
    ('A', '(missing)', 'xx…')
    """
    if value is None:
        return "(missing)"
    return value if len(value) <= _LETTERS else value[: _LETTERS - 1].rstrip() + "…"


def signed(correlation: float) -> str:
    """Return a number between -1 and 1 with its sign.

    >>> signed(0.254), signed(-0.3)
    ('+0.25', '−0.30')
    """
    return minus(f"{correlation:+.2f}")


def exact(value: float) -> str:
    """Return a single value of a column as it stands there.

    >>> exact(5.00001), exact(-3.0)
    ('5.00001', '−3')
    """
    return minus(f"{value:.12g}")


def happening(event: str) -> str:
    """Return the name of an event as words; one that has capitals keeps them.

    >>> happening("super_bowl"), happening("IsHoliday")
    ('Super Bowl', 'IsHoliday')
    """
    return event.replace("_", " ").title() if event == event.lower() else event


def times(ratio: float) -> str:
    """Return a ratio.

    >>> times(1.6742)
    '1.67 times'
    """
    return f"{ratio:.2f} times"


def count(number: int, noun: str) -> str:
    """Return a count with its noun.

    >>> count(1, "row"), count(2823, "row"), count(3, "series")
    ('1 row', '2,823 rows', '3 series')
    """
    many = noun if number == 1 or noun.endswith("s") else f"{noun}s"
    return f"{number:,} {many}"


def period(frequency: Frequency) -> str:
    """Return what a period is called.

    >>> period("W-FRI")
    'week'
    """
    return "day" if frequency == "D" else "week"


def listed(names: list[str]) -> str:
    """Return names as a reader lists them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
