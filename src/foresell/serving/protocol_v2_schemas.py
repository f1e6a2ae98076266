"""What requests and replies of the Open Inference Protocol hold; OpenAPI is made of it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

Datatype = Literal[
    "BOOL",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "FP16",
    "FP32",
    "FP64",
    "BYTES",
]
Parameters = Annotated[
    dict[str, Any] | None, Field(description="Accepted; nothing here changes an answer.")
]
_STRICT = ConfigDict(extra="forbid", protected_namespaces=())


class TensorTold(BaseModel):
    """One input or output of a model."""

    model_config = _STRICT

    name: str
    datatype: Datatype
    shape: list[int] = Field(description="-1 stands for any number of rows.")


class ServerReply(BaseModel):
    """What the server is."""

    model_config = _STRICT

    name: str
    version: str
    extensions: list[str]


class LiveReply(BaseModel):
    """Whether the server answers."""

    model_config = _STRICT

    live: bool


class ReadyReply(BaseModel):
    """Whether every model can be asked."""

    model_config = _STRICT

    ready: bool


class ModelReadyReply(BaseModel):
    """Whether a model can be asked."""

    model_config = _STRICT

    name: str
    ready: bool


class ModelReply(BaseModel):
    """What a model takes and answers."""

    model_config = _STRICT

    name: str
    versions: list[str] = Field(description="Those that can be asked for.")
    platform: str
    inputs: list[TensorTold]
    outputs: list[TensorTold]


class InferInput(BaseModel):
    """A tensor with one value a row: a field of the contract."""

    model_config = _STRICT

    name: StrictStr
    shape: list[Annotated[StrictInt, Field(ge=1)]] = Field(
        min_length=1, max_length=2, description="[rows] or [rows, 1]."
    )
    datatype: Datatype
    parameters: Parameters = None
    data: list[Any] = Field(min_length=1, description="A value a row, or a list of one.")


class InferOutput(BaseModel):
    """An output that is to come back."""

    model_config = _STRICT

    name: StrictStr
    parameters: Parameters = None


class InferRequest(BaseModel):
    """The rows to be answered, by column."""

    model_config = _STRICT

    id: StrictStr | None = Field(default=None, description="Comes back in the reply.")
    model_name: StrictStr | None = Field(default=None, description="As in the path.")
    model_version: StrictStr | None = Field(default=None, description="As in the path.")
    parameters: Parameters = None
    inputs: list[InferInput] = Field(min_length=1)
    outputs: list[InferOutput] | None = Field(
        default=None, description="Which outputs come back; all where none is named."
    )


class OutputReply(BaseModel):
    """A tensor that was answered: one value a row."""

    model_config = _STRICT

    name: str
    shape: list[int]
    datatype: Datatype
    data: list[float] | list[str]


class InferReply(BaseModel):
    """The answers to the rows, by column."""

    model_config = _STRICT

    model_name: str
    model_version: str
    id: str | None = Field(default=None, description="As in the request; left out where it was.")
    outputs: list[OutputReply]
