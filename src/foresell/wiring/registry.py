"""Where the registry's rules meet its database, its vault, the clock and the account."""

from datetime import UTC, datetime

from foresell.adapters.vault import open_vault
from foresell.govern.registry import Registry
from foresell.settings import Settings


def registry(settings: Settings) -> Registry:
    """Return the registry that the settings name; what is not there yet counts as empty.

    A place that cannot be read is a ``UsageError``, one out of reach a ``MachineError``.
    """
    from foresell.adapters.ledger import open_ledger  # noqa: PLC0415 - SQLAlchemy takes a while

    return Registry(
        ledger=open_ledger(settings.registry),
        vault=open_vault(settings.artifacts),
        clock=_now,
        who=settings.who,
    )


def _now() -> datetime:
    return datetime.now(UTC)
