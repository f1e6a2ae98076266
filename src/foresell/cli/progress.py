"""Progress of a run, on standard error: one line a stage, a spinner while stages are at work."""

from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.status import Status

from foresell.cli.wrapping import WordConsole
from foresell.pipeline.work import Event

_WIDTH = 10  # of the names of stages


class Progress:
    """Shows events as they come; remembers the last note of each stage.

    ``projects``: those of a run of several, whose stages are called ``project: stage``.
    """

    def __init__(self, projects: tuple[str, ...] = ()) -> None:
        self._console = WordConsole(stderr=True, highlight=False)
        self._status: Status | None = None
        self._notes: dict[str, str] = {}
        self._at_work: dict[str, str] = {}  # by stage, what is said of it now
        self._width = _WIDTH + max((len(name) + 2 for name in projects), default=0)

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
        self._at_work.clear()
        self._spin()

    def hear(self, event: Event) -> None:
        """Show one event."""
        match event.kind:
            case "started":
                self._notes.pop(event.stage, None)
                self._work(event.stage, event.text)
            case "note":
                self._notes[event.stage] = event.text
                self._work(event.stage, event.text)
            case "waits":
                self._wait(event.stage, event.text)
            case "warned":
                self._line("[yellow]![/yellow]", event.stage, "        ", escape(event.text))
            case "done":
                self._end(
                    "[green]✓[/green]", event.stage, f"{event.seconds:6.1f} s", self._noted(event)
                )
            case "failed":
                ended = event.seconds > 0  # it came to its end, and did not pass
                time = f"{event.seconds:6.1f} s" if ended else " stopped"
                self._end("[red]✗[/red]", event.stage, time, self._noted(event) if ended else "")
            case _:
                self._end("[dim]·[/dim]", event.stage, "  as is ", "[dim]nothing changed[/dim]")

    def _work(self, stage: str, text: str) -> None:
        """Show that a stage is at work."""
        self._at_work[stage] = text
        self._spin()

    def _end(self, mark: str, stage: str, time: str, note: str) -> None:
        """Show how a stage has ended; others may still be at work."""
        self._at_work.pop(stage, None)
        self._spin()
        self._line(mark, stage, time, note)

    def _spin(self) -> None:
        """Show what is at work, where somebody looks: one stage with its note, or several."""
        if not self._console.is_terminal:
            return
        if not self._at_work:
            if self._status is not None:
                self._status.stop()
                self._status = None
            return
        if self._status is None:
            self._status = self._console.status("")
            self._status.start()
        said = [f"[bold]{escape(name)}[/bold]  {text}" for name, text in self._at_work.items()]
        self._status.update("   ".join(said))

    def _noted(self, event: Event) -> str:
        """Return the last note of a stage that ended."""
        return escape(self._notes.get(event.stage, ""))

    def _wait(self, stage: str, text: str) -> None:
        """Say it where the spinner cannot: a log that stands still for minutes looks broken."""
        if self._console.is_terminal:
            self._work(stage, text)
        else:
            self._line("[dim]·[/dim]", stage, "  waits ", escape(text))

    def _line(self, mark: str, stage: str, time: str, note: str) -> None:
        """Print a line; it stands above a spinner."""
        self._width = max(self._width, len(stage))  # where the projects were not named before
        name = f"{escape(stage)}{' ' * (self._width - len(stage))}"
        self._console.print(f"{mark} [bold]{name}[/bold] {time}  {note}", soft_wrap=True)
