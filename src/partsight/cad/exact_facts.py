"""What the exact surfaces of a part say of its soundness, summed up over its nodes."""

from collections import Counter
from collections.abc import Sequence

from partsight.cad.readers.pieces import ExactBody, Piece, ReadFile

SHOWN_REMARKS = 5


def exact_bodies(file: ReadFile, body: Sequence[Piece]) -> tuple[ExactBody, ...]:
    """Return the exact figures of the nodes of a part; none where any of them has triangles only."""
    nodes = dict.fromkeys(piece.node.ids for piece in body)
    return tuple(file.exact[ids] for ids in nodes) if all(ids in file.exact for ids in nodes) else ()


def exact_warnings(bodies: Sequence[ExactBody], *, is_joined_late: bool) -> tuple[str, ...]:
    """Say what a person should mend; formats whose faces are never joined (`is_joined_late`) are not blamed for it."""
    found = []
    num_unjoined = sum(one.num_unjoined_edges for one in bodies)
    if num_unjoined and not is_joined_late:
        found.append(f"{num_unjoined} edges lie on each other without being joined: join the faces to a solid")
    num_inside_out = sum(one.num_inside_out for one in bodies)
    if num_inside_out:
        found.append(f"{num_inside_out} solid(s) are inside out: all their faces face inwards")
    num_doubled = sum(count - 1 for count in Counter(mark for one in bodies for mark in one.marks).values())
    if num_doubled:
        found.append(f"{num_doubled} solid(s) lie where an equal one lies already: remove one of the two")
    told = tuple(dict.fromkeys(text for one in bodies for text in one.remarks))
    more = (
        (f"{len(told) - SHOWN_REMARKS} more shapes differ from what the file states",)
        if len(told) > SHOWN_REMARKS
        else ()
    )
    return (*found, *told[:SHOWN_REMARKS], *more)
