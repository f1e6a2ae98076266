"""foresell: sales data in, judged forecasts with honest intervals out.

>>> import foresell
>>> sorted(foresell.__all__)
['doctor', 'forecast', 'projects', 'run', 'submission', 'unanswered']
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foresell.api import doctor, forecast, projects, run, submission, unanswered

__version__ = "0.1.0"
__all__ = ["doctor", "forecast", "projects", "run", "submission", "unanswered"]


def __getattr__(name: str) -> object:
    """Import a verb when it is first used, so that ``import foresell`` stays quick.

    Raises:
        AttributeError: foresell has no such verb.
    """
    if name not in __all__:
        raise AttributeError(f"module 'foresell' has no attribute {name!r}")
    return getattr(import_module("foresell.api"), name)


def __dir__() -> list[str]:
    """Return the verbs beside what every module has, for those who explore."""
    return sorted({*globals(), *__all__})
