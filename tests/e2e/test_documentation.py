"""The commands in the documents run as they stand."""

import csv
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

import foresell as platform
from foresell.api.pipeline import draw_pipeline
from tests.builders import weekly_files, write_files
from tests.e2e.command import Foresell
from tests.e2e.small_run import declare_small_retail
from tests.services import S3
from tests.tabular_files import district_files, order_files
from tests.warehouse_loads import Warehouse

ROOT = Path(__file__).parents[2]
ORDER_LINE = (
    b'{"QUANTITYORDERED": 30, "PRICEEACH": 95.7, "ORDERLINENUMBER": 3, "MSRP": 120, "QTR_ID": 3,'
    b' "MONTH_ID": 7, "YEAR_ID": 2004, "PRODUCTLINE": "Classic Cars", "COUNTRY": "USA"}'
)
SHIPPED = ROOT / "src" / "foresell" / "projects"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(sh|python|yaml)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(page.read_text("utf-8")) if kind == language]


def commands(program: str) -> list[str]:
    lines = [line for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]
    found = [line.split("#")[0].strip() for line in lines]
    return list(dict.fromkeys(line for line in found if line.startswith(f"{program} ")))


def test_every_make_verb_in_the_documents_is_one_of_the_makefile() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    verbs = set(re.findall(r"^  make (\w+)", listed, re.MULTILINE))

    used = {verb for page in PAGES for verb in re.findall(r"`make (\w+)", page.read_text("utf-8"))}
    used |= {line.split()[1] for line in commands("make")}

    assert {"demo", "test"} <= used <= verbs


