"""Homes that were watched, made once; tests that break one have a copy."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.watched_homes import Home, watched_lines, watched_weeks


@pytest.fixture(scope="session")
def lines_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return watched_lines(tmp_path_factory.mktemp("watched_lines"))


@pytest.fixture(scope="session")
def weeks_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return watched_weeks(tmp_path_factory.mktemp("watched_weeks"))


@pytest.fixture
def spoilt_lines(lines_home: Home, tmp_path: Path) -> Home:
    """A copy of the home of lines, to be broken."""
    return replace(lines_home, place=shutil.copytree(lines_home.place, tmp_path / "home"))


@pytest.fixture
def spoilt_weeks(weeks_home: Home, tmp_path: Path) -> Home:
    """A copy of the home of weeks, to be broken."""
    return replace(weeks_home, place=shutil.copytree(weeks_home.place, tmp_path / "home"))
