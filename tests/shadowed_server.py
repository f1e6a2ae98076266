"""A real server of a toy with another version beside it, whose child behaves as a test wants."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import CHECKSUMS, Bundle, write_bundle
from foresell.serving.desk import Desk
from foresell.serving.factory import create_app
from foresell.serving.guards import Guards
from foresell.serving.shadow import Heard, Shadow, Tally
from foresell.serving.site import Site
from foresell.spec.serving import Live as LiveVersion
from foresell.spec.serving import Place
from tests.live_server import Live, live
from tests.served_bundles import served, slot

DeskOf = Callable[[Heard], Desk]


@dataclass
class Told:
    """What the shadow told of itself."""

    deltas: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    dropped: int = 0
    said: list[str] = field(default_factory=list)

    def scored(self, _: str, deltas: Sequence[float], answers: Sequence[float]) -> None:
        self.deltas += deltas
        self.answers += answers

    def lost(self, _: str, rows: int) -> None:
        self.dropped += rows


@dataclass
class Shadowed:
    """A server with a shadow, and what is known of both."""

    server: Live
    shadow: Shadow
    told: Told


def in_folder(bundle: Bundle, folder: Path, version: int = 2) -> LiveVersion:
    """Put a bundle into a folder; return the version that lies there."""
    write_bundle(bundle, DirectoryStore(folder))
    digest = sha256((folder / CHECKSUMS).read_bytes()).hexdigest()
    place = Place(project="toy", folder=str(folder))
    return LiveVersion(
        project="toy",
        alias="staging",
        version=str(version),
        digest=digest,
        run_id="",
        place=place,
    )


@contextmanager
def shadowed(desk_of: DeskOf, beside: LiveVersion | None) -> Iterator[Shadowed]:
    """Serve version 1 of the toy, which answers 100, with ``beside`` as its shadow."""
    told, toy = Told(), slot("toy", served(1, 100.0))
    toy.shadow = None if beside is None else replace(beside)
    shadow = Shadow(
        toy, desk_of, Tally(scored=told.scored, dropped=told.lost, said=told.said.append)
    )
    site = Site(
        slots={"toy": toy},
        root="toy",
        guards=Guards(),
        listeners=(shadow,),
        closing=(shadow.close,),
    )
    with live(create_app(site)) as server:
        yield Shadowed(server, shadow, told)
