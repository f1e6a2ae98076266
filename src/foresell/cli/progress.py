"""Progress of a run, on standard error: one line a stage, a spinner while it works."""

from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.status import Status

from foresell.cli.wrapping import WordConsole
from foresell.pipeline.work import Event


class Progress:
    """Shows events as they come; remembers the last note of each stage."""

    def __init__(self) -> None:
        self._console = WordConsole(stderr=True, highlight=False)
        self._status: Status | None = None
        self._notes: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Start with nothing on the screen."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the spinner away, whatever happened."""
        self._stop()

    def hear(self, event: Event) -> None:
        """Show one event."""
        match event.kind:
            case "started":
                self._notes.pop(event.stage, None)
                self._spin(event.stage, event.text)
            case "note":
                self._notes[event.stage] = event.text
                self._spin(event.stage, event.text)
            case "waits":
                self._wait(event.stage, event.text)
            case "done":
                self._stop()
                self._line(
                    "[green]✓[/green]", event.stage, f"{event.seconds:6.1f} s", self._noted(event)
                )
            case "failed":
                self._stop()
                ended = event.seconds > 0  # it came to its end, and did not pass
                time = f"{event.seconds:6.1f} s" if ended else " stopped"
                self._line("[red]✗[/red]", event.stage, time, self._noted(event) if ended else "")
            case _:
                self._line("[dim]·[/dim]", event.stage, "  as is ", "[dim]nothing changed[/dim]")

    def _spin(self, stage: str, text: str) -> None:
        if not self._console.is_terminal:
            return
        if self._status is None:
            self._status = self._console.status("")
            self._status.start()
        self._status.update(f"[bold]{stage}[/bold]  {text}")

    def _noted(self, event: Event) -> str:
        """Return the last note of a stage that ended."""
        return escape(self._notes.get(event.stage, ""))

    def _wait(self, stage: str, text: str) -> None:
        """Say it where the spinner cannot: a log that stands still for minutes looks broken."""
        if self._console.is_terminal:
            self._spin(stage, text)
        else:
            self._line("[dim]·[/dim]", stage, "  waits ", escape(text))

    def _line(self, mark: str, stage: str, time: str, note: str) -> None:
        self._console.print(f"{mark} [bold]{stage:<10}[/bold] {time}  {note}", soft_wrap=True)

    def _stop(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
