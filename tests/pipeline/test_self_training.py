"""Self-training: a further training with frames of videos that the detector labeled; what judges never teaches."""

import dataclasses
import shutil
from importlib.util import find_spec

import numpy as np
import pytest

from partsight.errors import DatasetError
from partsight.files import hash_file
from partsight.photos.storage import Records, SourceRecord, write_records
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.run import Run
from partsight.pipeline.stages.train.self_training import check_held_out
from partsight.progress import Silence
from partsight.staging import staged
from tests.unit.photos.videos import write_video

if find_spec("ultralytics") is None:  # importing it here would change Pillow for all tests
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def video(finished, tmp_path_factory):
    """A film of one picture: what is seen once is seen in each frame."""
    from partsight.pictures import read_picture

    sample = next(sample for sample in finished.render().dataset.samples if len(sample.class_ids))
    return write_video(tmp_path_factory.mktemp("film") / "walk.mp4", [read_picture(sample.image_path)] * 12)


@pytest.fixture(scope="module")
def with_videos(finished):
    """Return an experiment that goes on with videos; a network of one epoch is sure of nothing, so all is believed."""

    def open_experiment(*videos, **settings):
        believing = {"score": 1e-6, "doubt": 1e-6, "frames": 8, "videos": videos, **settings}
        short = {"train.finetune.epochs": 1, "train.finetune.pictures": 12}
        changed = finished.recipe.at({**short, "train.self_training": believing})
        return Experiment(changed, finished.workspace, Silence())

    return open_experiment


def test_frames_that_the_detector_labeled_are_shown_in_a_further_training(with_videos, video):
    experiment = with_videos(video)
    trained = experiment.train()
    assert [output.title for output in (*trained.earlier, trained)] == ["train", "own labels"]
    labeled = frames(experiment)
    assert 0 < len(labeled) <= 8
    assert all(len(sample.class_ids) and sample.image_path.is_file() for sample in labeled)
    assert {sample.session for sample in labeled} == {"video walk.mp4"}
    judging = (*experiment.assemble().splits.validation.samples, *experiment.assemble().splits.test.samples)
    assert not {sample.sample_id for sample in labeled} & {sample.sample_id for sample in judging}


def test_without_a_sure_box_the_detector_stays_what_it_is(with_videos, video):
    assert with_videos(video, score=0.999).train().title == "train"


def frames(experiment):
    """The frames that the detector labeled, found or labeled anew."""
    (stage,) = (stage for stage in experiment.graph.stages if stage.name == "frames")
    return Run(experiment.recipe, experiment.workspace, Silence()).resolve(stage)


def test_labels_are_made_once_and_again_after_a_loss(with_videos, video):
    experiment = with_videos(video)
    experiment.train()
    first = frames(experiment)
    folder = first[0].image_path.parents[1]
    before = [sample.boxes_xyxy for sample in first]
    (folder / "manifest.json").unlink()
    shutil.rmtree(folder / "images")
    again = frames(experiment)
    assert all(np.array_equal(one, other.boxes_xyxy) for one, other in zip(before, again, strict=True))
    assert all(sample.image_path.is_file() for sample in again)


def test_a_video_of_which_a_test_session_was_made_is_refused(with_videos, video, tmp_path):
    experiment = with_videos(video)
    records = Records(sources=(SourceRecord("walk.mp4", hash_file(video), "tuesday", 12, 3),))
    with staged(tmp_path) as changes:
        write_records(changes, records)
        changes.commit()
    recipe = experiment.recipe.at("photos.folder", tmp_path)
    splits = experiment.assemble().splits
    test = dataclasses.replace(splits.test.samples[0], session="tuesday")
    judged = dataclasses.replace(splits, test=dataclasses.replace(splits.test, samples=(test,)))
    with pytest.raises(DatasetError, match=r"walk\.mp4: frames of this video are the session 'tuesday'"):
        check_held_out(recipe, judged)


def test_a_missing_video_is_named(with_videos, tmp_path):
    with pytest.raises(DatasetError, match=r"nowhere\.mp4"):
        with_videos(tmp_path / "nowhere.mp4").train()
