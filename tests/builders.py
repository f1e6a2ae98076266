"""Small worlds for tests: made here, shaped like the real ones, the same for the same seed."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np

FIRST_FRIDAY = date(2010, 2, 5)
MARKDOWNS_FROM = date(2011, 11, 11)
ASKED_WEEKS = 39


def weekly_files(
    *, stores: int = 3, depts: int = 2, weeks: int = 150, seed: int = 1, ragged: bool = False
) -> dict[str, bytes]:
    """Return the four raw files of a tiny ``walmart``, by name, as that project reads them.

    ``train.csv``: one row per store, department and week from 2010-02-05 on, with level, yearly
    season, holiday lift and noise. ``features.csv``: per store and week, 39 weeks further, with NA
    where the real one has it. ``stores.csv``: bare CR line ends. ``test.csv``: the 39 weeks after.
    ``ragged``: the first series ends 30 weeks early, the last one starts 30 weeks before the end,
    and ``test.csv`` also asks for a department that was never sold.
    """
    rng = np.random.default_rng(seed)
    fridays = [FIRST_FRIDAY + timedelta(weeks=i) for i in range(weeks + ASKED_WEEKS)]
    pairs = [(store, dept) for store in range(1, stores + 1) for dept in range(1, depts + 1)]
    train, test = [], []
    for store, dept in pairs:
        level = 8000.0 * (1 + dept) / (1 + store)
        begins = weeks - 30 if ragged and (store, dept) == pairs[-1] else 0
        ends = weeks - 30 if ragged and (store, dept) == pairs[0] else weeks
        noise = rng.normal(1.0, 0.05, weeks)
        for i, friday in enumerate(fridays[:weeks]):
            season = 1 + 0.2 * np.sin(2 * np.pi * i / 52.18 + dept)
            lift = 1.6 if is_holiday(friday) else 1.0
            if begins <= i < ends:
                sales = level * season * lift * noise[i]
                train.append(f"{store},{dept},{friday},{sales:.2f},{_word(friday)}")
        test += [f"{store},{dept},{friday},{_word(friday)}" for friday in fridays[weeks:]]
    if ragged:
        test += [f"1,{depts + 1},{friday},{_word(friday)}" for friday in fridays[weeks:]]
    features = [
        _feature_row(store, friday, rng, published=i < weeks + 26)
        for store in range(1, stores + 1)
        for i, friday in enumerate(fridays)
    ]
    kinds = [f"{store},{'ABC'[(store - 1) % 3]},{50_000 * store}" for store in range(1, stores + 1)]
    return {
        "train.csv": _lines("Store,Dept,Date,Weekly_Sales,IsHoliday", train),
        "features.csv": _lines(
            "Store,Date,Temperature,Fuel_Price,MarkDown1,MarkDown2,MarkDown3,MarkDown4,MarkDown5,"
            "CPI,Unemployment,IsHoliday",
            features,
        ),
        "stores.csv": "\r".join(["Store,Type,Size", *kinds]).encode(),
        "test.csv": _lines("Store,Dept,Date,IsHoliday", test),
    }


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write ``files`` into ``folder``, which is made, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file under ``folder`` by relative name: what 'unchanged byte for byte' means."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def is_holiday(friday: date) -> bool:
    """Tell whether the week that ends on ``friday`` holds one of the four marked holidays."""
    week = [friday - timedelta(days=back) for back in range(7)]
    return any(
        (day.month, day.day) == (12, 25)
        or (day.month == 2 and day.weekday() == 6 and day.day <= 7)
        or (day.month == 9 and day.weekday() == 0 and day.day <= 7)
        or (day.month == 11 and day.weekday() == 3 and 22 <= day.day <= 28)
        for day in week
    )


def _word(friday: date) -> str:
    return "TRUE" if is_holiday(friday) else "FALSE"


def _feature_row(store: int, friday: date, rng: np.random.Generator, *, published: bool) -> str:
    warm, fuel, cut = rng.normal(60, 15), rng.uniform(2.5, 4.0), rng.uniform(0, 5000, 5)
    cuts = [f"{value:.2f}" if friday >= MARKDOWNS_FROM else "NA" for value in cut]
    prices = f"{200 + store:.1f},{8 - store / 10:.3f}" if published else "NA,NA"
    return f"{store},{friday},{warm:.2f},{fuel:.3f},{','.join(cuts)},{prices},{_word(friday)}"


def _lines(header: str, rows: list[str]) -> bytes:
    return "\n".join([header, *rows, ""]).encode()
