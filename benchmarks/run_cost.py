"""What one run costs: seconds and peak memory of every stage, in a process of its own.

``python -m benchmarks.run_cost PROJECT PRESET HOME [DATA [UNTIL]]`` prints one JSON object.
"""

import json
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from foresell import api
from foresell.pipeline.work import Event
from foresell.spec.project import Preset

_EVERY_S = 0.02
_PAGE = 4096


@dataclass
class Watch:
    """Samples the memory of this process while stages come and go."""

    stage: str = ""
    peak: dict[str, float] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def hear(self, event: Event) -> None:
        """Remember which stage is at work."""
        if event.kind == "started":
            self.stage = event.stage

    def sample(self) -> None:
        """Note the resident memory, until told to stop."""
        while not self.stop.wait(_EVERY_S):
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            gib = pages * _PAGE / 2**30
            self.peak[self.stage] = max(gib, self.peak.get(self.stage, 0.0))


def main(
    project: str, preset: Preset, home: str, data: str | None = None, until: str | None = None
) -> None:
    """Run and print: seconds and peak GiB by stage, and of the whole."""
    watch = Watch()
    sampler = threading.Thread(target=watch.sample, daemon=True)
    sampler.start()
    began = time.perf_counter()
    result = api.run(project, data=data, preset=preset, until=until, home=home, listen=watch.hear)
    whole = time.perf_counter() - began
    watch.stop.set()
    sampler.join()
    shown = {
        "seconds": whole,
        "peak_gib": max(watch.peak.values()),
        "stages": {
            name: {"seconds": seconds, "peak_gib": watch.peak.get(name, 0.0)}
            for name, seconds in result.seconds.items()
        },
        "rows": result.checks["read"] if result.checks is not None else None,
        "champion": result.champion,
        "passed": result.passed,
    }
    sys.stdout.write(json.dumps(shown) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], cast("Preset", sys.argv[2]), *sys.argv[3:])
