"""A sink of alerts in memory: the twin of a webhook, for tests."""

from dataclasses import dataclass, field

from foresell.errors import MachineError
from foresell.spec.monitoring import Alert


@dataclass
class MemorySink:
    """Holds what it was told, in order. ``down``: it is out of reach."""

    told: list[Alert] = field(default_factory=list)
    down: bool = False

    def send(self, alert: Alert) -> None:
        """Take an alert.

        Raises:
            MachineError: it is down.
        """
        if self.down:
            raise MachineError("the alert was not taken", self.label, "bring it up")
        self.told.append(alert)

    @property
    def label(self) -> str:
        """What to call this place in an error."""
        return "memory"
