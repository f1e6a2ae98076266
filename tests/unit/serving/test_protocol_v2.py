from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.served_bundles import ROW, served, slot
from tests.served_sites import Replied, asked, toy_site, untyped

INFER = "POST /v2/models/toy/infer"
KINDS = {"day": "BYTES", "pieces": "INT64", "price": "FP64", "gift": "BOOL", "colour": "BYTES"}


def tensor(name: str, *data: Any, datatype: str = "", shape: list[int] | None = None) -> Any:
    kind = datatype or KINDS.get(name, "FP64")
    return {"name": name, "shape": shape or [len(data)], "datatype": kind, "data": list(data)}


def tensors(**changed: Any) -> list[Any]:
    """The toy's row as a request of the protocol, with some tensors changed, or left out (None)."""
    whole = {name: tensor(name, value) for name, value in ROW.items()} | changed
    return [one for one in whole.values() if one is not None]


def infer(body: Any, **headers: str) -> Replied:
    return asked(toy_site(), INFER, body, **headers)


def refusal(replied: Replied) -> tuple[int, str, str]:
    told = replied.told
    assert replied.headers["content-type"] == "application/problem+json"
    assert told["error"] == f"{told['detail']}: {told['mend']}"
    return replied.status, told["detail"], told["where"]


@pytest.mark.parametrize(
    ("changed", "detail", "where"),
    [
        ({"inputs": []}, "List should have at least 1 item after validation, not 0", "inputs"),
        ({"inputs": {}}, "Input should be a valid list", "inputs"),
        (
            {"inputs": ["price"]},
            "Input should be a valid dictionary or instance of InferInput",
            "inputs.0",
        ),
        ({"id": 42}, "Input should be a valid string", "id"),
        ({"row": 1}, "Extra inputs are not permitted", "row"),
        ({"parameters": [1]}, "Input should be a valid dictionary", "parameters"),
        (
            {"outputs": ["prediction"]},
            "Input should be a valid dictionary or instance of InferOutput",
            "outputs.0",
        ),
        (
            {"inputs": [{**tensor("price", 1.5), "data": 1.5}]},
            "Input should be a valid list",
            "inputs.0.data",
        ),
        (
            {"inputs": [{**tensor("price", 1.5), "shape": [1.0]}]},
            "Input should be a valid integer",
            "inputs.0.shape.0",
        ),
        (
            {"inputs": [{**tensor("price", 1.5), "name": 1}]},
            "Input should be a valid string",
            "inputs.0.name",
        ),
    ],
)
def test_what_is_not_of_the_protocol_is_refused_where_it_goes_wrong(
    changed: dict[str, Any], detail: str, where: str
) -> None:
    assert refusal(infer({"inputs": tensors(), **changed})) == (
        400,
        f"the request is not of the protocol: {detail}",
        where,
    )


@pytest.mark.parametrize("body", [[], "text", 1, None])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    assert infer([] if body is None else body).status == 400


def test_a_datatype_that_the_protocol_does_not_have_is_refused() -> None:
    status, _, where = refusal(infer({"inputs": tensors(price=tensor("price", 1, datatype="F8"))}))

    assert (status, where) == (400, "inputs.2.datatype")


@pytest.mark.parametrize(
    "shape", [[2], [1, 2], [2, 1], [3, 1]], ids=lambda shape: "x".join(map(str, shape))
)
def test_a_shape_that_does_not_fit_the_data_is_refused(shape: list[int]) -> None:
    wrong = tensors(price=tensor("price", 1.5, shape=shape))

    assert refusal(infer({"inputs": wrong})) == (
        400,
        "the shape does not fit 1 value of one field",
        "inputs.2.shape",
    )


def test_a_table_of_all_fields_in_one_tensor_is_refused() -> None:
    whole = tensor("price", [1.5, 2.5], [3.5, 4.5], shape=[2, 2])

    assert refusal(infer({"inputs": [whole]})) == (
        400,
        "a row has more than one value",
        "inputs.0",
    )


