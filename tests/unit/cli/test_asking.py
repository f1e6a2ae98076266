"""What a person typed wrong is said in our own words, with the nearest word that is right."""

import sys

import pytest

from foresell.cli import main


def said(words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["foresell", *words.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "what", "where", "mend"),
    [
        ("run x --preset fastt", "there is no preset 'fastt'", "--preset", "mean 'fast'?"),
        ("run x --selection-mode tune", "no selection-mode 'tune'", "--selection-mode", "'tuned'"),
        ("inspect x --protocol onestep", "no protocol 'onestep'", "--protocol", "'one-step'"),
        ("explain x --steps y", "the value is no whole number", "--steps", "give a whole number"),
        ("run x --presett fast", "there is no option '--presett'", "foresell run", "'--preset'"),
        ("forcast x", "there is no command 'forcast'", "foresell", "'forecast'"),
        (
            "registry promote retail -1 --reason x",
            "no version has a number below 1",
            "foresell registry promote",
            "registry show PROJECT lists them",
        ),
        ("run x -1", "there is no option '-1'", "foresell run", "known: "),
        ("run", "missing argument 'project'", "foresell run", "see foresell run --help"),
        ("explain x --out a.xls", "cannot write 'a.xls'", "--out", ".svg, .png, .csv or .parquet"),
        ("explain x --out no/a.svg", "the folder does not exist", "--out no", "make it first"),
        ("inspect x --where Store", "'Store' is no NAME=VALUE", "--where", "--where COLUMN=VALUE"),
    ],
)
def test_a_wrong_word_is_named_with_the_place_and_the_nearest_right_one(
    words: str,
    what: str,
    where: str,
    mend: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second, third = said(words, monkeypatch, capsys).splitlines()
    assert first.startswith("error ")
    assert second.startswith(f"  where {where}")
    assert third.startswith("  mend  ")
    assert (what in first, mend in third) == (True, True)


def test_nothing_asked_for_shows_the_help_and_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said("", monkeypatch, capsys) == ""
