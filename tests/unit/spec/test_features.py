import pytest

from foresell.errors import SpecError
from foresell.spec.features import FeatureSpec, check_features

COLUMNS = {"promo": "known_future", "cut": "known_future", "visitors": "past_only", "shop": "key"}


@pytest.mark.parametrize(
    ("features", "where", "mend"),
    [
        (FeatureSpec(promotions=("prom",)), "features.promotions", "did you mean 'promo'?"),
        (FeatureSpec(promotions=("visitors",)), "features.promotions", "known: cut, promo"),
        (FeatureSpec(covariate_year=("promo",)), "features.covariate_year", "visitors"),
        (FeatureSpec(covariate_lags={"visitor": (1,)}), "features.covariate_lags", "'visitors'"),
        (FeatureSpec(covariate_windows={"cut": (7,)}), "features.covariate_windows", "visitors"),
        (FeatureSpec(markdowns=("shop",)), "features.markdowns", "visitors"),
        (FeatureSpec(price_ratios=("shop",)), "features.price_ratios", "promo"),
        (FeatureSpec(promotion_depths={"cut": "shop"}), "features.promotion_depths", "promo"),
    ],
)
def test_a_feature_of_a_column_without_the_role_is_refused_with_the_nearest(
    features: FeatureSpec, where: str, mend: str
) -> None:
    with pytest.raises(SpecError) as caught:
        check_features(features, COLUMNS)
    assert caught.value.where == where
    assert mend in caught.value.mend


@pytest.mark.parametrize(
    ("declared", "where"),
    [
        ({"covariate_lags": {"visitors": (0,)}}, "features.covariate_lags.visitors"),
        ({"covariate_windows": {"visitors": (7, 7)}}, "features.covariate_windows.visitors"),
        ({"promotions": ("promo", "promo")}, "features.promotions"),
        ({"promotion_window": 0}, "features.promotion_window"),
        ({"price_window": 400}, "features.price_window"),
    ],
)
def test_a_lag_or_window_that_makes_no_sense_is_refused(
    declared: dict[str, object], where: str
) -> None:
    with pytest.raises(SpecError) as caught:
        FeatureSpec(**declared)  # type: ignore[arg-type]
    assert caught.value.where == where
