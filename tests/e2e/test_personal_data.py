"""Names, phones and addresses are dropped as they are read: they stand in nothing that is made."""

import os
import re
from pathlib import Path

import polars as pl
import pytest

import foresell as package
from tests.builders import snapshot, write_files
from tests.e2e.command import Foresell
from tests.tabular_files import PEOPLE, PERSONAL, district_files, order_files, order_lines

# Words that nothing but a person's data would hold; a city is no personal data.
SHIPPED = Path(package.__file__).parent / "projects" / "sales_orders"
WORDS = sorted({word for person in PEOPLE for word in person[:6]} - {"Edu"})


def everything_said(folder: Path) -> str:
    """Return all that stands in the files of ``folder``, Parquet as text."""
    texts = []
    for name, content in snapshot(folder).items():
        if name.endswith(".parquet"):
            frame = pl.read_parquet(content)
            texts.append(frame.cast(pl.String, strict=False).write_csv())
            texts.append(str(pl.read_parquet_metadata(folder / name)))
        else:
            texts += [content.decode("utf-8", "replace"), content.decode("cp850", "replace")]
    return "\n".join(texts)


def found(words: list[str], text: str) -> list[str]:
    """Return the words that stand in ``text``; a postal code, not digits of a longer number."""
    return [
        word
        for word in words
        if (re.search(rf"(?<![\d.]){word}(?![\d.])", text) if word.isdigit() else word in text)
    ]


def test_no_artifact_log_or_message_holds_personal_data(foresell: Foresell, tmp_path: Path) -> None:
    data = write_files(tmp_path / "data", order_files())

    ran = foresell("run", "sales_orders", "--data", data, "--preset", "fast")

    made = everything_said(tmp_path / "home")
    assert "Classic Cars" in made
    assert found(WORDS, made) == []
    assert (ran.code, found(WORDS, ran.out + ran.err)) == (0, [])


def test_a_broken_row_shows_no_personal_data_in_quarantine_or_error(
    foresell: Foresell, tmp_path: Path
) -> None:
    lines = order_lines().with_columns(QUANTITYORDERED=pl.lit("-1"))
    data = write_files(tmp_path / "data", order_files(lines))

    ran = foresell("run", "sales_orders", "--data", data)

    assert ran.code == 1
    assert found(WORDS, ran.out + ran.err) == []
    assert found(WORDS, everything_said(tmp_path / "home")) == []


def test_a_ragged_line_is_named_and_not_shown(foresell: Foresell, tmp_path: Path) -> None:
    files = order_files()
    content = files["sales_data_sample.csv"]
    torn = content.replace(b",Large\r\n", b",Large,more\r\n", 1)
    data = write_files(tmp_path / "data", {"sales_data_sample.csv": torn})

    ran = foresell("run", "sales_orders", "--data", data)

    assert ran.code == 2
    assert found(WORDS, ran.err) == []


def shifted(line: list[str]) -> list[str]:
    """The fields of a line, those about a person where numbers belong."""
    return [*line[13:15], *line[2:13], *line[:2], *line[15:]]


@pytest.mark.parametrize("fault", ["no header", "another separator", "neither", "shifted columns"])
def test_a_file_that_is_read_in_the_wrong_way_shows_nobody(
    fault: str, foresell: Foresell, tmp_path: Path
) -> None:
    header, *lines = order_files()["sales_data_sample.csv"].decode("cp850").splitlines()
    if fault == "shifted columns":
        lines = [",".join(shifted(line.split(","))) for line in lines]
    if fault in ("another separator", "neither"):
        header, lines = header.replace(",", ";"), [line.replace(",", ";") for line in lines]
    text = "\n".join(lines if fault in ("no header", "neither") else [header, *lines])
    data = write_files(tmp_path / "data", {"sales_data_sample.csv": text.encode("cp850")})

    ran = foresell("run", "sales_orders", "--data", data)

    assert ran.code == 2
    assert "sales_data_sample.csv, line" in ran.err
    assert found(WORDS, ran.out + ran.err + everything_said(tmp_path / "home")) == []


