"""Settings of `evaluate`: what is measured and who chooses the threshold."""

from typing import Annotated, Literal

from pydantic import Field

from partsight.config.section import Section
from partsight.config.values import ScoreBound


class EvaluateSection(Section):
    """How a detector is judged."""

    protocol: Literal["validation", "baseline"] = "validation"
    """`validation`: threshold chosen on validation, test only reports. `baseline`: best-F1 threshold of the test set itself, as the
    published study chose it: optimistic."""
    thresholds: Literal["one", "per_class"] = "one"
    """`per_class`: each class gets the threshold with its own best F1; with fewer than 10 boxes to choose by, the common one."""
    most_false_alarms: Literal["any"] | Annotated[float, Field(ge=0, le=1000)] = "any"
    """Most false alarms per validation picture without parts, such as 0.05: where the best F1 has more, the threshold is raised until
    there are no more, and recall pays for it. With `any`, with fewer than 10 such pictures, and with `baseline`, F1 alone chooses."""
    input_scales: Annotated[tuple[Annotated[float, Field(ge=0.5, le=3)], ...], Field(min_length=1, max_length=20)] = (
        1.0,
        1.25,
        1.5,
    )
    """Sizes of the network's input for photos, as shares of the size learned at. The first counts, unless validation photos show
    clearly that another one is better (95 % interval of the difference in mAP50); test photos, exports and live views follow. Larger
    ones show small parts better; time grows with the square. With `baseline` the first counts."""
    bootstrap: Annotated[int, Field(ge=0, le=100_000)] = 1000
    """Resamples for the intervals; 0 gives none."""
    min_score: ScoreBound = 0.001
    """Detections below this score are not asked for."""
    max_detections: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Most detections per picture (COCO: 100)."""
