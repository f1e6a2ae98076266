"""What is said of a column that was measured, in one sentence with its numbers."""

from foresell.errors import counted
from foresell.monitor.binning import MISSING, UNSEEN
from foresell.monitor.columns import ColumnDrift
from foresell.spec.monitoring import Finding, Seen

EXPECTED = "moved, as expected"  # what is said of a trending column, wherever it is said
_LARGE = 4.0  # standard deviations of periods' means: only a larger shift would have been seen
_CHANCE, _PLAIN = 0.5, 0.25  # a chance of 1 beside a PSI of that size is no proof of quiet
_FAR = 0.5  # of the values beyond what training held, for that to be what is said


def seen_in(one: ColumnDrift) -> Seen:
    """Return what kind of change a column's is: by its part, or what stands out of it."""
    if one.column.part != "feature":
        return one.column.part
    if one.reference_missing < 1 and _rise(one) == MISSING and not _moved(one):
        return "missing"
    if one.reference_missing == 1 or _rise(one) == UNSEEN or one.unseen_share >= _FAR:
        return "unseen"
    return "shift"


def sentence(one: ColumnDrift) -> str:
    """Return what changed, how far, and how likely chance is."""
    return f"{_what(one)} ({_how_far(one)})"


def finding(one: ColumnDrift) -> Finding:
    """Return the finding of a column that has drifted: an alarm, or of a trending one a note."""
    return Finding(
        seen=seen_in(one),
        weight="note" if one.column.trending else "alarm",
        about=one.column.name,
        says=one.says,
        numbers={
            "psi": one.psi,
            "psi_expected": one.psi_expected,
            "ks": one.ks,
            "adjusted": one.adjusted,
            "reference_missing": one.reference_missing,
            "current_missing": one.current_missing,
            "unseen_share": one.unseen_share,
        },
    )


def verdict(one: ColumnDrift, effect: float, chance: float, weeks: int | None) -> str:
    """Return the verdict on a column in a few words, with the reason why it is quiet.

    ``effect``: how many times its limit the larger effect is; ``chance``: how likely it may be by
    chance to be an alarm; ``weeks``: of the side with fewer of them, null where rows have none.
    """
    if one.drifted:
        return EXPECTED if one.column.trending else "drift"
    if effect < 1:
        return "quiet: effect too small" if one.adjusted <= chance else "quiet"
    if weeks is not None and (one.least_shift is None or one.least_shift > _LARGE):
        return f"quiet: {counted(weeks, 'week')} {'is' if weeks == 1 else 'are'} too few to tell"
    return "quiet: by chance"


def share(value: float) -> str:
    r"""Return a share in percent, as many digits as it takes.

    >>> share(0.5), share(0.0123), share(0.00004), share(0.0)
    ('50\xa0%', '1.2\xa0%', 'under 0.1\xa0%', '0\xa0%')
    """
    if 0 < value < 0.001:
        return "under 0.1\u00a0%"
    return f"{100 * value:.{0 if value >= 0.1 or value == 0 else 1}f}\u00a0%"


def _rise(one: ColumnDrift) -> str:
    """Return the label of the bin whose share differs most."""
    bins = one.bins
    differences = [abs(new - old) for old, new in zip(bins.reference, bins.current, strict=True)]
    return bins.labels[differences.index(max(differences))]


def _moved(one: ColumnDrift) -> bool:
    """Whether the values that are there moved as well, farther than the missing ones."""
    return (one.ks or 0.0) > abs(one.current_missing - one.reference_missing)


def _what(one: ColumnDrift) -> str:
    """Return what changed most, without how far in terms of statistics."""
    name, bins = one.column.name, one.bins
    label = _rise(one)
    if one.reference_missing == 1:
        there = share(1 - one.current_missing)
        return f"{name} has a value in {there} of the rows, which training never held"
    if label == MISSING and not _moved(one):
        before, now = share(one.reference_missing), share(one.current_missing)
        return f"{name} is missing in {now} of the rows, before in {before}"
    if one.column.kind == "category" and label == UNSEEN:
        such = f", such as {', '.join(one.unseen)}" if one.unseen else ""
        return f"{name}: {share(one.unseen_share)} of the values were never seen in training{such}"
    if one.column.kind == "category":
        place = bins.labels.index(label)
        before, now = share(bins.reference[place]), share(bins.current[place])
        return f"{name}: {label} is {now} of the rows, before {before}"
    before, now = _number(one.reference_middle), _number(one.current_middle)
    middle = f"{name}: the median is {now}, before {before}"
    if one.unseen_share >= _FAR:
        return (
            f"{middle}; {share(one.unseen_share)} of the values lie beyond all that training held"
        )
    return middle


def _number(value: float | None) -> str:
    """Return a number with four digits."""
    return "nothing" if value is None else f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def _how_far(one: ColumnDrift) -> str:
    """Return the effects and the chance."""
    effects = [f"PSI {one.psi:.2f}"]
    if one.ks is not None:
        effects.append(f"KS {one.ks:.2f}")
    if one.adjusted >= _CHANCE and one.psi >= _PLAIN and one.design > 1:
        return f"{', '.join(effects)}; of so few periods chance may make that"
    chance = "under 0.0001" if one.adjusted < 1e-4 else f"{one.adjusted:.2g}"
    return f"{', '.join(effects)}, chance of that when nothing has changed {chance}"
