"""Where ``--out`` writes: looked at before the work begins, and never left half-written."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from foresell.cli.show import Format
from foresell.cli.terminal import print_json, screen
from foresell.errors import MachineError, UsageError, counted

if TYPE_CHECKING:
    import polars as pl

ROWS = (".csv", ".parquet")
PICTURES = (".svg", ".png")


def check_out(out: Path | None, endings: Sequence[str], option: str = "--out") -> None:
    """Refuse a place that cannot be written; None is fine.

    Raises:
        UsageError: another ending than ``endings``, or a folder that does not exist.
    """
    if out is None:
        return
    if out.suffix.lower() not in endings:
        listed = f"{', '.join(endings[:-1])} or {endings[-1]}"
        raise UsageError(f"cannot write {out.name!r}", f"{option} {out}", f"use {listed}")
    check_folder(out, option)


def check_folder(out: Path, option: str = "--out") -> None:
    """Refuse a file whose folder does not exist, or that is itself a folder.

    Raises:
        UsageError: what the sentence above names.
    """
    if not out.absolute().parent.is_dir():
        raise UsageError("the folder does not exist", f"{option} {out.parent}", "make it first")
    if out.is_dir():
        raise UsageError(f"{out.name!r} is a folder", f"{option} {out}", "name a file in it")


def is_picture(out: Path) -> bool:
    """Tell whether the file is to be a picture."""
    return out.suffix.lower() in PICTURES


def write_forecast(answered: "pl.DataFrame", out: Path, form: Format) -> None:
    """Write ``answered`` to ``out`` and say so; refusals as `check_out` and `write_picture`."""
    check_out(out, ROWS)
    _write(out, answered.write_csv if out.suffix.lower() == ".csv" else answered.write_parquet)
    if form is Format.json:
        print_json({"rows": answered.height, "out": str(out)})
    else:
        screen().print(f"{counted(answered.height, 'row')} in {out}", highlight=False)


def write_json(told: object, out: Path) -> None:
    """Write ``told`` as JSON and say so, on standard error; refusals as `write_picture`."""
    check_out(out, (".json",))
    text = json.dumps(told, indent=2, ensure_ascii=False, default=str) + "\n"
    _write(out, lambda draft: draft.write_text(text, encoding="utf-8"))
    screen(stderr=True).print(f"JSON in {out}", soft_wrap=True)


def write_picture(picture: bytes, out: Path) -> None:
    """Write a picture and say so, on standard error.

    A full disk, or one that may not be written, is a MachineError; what stood there is untouched.
    """
    check_out(out, PICTURES)
    _write(out, lambda draft: draft.write_bytes(picture))
    screen(stderr=True).print(f"a picture in {out}", soft_wrap=True)


def write_bytes(content: bytes, out: Path) -> None:
    """Write ``content`` as it is; refusals as `check_folder` and `write_picture`."""
    check_folder(out)
    _write(out, lambda draft: draft.write_bytes(content))


def _write(out: Path, write: Callable[[Path], object]) -> None:
    """Write to a draft beside ``out``, then put it in place.

    Raises:
        MachineError: the disk is full or may not be written; what stood there is untouched.
    """
    draft = out.with_name(f".{out.name}.draft")
    try:
        write(draft)
        draft.replace(out)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise MachineError(
            f"cannot write: {error.strerror or error}", str(out), "free the disk or choose another"
        ) from error
