"""Counting and checking on the live page: what is drawn, what is told with each look, what a page or program can ask for."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict, Field

from partsight.config.sections.live import LiveSection
from partsight.deploy.live.inspection.checking import KitChecks, told
from partsight.deploy.live.inspection.history import CheckHistory
from partsight.deploy.live.inspection.places import PlaceCounter
from partsight.web.problems import Json, problem


@dataclass(frozen=True, slots=True)
class LiveInspection:
    """What is counted and checked at a station."""

    section: LiveSection
    places: PlaceCounter
    checks: KitChecks
    history: CheckHistory

    def state(self) -> dict[str, Any]:
        """Return counts and checks as they are now."""
        checks = {name: told(check) for name, check in self.checks.newest().items()}
        return {"counts": self.places.counts(), "checks": checks, "last_check": self.history.last}


class AskedCheck(BaseModel):
    """A check to be written down now."""

    model_config = ConfigDict(extra="forbid")
    kit: Annotated[str, Field(max_length=200)] = ""
    """Empty where there is one kit only."""


def serve_inspection(app: FastAPI, inspection: LiveInspection) -> None:
    """Answer what zones, lines and kits there are, and requests to check and to count anew."""

    @app.get("/places")
    def places() -> dict[str, Any]:
        """Return zones, lines and kits as the recipe has them; places are shares of the picture."""
        section = inspection.section
        return {
            "zones": {name: zone.corners for name, zone in section.zones.items()},
            "lines": {name: [line.start, line.end] for name, line in section.lines.items()},
            "kits": {
                name: {"parts": kit.parts, "zone": kit.zone, "trigger": kit.trigger}
                for name, kit in section.check.items()
            },
        }

    @app.get("/counts")
    def counts() -> dict[str, Any]:
        """Return what is in the zones and has crossed the lines, and how the kits are now."""
        return inspection.state()

    @app.post("/counts/reset")
    def reset() -> dict[str, Any]:
        """Count from 0 again."""
        inspection.places.reset()
        return inspection.state()

    @app.post("/check")
    def check(asked: AskedCheck) -> Response:
        """Check a kit now and write it down."""
        kits = inspection.section.check
        name = asked.kit or (next(iter(kits)) if len(kits) == 1 else "")
        if name not in kits:
            return problem(
                404, f"no kit {name!r}; known: {', '.join(kits) or 'none, the recipe names none in [live.check]'}"
            )
        newest = inspection.checks.newest().get(name)
        if newest is None:
            return problem(503, "no frame has come yet")
        return Json(inspection.history.record(newest, "asked"))
