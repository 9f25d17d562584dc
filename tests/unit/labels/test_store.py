import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from partsight.config.sections.photos import PhotosSection
from partsight.dataset.photos import read_photos
from partsight.errors import DatasetError, StaleLabelsError
from partsight.files import write_json
from partsight.labels.label import Label
from partsight.labels.store import open_label_store
from tests.builders import write_picture

NAMES = ("QF", "QD")
KEY = "monday/a.jpg"
BOX = Label((10.0, 12.0, 40.0, 30.0), "QD")


@pytest.fixture
def folder(tmp_path):
    make_picture(tmp_path / "to_label" / KEY)
    return tmp_path


def make_picture(path, gray=90):
    path.parent.mkdir(parents=True, exist_ok=True)
    PillowImage.new("RGB", (64, 48), (gray, gray, gray)).save(path)


def save(store, boxes, state, key=KEY):
    return store.save(key, store.read(key).revision, boxes, state)


def trained_on(folder):
    return read_photos(PhotosSection(folder=folder), NAMES).samples


def test_an_open_photo_counts_nowhere_and_its_boxes_are_kept(folder):
    save(open_label_store(folder, NAMES), [BOX], "open")
    assert open_label_store(folder, NAMES).read(KEY).boxes == (BOX,)
    assert not (folder / "images").exists()
    assert not (folder / "labels").exists()


def test_a_photo_that_is_done_is_what_training_reads(folder):
    save(open_label_store(folder, NAMES), [BOX], "done")
    (sample,) = trained_on(folder)
    assert sample.boxes_xyxy[0] == pytest.approx(BOX.box_xyxy)
    assert NAMES[sample.class_ids[0]] == "QD"
    assert sample.session == "monday"


def test_nothing_here_is_a_negative_even_as_the_first_photo_of_a_folder(folder):
    save(open_label_store(folder, NAMES), [], "nothing")
    (sample,) = trained_on(folder)
    assert len(sample.class_ids) == 0


def test_a_stale_revision_is_refused_and_nothing_is_written(folder):
    store = open_label_store(folder, NAMES)
    seen = store.read(KEY).revision
    store.save(KEY, seen, [BOX], "done")
    with pytest.raises(StaleLabelsError, match="changed elsewhere"):
        store.save(KEY, seen, [], "nothing")
    assert store.read(KEY).boxes[0].class_name == "QD"


