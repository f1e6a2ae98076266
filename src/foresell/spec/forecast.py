"""The nouns of a forecast: its columns, the names of its quantiles and of how they came about."""

DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # what WQL, SQL and pinball are taken over
QUANTILES = (0.025, *DECILES, 0.975)  # what every answer carries
BANDS = {80: (0.1, 0.9), 95: (0.025, 0.975)}  # the levels between which so many percent are to lie
CONFORMAL, RESIDUAL = "conformal_intervals", "residual_quantiles"  # how quantiles came about
ENSEMBLE = "ensemble_quantiles"
COMBINED = "combined_intervals"  # of a sum: put together, see `foresell.models.level_sums`


def quantile_columns() -> tuple[str, ...]:
    """Return the quantile columns of a forecast frame, lowest first.

    >>> quantile_columns()[0], quantile_columns()[1], quantile_columns()[-1]
    ('q0.025', 'q0.1', 'q0.975')
    """
    return tuple(f"q{level}" for level in QUANTILES)
