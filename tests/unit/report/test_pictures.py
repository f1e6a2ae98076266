"""The charts of a page as files: SVG that stands alone, and what each says."""

from dataclasses import replace
from xml.etree import ElementTree

import polars as pl
import pytest

from foresell.charts.theme import PAPER
from foresell.report.context import RunReport
from foresell.report.page import render_report, report_page
from foresell.report.rendering import Page, file_stem
from foresell.report.tabular.page import tabular_page
from tests.tabular_reports import full_tabular

_SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314 - our own text


@pytest.fixture(scope="module")
def page(full: RunReport) -> Page:
    return report_page(full)


def test_every_chart_of_the_page_is_a_picture_and_no_other(page: Page) -> None:
    for name, picture in page.pictures.items():
        ident = parsed(picture).get("aria-labelledby")
        assert f'aria-labelledby="{ident}"' in page.html, name
    narrow = page.html.count("-n-t ")
    assert len(page.pictures) == page.html.count('role="img"') - narrow
    assert page.captions.keys() == page.pictures.keys()


def test_a_picture_has_a_name_a_size_and_a_ground_of_its_own(page: Page) -> None:
    for name, picture in page.pictures.items():
        drawn = parsed(picture)
        width, height = str(drawn.get("viewBox")).split()[2:]
        assert drawn.tag == f"{_SVG}svg"
        assert [drawn.get("width"), drawn.get("height")] == [width, height]
        title, words, ground = list(drawn)[:3]
        assert [title.tag, words.tag, ground.tag] == [
            f"{_SVG}{tag}" for tag in ("title", "desc", "rect")
        ]
        assert ground.attrib == {"width": width, "height": height, "fill": PAPER}
        said = {"says": title.text, "shows": words.text}
        if not name.startswith("series-"):  # the page says their error beside them
            assert said == page.captions[name]


def test_names_of_alike_charts_say_what_each_is_about(page: Page) -> None:
    assert {"total.svg", "horizon.svg", "reliability.svg", "residuals.svg"} <= page.pictures.keys()
    segments = [name for name in page.pictures if name.startswith("segment-")]
    assert segments
    assert all(name.count("-") >= 2 for name in segments)  # the number, then words


@pytest.mark.parametrize(
    ("name", "says", "stem"),
    [
        ("total", "Off by 3 %", "total"),
        ("segment-12", "Store type", "segment-12-store-type"),
        ("series-0", "../../etc/passwd: <b>", "series-0-etc-passwd"),
        ("series-1", "\u5317\u4eac", "series-1"),
        ("gain-3", "Store: ahead in all 4", "gain-3-store"),
        ("series-2", "x" * 300, f"series-2-{'x' * 48}"),
    ],
)
def test_whatever_a_figure_is_about_its_file_has_a_plain_name(
    name: str, says: str, stem: str
) -> None:
    assert file_stem(name, says) == stem


def test_a_table_has_pictures_too() -> None:
    found = tabular_page(full_tabular(60))
    assert {"predicted.svg", "against.svg", "folds.svg"} <= found.pictures.keys()


def test_a_report_without_charts_has_no_picture(minimal: RunReport) -> None:
    bare = replace(minimal, totals=pl.DataFrame(), segments=pl.DataFrame())
    assert report_page(bare).pictures == {}
    assert report_page(bare).html == render_report(bare)