def test_every_foresell_command_in_the_documents_runs(
    foresell: Foresell,
    tmp_path: Path,
    postgres: Callable[[], str],
    s3: S3,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weekly = weekly_files(stores=4, depts=3)
    broken = weekly["train.csv"].replace(b"2010-10-01,", b"2010-10-01,9999", 1)
    everything = {**weekly, "train.csv": broken, **order_files(), **district_files()}
    data = write_files(tmp_path / "DIR", everything)
    sound = write_files(tmp_path / "sound", weekly)  # a warehouse takes all rows or none
    bucket = bucket_with({f"walmart/{name}": content for name, content in weekly.items()}, s3)
    Warehouse.at(postgres()).name_it(monkeypatch)
    declare_small_retail(tmp_path / "declared")
    contract = (SHIPPED / "walmart" / "contract.yaml").read_bytes()
    write_files(tmp_path, {"old.yaml": contract, "new.yaml": contract})
    rows = {"orders.csv": order_files()["sales_data_sample.csv"], "row.json": ORDER_LINE}
    rows["week.csv"] = week_after(weekly["train.csv"])
    write_files(tmp_path, rows)
    asked = commands("foresell")
    codes = {}

    for line in asked:
        words = shlex.split(line.replace("s3://BUCKET/", f"s3://{bucket}/"))[1:]
        folder = sound if words[:2] == ["warehouse", "load"] else data
        words = [str(folder) if word == "DIR" else word for word in words]
        words = [re.sub("^workspace/", f"{tmp_path}/home/", word) for word in words]
        if words[0] in {"serve", "dashboard"}:
            codes[line] = served(words, tmp_path)
            continue
        quick = ["--preset", "fast", "--override", "toy data has nothing to learn"]
        done = foresell(*words, *(quick if words[0] == "run" else []))
        if (mended := tmp_path / "fix.csv").exists():  # here a person mends the rows
            mended.write_text(mended.read_text("utf-8").replace("2010-10-01,9999", "2010-10-01,"))
        told = "--fail-on" in words and done.code == 1  # that something is stale is an answer
        codes[line] = (0, "") if told else (done.code, done.err[-300:] if done.code else "")

    assert len(asked) >= 4
    assert codes == dict.fromkeys(asked, (0, ""))


def week_after(sales: bytes) -> bytes:
    """Return what is sold in the week after the last one: as much as 52 weeks before."""
    known = pl.read_csv(sales, try_parse_dates=True)
    after = known["Date"].max() + timedelta(weeks=1)  # type: ignore[operator]
    rows = known.filter(pl.col("Date") == after - timedelta(weeks=52))
    return rows.with_columns(pl.lit(after).alias("Date")).write_csv().encode()


def bucket_with(files: dict[str, bytes], server: S3) -> str:
    """Put the files into a new bucket; its name."""
    import boto3  # noqa: PLC0415 - takes a while

    name = server.bucket()
    known = {
        "endpoint_url": server.endpoint,
        "aws_access_key_id": server.env["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": server.env["AWS_SECRET_ACCESS_KEY"],
    }
    with closing(boto3.client("s3", region_name=server.env["AWS_REGION"], **known)) as client:
        for key, content in files.items():
            client.put_object(Bucket=name, Key=key, Body=content)
    return name


def served(words: list[str], folder: Path) -> tuple[int, str]:
    """Start a server on a free port, stop it by Ctrl-C once it listens; code and error."""
    program = str(Path(sys.executable).parent / "foresell")
    quiet = ["--log", "off"] if words[0] == "serve" else []
    asked = [program, *words, "--port", "0", *quiet]
    with subprocess.Popen(
        asked,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C ends it" in line:
                process.send_signal(signal.SIGINT)
                break
        _, error = process.communicate(timeout=60)
    return process.returncode, error[-300:] if process.returncode else ""


@pytest.mark.parametrize("code", blocks(ROOT / "README.md", "python"))
def test_the_python_in_the_readme_runs(code: str, tmp_path: Path) -> None:
    environment = {**os.environ, "FORESELL_HOME": str(tmp_path / "home")}

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert re.fullmatch(r"\w+ True .*report\.html\n", done.stdout)


def test_every_link_in_the_documents_leads_to_a_file() -> None:
    broken = [
        (page.name, link)
        for page in PAGES
        for link in re.findall(r"\]\((?!http)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []


def test_the_picture_of_the_graph_is_what_is_drawn_of_it_now() -> None:
    picture = (ROOT / "docs" / "images" / "pipeline.svg").read_bytes()
    assert picture == draw_pipeline("sales_orders")


def test_the_figures_of_the_readme_are_those_of_the_last_scored_run() -> None:
    with (ROOT / "benchmarks" / "log.csv").open(encoding="utf-8") as file:
        last = [row for row in csv.DictReader(file) if row["what"].startswith("public task")][-1]
    scored = [f"{float(last[name]):.4f}" for name in ("wape", "mase", "wql", "sql")]

    for page in (ROOT / "README.md", ROOT / "docs" / "benchmarks.md"):
        row = re.search(r"^\| \**foresell.*$", page.read_text("utf-8"), re.MULTILINE)
        assert row is not None
        assert re.findall(r"0\.\d{4}", row.group()) == scored


def test_the_figures_of_tables_are_those_of_the_last_scored_splits() -> None:
    found = ROOT / "benchmarks" / "tabular" / "found"
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = re.findall(r"^\| (?:sales_orders|california).*\*\*([\d.]+)\*\*", readme, re.MULTILINE)
    scored = []
    for project, digits in (("sales_orders", 1), ("california_housing", 4)):
        splits = json.loads((found / f"{project}.json").read_text("utf-8"))["errors"]["splits"]
        drawn = [one["rmse"]["foresell"] for one in splits if one["split"].startswith("seed")]
        late = [one["rmse"]["foresell"] for one in splits if not one["split"].startswith("seed")]
        scored += [f"{value:.{digits}f}" for value in (sum(drawn) / len(drawn), *late)]

    assert shown == scored
    plain = re.findall(
        r"^\| (?:sales_orders|california).*\*\* \| ([\d.]+) \|", readme, re.MULTILINE
    )
    measured = []
    for project, digits in (("sales_orders", 1), ("california_housing", 4)):
        peers = json.loads((found / f"{project}_peers.json").read_text("utf-8"))
        errors = {name: one["rmse"]["gradient boosting, plain"] for name, one in peers.items()}
        drawn = [value for name, value in errors.items() if name.startswith("seed")]
        late = [value for name, value in errors.items() if not name.startswith("seed")]
        measured += [f"{value:.{digits}f}" for value in (sum(drawn) / len(drawn), *late)]
    assert plain == measured


def test_what_the_readme_says_of_the_reference_template_is_what_lies_there() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    told = dict(
        re.findall(
            r"^ src/foresell/projects/california_housing/(\S+) +\| (\d+) \+", readme, re.MULTILINE
        )
    )
    place = SHIPPED / "california_housing"
    files = [path for path in place.rglob("*") if path.is_file()]

    assert told == {
        path.relative_to(place).as_posix(): str(len(path.read_text("utf-8").splitlines()))
        for path in files
    }


def test_the_smallest_panel_of_the_documents_runs_to_a_forecast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [text for text in blocks(ROOT / "docs" / "projects.md", "yaml") if "deals" in text]
    files = {text.split("\n")[0].removeprefix("# projects/"): text.encode() for text in texts}
    assert list(files) == ["deals/project.yaml", "deals/contract.yaml"]
    days = [date(2022, 1, 3) + timedelta(days=i) for i in range(800)]
    lines = [
        f"{shop},{day},{20 + 5 * day.weekday() + 9 * (day.day % 9 == 0)},{int(day.day % 9 == 0)}"
        for shop in ("north", "south")
        for day in days
    ]
    sales = "\n".join(["shop,day,pieces,promotion", *lines, ""]).encode()
    write_files(tmp_path, {f"own/{name}": text for name, text in files.items()})
    write_files(tmp_path, {"DIR/sales.csv": sales})
    monkeypatch.setenv("FORESELL_PROJECTS", str(tmp_path / "own"))

    ran = platform.run(
        "deals", data=tmp_path / "DIR", preset="fast", home=tmp_path / "home", override="a test"
    )

    assert ran.forecast is not None
    assert pl.read_parquet(ran.forecast).height == 2 * 14
