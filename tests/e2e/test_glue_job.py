"""The Glue job, its committed script run by Spark: it stages what our own load stages."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

import foresell
from foresell.adapters.warehouse.staging import stage
from foresell.spec.warehouse import PLAN_COLUMNS, STAGED_COLUMNS
from foresell.wiring.warehouse import kept_project
from foresell.wiring.warehouse_load import rows_of
from tests.builders import weekly_files, write_files
from tests.glue_job import PASSWORD, SCRIPT, Staging, staging, submit
from tests.services import S3
from tests.warehouse_loads import Warehouse, contents
