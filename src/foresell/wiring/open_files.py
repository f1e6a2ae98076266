"""How many files this process may have open: connections, pipes and files of bundles all count."""

from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec

_WANTED = 4096


def raise_open_files(wanted: int = _WANTED) -> int | None:
    """Raise the soft limit of open files to ``wanted``, or as far as the hard one allows.

    A limit that is higher already stays. Return what holds now; None where there is no limit.
    """
    if find_spec("resource") is None:  # Windows, whose limit is far above
        return None
    resource = import_module("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return None
    reach = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if reach > soft:
        # A kernel may have a lower limit of its own than the one it tells, as macOS has.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (reach, hard))
    return int(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
