"""What is said where a version was to be promoted only if it is better."""

from typing import TYPE_CHECKING

from foresell.cli.show import Format
from foresell.cli.terminal import plain, print_json, screen

if TYPE_CHECKING:
    from foresell.wiring.bettering import Promotion


def show_promotion(found: "Promotion", form: Format) -> None:
    """Print whether it was, and why or why not; tell MLflow where anything has changed."""
    from foresell.cli import show_mirror, show_moves  # noqa: PLC0415 - keeps --help quick

    if form is Format.json:
        print_json(found.to_json())
    elif found.promoted and found.move is not None:
        show_moves.show_move(found.move)
    else:
        left = "nothing" if found.version is None else f"version {found.version} is not"
        named = f"{left} promoted to prod of {plain(found.project)}"
        screen().print(f"[bold]{named}[/bold]: {plain(found.says)}", soft_wrap=True)
    if found.promoted:
        show_mirror.follow(found.project)
