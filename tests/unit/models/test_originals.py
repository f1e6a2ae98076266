import pytest

from foresell.models.originals import original
from tests.unit.models.toys import project


@pytest.mark.parametrize(
    ("feature", "column"),
    [
        ("x_lag_52", "sold"),
        ("x_mean_13", "sold"),
        ("x_growth_key_shop", "sold"),
        ("growth_series", "sold"),
        ("base", "sold"),
        ("x_level_shape", "sold"),
        ("x_past_price", "price"),
        ("x_known_promo", "promo"),
        ("x_source_promo", "promo"),
        ("x_static_size", "size"),
        ("x_code_shop", "shop"),
        ("x_event_easter", "easter"),
        ("x_event_easter_to", "easter"),
        ("x_event_thanksgiving_since", "thanksgiving"),
        ("x_calendar_week", "day"),
        ("x_year_sin", "day"),
        ("x_aligned", "day"),
        ("x_step", "step"),
        ("x_planned", "planned"),
        ("x_promo_promo_to", "promo"),
        ("x_past_price_to_group", "price"),
        ("x_ratio_price_mean_4", "price"),
    ],
)
def test_a_feature_tells_of_the_column_it_is_made_from(feature: str, column: str) -> None:
    assert original(feature, project()) == column
