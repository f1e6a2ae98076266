"""Where the registry's rules meet its database, its vault, the clock and the account."""

from datetime import UTC, datetime

from foresell.adapters.vault import open_vault
from foresell.govern.registry import Registry, asked_by
from foresell.settings import Settings


def registry(settings: Settings, patience_s: float | None = None) -> Registry:
    """Return the registry that the settings name; what is not there yet counts as empty.

    ``patience_s``: how long it waits for a database that is held by somebody else; None for as long
    as a writer should. A place that cannot be read is a ``UsageError``, one out of reach a
    ``MachineError``.
    """
    from foresell.adapters.ledger import open_ledger  # noqa: PLC0415 - SQLAlchemy takes a while

    return Registry(
        ledger=open_ledger(settings.registry, patience_s),
        vault=open_vault(settings.artifacts),
        clock=_now,
        who=settings.who,
    )


def database_damage(settings: Settings) -> str:
    """Return what the registry's database itself shows to be wrong with its file; "" for nothing.

    A place that cannot be read is a ``UsageError``, one out of reach a ``MachineError``.
    """
    from foresell.adapters.ledger import damage_at  # noqa: PLC0415 - SQLAlchemy takes a while

    return damage_at(settings.registry)


def refuse_unusable(settings: Settings) -> None:
    """Refuse settings of which no registry can be made, before there is something to lose.

    A place that cannot be read, or a name that is none, is a ``UsageError``, a library that is not
    installed a ``MachineError``. Whether a server answers is seen when it is needed.
    """
    from foresell.adapters.ledger_place import read_place  # noqa: PLC0415 - as above

    asked_by(settings.who)
    read_place(settings.registry)
    open_vault(settings.artifacts)


def _now() -> datetime:
    return datetime.now(UTC)
