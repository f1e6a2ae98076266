"""Which version the judged rows belong to, and which one answers now."""

from foresell.dashboard.page import Trouble
from foresell.dashboard.reading.shown import AbsentError, Shown, tried
from foresell.report.wording import listed

OUTPUT, FILE = "registered", "version.json"


def standing_of(shown: Shown, troubles: dict[str, Trouble]) -> str:
    """Return a sentence about both; "" where nothing is registered yet.

    Where one of them cannot be read, ``troubles`` says so under ``version``.
    """
    own: dict[str, Trouble] = {}
    made: int | None = None
    if shown.stamp(OUTPUT, FILE) is not None:
        artifact = f"{shown.name}/{OUTPUT}/{FILE}"
        made = tried(own, "made", lambda: int(shown.json(OUTPUT, FILE)["version"]), artifact)
    now = tried(own, "live", lambda: _now(shown, made))
    for trouble in own.values():
        if not trouble.next:
            troubles["version"] = trouble
    if made is None or now is None:
        return ""
    return f"They were the test of version {made}{now}"


def _now(shown: Shown, made: int | None) -> str:
    """Return the rest of the sentence: which version answers now; ``made`` judged the rows.

    Raises AbsentError: nothing is registered yet.
    """
    shown.version()
    try:
        live = shown.live()
    except AbsentError:
        return ". No version answers: none is on prod or on staging."
    number = live.version
    on = listed([word for word, version in shown.state().aliases.items() if version == number])
    if made == number:
        return f" ({on}), which answers now."
    return f"; version {number} ({on}) answers now."
