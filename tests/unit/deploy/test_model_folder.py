"""Model folders are whole or refused: nothing outside of them is ever read, and a failed export leaves the old one."""

import json
import shutil

import pytest

from partsight.deploy.model_folder import read_model_folder, write_description, written_folder
from partsight.errors import ModelError, StorageError


@pytest.fixture
def copied(model_path, tmp_path):
    """A model folder that a test may spoil."""
    return shutil.copytree(model_path, tmp_path / "model")


def change(folder, edit):
    path = folder / "model.json"
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def test_what_is_written_reads_back_the_same(model_path, tmp_path):
    description = read_model_folder(model_path).description
    shutil.copytree(model_path, tmp_path / "again")
    write_description(tmp_path / "again", description)
    assert read_model_folder(tmp_path / "again").description == description


def test_a_copied_folder_is_complete(copied):
    folder = read_model_folder(copied)
    assert folder.network("onnx").is_relative_to(copied)
    assert folder.file("cards/square.png").is_file()
    assert folder.description.card(0).details == {"serial": "4711"}


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda content: content.pop("class_names"), "class_names"),
        (lambda content: content.update(kind="other"), "kind"),
        (lambda content: content.update(format=99), "Update Partsight"),
        (lambda content: content.update(threshold=1.5), "threshold"),
        (lambda content: content.update(class_names=["square"]), "one card for each"),
        (lambda content: content.update(class_names=["square", "square"]), "twice"),
        (lambda content: content["spec"].update(stride=0), "expected stride"),
        (lambda content: content["spec"].update(image_size=10**9), "expected stride up to"),
        (lambda content: content["spec"].update(output="boxes"), "spec.output"),
        (lambda content: content["networks"].pop("onnx"), "'onnx' is missing"),
        (lambda content: content["parts"][0]["documents"][1].update(url="javascript:alert(1)"), "http"),
        (lambda content: content["parts"][0]["documents"][0].update(url="https://a.b"), "either a path or a url"),
        (lambda content: content["parts"][0].update(picture="cards/none.png"), "missing: cards/none.png"),
    ],
)
def test_a_wrong_description_is_refused_with_the_reason(copied, edit, told):
    change(copied, edit)
    with pytest.raises(ModelError, match=told):
        read_model_folder(copied)


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/passwd", "cards/../../secret", "C:/secret", "cards\\..\\secret", "", "a\0b"]
)
def test_no_path_leads_out_of_the_folder(copied, path):
    (copied.parent / "secret").write_text("secret")
    for edit in (
        lambda content: content["parts"][0].update(picture=path),
        lambda content: content["parts"][0]["documents"][0].update(path=path),
        lambda content: content["networks"]["onnx"].update(path=path),
    ):
        original = (copied / "model.json").read_text()
        change(copied, edit)
        with pytest.raises(ModelError, match="not a path inside the folder"):
            read_model_folder(copied)
        (copied / "model.json").write_text(original)


def test_a_link_that_leads_out_is_refused(copied):
    secret = copied.parent / "secret.png"
    secret.write_text("secret")
    (copied / "cards" / "square.png").unlink()
    (copied / "cards" / "square.png").symlink_to(secret)
    with pytest.raises(ModelError, match="leads out of the folder"):
        read_model_folder(copied)


def test_only_named_files_are_given_out(copied):
    (copied / "other.txt").write_text("other")
    folder = read_model_folder(copied)
    for name in ("other.txt", "model.json", "model.onnx", "../model/cards/square.png"):
        with pytest.raises(ModelError, match="not a file that"):
            folder.file(name)


def test_a_network_that_was_changed_is_refused(copied):
    content = bytearray((copied / "model.onnx").read_bytes())
    content[-1] ^= 1
    (copied / "model.onnx").write_bytes(content)
    with pytest.raises(ModelError, match="SHA-256"):
        read_model_folder(copied).network("onnx")


@pytest.mark.parametrize("content", ["", "no json", "[1, 2]", "null", '{"kind": "partsight-model"'])
def test_what_is_no_description_is_refused(tmp_path, content):
    (tmp_path / "model.json").write_text(content)
    with pytest.raises(ModelError, match="not a description"):
        read_model_folder(tmp_path)


def test_a_folder_without_description_says_how_to_make_one(tmp_path):
    with pytest.raises(ModelError, match="partsight export"):
        read_model_folder(tmp_path)


def test_the_folder_of_a_checkpoint_says_to_export_it(checkpoint):
    with pytest.raises(ModelError, match="partsight export"):
        read_model_folder(checkpoint.path)


def write_half(path):
    with written_folder(path) as folder:
        (folder / "model.onnx").write_bytes(b"half")
        raise RuntimeError


