"""Results on the page: the figures at any threshold, the errors behind them, and the pictures of those."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, final

import numpy as np
from fastapi import FastAPI, Query
from starlette.responses import FileResponse, Response

from partsight.app.next_steps import next_step
from partsight.app.project import Project
from partsight.config.recipe import Recipe
from partsight.errors import PartsightError
from partsight.evaluate.intervals.comparing import compare
from partsight.evaluate.matching import match
from partsight.files import read_json
from partsight.pictures import jpeg_bytes, read_picture, reduced
from partsight.pipeline.photo_answers import photo_key
from partsight.pipeline.running.run import RECIPE
from partsight.pipeline.running.workspace import list_finished
from partsight.pipeline.stages.evaluate.stage import EvaluateManifest, EvaluateOutput
from partsight.pipeline.study.compare import check_same, describe_comparison
from partsight.pipeline.study.results import Result, open_result
from partsight.structures.dataset import Dataset
from partsight.structures.matched import Matched, Pairing
from partsight.web.problems import problem

ErrorKind: TypeAlias = Literal["false", "missed", "wrong name"]
NUM_THRESHOLDS = 60
_MOST_ERRORS = 120
_SHOWN_PX, _QUALITY = 1280, 85

Key = Annotated[str, Query(pattern=r"^[0-9a-f]{8,64}$")]
Threshold = Annotated[float, Query(ge=0, le=1)]
Index = Annotated[int, Query(ge=0)]


@dataclass(frozen=True)
class OpenResult:
    """A finished evaluation as the page shows it."""

    result: Result

    @property
    def output(self) -> EvaluateOutput:
        """Its figures and detections."""
        return self.result.output

    @property
    def test(self) -> Dataset:
        """Its pictures."""
        return self.result.test

    @property
    def recipe(self) -> Recipe:
        """What made it."""
        return self.result.recipe

    @cached_property
    def matched(self) -> Matched:
        """Which detections found which parts."""
        return match(self.test, self.output.detections)

    def figures(self) -> dict[str, Any]:
        """Return what the page shows of it, with figures over the whole range of thresholds."""
        evaluation = self.output.evaluation
        is_empty = np.array([len(sample.class_ids) == 0 for sample in self.test.samples])
        thresholds = np.linspace(0.02, 0.98, NUM_THRESHOLDS)
        rows = [self._row(self.matched.at(float(threshold)), is_empty) for threshold in thresholds]
        return {
            "key": self.output.key,
            "name": self.recipe.name,
            "is_corrected": self.result.is_corrected,
            "next": [next_step(advice) for advice in self.result.advice],
            "classes": evaluation.class_names,
            "num_images": evaluation.num_images,
            "num_boxes": evaluation.overall.num_boxes,
            "num_empty": int(is_empty.sum()),
            "num_sessions": evaluation.num_sessions,
            "of_photos": any(sample.source == "photo" for sample in self.test.samples),
            "map50": _number(evaluation.overall.ap50),
            "interval": _interval(evaluation.intervals.get("map50")),
            "threshold": evaluation.threshold,
            "threshold_source": evaluation.threshold_source,
            "thresholds": thresholds.round(4).tolist(),
            "rows": rows,
        }

    def errors(self, threshold: float) -> list[dict[str, Any]]:
        """Return false detections, wrong names and missed parts at a threshold, the surest first."""
        pairing = self.matched.at(threshold)
        wrong = np.flatnonzero(pairing.is_kept & ~pairing.is_right)
        found = [self._false(int(row), pairing) for row in wrong[np.argsort(-self.matched.scores[wrong])]]
        missed = np.flatnonzero(pairing.detection_ids < 0)
        return [*found, *(self._missed(int(row)) for row in missed)][:_MOST_ERRORS]

    def boxes(self, index: int, threshold: float) -> dict[str, Any]:
        """Return true boxes and detections of a picture."""
        sample, pairing = self.test.samples[index], self.matched.at(threshold)
        found, truth = self.matched.detections_of(index), self.matched.boxes_of(index)
        detections = self.matched.detections[index]
        return {
            "size": sample.size_wh,
            "truth": [
                {"box": box, "name": self.test.class_names[class_id], "is_found": is_found}
                for box, class_id, is_found in zip(
                    sample.boxes_xyxy.tolist(), sample.class_ids.tolist(), pairing.is_found[truth].tolist(), strict=True
                )
            ],
            "found": [
                {"box": box, "name": self.test.class_names[class_id], "score": round(score, 3), "is_right": is_right}
                for box, class_id, score, is_right, is_kept in zip(
                    detections.boxes_xyxy.tolist(), detections.class_ids.tolist(), detections.scores.tolist(),
                    pairing.is_right[found].tolist(), pairing.is_kept[found].tolist(), strict=True,
                )
                if is_kept
            ],
        }  # fmt: skip

    def _row(self, pairing: Pairing, is_empty: np.ndarray) -> dict[str, Any]:
        kept, right = int(pairing.is_kept.sum()), int(pairing.is_right.sum())
        boxes = len(pairing.is_found)
        on_empty = int((pairing.is_kept & is_empty[self.matched.image_ids]).sum())
        return {
            "precision": right / kept if kept else None,
            "recall": right / boxes if boxes else None,
            "false_per_picture": (kept - right) / max(1, len(is_empty)),
            "false_per_empty": on_empty / int(is_empty.sum()) if is_empty.any() else None,
        }

    def _false(self, row: int, pairing: Pairing) -> dict[str, Any]:
        index, truth_id = int(self.matched.image_ids[row]), int(pairing.truth_ids[row])
        place = row - self.matched.detections_of(index).start
        names = self.test.class_names
        kind: ErrorKind = "false" if truth_id < 0 else "wrong name"
        return {
            **self._picture(index),
            "kind": kind,
            "name": names[int(self.matched.class_ids[row])],
            "truth": None if truth_id < 0 else names[int(self.matched.truth_class_ids[truth_id])],
            "score": round(float(self.matched.scores[row]), 3),
            "box": self.matched.detections[index].boxes_xyxy[place].tolist(),
        }

    def _missed(self, row: int) -> dict[str, Any]:
        index = int(self.matched.truth_image_ids[row])
        place = row - self.matched.boxes_of(index).start
        return {
            **self._picture(index),
            "kind": "missed",
            "name": self.test.class_names[int(self.matched.truth_class_ids[row])],
            "truth": None,
            "score": None,
            "box": self.test.samples[index].boxes_xyxy[place].tolist(),
        }

    def _picture(self, index: int) -> dict[str, Any]:
        sample = self.test.samples[index]
        return {
            "index": index,
            "picture": sample.sample_id,
            "size": sample.size_wh,
            "photo": photo_key(self.recipe, sample.image_path),
        }


@final
class ResultShelf:
    """Finished evaluations of the project, opened as they are asked for."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._open: dict[str, OpenResult] = {}

    def listed(self) -> list[dict[str, Any]]:
        """Return all finished evaluations, the newest first."""
        found = [
            (folder, manifest, (folder / "manifest.json").stat().st_mtime)
            for folder, manifest in list_finished(self._project.workspace, "evaluate", EvaluateManifest)
        ]
        return [
            {"key": folder.name, "name": _name(folder), "map50": _number(manifest.map50), "when_s": when_s}
            for folder, manifest, when_s in sorted(found, key=lambda one: -one[2])
        ]

    def open(self, key: str, *, anew: bool = False) -> OpenResult:
        """Return a finished evaluation, by the labels of when it was opened. Raises EvaluationError where pictures are others now."""
        if anew or key not in self._open:
            self._open[key] = OpenResult(open_result(self._project.workspace, key, self._project.folder))
        return self._open[key]


