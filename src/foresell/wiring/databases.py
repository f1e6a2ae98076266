"""Which database the environment means, with the name and password to ask it with."""

from foresell.settings import Settings
from foresell.spec.database import DatabasePlace


def database_place(settings: Settings) -> DatabasePlace:
    """Return the database that ``DB_*`` names, completed from ``RDS_SECRET_NAME``."""
    raise NotImplementedError(settings)
