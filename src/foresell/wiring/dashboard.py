"""What stands behind the addresses of pages, for the projects of a server."""

import time
from collections.abc import Mapping
from functools import partial

from foresell.dashboard.maker import Aside, Maker
from foresell.dashboard.routes import Dashboard
from foresell.dashboard.sessions import Sessions
from foresell.serving.exchange import Kind
from foresell.serving.logs import error_text
from foresell.serving.site import Options
from foresell.serving.slots import Slot
from foresell.serving.telemetry import Telemetry
from foresell.settings import Settings
from foresell.wiring.desks import pages_desk
from foresell.wiring.keys import fresh_secret, open_ring


def make_dashboard(
    slots: Mapping[str, Slot],
    settings: Settings,
    telemetry: Telemetry,
    options: Options,
    *,
    keyed: bool,
    maker: Maker | None = None,
) -> Dashboard:
    """Return what stands behind the pages of ``slots``. ``keyed``: who has no key sees none.

    ``maker``: who makes them, a child process that is started when somebody looks where None is
    named.
    """

    def failed(error: BaseException, request_id: str) -> None:
        """Log what nobody foresaw."""
        told = {"request_id": request_id, "exception": error_text(error)}
        telemetry.said("ERROR", "an answer that a page asked for failed", **told)

    return Dashboard(
        projects={name: _kind(slot) for name, slot in slots.items()},
        slots=slots,
        sessions=Sessions(
            open_ring(settings, partial(telemetry.said, "WARNING")),
            required=keyed,
            clock=time.monotonic,
            dice=fresh_secret,
        ),
        maker=maker
        or Aside(partial(pages_desk, settings, seconds=options.timeout_s, log=options.log)),
        failed=failed,
        took=telemetry.metrics.took,
    )


def _kind(slot: Slot) -> Kind:
    """Return the kind of a slot's project."""
    return "panel" if slot.kind == "panel" else "tabular"