def serve(app: FastAPI, project: Project, shelf: ResultShelf) -> None:
    """Serve results."""

    @app.get("/api/results")
    def listed() -> list[dict[str, Any]]:
        return shelf.listed()

    @app.get("/api/result")
    def result(key: Key) -> dict[str, Any]:
        return shelf.open(key, anew=True).figures()

    @app.get("/api/result/errors")
    def errors(key: Key, threshold: Threshold) -> list[dict[str, Any]]:
        return shelf.open(key).errors(threshold)

    @app.get("/api/result/boxes")
    def boxes(key: Key, index: Index, threshold: Threshold) -> Any:
        found = shelf.open(key)
        return found.boxes(index, threshold) if index < len(found.test.samples) else problem(404, "no such picture")

    @app.get("/api/result/picture")
    def picture(key: Key, index: Index) -> Response:
        samples = shelf.open(key).test.samples
        return _jpeg(samples[index].image_path) if index < len(samples) else problem(404, "no such picture")

    _serve_whole(app, project, shelf)


def _serve_whole(app: FastAPI, project: Project, shelf: ResultShelf) -> None:
    @app.get("/api/results/compare")
    def compared(first: Key, second: Key) -> dict[str, str]:
        one, two = shelf.open(first, anew=True), shelf.open(second, anew=True)
        check_same(one.test, two.test)
        rng, section = np.random.default_rng(one.recipe.seed), one.recipe.evaluate
        found = compare(one.test, one.output.detections, two.output.detections, section, rng)
        return {"sentence": describe_comparison(found)}

    @app.get("/report")
    def report() -> Response:
        pages = (project.workspace.root / "report").glob("*/report.html")
        path = max(pages, key=lambda page: page.stat().st_mtime, default=None)
        if path is None:
            return problem(404, "there is no report yet")
        policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
        return FileResponse(path, media_type="text/html", headers={"Content-Security-Policy": policy})


def _jpeg(path: Path) -> Response:
    return Response(jpeg_bytes(reduced(read_picture(path), _SHOWN_PX), _QUALITY), media_type="image/jpeg")


def _name(folder: Path) -> str:
    try:
        return str(read_json(folder / RECIPE).get("name", ""))
    except (OSError, PartsightError, AttributeError):
        return ""


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else round(float(value), 4)


def _interval(found: Any) -> Sequence[float] | None:
    return None if found is None else (round(found.low, 4), round(found.high, 4))
