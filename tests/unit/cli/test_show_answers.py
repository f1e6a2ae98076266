"""How answered rows look, and how far a long file is."""

import io

import pytest
from rich.console import Console

from foresell.api.predicting import About
from foresell.cli.show_answers import FileProgress, about_model


def about(unit: str) -> About:
    return About(
        project="sales_orders",
        model_name="ridge",
        model_version="0123456789ab",
        target_name="SALES",
        unit=unit,
        input_features=("MSRP",),
    )


@pytest.mark.parametrize(
    ("unit", "told"),
    [
        ("", {}),
        ("USD", {"unit": "USD", "currency": "USD"}),
        ("100,000 USD", {"unit": "100,000 USD"}),
        ("pcs", {"unit": "pcs"}),
    ],
)
def test_a_unit_is_told_where_declared_and_a_currency_where_it_is_one(
    unit: str, told: dict[str, str]
) -> None:
    shown = about_model(about(unit))

    assert {name: shown[name] for name in ("unit", "currency") if name in shown} == told


@pytest.mark.parametrize(("rows", "words"), [(200_000, "of 200,000 rows"), (None, "65,536 rows")])
def test_a_terminal_hears_how_far_a_file_is(rows: int | None, words: str) -> None:
    said = io.StringIO()

    with FileProgress() as progress:
        progress._console = Console(file=said, force_terminal=True, width=80)
        progress.hear(32_768, rows)
        progress.hear(65_536, rows)

    assert words in said.getvalue()


def test_a_log_file_hears_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with FileProgress() as progress:
        progress.hear(32_768, None)

    assert capsys.readouterr().err == ""
