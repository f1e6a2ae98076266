"""What the replies of a panel hold, as OpenAPI shows them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel

from foresell.serving.replies import Finite

_STRICT = ConfigDict(extra="forbid")
_OPEN = ConfigDict(extra="allow")
_Level = Annotated[
    str, Field(description="What the answer was drawn from: the series, or a group.")
]


class PanelAnswer(BaseModel):
    """The answer to one row of a panel."""

    model_config = _STRICT

    prediction: Finite = Field(description="The point forecast, in the unit of the target.")
    y_hat: Finite = Field(description="The same as prediction.")
    p10: Finite = Field(description="One truth in ten lies below.")
    p90: Finite = Field(description="One truth in ten lies above.")
    interval_method: str = Field(description="How the interval was made.")
    level_used: _Level
    unseen: list[str] = Field(description="Key fields whose value has no history.")
    outside: list[str] = Field(description="Fields planned beyond all that the history holds.")
    ignored: list[str] = Field(description="Fields that were given and have no say.")


class _Version(BaseModel):
    """What every reply says of the version that answered."""

    model_config = _STRICT

    model_name: str = Field(description="The champion that answered.")
    model_version: str = Field(description="Its number in the registry, or part of its digest.")
    target_name: str = Field(description="What is forecast.")
    input_features: list[str] = Field(description="The fields that a row may hold.")
    request_id: str = Field(description="Also in the header x-request-id and in the log.")
    currency: str | None = Field(default=None, description="Where the unit is one.")


class PanelPredictReply(_Version, PanelAnswer):
    """The answer to one row of a panel, and whose it is."""

    as_planned: bool = Field(description="Whether it is the published one, of the plan.")


class PanelBatchReply(_Version):
    """The answers to several rows of a panel in their order, all of one version."""

    predictions: list[PanelAnswer]
    as_planned: bool = Field(description="Whether all are the published ones, of the plan.")


class ForecastRow(BaseModel):
    """One forecast: the keys of the series (or of a sum) and the date, and what is forecast."""

    model_config = _OPEN

    prediction: Finite = Field(description="The point forecast, in the unit of the target.")
    y_hat: Finite = Field(description="The same as prediction.")
    p10: Finite = Field(description="One truth in ten lies below.")
    p90: Finite = Field(description="One truth in ten lies above.")
    interval_method: str = Field(description="How the interval was made.")
    level_used: str | None = Field(default=None, description="What a row's answer was drawn from.")
    level: str | None = Field(default=None, description="Of a sum: at which level.")
    rows: int | None = Field(default=None, description="Of a sum: of how many rows it is.")
    prediction_planned: Finite | None = Field(default=None, description="By the plan as it is.")
    effect: Finite | None = Field(default=None, description="What the change adds.")
    changed: bool | None = Field(default=None, description="Whether the row's own plan is another.")
    p10_planned: Finite | None = Field(default=None, description="p10 by the plan as it is.")
    p90_planned: Finite | None = Field(default=None, description="p90 by the plan as it is.")
    quantiles: dict[str, Finite] | None = Field(default=None, description="By level, where asked.")
    quantiles_planned: dict[str, Finite] | None = Field(default=None, description="By the plan.")


class ForecastReply(_Version):
    """Forecasts in the order of series and dates, all of one version."""

    forecasts: list[ForecastRow]
    count: int = Field(description="How many they are.")
    last_observed: str = Field(description="The last day the model knows of.")


class _Parts(BaseModel):
    """What a forecast is made of."""

    contributions: dict[str, Finite] | None = Field(
        description="By part: events, growth, known, residual, newcomer, floor, reconciliation."
    )
    columns: dict[str, dict[str, Finite]] | None = Field(
        description="A part by column of the data, where it is told so; they sum to the part."
    )


class _Told(_Version):
    """Whether and how a forecast is explained."""

    available: bool = Field(description="Whether this server can explain the forecast.")
    reason: str | None = Field(description="Why it cannot; null where it can.")
    method: str | None = Field(description="How; null where nothing is explained.")
    candidate: str = Field(description="Whose forecast is explained; model_name unless asked.")


class RowExplained(_Told, _Parts):
    """What each part adds to the forecast of one row."""

    prediction: Finite | None = Field(description="The sum, in the unit of the target.")
    base_value: Finite | None = Field(description="The year before, as it would be now.")
    ignored: list[str] = Field(description="Fields that were given and have no say.")


class StepExplained(_Parts):
    """What each part adds to one step of a series; the keys and the date are fields too."""

    model_config = _OPEN

    step: int = Field(description="Periods after the last observed one.")
    prediction: Finite = Field(description="The sum, in the unit of the target.")
    base_value: Finite = Field(description="The year before, as it would be now.")


class SeriesExplained(_Told):
    """What each part adds to every step that was asked for."""

    explanations: list[StepExplained]


class PanelExplainReply(RootModel[RowExplained | SeriesExplained]):
    """Of a row its parts, of series a list of steps with theirs."""
