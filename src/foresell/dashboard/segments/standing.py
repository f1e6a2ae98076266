"""Which version the judged rows belong to, and which one answers now."""

from foresell.dashboard.page import Trouble
from foresell.dashboard.reading.shown import Shown, tried

OUTPUT, FILE = "registered", "version.json"


def standing_of(shown: Shown, troubles: dict[str, Trouble]) -> str:
    """Return a sentence about both; "" where nothing is registered yet.

    Where one of them cannot be read, ``troubles`` says so under ``version``.
    """
    own: dict[str, Trouble] = {}
    live = tried(own, "live", lambda: (shown.version().version, shown.state().aliases))
    made: int | None = None
    if shown.stamp(OUTPUT, FILE) is not None:
        artifact = f"{shown.name}/{OUTPUT}/{FILE}"
        made = tried(own, "made", lambda: int(shown.json(OUTPUT, FILE)["version"]), artifact)
    for trouble in own.values():
        if not trouble.next:
            troubles["version"] = trouble
    if live is None or made is None:
        return ""
    number, aliases = live
    on = "".join(f" ({word})" for word, version in aliases.items() if version == number)
    if made == number:
        return f"They were the test of version {number}{on}, which answers now."
    return f"They were the test of version {made}; version {number}{on} answers now."
