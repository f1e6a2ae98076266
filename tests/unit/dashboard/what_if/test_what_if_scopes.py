"""What one visitor was told is not remembered for another who may ask less."""

from collections.abc import Mapping
from typing import Any, cast

from foresell.dashboard.what_if.asking import Door, Remembered
from foresell.serving.served import Served
from foresell.spec.serving import Scope


def _door(remembered: Remembered, scopes: tuple[Scope, ...]) -> Door:
    def ask(method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        del method, path, body
        return (
            (200, {"prediction": 1.0})
            if "predict" in scopes
            else (403, {"detail": "no", "where": "key", "mend": "ask"})
        )

    return Door(
        project="toy",
        served=cast("Served", None),  # no question looks at it
        ask=ask,
        remembered=remembered,
        scopes=scopes,
    )


def test_an_answer_to_who_may_predict_is_not_given_to_who_may_only_look() -> None:
    remembered = Remembered()
    assert _door(remembered, ("predict", "read")).post("/predict", {"x": 1}).told
    assert not _door(remembered, ("read",)).post("/predict", {"x": 1}).told
    assert _door(remembered, ("predict", "read")).post("/predict", {"x": 1}).told
