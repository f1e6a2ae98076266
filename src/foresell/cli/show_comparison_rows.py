"""Places in a difference, in lines that stand on any screen."""

import re

_PIECE = re.compile(r"[. ]*[^. ]+[. ]*")  # of a place


def broken(place: str, width: int) -> str:
    r"""Return ``place`` in lines of at most ``width``, broken after its dots and blanks, if it can.

    >>> broken("protocols.held-out.groups", 20), broken("lightgbm: leaves", 20)
    ('protocols.held-out.\ngroups', 'lightgbm: leaves')
    """
    lines = [""]
    for piece in _PIECE.findall(place):
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > width:
            lines.append(piece)
        else:
            lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)
