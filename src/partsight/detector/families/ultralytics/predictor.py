"""The library's predictor of masks, which hands out what masks are made of: its own masks take a picture each, of floats."""

from typing import Any

from ultralytics.engine.results import Results
from ultralytics.models.yolo.segment import SegmentationPredictor
from ultralytics.utils import ops


class MixturePredictor(SegmentationPredictor):
    """Finds boxes, and for each the mixture of the picture's prototypes."""

    def construct_result(self, pred: Any, img: Any, orig_img: Any, img_path: Any, proto: Any) -> Results:
        """Return the library's result with boxes in the picture's pixels, and `mixtures` (N, K) of `prototypes` (K, h, w)."""
        pred[:, :4] = ops.scale_boxes(img.shape[2:], pred[:, :4], orig_img.shape)
        result = Results(orig_img, path=img_path, names=self.model.names, boxes=pred[:, :6])
        result.mixtures, result.prototypes = pred[:, 6:], proto
        result.input_wh = (img.shape[3], img.shape[2])
        return result