def test_staging_says_that_the_raw_files_hold_personal_data_and_leaves_them_as_they_are(
    foresell: Foresell, tmp_path: Path
) -> None:
    data = write_files(tmp_path / "data", order_files())

    put = foresell("stage", "sales_orders", data)

    assert put.code == 0
    held = (
        f"The raw files hold personal data: {', '.join(PERSONAL)}; nothing that is made from them"
    )
    assert held in put.out
    raw = tmp_path / "home" / "sales_orders" / "raw" / "sales_data_sample.csv"
    assert raw.read_bytes() == order_files()["sales_data_sample.csv"]
    assert "personal" not in foresell("stage", "california_housing", california(tmp_path)).out


def california(folder: Path) -> Path:
    return write_files(folder / "districts", district_files())


def test_a_column_that_is_kept_by_name_stays(tmp_path: Path) -> None:
    kept = processed_with(tmp_path, "cleaning: {keep_personal: [ADDRESSLINE1]}")

    assert "Berguvsvägen 8" in set(kept["ADDRESSLINE1"])
    assert [name for name in PERSONAL if name in kept.columns] == ["ADDRESSLINE1"]


def processed_with(tmp_path: Path, cleaning: str) -> pl.DataFrame:
    """Return the layer of ``sales_orders`` declared anew with ``cleaning``."""
    text = (SHIPPED / "project.yaml").read_text("utf-8")
    text = text.replace("columns:\n", "columns:\n  ADDRESSLINE1: excluded\n") + cleaning + "\n"
    write_files(
        tmp_path / "projects" / "sales_orders",
        {
            "project.yaml": text.encode(),
            "contract.yaml": (SHIPPED / "contract.yaml").read_bytes(),
        },
    )
    data = write_files(tmp_path / "data", order_files())
    place = Path.cwd()
    os.chdir(tmp_path)
    try:
        done = package.run("sales_orders", data=data, until="validate", home=tmp_path / "home")
    finally:
        os.chdir(place)
    return pl.read_parquet(done.workspace / "processed" / "**" / "*.parquet")


@pytest.mark.realdata
def test_the_real_export_leaves_no_name_phone_or_address_behind(tmp_path: Path) -> None:
    folder = Path(os.environ["FORESELL_TEST_DATA"]) / "sales_orders"
    raw = pl.read_csv(
        (folder / "sales_data_sample.csv").read_bytes().decode("cp850").encode(),
        infer_schema=False,
    )
    words = {word for name in PERSONAL for word in raw[name].drop_nulls().unique()}
    others = {word for name in raw.columns if name not in PERSONAL for word in raw[name].unique()}
    telling = sorted(word for word in words - others if len(word) > 5)

    done = package.run("sales_orders", data=folder, home=tmp_path, preset="fast")

    assert len(telling) > 250
    assert found(telling, everything_said(done.workspace)) == []


def test_a_personal_value_in_a_path_is_refused_before_it_stands_in_a_manifest(
    foresell: Foresell, tmp_path: Path
) -> None:
    texts = {path.name: path.read_text("utf-8") for path in SHIPPED.glob("*.yaml")}
    texts["project.yaml"] = texts["project.yaml"].replace(
        "file: sales_data_sample.csv", 'file: "**/*.csv"'
    )
    declared = {name: text.encode() for name, text in texts.items()}
    write_files(tmp_path / "declared" / "sales_orders", declared)
    data = tmp_path / "data"
    write_files(data / "CONTACTLASTNAME=Saavedra", order_files())

    ran = foresell("run", "sales_orders", "--data", data)

    assert ran.code == 2
    assert ran.err.splitlines()[-3] == (
        "error the personal column 'CONTACTLASTNAME' stands in the path of 1 files"
    )
    assert found(["Saavedra"], ran.err + everything_said(tmp_path / "home")) == []
