"""Settings of `evaluate`: what is measured and who chooses the threshold."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from partsight.config.section import Section
from partsight.config.values import ClassName, ScoreBound, Share, TextLine

RuleKind: TypeAlias = Literal["auto", "best_f1", "precision", "false_alarms"]
_RULE = re.compile(r"(auto|best_f1|precision|false_alarms)(?: (\d{0,6}\.?\d{1,9}))?( per_class)?")
_EXPECTED = (
    "expected auto, best_f1, 'precision 0.95' or 'false_alarms 0.05', each also with ' per_class' behind it, "
    "a score from 0 to 1, or such scores by class as in { gear = 0.7 }"
)


@dataclass(frozen=True, slots=True)
class OperatingRule:
    """A rule of `evaluate.operate_at` taken apart."""

    kind: RuleKind
    value: float = 0.0
    """Least precision, or most false alarms per picture without parts."""
    is_per_class: bool = False


def parse_rule(text: str) -> OperatingRule:
    """Return an operating rule from its words. Raises ValueError."""
    found = _RULE.fullmatch(" ".join(text.split()))
    if found is None:
        raise ValueError(_EXPECTED)
    kind: RuleKind = found[1]  # type: ignore[assignment]  # the pattern lists them
    number, per_class = found[2], found[3]
    takes_number = kind in ("precision", "false_alarms")
    if takes_number != (number is not None) or (kind == "precision" and float(number) > 1):
        raise ValueError(_EXPECTED)
    return OperatingRule(kind, float(number or 0), per_class is not None)


def _checked(value: Any) -> Any:
    """Return the value in the type that it is meant in: a score may come as text from the command line."""
    if isinstance(value, dict):
        return {str(name): _score(one) for name, one in value.items()}
    if not isinstance(value, str):
        return _score(value)
    try:
        return _score(float(value))
    except ValueError:
        parse_rule(value)
        return " ".join(value.split())


def _score(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(_EXPECTED)
    return float(value)


OperateAt: TypeAlias = Annotated[Share | dict[ClassName, Share] | TextLine, BeforeValidator(_checked)]
"""A rule in words, a score, or scores by class."""


class EvaluateSection(Section):
    """How a detector is judged."""

    protocol: Literal["validation", "baseline"] = "validation"
    """`validation`: threshold chosen on validation, test only reports. `baseline`: best-F1 threshold of the test set itself, as the
    published study chose it: optimistic."""
    operate_at: OperateAt = "auto"
    """The score from which detections count, chosen on validation pictures and kept in the model folder. `best_f1`: where F1 is best.
    `precision 0.95`: the lowest score from which so much of what is reported is right. `false_alarms 0.05`: the best F1, raised until
    there is at most one false alarm in twenty pictures without parts (ten such pictures are needed). `auto`: `false_alarms 0.05` where
    `photos.places` holds 20 pictures or more, otherwise `best_f1`. With ` per_class` behind it, as in `best_f1 per_class`, each class
    gets a score of its own; one with fewer than 10 boxes to choose by keeps the common one. A number such as 0.7 is a score that
    nothing chooses; { gear = 0.7 } fixes it for some classes, and the others have the best F1. With `baseline` F1 alone chooses."""
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