def test_tensors_of_different_length_are_refused() -> None:
    assert refusal(infer({"inputs": tensors(price=tensor("price", 1.5, 2.5))})) == (
        400,
        "some inputs have 1 rows and others 2",
        "inputs",
    )


def test_a_tensor_that_stands_there_twice_is_refused() -> None:
    assert refusal(infer({"inputs": [*tensors(), tensor("price", 2.5)]})) == (
        400,
        "an input stands there twice: 'price'",
        "inputs.5",
    )


def test_an_output_that_there_is_not_is_refused() -> None:
    assert refusal(infer({"inputs": tensors(), "outputs": [{"name": "p50"}]})) == (
        400,
        "there is no output 'p50'",
        "outputs",
    )


@pytest.mark.parametrize("how", ["header", "parameter"])
def test_the_binary_form_is_refused_by_its_name(how: str) -> None:
    binary = {**tensor("price", 1.5), "parameters": {"binary_data_size": 8}}
    replied = (
        infer({"inputs": tensors()}, inference_header_content_length="120")
        if how == "header"
        else infer({"inputs": tensors(price=binary)})
    )

    status, detail, _ = refusal(replied)
    assert (status, detail) == (400, "tensors in binary form are not spoken here")


def test_a_body_that_does_not_say_its_type_is_read_for_tritons_client_sends_none() -> None:
    assert infer({"inputs": tensors()}, content_type="text/plain").status == 415
    replied = untyped(toy_site(), INFER, {"inputs": tensors()})

    assert (replied.status, replied.told["model_name"]) == (200, "toy")
    assert untyped(toy_site(), "POST /predict", dict(ROW)).status == 415


def test_a_wish_for_binary_answers_is_answered_by_plain_ones() -> None:
    wish = {"parameters": {"binary_data_output": True}, "outputs": [{"name": "p10"}]}

    assert infer({"inputs": tensors(), **wish}).told["outputs"] == [
        {"name": "p10", "shape": [1], "datatype": "FP64", "data": [92.4]}
    ]


@pytest.mark.parametrize(
    ("datatype", "fits", "wrong"),
    [
        ("BOOL", [True, False], [1, "true", 0.0]),
        ("INT8", [-128, 127], [128, -129, 1.5, True, "1"]),
        ("UINT16", [0, 65535], [-1, 65536]),
        ("INT64", [-(2**63), 2**63 - 1], [2**63]),
        ("UINT64", [0, 2**64 - 1], [2**64, -1]),
        ("FP32", [1, 1.5, -1e300], [True, "1.5", 10**400]),
        ("BYTES", ["", "grün"], [1, True]),
    ],
)
def test_every_value_is_of_the_datatype_that_is_named(
    datatype: str, fits: list[Any], wrong: list[Any]
) -> None:
    def problems(data: list[Any]) -> list[tuple[int, str]]:
        body = {"inputs": [tensor("price", *data, datatype=datatype)]}
        told = infer(body).told
        return [
            (one["row"], one["says"]) for one in told.get("errors", ()) if one["rule"] == "datatype"
        ]

    assert problems(fits) == []
    assert problems(wrong) == [(at, f"is no {datatype}") for at in range(1, len(wrong) + 1)]


def test_a_row_that_breaks_the_contract_is_refused_by_field_and_rule() -> None:
    replied = infer({
        "inputs": [
            *(tensor(name, value, value) for name, value in ROW.items() if name != "pieces"),
            tensor("pieces", 3, 100),
        ]
    })

    assert replied.status == 422
    assert [(one["row"], one["field"], one["rule"]) for one in replied.told["errors"]] == [
        (2, "pieces", "maximum")
    ]


