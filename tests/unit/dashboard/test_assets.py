"""What pages load: one look with the reports, nothing inline, nothing from elsewhere."""

import gzip
import re
from importlib.resources import files

import pytest

from foresell.dashboard import assets

_ROOM = files("foresell.dashboard")
_TEMPLATES = sorted(one.name for one in (_ROOM / "templates").iterdir())
_SCRIPTS = [name for name in assets.names() if name.endswith(".js") and name != "charts.js"]


def _variables(styles: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", styles))


def test_who_asks_for_dark_gets_the_same_colours_as_who_prefers_it() -> None:
    styles = assets.asset("dashboard.css").content.decode()
    preferred = styles.partition("prefers-color-scheme: dark")[2].partition("\n  }\n}")[0]
    asked = styles.partition(":root[data-theme=dark] {")[2].partition("}")[0]
    assert _variables(asked) == _variables(preferred) != {}


def test_who_asks_for_light_has_it_where_the_system_prefers_dark() -> None:
    styles = assets.asset("dashboard.css").content.decode()
    assert "(prefers-color-scheme: dark) {\n  :root:not([data-theme=light]) {" in styles


@pytest.mark.parametrize("name", _TEMPLATES)
def test_a_template_has_no_style_and_no_script_of_its_own(name: str) -> None:
    text = (_ROOM / "templates" / name).read_text("utf-8")
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=|javascript:", text) == []
    assert [one for one in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL) if one] == []


@pytest.mark.parametrize("name", _TEMPLATES)
def test_a_template_names_no_other_site(name: str) -> None:
    text = (_ROOM / "templates" / name).read_text("utf-8")
    assert re.findall(r"(?:https?:)?//[a-z]", text) == []


@pytest.mark.parametrize("name", _SCRIPTS)
def test_a_script_names_no_other_site_and_evaluates_nothing(name: str) -> None:
    text = assets.asset(name).content.decode()
    assert re.findall(r"https?://|\beval\(|new Function|innerHTML|document\.write", text) == []


def test_a_file_is_packed_as_it_is_and_its_tag_changes_with_it() -> None:
    for name in assets.names():
        one = assets.asset(name)
        assert gzip.decompress(one.packed) == one.content
    tags = {assets.tag_of(name) for name in assets.names()}
    assert len(tags) == len(assets.names())


def test_all_that_a_first_page_loads_fits_in_half_a_megabyte() -> None:
    assert sum(len(assets.asset(name).packed) for name in assets.names()) < 480_000
