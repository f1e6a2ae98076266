"""Which extra of the installation a library comes with, and what is said where it is missing."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from foresell.errors import MachineError

EXTRAS: Mapping[str, str] = {  # by the name it is imported under; pyproject.toml says the same
    "adbc_driver_manager": "postgres",
    "adbc_driver_postgresql": "postgres",
    "altair": "train",
    "arch": "risk",
    "boto3": "s3",
    "botocore": "s3",
    "catboost": "catboost",
    "duckdb": "train",
    "evidently": "evidently",
    "fastapi": "serve",
    "fastapi_offline": "serve",
    "httptools": "serve",
    "httpx": "monitor",
    "jiter": "serve",
    "joblib": "train",
    "jsonschema": "train",
    "lightgbm": "train",
    "locust": "load",
    "mlflow": "tracking",
    "onnx": "train",
    "open_data_contract_standard": "train",
    "optuna": "train",
    "pandas": "risk",
    "pandera": "train",
    "prometheus_client": "serve",
    "psycopg": "postgres",
    "pyarrow": "postgres",
    "scipy": "risk",
    "requests": "tracking",
    "sklearn": "train",
    "starlette": "serve",
    "statsforecast": "statistical",
    "statsmodels": "risk",
    "uvicorn": "serve",
    "uvloop": "serve",
    "vl_convert": "train",
    "xgboost": "train",
}
TRAINING: Sequence[str] = ("lightgbm", "onnx", "pandera", "sklearn", "xgboost")
SERVING: Sequence[str] = ("fastapi", "jiter", "prometheus_client", "uvicorn")
DATABASE: Sequence[str] = ("adbc_driver_postgresql", "psycopg", "pyarrow")
RISK: Sequence[str] = ("arch", "pandas", "statsmodels")
LOOKING: Sequence[str] = ("altair", "vl_convert", *SERVING)
LOADING: Sequence[str] = ("altair", "locust", "vl_convert", *SERVING)


def install_words(extra: str) -> str:
    """Return the command that installs an extra.

    >>> install_words("serve")
    "pip install 'foresell[serve]'"
    """
    return f"pip install 'foresell[{extra}]'"


def lacking(library: str | None, where: str, extra: str = "") -> MachineError | None:
    """Return what is said where ``library``, as it is imported, is missing; None of no extra's.

    ``extra``: the one that brings all that is needed there, where several bring the library.

    >>> print(lacking("sklearn.base", "foresell run"))
    the library 'sklearn' is not installed
      where: foresell run
      mend:  pip install 'foresell[train]'
    >>> lacking("polars", "foresell run") is None
    True
    """
    name = (library or "").partition(".")[0]
    if name not in EXTRAS:
        return None
    return MachineError(
        f"the library {name!r} is not installed", where, install_words(extra or EXTRAS[name])
    )


def need(libraries: Sequence[str], where: str, extra: str) -> None:
    """Refuse a machine that lacks one of ``libraries``, before any work; nothing is imported.

    The MachineError names the ``extra`` that brings them.
    """
    for name in libraries:
        if find_spec(name) is None and (error := lacking(name, where, extra)) is not None:
            raise error
