"""Settings of `report`: what the page shows."""

from typing import Annotated

from pydantic import Field

from partsight.config.section import Section
from partsight.config.values import TextLine


class ReportSection(Section):
    """What the HTML page shows."""

    title: TextLine = "Partsight report"
    """Heading."""
    gallery: Annotated[int, Field(ge=0, le=200)] = 24
    """Pictures in each gallery."""
