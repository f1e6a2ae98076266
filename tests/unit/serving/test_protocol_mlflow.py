from typing import Any

import pytest

from tests.served_bundles import ROW
from tests.served_sites import Replied, asked, toy_site

NAMES = ",".join(ROW)
LINE = "2026-02-01,3,5.5,true,red"


def invoke(body: Any, media: str = "application/json") -> Replied:
    return asked(toy_site(), "POST /invocations", body, content_type=media)


@pytest.mark.parametrize(
    ("body", "detail", "where"),
    [
        ({}, "0 of the four forms are there", "body"),
        ({"params": {}}, "0 of the four forms are there", "body"),
        ({"inputs": [ROW], "instances": [ROW]}, "2 of the four forms are there", "body"),
        ({"inputs": [ROW], "instances": None}, "2 of the four forms are there", "body"),
        ({"inputs": None}, "inputs is null", "body"),
        (
            {"inputs": [ROW], "signature_name": "x"},
            "Extra inputs are not permitted",
            "signature_name",
        ),
        (
            {"inputs": [ROW], "params": {"top_k": 1}},
            "Extra inputs are not permitted",
            "params.top_k",
        ),
        ({"dataframe_split": {"columns": ["price"]}}, "Field required", "dataframe_split.data"),
        (
            {"dataframe_split": {"columns": ["price"] * 2, "data": [[1, 2]]}},
            "a column stands there twice",
            "dataframe_split",
        ),
        (
            {"dataframe_split": {"columns": ["price"], "data": [[1, 2]]}},
            "a row has 2 values for 1 columns",
            "dataframe_split",
        ),
        ({"dataframe_records": [[1]]}, "Input should be a valid dictionary", "dataframe_records.0"),
        ({"instances": [[1, 2]]}, "a row has 2 values for 5 columns", "instances"),
        (
            {"inputs": {"price": [1, 2], "gift": [True]}},
            "the fields have different numbers of rows",
            "inputs",
        ),
        (
            {"inputs": {"price": [1, 2], "gift": True}},
            "the fields have different numbers of rows",
            "inputs",
        ),
        ({"instances": []}, "there is no row", "body"),
        ({"inputs": {"price": []}}, "there is no row", "body"),
    ],
)
def test_what_is_not_of_the_protocol_is_refused_where_it_goes_wrong(
    body: Any, detail: str, where: str
) -> None:
    replied = invoke(body)

    told = replied.told["detail"].removeprefix("the request is not of the protocol: ")
    assert (replied.status, told, replied.told["where"]) == (400, detail, where)


@pytest.mark.parametrize(
    ("text", "detail", "where"),
    [
        (f"{NAMES}\n{LINE},1\n", "a line has 6 values for 5 columns", "line 2"),
        (f"{NAMES}\n{LINE}\n2026-02-01\n", "a line has 1 values for 5 columns", "line 3"),
        ("price,price\n1,2\n", "a column stands there twice", "line 1"),
        ('price\n"1"2\n', "the body is no CSV in UTF-8", "body"),
        (b"price\n\xff\n", "the body is no CSV in UTF-8", "body"),
        (f"{NAMES}\n", "there is no row", "body"),
        ("", "there is no row", "body"),
    ],
)
def test_csv_that_is_no_table_is_refused_by_its_line(
    text: str | bytes, detail: str, where: str
) -> None:
    replied = invoke(text, "text/csv")

    assert (replied.status, replied.told["detail"], replied.told["where"]) == (400, detail, where)


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ("2026-02-01,3.0,5,TRUE,red", []),
        ("2026-02-01,3.5,5.5,true,red", [("pieces", "type")]),
        ("2026-02-01,3,nan,true,red", [("price", "type")]),
        ("2026-02-01,3,1e999,true,red", [("price", "finite")]),
        ("2026-02-01,3,1_000,true,red", [("price", "type")]),
        ("2026-02-01,3,,true,", [("price", "required")]),
        ("2026-02-30,3,5.5,true,red", [("day", "type")]),
        (
            "2026-02-01,100,-1,yes,red",
            [("pieces", "maximum"), ("price", "minimum"), ("gift", "type")],
        ),
    ],
)
def test_values_of_csv_are_held_to_the_contract(
    values: str, problems: list[tuple[str, str]]
) -> None:
    replied = invoke(f"{NAMES}\n{values}\n", "text/csv")

    assert replied.status == (422 if problems else 200)
    assert [(one["field"], one["rule"]) for one in replied.told.get("errors", ())] == problems


def test_quotes_commas_and_line_ends_within_a_text_are_part_of_it() -> None:
    replied = invoke(f'{NAMES}\n2026-02-01,3,5.5,true,"deep ""red"", or\nblue"\n', "text/csv")

    assert (replied.status, replied.told) == (200, {"predictions": [100.0]})


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert invoke(f"{NAMES}\n{LINE}\n".encode("utf-8-sig"), "text/csv").status == 200


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ("text/csv; charset=UTF-8", 200),
        ("text/csv; header=present", 200),
        ("text/csv; charset=latin-1", 415),
        ("text/csv; delimiter=tab", 415),
        ("text/tab-separated-values", 415),
        ("application/x-npy", 415),
    ],
)
def test_only_csv_in_utf_8_is_read_beside_json(media: str, status: int) -> None:
    assert invoke(f"{NAMES}\n{LINE}\n", media).status == status


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": ["price"], "data": [[1.5]] * 4}},
        {"dataframe_records": [ROW] * 4},
        {"instances": [7] * 4},
        {"inputs": [ROW] * 4},
        {"inputs": {"price": [1.5] * 4}},
    ],
)
def test_more_rows_than_allowed_are_refused_before_any_is_read(body: Any) -> None:
    replied = asked(toy_site(max_rows=3), "POST /invocations", body)

    assert (replied.status, replied.told["detail"]) == (413, "4 rows at once")


def test_csv_is_read_no_further_than_rows_are_allowed() -> None:
    def send(*lines: str) -> Replied:
        body = "\n".join(lines)
        return asked(toy_site(max_rows=3), "POST /invocations", body, content_type="text/csv")

    assert send(NAMES, *[LINE] * 3).status == 200
    # What comes after is no CSV; nobody looked.
    replied = send(NAMES, *[LINE] * 4, 'a,"')
    assert (replied.status, replied.told["detail"]) == (413, "there are more than 3 rows")


def test_of_very_many_things_that_are_wrong_only_the_number_is_told() -> None:
    replied = invoke({f"k{at}": 1 for at in range(5000)})

    assert replied.status == 400
    assert replied.told["detail"].endswith(": 5,000 things are wrong")


def test_a_long_body_is_answered_as_a_short_one_is() -> None:
    body = "\n".join([NAMES, *[LINE] * 4000])

    assert len(body) > 2**16
    assert invoke(body, "text/csv").told == {"predictions": [100.0] * 4000}
