"""The net that holds a page against its artifacts: no number slips through it."""

import pytest

from tests.page_numbers import Seen, numbers_in

_PAGE = """<!doctype html><html><head><title>7</title></head><body>
<nav>8</nav><header><h1>WAPE is 8.7&nbsp;% now</h1><div class="tools">9</div></header>
<main>
<dl class="numbers"><div><dt>rows judged <small>of 3 files</small></dt><dd>1,234</dd></div></dl>
<section id="table"><table><caption>Two rows</caption>
<tr><th>Name</th><th>Rows</th></tr><tr><th>a</th><td>\u22125.5</td></tr></table></section>
<p>Since 22&nbsp;Nov&nbsp;2026, 13:57&nbsp;UTC, by lag_52, <code>run --jobs 2</code>.</p>
<p hidden>77</p><script>88</script>
<figure id="one"><figcaption>A chart of 6</figcaption>
<div data-chart="/ui/figures/one.json?a=1" aria-label="from 1 to 2"></div></figure>
</main><footer>99</footer></body></html>"""


def _claimed() -> Seen:
    page = Seen(_PAGE)
    page.heading("8.7 %")
    page.fact("rows judged", "1,234", "3")
    page.table("Two rows", ["Name", "Rows"], [["a", "\u22125.5"]])
    page.sentence("Since", "22 Nov 2026, 13:57 UTC")
    page.captioned("one", "6")
    page.spoken("one", "1", "2")
    page.undrawn.clear()
    return page


def test_a_page_of_which_all_is_claimed_has_nothing_left() -> None:
    assert _claimed().left() == []


def test_a_number_more_in_a_place_that_is_claimed_fails() -> None:
    page = Seen(
        _PAGE.replace("8.7", "8.7&nbsp;% and 4").replace("A chart of 6", "A chart of 6 of 9")
    )
    with pytest.raises(AssertionError, match=r"has .'8.7 %', '4"):
        page.heading("8.7 %")
    with pytest.raises(AssertionError, match=r"has .'6', '9'"):
        page.captioned("one", "6")
    with pytest.raises(AssertionError, match=r"has .'1', '2'"):
        page.spoken("one", "1")


def test_what_nobody_claims_is_left_with_the_words_around_it() -> None:
    page = Seen(_PAGE)
    assert [one.partition("[")[2].partition("]")[0] for one in page.left()] == [
        *("8.7 %", "3", "1,234", "\u22125.5", "22 Nov 2026, 13:57 UTC", "6", "1", "2"),
        "",
    ]
    assert page.left()[0].startswith("WAPE is [8.7 %] now")
    assert page.left()[-1] == "the data of the chart one"


def test_a_part_of_a_number_is_no_claim_of_it() -> None:
    with pytest.raises(AssertionError, match="part of a number"):
        Seen(_PAGE).says("Since 22 Nov 2026")
    with pytest.raises(AssertionError, match="not on the page"):
        Seen(_PAGE).says("Since 21 Nov")


def test_a_value_under_another_label_fails() -> None:
    with pytest.raises(AssertionError, match="no fact is 'rows kept'"):
        Seen(_PAGE).fact("rows kept", "1,234", "3")
    with pytest.raises(AssertionError, match="not '1,235'"):
        Seen(_PAGE).fact("rows judged", "1,235", "3")
    with pytest.raises(AssertionError, match="the notes of"):
        Seen(_PAGE).fact("rows judged", "1,234")


@pytest.mark.parametrize("rows", [[], [["a", "5.5"]], [["a", "\u22125.5"], ["b", "1"]]])
def test_a_table_that_differs_in_a_cell_or_a_row_fails(rows: list[list[str]]) -> None:
    with pytest.raises(AssertionError, match="Two rows"):
        Seen(_PAGE).within("table").table("Two rows", ["Name", "Rows"], rows)


def test_numbers_are_taken_whole() -> None:
    assert numbers_in("1,234.5 of 3 (\u22124.1%), v1.2.3, 1.0.0, 1\u20134 and q0, 2012-10-26.") == [
        *("1,234.5", "3", "\u22124.1 %", "1.0.0", "1", "4", "2012-10-26"),
    ]
    assert numbers_in("5e0c9e3334d2, e0c9e3334d27 or feedface") == ["5e0c9e3334d2", "e0c9e3334d27"]
