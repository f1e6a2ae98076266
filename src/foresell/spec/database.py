"""Where a PostgreSQL database is and who asks there; its password shows nowhere."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class DatabaseWords:
    """What the environment says of the database: ``DB_*``, ``RDS_SECRET_NAME``, ``AWS_REGION``.

    Empty where nothing is said. ``secret`` names a secret of AWS Secrets Manager that holds what
    the other words leave out; a word that is said wins over the secret's.
    """

    host: str = ""
    port: str = ""
    name: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    sslmode: str = ""
    secret: str = ""
    region: str = ""


@dataclass(frozen=True, kw_only=True)
class DatabasePlace:
    """A database of PostgreSQL, and the name and password to ask with.

    ``host``: a name, an address, or the folder of a Unix socket. ``sslmode``: as libpq has it.
    """

    host: str
    name: str
    user: str
    port: int = 5432
    password: str = field(default="", repr=False)
    sslmode: str = "prefer"

    @property
    def label(self) -> str:
        """What to call it in an error, a report or a manifest: no user, no password.

        >>> DatabasePlace(host="db.example", name="sales", user="jo", password="x").label
        'postgresql://db.example:5432/sales'
        """
        return f"postgresql://{self.host}:{self.port}/{self.name}"
