"""Places for a graph of boxes in layers, so that arrows lead downwards and seldom cross.

Source: Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
structures", IEEE Transactions on Systems, Man, and Cybernetics 11(2), 1981: layers, an order in
each by the mean place of what it is tied to, then the places.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Node = tuple[str, ...]  # (name,) is a box; (from, to, layer) is where an arrow passes a layer
_SWEEPS = 12
_SETTLES = 60
_PASSING = 3  # words that name a place where an arrow passes a layer


@dataclass(frozen=True, kw_only=True)
class Laid:
    """Where everything lies. ``x`` is the middle of a box, ``layer`` counts from the top.

    ``ways``: for each arrow, by (from, to), the points (x, layer) that it goes through, in order.
    ``width``: of all boxes and arrows; the leftmost of them begins at 0. All in pixels.
    """

    x: Mapping[str, float]
    layer: Mapping[str, int]
    ways: Mapping[tuple[str, str], Sequence[tuple[float, int]]]
    width: float


def laid(before: Mapping[str, Sequence[str]], *, box: float, pass_by: float) -> Laid:
    """Return places for the boxes of ``before``, each behind those it hangs on.

    ``box``: the width of one with its margin; ``pass_by``: that of an arrow which passes a layer.
    No two boxes of a layer overlap. The same graph gives the same places.

    >>> found = laid({"a": (), "b": ("a",), "c": ("a",)}, box=100, pass_by=20)
    >>> found.x, found.layer["c"], found.width
    ({'a': 100.0, 'b': 50.0, 'c': 150.0}, 1, 200.0)
    """
    depth: dict[str, int] = {}
    for name, earlier in before.items():
        depth[name] = 1 + max((depth[one] for one in earlier), default=-1)
    chains = {
        (one, name): _chain(one, name, depth) for name, earlier in before.items() for one in earlier
    }
    layers: list[list[Node]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for name, level in depth.items():
        layers[level].append((name,))
    for (one, _), chain in chains.items():
        for place, node in enumerate(chain[1:-1], depth[one] + 1):
            layers[place].append(node)
    ties = [tie for chain in chains.values() for tie in pairwise(chain)]
    layers = _ordered(layers, ties)
    x = _placed(layers, ties, {1: box, _PASSING: pass_by})
    sides = [(place, {1: box, _PASSING: pass_by}[len(node)] / 2) for node, place in x.items()]
    left = min((place - half for place, half in sides), default=0.0)
    levels = {node: level for level, layer in enumerate(layers) for node in layer}
    return Laid(
        x={name: round(x[(name,)] - left, 1) for name in depth},
        layer=depth,
        ways={
            ends: [(round(x[node] - left, 1), levels[node]) for node in chain]
            for ends, chain in chains.items()
        },
        width=round(max((place + half for place, half in sides), default=0.0) - left, 1),
    )


def _chain(one: str, name: str, depth: Mapping[str, int]) -> list[Node]:
    """Return the nodes of an arrow: its ends, and one in every layer between them."""
    between = [(one, name, str(level)) for level in range(depth[one] + 1, depth[name])]
    return [(one,), *between, (name,)]


def _ordered(layers: list[list[Node]], ties: Sequence[tuple[Node, Node]]) -> list[list[Node]]:
    """Return the layers in the order with the fewest crossings that sweeps up and down find."""
    above: dict[Node, list[Node]] = {}
    below: dict[Node, list[Node]] = {}
    for upper, lower in ties:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    best, fewest = layers, _crossings(layers, ties)
    current = [list(layer) for layer in layers]
    for sweep in range(_SWEEPS):
        order = range(len(current)) if sweep % 2 == 0 else range(len(current) - 1, -1, -1)
        tied = above if sweep % 2 == 0 else below
        for level in order:
            place = _shares(current)
            current[level].sort(key=lambda node: _mean(node, tied, place))
        if (crossings := _crossings(current, ties)) < fewest:
            best, fewest = [list(layer) for layer in current], crossings
    return best


def _shares(layers: Sequence[Sequence[Node]]) -> dict[Node, float]:
    """Return how far from the left each node stands in its layer, from 0 to 1."""
    return {node: (at + 0.5) / len(layer) for layer in layers for at, node in enumerate(layer)}


def _mean(node: Node, tied: Mapping[Node, Sequence[Node]], place: Mapping[Node, float]) -> float:
    """Return the mean place of what ``node`` is tied to; its own where that is nothing."""
    others = tied.get(node, ())
    return sum(place[one] for one in others) / len(others) if others else place[node]


def _crossings(layers: Sequence[Sequence[Node]], ties: Sequence[tuple[Node, Node]]) -> int:
    """Return how many pairs of ties between neighbouring layers cross."""
    at = {
        node: (level, place)
        for level, layer in enumerate(layers)
        for place, node in enumerate(layer)
    }
    drawn = [(at[upper], at[lower]) for upper, lower in ties]
    return sum(
        a[0] == b[0] and (a[1] - b[1]) * (c[1] - d[1]) < 0
        for place, (a, c) in enumerate(drawn)
        for b, d in drawn[:place]
    )


def _placed(
    layers: Sequence[Sequence[Node]],
    ties: Sequence[tuple[Node, Node]],
    widths: Mapping[int, float],
) -> dict[Node, float]:
    """Return the middle of every node: near what it is tied to, in order, and never overlapping."""
    tied: dict[Node, list[Node]] = {}
    for upper, lower in ties:
        tied.setdefault(lower, []).append(upper)
        tied.setdefault(upper, []).append(lower)
    x: dict[Node, float] = {}
    for layer in layers:
        edges = _offsets(layer, widths)
        x |= {node: edge - edges[-1] / 2 for node, edge in zip(layer, edges, strict=True)}
    for turn in range(_SETTLES):
        for layer in layers if turn % 2 == 0 else reversed(layers):
            wanted = [_mean(node, tied, x) for node in layer]
            x |= dict(zip(layer, _apart(wanted, _offsets(layer, widths)), strict=True))
        x = _straightened(layers, x, widths)
    return x


def _straightened(
    layers: Sequence[Sequence[Node]], x: Mapping[Node, float], widths: Mapping[int, float]
) -> dict[Node, float]:
    """Return ``x`` with every long arrow upright where what stands beside it leaves the room."""
    room: dict[Node, list[tuple[float, float, float]]] = {}
    for layer in layers:
        for at, node in enumerate(layer):
            if len(node) == _PASSING:
                left = [x[one] + _apart_by(one, node, widths) for one in layer[max(at - 1, 0) : at]]
                right = [x[one] - _apart_by(node, one, widths) for one in layer[at + 1 : at + 2]]
                ends = (*left, -math.inf)[0], (*right, math.inf)[0]
                room.setdefault(node[:2], []).append((*ends, x[node]))
    upright = {}
    for arrow, found in room.items():
        low, high = max(one[0] for one in found), min(one[1] for one in found)
        if low <= high:
            middle = sum(one[2] for one in found) / len(found)
            upright[arrow] = min(max(middle, low), high)
    return {
        node: upright.get(node[:2], place) if len(node) == _PASSING else place
        for node, place in x.items()
    }


def _apart_by(left: Node, right: Node, widths: Mapping[int, float]) -> float:
    """Return how far the middles of two neighbours stand apart at least."""
    return (widths[len(left)] + widths[len(right)]) / 2


def _offsets(layer: Sequence[Node], widths: Mapping[int, float]) -> list[float]:
    """Return how far right of the first node of a layer each one stands at least."""
    found = [0.0] if layer else []
    for left, right in pairwise(layer):
        found.append(found[-1] + _apart_by(left, right, widths))
    return found


def _apart(wanted: Sequence[float], offsets: Sequence[float]) -> list[float]:
    """Return the places nearest to those ``wanted``, in squares, that keep order and distance.

    Pool adjacent violators: neighbours that would come too near move as one.

    >>> _apart([0.0, 0.0, 50.0], [0.0, 10.0, 20.0])
    [-5.0, 5.0, 50.0]
    """
    blocks: list[tuple[float, int]] = []  # mean of wanted less offset, and how many
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, more = blocks.pop()
            mean, count = (other * more + mean * count) / (more + count), count + more
        blocks.append((mean, count))
    level = [mean for mean, count in blocks for _ in range(count)]
    return [mean + offset for mean, offset in zip(level, offsets, strict=True)]