def test_a_field_that_is_no_column_is_refused_and_one_that_may_be_empty_can_be_left_out() -> None:
    wrong = infer({"inputs": [*tensors(), tensor("size", 1.5)]})

    assert wrong.status == 422
    assert [(one["field"], one["rule"]) for one in wrong.told["errors"]] == [("size", "unknown")]
    assert infer({"inputs": tensors(colour=None)}).status == 200


def test_more_rows_than_allowed_are_refused() -> None:
    body = {"inputs": [tensor(name, *[value] * 4) for name, value in ROW.items()]}

    assert asked(toy_site(max_rows=4), INFER, body).status == 200
    assert asked(toy_site(max_rows=3), INFER, body).status == 413


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /v2/models/shop", 404),
        ("GET /v2/models/toy/versions/2", 404),
        ("GET /v2/models/toy/versions/2/ready", 404),
        ("POST /v2/models/toy/versions/2/infer", 404),
        ("POST /v2/models/shop/infer", 404),
        ("GET /v2/models/toy/infer", 405),
    ],
)
def test_a_model_or_version_that_does_not_answer_here_is_not_found(
    request_line: str, status: int
) -> None:
    replied = asked(toy_site(), request_line, {"inputs": tensors()})

    assert refusal(replied)[0] == status


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /v2", 200),
        ("GET /v2/health/live", 200),
        ("GET /v2/health/ready", 503),
        ("GET /v2/models/toy", 200),
        ("GET /v2/models/shop", 503),
        ("GET /v2/models/toy/ready", 200),
        ("GET /v2/models/shop/ready", 503),
        ("POST /v2/models/toy/infer", 200),
        ("POST /v2/models/shop/infer", 503),
        ("GET /ping", 503),
        ("GET /projects/toy/ping", 200),
        ("GET /projects/shop/ping", 503),
    ],
)
def test_a_model_without_a_version_waits_while_another_one_answers(
    request_line: str, status: int
) -> None:
    site = toy_site(slot("toy", served()), slot("shop"))

    replied = asked(site, request_line, {"inputs": tensors()})
    assert replied.status == status
    assert ("retry-after" in replied.headers) == (status == 503)


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
anything = st.recursive(
    plain | st.just(2**70),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([
                *("id", "inputs", "outputs", "parameters", "name", "shape", "datatype", "data"),
                *(
                    "instances",
                    "dataframe_split",
                    "dataframe_records",
                    "columns",
                    "params",
                    "price",
                ),
            ]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(body=anything, path=st.sampled_from(["/v2/models/toy/infer", "/invocations"]))
def test_nothing_that_is_sent_is_more_than_refused(body: Any, path: str) -> None:
    replied = asked(toy_site(), f"POST {path}", body)

    assert replied.status in {200, 400, 413, 415, 422}


rows = st.lists(
    st.fixed_dictionaries({
        "day": st.dates().map(str),
        "pieces": st.integers(-1, 120),
        "price": st.floats(-1, 99, allow_nan=False),
        "gift": st.booleans(),
        "colour": st.sampled_from(["red", "green", "", "\u2603"]),
    }),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(rows=rows)
def test_every_protocol_answers_and_refuses_as_predict_does(rows: list[dict[str, Any]]) -> None:
    site = toy_site()
    plain = asked(site, "POST /predict/batch", {"rows": rows})
    columns = [tensor(name, *(row[name] for row in rows)) for name in ROW]
    spoken = asked(site, INFER, {"inputs": columns})
    invoked = asked(site, "POST /invocations", {"inputs": rows, "params": {"intervals": True}})

    assert spoken.status == invoked.status == plain.status
    if plain.status != 200:
        assert spoken.told["errors"] == invoked.told["errors"] == plain.told["errors"]
        return
    told = plain.told["predictions"]
    data = {one["name"]: one["data"] for one in spoken.told["outputs"]}
    for name in ("prediction", "p10", "p90"):
        wanted = [one[name] for one in told]
        assert data[name] == wanted
        assert [one[name] for one in invoked.told["predictions"]] == wanted
