"""Progress of a run, on standard error: one line a stage, a spinner while it works."""

from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.status import Status

from foresell.cli.wrapping import WordConsole
from foresell.pipeline.work import Event


class Progress:
    """Shows events as they come; remembers the stage at work and its last note."""

    def __init__(self) -> None:
        self._console = WordConsole(stderr=True, highlight=False)
        self._status: Status | None = None
        self._note = ""

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
                self._note = ""
                self._spin(event.stage, event.text)
            case "note":
                self._note = event.text
                self._spin(event.stage, event.text)
            case "done":
                self._stop()
                self._line(
                    "[green]✓[/green]", event.stage, f"{event.seconds:6.1f} s", escape(self._note)
                )
            case "failed":
                self._stop()
                self._line("[red]✗[/red]", event.stage, " stopped", "")
            case _:
                self._line("[dim]·[/dim]", event.stage, "  as is ", "[dim]nothing changed[/dim]")

    def _spin(self, stage: str, text: str) -> None:
        if not self._console.is_terminal:
            return
        if self._status is None:
            self._status = self._console.status("")
            self._status.start()
        self._status.update(f"[bold]{stage}[/bold]  {text}")

    def _line(self, mark: str, stage: str, time: str, note: str) -> None:
        self._console.print(f"{mark} [bold]{stage:<10}[/bold] {time}  {note}", soft_wrap=True)

    def _stop(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