def test_labels_changed_by_another_program_make_the_revision_stale(folder):
    store = open_label_store(folder, NAMES)
    seen = save(store, [BOX], "done").revision
    (folder / "labels/monday/a.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    with pytest.raises(StaleLabelsError):
        store.save(KEY, seen, [BOX], "done")


def test_a_done_photo_taken_back_is_no_training_data_and_no_picture_is_lost(tmp_path):
    """A picture that came by an import lies in images/ alone: it is moved, not deleted."""
    make_picture(tmp_path / "images" / KEY)
    (tmp_path / "labels/monday").mkdir(parents=True)
    (tmp_path / "labels/monday/a.txt").write_text("1 0.5 0.5 0.2 0.2\n")
    (tmp_path / "classes.txt").write_text("QF\nQD\n")
    store = open_label_store(tmp_path, ())
    save(store, [], "open")
    assert store.picture(KEY).is_file()
    assert not list((tmp_path / "labels").rglob("*.txt"))
    assert open_label_store(tmp_path, ()).read(KEY).state == "open"


@pytest.mark.parametrize("intent", ["publish", "withdraw"])
@pytest.mark.parametrize("is_label_there", [True, False])
def test_a_step_cut_off_by_a_kill_is_finished_when_the_folder_is_opened_again(folder, intent, is_label_there):
    store = open_label_store(folder, NAMES)
    save(store, [BOX], "done")
    write_json(folder / f"drafts/{KEY}.json", {"intent": intent, "boxes": [{"class": "QD", "box": BOX.box_xyxy}]})
    (folder / "images" / KEY).unlink()
    if not is_label_there:
        (folder / "labels/monday/a.txt").unlink()
    again = open_label_store(folder, NAMES).read(KEY)
    assert again.state == ("done" if intent == "publish" else "open")
    assert again.boxes[0].box_xyxy == pytest.approx(BOX.box_xyxy)
    assert (folder / "labels/monday/a.txt").is_file() == (intent == "publish")


def test_a_photo_whose_name_another_one_has_among_the_labeled_gets_a_number(folder):
    make_picture(folder / "images" / KEY, gray=200)
    (folder / "labels/monday").mkdir(parents=True)
    (folder / "labels/monday/a.txt").write_text("")
    store = open_label_store(folder, NAMES)
    assert set(store.list_keys()) == {"monday/a.jpg", "monday/a-2.jpg"}
    save(store, [BOX], "done", "monday/a-2.jpg")
    assert store.read(KEY).state == "nothing"
    assert set(open_label_store(folder, NAMES).list_keys()) == {"monday/a.jpg", "monday/a-2.jpg"}


def test_pictures_behind_links_out_of_the_folder_are_not_shown(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.jpg"
    make_picture(outside)
    (folder / "to_label/monday/link.jpg").symlink_to(outside)
    assert open_label_store(folder, NAMES).list_keys() == (KEY,)


@pytest.mark.parametrize("key", ["../a.jpg", "/etc/passwd", "monday/none.jpg"])
def test_only_photos_of_the_folder_are_handed_out(folder, key):
    with pytest.raises(DatasetError, match="no such photo"):
        open_label_store(folder, NAMES).picture(key)


@pytest.mark.parametrize(
    ("boxes", "state"),
    [
        ([Label((0, 0, 9, 9), "XX")], "open"),
        ([Label((9, 9, 9, 20), "QF")], "done"),
        ([Label((0, 0, 99, 20), "QF")], "done"),
        ([], "done"),
        ([BOX], "nothing"),
    ],
)
def test_what_cannot_be_is_refused(folder, boxes, state):
    with pytest.raises(DatasetError):
        save(open_label_store(folder, NAMES), boxes, state)
    assert not (folder / "labels").exists()


@given(
    st.lists(
        st.tuples(st.floats(0, 30), st.floats(0, 20), st.floats(1, 30), st.floats(1, 20), st.sampled_from(NAMES)),
        min_size=1,
        max_size=5,
    )
)
def test_write_then_read_is_identity(tmp_path_factory, entries):
    folder = tmp_path_factory.mktemp("photos")
    make_picture(folder / "to_label" / KEY)
    boxes = [Label((x, y, x + width, y + height), name) for x, y, width, height, name in entries]
    read = save(open_label_store(folder, NAMES), boxes, "done").boxes
    assert [box.class_name for box in read] == [box.class_name for box in boxes]
    for one, other in zip(read, boxes, strict=True):
        assert one.box_xyxy == pytest.approx(other.box_xyxy, abs=1e-6)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 0.5", "2 columns"),
        ("0 0.5 0.5 0 0.1", "no area"),
        ("QF x", "expected numbers"),
        ("9 .5 .5 .1 .1", "class 9"),
    ],
)
def test_a_damaged_label_file_is_told_with_file_and_line(tmp_path, line, told):
    write_picture(tmp_path / "images" / "a.png", (64, 48))
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text(f"{line}\n")
    (tmp_path / "classes.txt").write_text("QF\n")
    with pytest.raises(DatasetError, match=rf"a\.txt:1: .*{told}"):
        open_label_store(tmp_path, []).read("a.png")


def test_sessions_are_those_of_the_recipe(folder):
    make_picture(folder / "to_label/hall-2_01.jpg")
    store = open_label_store(folder, NAMES, lambda key: "hall" if key.startswith("hall") else "other")
    assert store.list_keys() == ("hall-2_01.jpg", KEY)
    assert store.read(KEY).session == "other"
