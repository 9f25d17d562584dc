"""What is proposed while a person labels: what was kept with a photo, and boxes carried from frame to frame."""

import numpy as np
import pytest
from PIL import Image as PillowImage

from partsight.labels.kept_proposals import write_proposals
from partsight.labels.label import Label
from partsight.labels.photo_labels import Proposal
from partsight.labels.store import open_label_store
from partsight.pipeline.photos.proposals import PhotoProposer

NAMES = ("QF", "QD")
STEP_PX = 7


def place(number):
    return (30 + STEP_PX * number, 40, 78 + STEP_PX * number, 80)


@pytest.fixture
def film(tmp_path):
    """Twelve frames through which one textured part moves."""
    rng = np.random.default_rng(4)
    part = rng.integers(60, 255, (10, 12, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    ground = rng.integers(90, 110, (120, 200, 3), np.uint8)
    (tmp_path / "to_label/film").mkdir(parents=True)
    for number in range(12):
        left, top, right, bottom = place(number)
        frame = ground.copy()
        frame[top:bottom, left:right] = part
        PillowImage.fromarray(frame).save(tmp_path / f"to_label/film/{number}.png")
    return tmp_path


def key(number):
    return f"film/{number}.png"


def save(store, number, boxes, state="open"):
    store.save(key(number), store.read(key(number)).revision, boxes, state)


def found_at(proposer, number):
    return [one.box.box_xyxy for one in proposer.propose(key(number)).found]


def test_boxes_are_carried_through_frames_that_nobody_has_labeled_yet(film):
    store = open_label_store(film, NAMES)
    save(store, 0, [Label(place(0), "QD")], "done")
    proposer = PhotoProposer(store, None)
    for number in (1, 4):
        (box,) = found_at(proposer, number)
        assert box == pytest.approx(place(number), abs=2)
    assert found_at(proposer, 11) == [], "each step adds its error: after a few somebody has to look"


def test_a_corrected_box_is_what_is_carried_on(film):
    store = open_label_store(film, NAMES)
    left, top, _, bottom = place(0)
    save(store, 0, [Label((left, top, left + 34, bottom), "QD")], "done")
    proposer = PhotoProposer(store, None)
    assert found_at(proposer, 2)[0][2] == pytest.approx(place(2)[0] + 34, abs=2)
    save(store, 1, [Label(place(1), "QF")])
    (proposal,) = proposer.propose(key(2)).found
    assert proposal.box.box_xyxy == pytest.approx(place(2), abs=2)
    assert proposal.box.class_name == "QF"


def test_from_a_frame_where_nothing_is_nothing_is_carried(film):
    store = open_label_store(film, NAMES)
    save(store, 0, [Label(place(0), "QD")], "done")
    save(store, 1, [], "nothing")
    assert found_at(PhotoProposer(store, None), 2) == []


def test_what_a_live_page_showed_is_proposed_with_its_score_until_it_is_labeled(film):
    shown = Label((20.0, 30.0, 60.0, 70.0), "QF")
    write_proposals(film, key(5), [Proposal(shown, 0.62, "live"), Proposal(shown, 0.4, "live")])
    store = open_label_store(film, NAMES)
    proposer = PhotoProposer(store, None)
    (proposal,) = proposer.propose(key(5)).found
    assert (proposal.box, proposal.score, proposal.origin) == (shown, 0.62, "live")
    save(store, 5, [], "nothing")
    assert not proposer.propose(key(5)).found
    save(store, 5, [])
    assert proposer.propose(key(5)).found, "opened again, they come back"
    save(store, 5, [shown])
    assert not proposer.propose(key(5)).found


def test_kept_boxes_of_a_class_that_is_not_known_here_are_told(film):
    write_proposals(film, key(5), [Proposal(Label((20.0, 30.0, 60.0, 70.0), "gear"), 0.62, "live")])
    proposals = PhotoProposer(open_label_store(film, NAMES), None).propose(key(5))
    assert not proposals.found
    assert "gear" in proposals.problem


def test_doubt_and_number_of_proposals_are_known_before_a_photo_is_opened(film):
    box = Label((20.0, 30.0, 60.0, 70.0), "QF")
    write_proposals(film, key(5), [Proposal(box, 0.95, "live"), Proposal(box, 0.55, "live")])
    write_proposals(film, key(6), [Proposal(box, 0.95, "live")])
    store = open_label_store(film, NAMES)
    proposer = PhotoProposer(store, None)
    outlooks = proposer.outlooks()
    assert {name: one.num_proposed for name, one in outlooks.items()} == {key(5): 2, key(6): 1}
    assert outlooks[key(5)].doubt == pytest.approx(0.9)
    assert outlooks[key(6)].doubt == pytest.approx(0.1)
    save(store, 5, [box], "done")
    assert set(proposer.outlooks()) == {key(6)}
    assert not proposer.is_looking, "no detector was given"
