"""Broken text files of ``walmart``: 48 ways in which an export goes wrong."""

import gzip
import io
import zipfile

from tests.broken.case import Broken, Files, anew, change, content, fields

SECOND = "1,1,2010-02-12,"
TRAIN = "train.csv"
ENCODING = "declare the file's encoding: tables, sales, encoding"
VALUES = "mend the values, declare them as NA tokens"
RAGGED = "mend or remove that line; fields are told apart by ','"
QUOTES = "mend the quotes of that record"
UNKNOWN = "remove it or add it to contract.yaml and project.yaml"
AGAIN = "get the file again"


def bad(what: str, line: int | None = 3, mend: str = VALUES, file: str = TRAIN) -> dict[str, str]:
    """What is said, where, and how it is mended."""
    return {"what": what, "where": file if line is None else f"{file}, line {line}", "mend": mend}


def not_of(kind: str, column: str, value: str) -> str:
    return f"1 value(s) of {column!r} are not of type {kind}: {value!r}"


def second(old: str, new: str) -> object:
    return change(TRAIN, (old, new))


def zipped(files: Files) -> Files:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train.csv", files[TRAIN])
    return {**files, TRAIN: packed.getvalue()}


def folder_in_place(files: Files) -> Files:
    return {name: files[name] for name in files if name != TRAIN} | {f"{TRAIN}/part.csv": b"a"}


def with_sales(sales: str) -> Broken:
    """The second row with another amount, and what is said of it."""
    return Broken(
        break_it=fields_of_second(3, sales),
        **bad(not_of("number", "Weekly_Sales", sales.strip('"'))),
    )


def fields_of_second(column: int, value: str) -> object:
    def made(text: bytes) -> bytes:
        lines = text.decode().splitlines()
        row = lines[2].split(",")
        row[column] = value
        return "\n".join([*lines[:2], ",".join(row), *lines[3:]]).encode()

    return anew(TRAIN, made)


def swapped(one: int, other: int):  # type: ignore[no-untyped-def]
    def made(row: list[str]) -> list[str]:
        row[one], row[other] = row[other], row[one]
        return row

    return made
