"""What the replies hold, as OpenAPI shows it. A test holds every real reply against these."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from foresell.spec.forecast import CONFORMAL, ENSEMBLE

Finite = Annotated[float, Field(allow_inf_nan=False)]
_STRICT = ConfigDict(extra="forbid")
_INTERVAL = f"How the interval was made, such as {CONFORMAL} or {ENSEMBLE}."


class FieldProblem(BaseModel):
    """One thing that is wrong with a request."""

    model_config = _STRICT

    row: int = Field(description="Which row, counted from 1.", examples=[1])
    field: str = Field(description="Which field; empty for the row as a whole.", examples=["MSRP"])
    rule: str = Field(description="Which rule of the contract it breaks.", examples=["minimum"])
    says: str = Field(description="What is wrong, in words; never the value itself.")
    allowed: str = Field(default="", description="What the field may be.", examples=["1 to 250"])


_REFUSED: dict[str, JsonValue] = {
    "type": "about:blank",
    "title": "Unprocessable Content",
    "status": 422,
    "detail": "the row is refused: 1 problem",
    "where": "body",
    "mend": "mend what is told; every field and its limits are in /openapi.json",
    "request_id": "6c7c46878ff863fca1aef24fcf6391a3",
    "errors": [
        {
            "row": 1,
            "field": "MSRP",
            "rule": "maximum",
            "says": "must be at most 10000",
            "allowed": "whole number, 1 to 10000",
        }
    ],
}


class Problem(BaseModel):
    """A request that was refused, as RFC 9457 has it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_REFUSED]})

    type: str = Field(examples=["about:blank"])
    title: str = Field(description="The status in words.", examples=["Unprocessable Content"])
    status: int = Field(ge=400, le=599, examples=[422])
    detail: str = Field(description="What is wrong.")
    where: str = Field(description="Where it is wrong.")
    mend: str = Field(description="What to do about it.")
    request_id: str = Field(description="Also in the header x-request-id and in the log.")
    errors: list[FieldProblem] = Field(default_factory=list, description="Everything at once.")
    error: str = Field(
        default="", description="Below /v2: what is wrong, where clients of that protocol look."
    )


class Answer(BaseModel):
    """The answer to one row."""

    model_config = _STRICT

    prediction: Finite = Field(description="The point forecast, in the unit of the target.")
    y_hat: Finite = Field(description="The same as prediction.")
    p10: Finite = Field(description="One truth in ten lies below.")
    p90: Finite = Field(description="One truth in ten lies above.")
    unseen: list[str] = Field(description="Fields whose text no training row held.")
    outside: list[str] = Field(description="Fields outside the range of the training rows.")
    ignored: list[str] = Field(description="Fields that were given and the model does not use.")


_PREDICTED: dict[str, JsonValue] = {
    "prediction": 3158.34,
    "y_hat": 3158.34,
    "p10": 3128.37,
    "p90": 3195.2,
    "interval_method": CONFORMAL,
    "model_name": "inverse_error_ensemble",
    "model_version": "3",
    "target_name": "SALES",
    "input_features": ["QUANTITYORDERED", "PRICEEACH", "COUNTRY"],
    "request_id": "6c7c46878ff863fca1aef24fcf6391a3",
    "currency": "USD",
    "unseen": ["COUNTRY"],
    "outside": [],
    "ignored": [],
}


