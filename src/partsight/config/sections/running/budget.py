"""Settings of `budget`: how long a run may take, instead of five numbers."""

from typing import Annotated

from pydantic import Field

from partsight.config.section import Section


class BudgetSection(Section):
    """A time, from which this machine works out what it can do in it (docs/reference/budget.md)."""

    minutes: Annotated[float, Field(gt=0, le=100_000)] | None = None
    """Minutes from CAD files to the report. Number and size of renders, paths per pixel, input size and epochs are chosen by this
    machine's measured speed, once; what the recipe states of them (not its preset) stays. Not given: the recipe's own numbers."""