def test_a_failed_export_leaves_what_was_there(copied):
    before = sorted(path.name for path in copied.parent.iterdir())
    with pytest.raises(RuntimeError):
        write_half(copied)
    assert read_model_folder(copied).network("onnx").is_file()
    assert sorted(path.name for path in copied.parent.iterdir()) == before


def test_a_new_export_replaces_the_old_one_whole(copied):
    (copied / "old.txt").write_text("old")
    with written_folder(copied) as folder:
        (folder / "model.json").write_text("{}")
    assert [path.name for path in copied.iterdir()] == ["model.json"]
    assert [path.name for path in copied.parent.iterdir()] == ["model"]


@pytest.mark.parametrize(
    "make", [lambda path: path.write_text("x"), lambda path: (path.mkdir(), (path / "thesis.tex").write_text("x"))]
)
def test_nothing_but_a_model_folder_is_replaced(tmp_path, make):
    make(tmp_path / "mine")
    with pytest.raises(StorageError, match="no model folder"), written_folder(tmp_path / "mine"):
        pass
    assert (tmp_path / "mine").exists()


def test_what_a_killed_export_left_is_mended_by_the_next(copied):
    """Killed between the two renames: the old folder lies under another name, beside the half-written new one."""
    copied.rename(copied.with_name(".model.old.partial"))
    (copied.with_name(".model.1234.partial")).mkdir()
    with pytest.raises(RuntimeError):
        write_half(copied)
    assert read_model_folder(copied).network("onnx").is_file()
    assert [path.name for path in copied.parent.iterdir()] == ["model"]


INCONSISTENT = {
    "another input size": lambda content: content["spec"].update(image_size=128),
    "another stride": lambda content: content["spec"].update(stride=16),
    "another scale": lambda content: content["spec"].update(pixel_scale=[1.0, 1.0, 1.0]),
    "another mean": lambda content: content["spec"].update(pixel_mean=[9.0, 0.0, 0.0]),
    "another padding": lambda content: content["spec"].update(padding_value=0),
    "another overlap": lambda content: content["spec"].update(nms_iou=0.1),
    "squares only": lambda content: content["spec"].update(is_rectangular=False),
    "another kind of answer": lambda content: content["spec"].update(output="detections"),
    "classes in another order": lambda content: content.update(
        class_names=content["class_names"][::-1], parts=content["parts"][::-1]
    ),
    "another name": lambda content: (
        content["class_names"].__setitem__(1, "ring"),
        content["parts"][1].update(name="ring"),
    ),
    "another network": lambda content: content["networks"]["onnx"].update(sha256="0" * 64),
}


@pytest.mark.parametrize("name", INCONSISTENT)
def test_what_belongs_to_the_network_cannot_be_changed_after_the_export(copied, name):
    change(copied, INCONSISTENT[name])
    with pytest.raises(ModelError, match="changed after the export"):
        read_model_folder(copied)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda spec: spec.update(image_size=100), "no multiple of stride"),
        (lambda spec: spec.update(image_size=16), "image_size from stride"),
        (lambda spec: spec.update(stride=-32), "stride"),
        (lambda spec: spec.update(stride=10**6, image_size=10**6), "stride"),
        (lambda spec: spec.update(pixel_scale=[1.0, 0.0, 1.0]), "pixel_scale"),
        (lambda spec: spec.update(pixel_scale=[1.0, -1.0, 1.0]), "pixel_scale"),
        (lambda spec: spec.update(pixel_scale=[1.0, 1e30, 1.0]), "pixel_scale"),
        (lambda spec: spec.update(pixel_mean=[float("nan"), 0, 0]), "pixel_mean|finite"),
        (lambda spec: spec.update(padding_value=300), "padding_value"),
        (lambda spec: spec.update(nms_iou=2.0), "nms_iou"),
    ],
)
def test_numbers_that_no_network_has_are_refused_even_where_nothing_binds_them(copied, edit, told):
    """As in a folder that somebody made by hand, or that an earlier version wrote."""
    change(copied, lambda content: (content.pop("binding"), edit(content["spec"])))
    with pytest.raises(ModelError, match=told):
        read_model_folder(copied)


@pytest.mark.parametrize("name", ["two\nlines", "<script>x</script>", "", "a\x1b[2J"])
def test_the_name_of_a_class_is_one_line_of_plain_text(copied, name):
    def rename(content):
        content.pop("binding")
        content["class_names"][1] = content["parts"][1]["name"] = name

    change(copied, rename)
    with pytest.raises(ModelError, match="class_names"):
        read_model_folder(copied)


def test_a_folder_of_an_earlier_version_has_no_binding_and_is_read(copied):
    change(copied, lambda content: content.pop("binding"))
    assert read_model_folder(copied).description.binding == ""
