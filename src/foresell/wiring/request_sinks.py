"""Where servers write the log of requests: files of lines, or of Parquet once they are ended."""

import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path

from foresell.adapters.rotating_lines import MEGABYTE, Limits, RotatingLines
from foresell.serving.logged_rows import Kinds, read_lines
from foresell.serving.request_log import RequestLog, Sink
from foresell.serving.site import Options, RequestLogForm
from foresell.serving.telemetry import Telemetry
from foresell.settings import Settings
from foresell.wiring.request_log import PARQUET, STEM, log_folder

# Lines are read into memory to be put in Parquet: 8 MB of them take 45 for a moment.
_LIMITS: dict[RequestLogForm, Limits] = {
    "jsonl": Limits(),
    "parquet": Limits(file_bytes=8 * MEGABYTE),
}


def request_log(settings: Settings, options: Options, telemetry: Telemetry) -> RequestLog | None:
    """Return the listener that keeps the sample which ``options`` ask for, None for none."""
    if not options.request_log:
        return None
    return RequestLog(
        partial(open_sink, settings, options.request_log_form), options.request_log, telemetry
    )


def open_sink(
    settings: Settings,
    form: RequestLogForm,
    project: str,
    kinds: Kinds,
    limits: Limits | None = None,
) -> Sink:
    """Return where the rows of ``project`` with the columns ``kinds`` are to be written.

    As Parquet a file is kept when it is ended: a file of Parquet cannot grow.
    """
    folder = log_folder(settings, project)
    ended: Callable[[Path], object] = partial(compact, kinds) if form == "parquet" else _as_it_is
    return RotatingLines(folder, STEM, limits or _LIMITS[form], ended=ended)


def compact(kinds: Kinds, lines: Path) -> None:
    """Put Parquet in the place of a file of lines, whole, by a rename."""
    frame = read_lines(lines.read_bytes(), kinds, str(lines))
    draft = lines.with_name(f".{lines.name}.{secrets.token_hex(4)}.draft")
    try:
        draft.touch(mode=0o600)  # before there is anything in it
        frame.write_parquet(draft, compression="zstd")
        draft.replace(lines.with_suffix(PARQUET))
    finally:
        draft.unlink(missing_ok=True)
    lines.unlink()


def _as_it_is(_: Path) -> None:
    """Leave a file of lines as it is."""
