"""Claims of what the registry's page says: all of it from the transitions that it holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.page_numbers import Seen, numbers_in
from tests.written_numbers import TITLES, moment, score, signed

Told = Mapping[str, Any]


def registered(history: Sequence[Told]) -> Sequence[Told]:
    """Return the registrations, the first first."""
    return [one for one in history if one["action"] == "register"]


def pointing(history: Sequence[Told]) -> Mapping[str, int | None]:
    """Return what staging and prod point to, after all that happened."""
    found: dict[str, int | None] = {"prod": None, "staging": None}
    for one in history:
        if one["alias"]:
            found[one["alias"]] = one["after_version"]
    return found


def standing(page: Seen, history: Sequence[Told]) -> None:
    """The heading, the numbers below it, and what may be taken back."""
    aliases, known = pointing(history), registered(history)
    by_number = {one["version"]: one for one in known}
    assert aliases["prod"] is None, "the home of these tests has nothing on prod"
    page.heading(str(aliases["staging"]))
    for alias, number in aliases.items():
        page.fact(f"version on {alias}", "–" if number is None else str(number))
        if number is not None:
            page.sentence(f"Roll back {alias}", str(number))
    live = by_number[aliases["staging"]]["evidence"]["gate"]["comparisons"][-1]
    page.fact("value added", signed(live["value_added"]), str(aliases["staging"]))
    newest = moment(known[-1]["at"])
    page.fact("version" if len(known) == 1 else "versions", str(len(known)), newest)
    said = [one for one in page.root.all("p") if "This server" in page.words(one)]
    for one in said:
        assert set(page.numbers(one.start, one.end)) <= {str(aliases["staging"])}
        page.says(page.words(one))


def versions(page: Seen, history: Sequence[Told]) -> None:
    """The table of the versions, newest first."""
    aliases, known = pointing(history), registered(history)
    judged = [one["evidence"]["gate"]["comparisons"] for one in known]
    metrics = list(dict.fromkeys(one["metric"] for own in judged for one in own))
    page.sentence("newest first", str(len(known)))
    rest = ("Value added", "Gate", "Approval", "Registered", "By")
    rows = []
    for one in reversed(known):
        told, number = one["evidence"], str(one["version"])
        last = told["gate"]["comparisons"][-1]
        for own in told["gate"]["comparisons"]:
            assert own["champion"] == told["scores"][own["metric"]]
        named = [alias for alias, live in aliases.items() if live == one["version"]]
        gain = f"{signed(last['value_added'])}, {TITLES[last['metric']]} against"
        rows.append([
            " ".join([number, *named]),
            (number,) * (2 + (not named)),
            told["champion"],
            *(score(metric, told["scores"][metric]) for metric in metrics),
            f"{gain} {last['best_baseline']}",
            "passed" if told["gate"]["passed"] else "not passed",
            (),
            moment(one["at"]),
            one["who"],
        ])
    heads = ["Version", "Do", "Champion", *(TITLES[one] for one in metrics), *rest]
    page.table("newest first", heads, rows)


def timeline(page: Seen, history: Sequence[Told]) -> None:
    """All that happened, each entry with all of its numbers in their order."""
    assert len(page.within("history").root.all("li")) >= len(history)
    for one in history:
        told, number = one["evidence"], str(one["number"])
        grounds = [n for said in told["gate"]["sentences"] for n in numbers_in(said)]
        if one["action"] == "register":
            grounds.append(told["digest"][:12])
        else:
            assert not told["against_live"]["comparable"], "this home had nothing live before"
        page.within(f"entry-{number}").only(
            moment(one["at"], "%H:%M:%S"),
            *numbers_in(one["who"]),
            str(one["version"]),
            *numbers_in(one["reason"]),
            number,
            *grounds,
            number,
            one["hash"][:12],
        )
