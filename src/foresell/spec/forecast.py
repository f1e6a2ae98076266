"""The nouns of a forecast: the columns every forecast frame has, and the names of its quantiles."""

QUANTILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def quantile_columns() -> tuple[str, ...]:
    """Return the quantile columns of a forecast frame, lowest first.

    >>> quantile_columns()[0], quantile_columns()[-1]
    ('q0.1', 'q0.9')
    """
    return tuple(f"q{level}" for level in QUANTILES)
