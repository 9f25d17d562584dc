"""The balance of an import: what was found is what came in and what was left out, each reason with its count."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Thing: TypeAlias = Literal["pictures", "boxes"]
Outcome: TypeAlias = Literal["imported", "converted", "replaced", "already there", "left out"]
_PLACES = 3


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """How many of the pictures or boxes fared alike."""

    thing: Thing
    outcome: Outcome
    reason: str
    """Why it was left out, or what it was converted from; empty where the outcome says all."""
    count: int
    places: tuple[str, ...]
    """The first of them."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What became of everything that was found."""

    num_pictures: int
    num_boxes: int
    lines: tuple[BalanceLine, ...]

    def count(self, thing: Thing, *outcomes: Outcome) -> int:
        """Return how many fared so."""
        return sum(line.count for line in self.lines if line.thing == thing and line.outcome in outcomes)

    @property
    def is_complete(self) -> bool:
        """Whether every picture and box that was found is accounted for."""
        sums = {thing: sum(line.count for line in self.lines if line.thing == thing) for thing in ("pictures", "boxes")}
        return sums == {"pictures": self.num_pictures, "boxes": self.num_boxes}


@dataclass(slots=True)
class BalanceSheet:
    """A balance while it is drawn up."""

    _lines: dict[tuple[Thing, Outcome, str], list[Any]] = field(default_factory=dict)

    def add(self, thing: Thing, outcome: Outcome, reason: str = "", *, place: str, count: int = 1) -> None:
        """Count something."""
        if count:
            entry = self._lines.setdefault((thing, outcome, reason), [0])
            entry[0] += count
            entry[1:] = [*entry[1:], place][:_PLACES] if place not in entry else entry[1:]

    def closed(self, num_pictures: int, num_boxes: int) -> Balance:
        """Return the balance of so many pictures and boxes found."""
        lines = (BalanceLine(*key, entry[0], tuple(entry[1:])) for key, entry in self._lines.items())
        return Balance(num_pictures, num_boxes, tuple(lines))


def balance_sentences(balance: Balance) -> list[str]:
    """Return the balance in words: one sum for pictures, one for boxes, and a line for each reason."""
    return [
        f"pictures found {balance.num_pictures} = {_sum(balance, 'pictures')}",
        f"boxes in the files {balance.num_boxes} = {_sum(balance, 'boxes')}",
        *(f"  {told}" for told in _reasons(balance.lines)),
    ]


def balance_from(content: Mapping[str, Any]) -> Balance:
    """Return a balance as it was written to JSON. Raises KeyError, TypeError or ValueError for anything else."""
    lines = (BalanceLine(**{**line, "places": tuple(line["places"])}) for line in content["lines"])
    return Balance(int(content["num_pictures"]), int(content["num_boxes"]), tuple(lines))


def _sum(balance: Balance, thing: Thing) -> str:
    outcomes: tuple[Outcome, ...] = ("imported", "converted", "replaced", "already there", "left out")
    counts = {outcome: balance.count(thing, outcome) for outcome in outcomes}
    shown = [f"{count} {outcome}" for outcome, count in counts.items() if count or outcome in {"imported", "left out"}]
    return " + ".join(shown)


def _reasons(lines: Iterable[BalanceLine]) -> Iterable[str]:
    for line in lines:
        if line.reason:
            what = "converted from" if line.outcome == "converted" else f"{line.outcome}:"
            more = " …" if line.count > len(line.places) else ""
            yield f"{line.count} {line.thing} {what} {line.reason} ({', '.join(line.places)}{more})"