class PredictReply(BaseModel):
    """The answer to one row, and whose it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_PREDICTED]})

    prediction: Finite = Field(description="The point forecast, in the unit of the target.")
    y_hat: Finite = Field(description="The same as prediction.")
    p10: Finite = Field(description="One truth in ten lies below.")
    p90: Finite = Field(description="One truth in ten lies above.")
    interval_method: str = Field(description=_INTERVAL)
    model_name: str = Field(description="The champion that answered.")
    model_version: str = Field(description="Its number in the registry, or part of its digest.")
    target_name: str = Field(description="What is predicted.")
    input_features: list[str] = Field(description="The fields that the model reads.")
    request_id: str = Field(description="Also in the header x-request-id and in the log.")
    currency: str | None = Field(default=None, description="Where the unit is one.")
    unseen: list[str] = Field(description="Fields whose text no training row held.")
    outside: list[str] = Field(description="Fields outside the range of the training rows.")
    ignored: list[str] = Field(description="Fields that were given and the model does not use.")


class BatchReply(BaseModel):
    """The answers to several rows in their order, all of one version."""

    model_config = _STRICT

    predictions: list[Answer]
    interval_method: str = Field(description=_INTERVAL)
    model_name: str = Field(description="The champion that answered.")
    model_version: str = Field(description="Its number in the registry, or part of its digest.")
    target_name: str = Field(description="What is predicted.")
    input_features: list[str] = Field(description="The fields that the model reads.")
    request_id: str = Field(description="Also in the header x-request-id and in the log.")
    currency: str | None = Field(default=None, description="Where the unit is one.")


class ExplainReply(BaseModel):
    """What every column adds to the answer of a row; base_value and contributions sum to it."""

    model_config = _STRICT

    available: bool = Field(description="Whether this server can explain the model.")
    reason: str | None = Field(description="Why it cannot; null where it can.")
    method: str | None = Field(description="Such as tree_shap; null where nothing is explained.")
    prediction: Finite | None = Field(description="The sum, in the unit of the target.")
    base_value: Finite | None = Field(description="What is said before any column is known.")
    contributions: dict[str, Finite] | None = Field(
        description="By column; (floor) is what lifts an answer to 0."
    )
    candidate: str = Field(description="Whose answer is explained: here the champion's.")
    model_name: str = Field(description="The champion.")
    model_version: str = Field(description="Its number in the registry, or part of its digest.")
    target_name: str = Field(description="What is predicted.")
    request_id: str = Field(description="Also in the header x-request-id and in the log.")
    currency: str | None = Field(default=None, description="Where the unit is one.")
    ignored: list[str] = Field(description="Fields that were given and the model does not use.")


class Alive(BaseModel):
    """The process answers."""

    model_config = _STRICT

    status: Literal["alive"]


class Ready(BaseModel):
    """Every project that was asked about has a version that answers."""

    model_config = _STRICT

    status: Literal["ready"]
    versions: dict[str, str] = Field(description="The version that answers, by project.")


class Health(BaseModel):
    """How a project is. ``degraded``: it answers, and something else is wrong."""

    model_config = _STRICT

    status: Literal["ok", "degraded", "waiting"]
    project: str
    kind: Literal["tabular", "panel"]
    model_name: str | None = Field(description="The champion; null until a version is loaded.")
    model_version: str | None
    alias: str | None = Field(description="What names the version; null for a number or a folder.")
    run_id: str | None = Field(description="The run that trained it; null where nobody knows.")
    digest: str | None = Field(description="The sha256 of its bundle.")
    feature_count: int | None = Field(description="How many fields the model reads.")
    shadow_loaded: bool = Field(description="Whether the version beside it is loaded, and scores.")
    shadow_version: str | None = Field(description="Which is to be scored beside it; null: none.")
    trouble: str | None = Field(description="What is wrong, in words; null where nothing is.")


class ReloadReply(BaseModel):
    """What came of looking which version is to answer."""

    model_config = _STRICT

    project: str
    outcome: Literal["unchanged", "loaded", "refused", "unreachable"]
    model_version: str | None = Field(description="What answers now; null where nothing does.")
    wanted_version: str | None = Field(description="What is to answer; null where nobody knows.")
    why: str | None = Field(description="Why it does not; null where it does.")
    seconds: float = Field(description="How long loading it took.")


class FieldTold(BaseModel):
    """One field of a row, as the contract has it."""

    model_config = _STRICT

    name: str
    type: str
    role: str
    required: bool
    unit: str = ""
    allowed: str = Field(description="Its range or values, in words.", examples=["1 to 250"])
    description: str = ""


class Metadata(BaseModel):
    """What is to be known of the version that answers."""

    model_config = _STRICT

    project: str
    kind: Literal["tabular", "panel"]
    target_name: str
    unit: str | None
    model_name: str
    model_version: str
    alias: str | None
    run_id: str | None
    digest: str
    contract_version: str
    preset: str | None = Field(description="How much effort its training took.")
    features: list[FieldTold] = Field(description="What a row of a request may hold.")
    ignored: list[str] = Field(description="Further columns of the contract, accepted, not used.")
    input_example: dict[str, Any] | None = Field(description="A row that can be asked.")
    horizon: int | None = Field(description="Of a panel: how many steps ahead it answers.")
    frequency: str | None = Field(description="Of a panel: the length of a step.")
    refit_cutoff: str | None = Field(description="Of a panel: the last day it learnt from.")
    scores: dict[str, Any] = Field(description="Of the judged model, on rows it had never seen.")
    intervals: dict[str, Any] = Field(description="How they are made: method, and of tables more.")
    gate: dict[str, Any] = Field(description="The verdict: whether it may answer, and why.")
    libraries: dict[str, str]


class ProjectLink(BaseModel):
    """A project of this server, and where it answers."""

    model_config = _STRICT

    project: str
    kind: Literal["tabular", "panel"]
    status: Literal["ok", "degraded", "waiting"]
    model_version: str | None
    path: str = Field(examples=["/projects/retail/"])
    docs: str = Field(examples=["/projects/retail/docs"])


class Index(BaseModel):
    """What this server answers for."""

    model_config = _STRICT

    server: str
    version: str
    root: str | None = Field(description="The project that also answers at the root paths.")
    projects: list[ProjectLink]
