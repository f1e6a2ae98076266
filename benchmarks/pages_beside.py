"""What pages cost the server that shows them: how answers wait, how soon pages come, and memory.

``python -m benchmarks.pages_beside --home HOME [--seconds S]``: a trained sales_orders and walmart
under HOME, on staging. Nothing of it is changed.

1. ``foresell dashboard``: every page of both projects, the first visit and the second, from the
   moment the server says that it listens.
2. ``foresell serve sales_orders walmart --alias staging``: one row is asked 20 times a second,
   first while nobody looks, then while somebody opens pages and charts as fast as they come. Told
   are the median, the slowest of a hundred and the slowest of all answers of either, and the
   memory of both processes.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from threading import Event

import httpx

from foresell.dashboard.pages import pages_of
from tests.e2e.order_rows import LINE
from tests.looked_homes import dashboard
from tests.serve_process import Running, serving

_PROJECTS = (("walmart", "panel"), ("sales_orders", "tabular"))
_EVERY_S = 0.05
_PATIENCE_S = 60.0


def addresses() -> list[str]:
    """Return the address of every page of both projects, the overview first."""
    return [
        "/ui",
        *(
            f"/ui/projects/{name}/{page.name}"
            for name, kind in _PROJECTS
            for page in pages_of("panel" if kind == "panel" else "tabular")
        ),
    ]


def visits(home: Path) -> None:
    """Print how soon every page comes, the first time and the second."""
    began = time.perf_counter()
    with dashboard(home, *(name for name, _ in _PROJECTS)) as url:
        listens = time.perf_counter() - began
        print(f"foresell dashboard listens after {listens:.2f} s")
        print(f"{'page':<44} {'first ms':>9} {'second ms':>10} {'KB packed':>10}")
        for path in addresses():
            first, second = _visit(url + path), _visit(url + path)
            print(f"{path:<44} {first[0]:9.0f} {second[0]:10.0f} {second[1] / 1000:10.1f}")


def _visit(address: str) -> tuple[float, int]:
    """Return the milliseconds and the bytes of one page."""
    began = time.perf_counter()
    with httpx.stream("GET", address, timeout=_PATIENCE_S) as reply:
        reply.raise_for_status()
        size = sum(len(piece) for piece in reply.iter_raw())
    return 1000 * (time.perf_counter() - began), size


def beside(home: Path, row: dict[str, object], seconds: float) -> None:
    """Print how answers wait while nobody looks, and while somebody does."""
    words = [name for name, _ in reversed(_PROJECTS)]
    with serving(home, *words, "--alias", "staging") as server:
        url = f"http://127.0.0.1:{server.port}"
        _answers(url, row, 1.0)
        alone = _answers(url, row, seconds)
        idle = _memory(server)
        over = Event()
        with ThreadPoolExecutor(2) as pool:
            looking = [pool.submit(_look, url, over, order) for order in (1, -1)]
            looked = _answers(url, row, seconds)
            over.set()
            pages = sum(one.result() for one in looking)
        print(f"\none row of sales_orders, 20 a second for {seconds:g} s")
        for says, taken in (("nobody looks", alone), (f"{pages} pages and charts", looked)):
            cuts = quantiles(taken, n=100)
            each = f"median {cuts[49]:6.2f} ms, p99 {cuts[98]:7.2f} ms, slowest {max(taken):7.2f}"
            print(f"  {says:<28} {each} ms")
        print(f"  memory of the server {idle[0]:.0f} MB, then {_memory(server)[0]:.0f} MB")
        print(f"  memory of the process of pages {_memory(server)[1]:.0f} MB")


def _answers(url: str, row: dict[str, object], seconds: float) -> list[float]:
    """Return the milliseconds of answers that are asked for in a fixed rhythm, late or not."""
    taken, began = [], time.perf_counter()
    with httpx.Client(base_url=url, timeout=_PATIENCE_S) as client:
        for number in range(int(seconds / _EVERY_S)):
            due = began + number * _EVERY_S
            time.sleep(max(0.0, due - time.perf_counter()))
            reply = client.post("/projects/sales_orders/predict", json=row)
            reply.raise_for_status()
            taken.append(1000 * (time.perf_counter() - due))  # waiting in line counts
    return taken


def _look(url: str, over: Event, order: int) -> int:
    """Open page after page with its charts, drawn both ways; return how many came."""
    came = 0
    with httpx.Client(base_url=url, timeout=_PATIENCE_S) as client:
        for _ in _seen(client, addresses()[::order]):
            came += 1
            if over.is_set():
                break
    return came


def _seen(client: httpx.Client, paths: Sequence[str]) -> Iterator[int]:
    """Ask for what a browser does, page after page, again and again; yield each status."""
    while True:
        for path in ("/ui/sign-in", *paths):
            page = client.get(path).raise_for_status()
            yield page.status_code
            found = [part.partition('"')[0] for part in page.text.split('src="')[1:]]
            drawn = [one.replace("&amp;", "&") for one in found if ".svg" in one]
            for chart in [one for svg in drawn for one in (svg, svg.replace(".svg", ".json"))]:
                yield client.get(chart).raise_for_status().status_code


def _memory(server: Running) -> tuple[float, float]:
    """Return the resident megabytes of a server and of the process that makes its pages."""
    own, pages = _resident(server.process.pid), 0.0
    children = Path(f"/proc/{server.process.pid}/task").glob("*/children")
    for pid in {int(one) for task in children for one in task.read_text().split()}:
        if b"pages" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            pages = _resident(pid)
    return own, pages


def _resident(pid: int) -> float:
    """Return the megabytes of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(one.split()[1]) for one in lines if one.startswith("VmRSS")) / 1024


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=20.0)
    said = parser.parse_args()
    visits(said.home)
    beside(said.home, LINE, said.seconds)


if __name__ == "__main__":
    main()
