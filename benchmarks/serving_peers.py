"""What answers beside foresell: the champion's point graph behind the least that can be written.

``python -m benchmarks.serving_peers KIND GRAPH --port PORT`` serves one, with one worker:

- ``fastapi``: an endpoint of FastAPI as its tutorial has them, a dictionary in and one out;
- ``fastapi-bare``: an endpoint of FastAPI that reads the body and writes the reply with orjson;
- ``asgi``: no framework at all: orjson, the graph, orjson; also for ``{"rows": [...]}``.

They check nothing: no key, no limit, no contract; a row that lacks a field is an error 500. They
answer one number a row, where foresell answers quantiles and flags too; of a graph that says more
than a point all of it is computed. The same uvicorn, loop and
parser of HTTP, the same options of ONNX Runtime. ``write_mlflow`` makes the model that MLflow
serves.
"""

import argparse
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnxruntime as ort
import orjson
import uvicorn
from fastapi import Body, FastAPI, Request, Response

Answer = Callable[[Sequence[Mapping[str, Any]]], list[float]]
Message = dict[str, Any]
KINDS = ("fastapi", "fastapi-bare", "asgi")


def answers(graph: Path) -> Answer:
    """Return what answers rows from a graph that reads raw columns by name."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    kinds = {
        given.name: object if given.type == "tensor(string)" else np.float64
        for given in session.get_inputs()
    }
    asked = [said.name for said in session.get_outputs()]

    def answer(rows: Sequence[Mapping[str, Any]]) -> list[float]:
        given = {
            name: np.array([[row[name]] for row in rows], dtype=kind)
            for name, kind in kinds.items()
        }
        found: list[float] = session.run(asked, given)[0][:, 0].tolist()
        return found

    return answer


def fastapi_app(answer: Answer) -> FastAPI:
    """Return FastAPI as its tutorial has it: a dictionary in, a dictionary out."""
    app = FastAPI()

    @app.post("/predict")
    async def predict(row: Annotated[dict[str, Any], Body()]) -> dict[str, float]:
        return {"prediction": answer([row])[0]}

    return app


def bare_fastapi_app(answer: Answer) -> FastAPI:
    """Return FastAPI with the least it can do: its router, and nothing of its reading of bodies."""
    app = FastAPI()

    @app.post("/predict")
    async def predict(request: Request) -> Response:
        row = orjson.loads(await request.body())
        said = orjson.dumps({"prediction": answer([row])[0]})
        return Response(said, media_type="application/json")

    return app


def asgi_app(answer: Answer) -> Callable[..., Awaitable[None]]:
    """Return a plain ASGI application: one row, or ``{"rows": [...]}``."""

    async def app(
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        given = orjson.loads(body) if body else {"rows": []}
        rows = given.get("rows")
        told: Any = {"prediction": answer([given])[0]} if rows is None else None
        if rows is not None:
            told = {"predictions": answer(rows) if rows else []}
        said = orjson.dumps(told)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(said))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})

    return app


def write_mlflow(graph: Path, folder: Path, way: str) -> None:
    """Write the graph as a model of MLflow: its ONNX flavour, one thread, typed inputs.

    ``way``: ``tensors``, as the graph takes them, for requests with ``inputs``, the fastest that
    MLflow has; or ``frame``, for those with ``dataframe_split``, the usual ones. MLflow hands a
    frame's columns over as (rows,), so that a node before each input of the graph makes it
    (rows, 1).
    """
    from foresell.settings import silence_telemetry  # noqa: PLC0415

    silence_telemetry()
    import onnx  # noqa: PLC0415 - only where MLflow's model is written
    from mlflow import onnx as flavour  # noqa: PLC0415
    from mlflow.models import ModelSignature  # noqa: PLC0415
    from mlflow.types.schema import ColSpec, Schema, TensorSpec  # noqa: PLC0415

    model = onnx.load(str(graph))
    texts = {
        given.name: given.type.tensor_type.elem_type == onnx.TensorProto.STRING
        for given in model.graph.input
    }
    gives = [TensorSpec(np.dtype("float64"), (-1, 1), out.name) for out in model.graph.output]
    takes: list[Any] = [
        TensorSpec(np.dtype("object" if text else "float64"), (-1, 1), name)
        for name, text in texts.items()
    ]
    if way == "frame":
        takes = [ColSpec("string" if text else "double", name) for name, text in texts.items()]
        _take_columns(model)
    flavour.save_model(
        model,
        str(folder),
        signature=ModelSignature(inputs=Schema([*takes]), outputs=Schema([*gives])),
        pip_requirements=["mlflow", "onnx", "onnxruntime"],
        onnx_execution_providers=["CPUExecutionProvider"],
        onnx_session_options={"intra_op_num_threads": 1, "inter_op_num_threads": 1},
        save_as_external_data=False,
    )


def _take_columns(model: Any) -> None:
    """Let a graph take columns of (rows,), by a node before each input."""
    import onnx  # noqa: PLC0415

    for one in model.graph.input:
        one.type.tensor_type.shape.CopyFrom(_flat())
    given = [one.name for one in model.graph.input]
    column = {name: f"{name}_column" for name in given}
    for node in model.graph.node:
        node.input[:] = [column.get(name, name) for name in node.input]
    for name in given:
        made = onnx.helper.make_node("Reshape", [name, "as_column"], [column[name]])
        model.graph.node.insert(0, made)
    shape = onnx.helper.make_tensor("as_column", onnx.TensorProto.INT64, [2], [-1, 1])
    model.graph.initializer.append(shape)
    onnx.checker.check_model(model)


def _flat() -> Any:
    """Return the shape (rows,)."""
    import onnx  # noqa: PLC0415

    return onnx.helper.make_tensor_value_info("", 1, ["rows"]).type.tensor_type.shape


def main() -> int:
    """Serve one of the peers until it is ended."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("graph", type=Path)
    parser.add_argument("--port", type=int, required=True)
    asked = parser.parse_args()
    answer = answers(asked.graph)
    made: dict[str, Callable[[Answer], Any]] = {
        "fastapi": fastapi_app,
        "fastapi-bare": bare_fastapi_app,
        "asgi": asgi_app,
    }
    uvicorn.run(
        made[asked.kind](answer),
        host="127.0.0.1",
        port=asked.port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
