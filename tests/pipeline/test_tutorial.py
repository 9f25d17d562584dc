"""Who follows the tutorial arrives: each of its commands works, in its order, with small numbers."""

import pytest
from tools.run_tutorial import PAGE, Reader, add_to_recipe, prepare, shortened

from partsight.config.loading import read_recipe

SMALL = {
    " ../src/partsight/samples/QFA.step": "",
    "count = 80\nwidth = 192\nheight = 192": "count = 10\nwidth = 64\nheight = 64\nsamples_per_pixel = 1",
    "image_size = 192\nepochs = 6": 'image_size = 64\nepochs = 1\nbatch = 4\nweights = "scratch"',
    "epochs = 2\npictures = 160": "epochs = 1\npictures = 8\n[evaluate]\nbootstrap = 50",
    "--preview 12": "--preview 2",
    "films recipe.toml hall": "films recipe.toml hall --frames 4 --width 96",
    "--max-frames 8": "--max-frames 2",
}
"""What is typed instead, so that it takes a minute."""


@pytest.mark.slow
def test_every_command_of_the_tutorial_works_and_leads_to_a_live_page(tmp_path):
    page = PAGE.read_text(encoding="utf-8")
    assert [text for text in SMALL if text not in page] == []
    served = {}
    Reader(prepare(tmp_path), SMALL, lambda command, link: served.update({command: link})).follow(page)
    project = tmp_path / "magnets"
    assert read_recipe(project / "recipe.toml").photos.test == ("wednesday",)
    assert [command.split()[1] for command in served] == ["photos", "live"]
    made = ("parts.png", "runs/preview.png", "runs/report.html", "model/model.onnx", "found.csv", "found/wednesday.mp4")
    assert [name for name in made if not (project / name).is_file()] == []


def test_lines_of_the_page_are_put_below_their_heading(tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[parts]\nA.files = ["a.step"]\n[photos]   # when there are some\n', encoding="utf-8")
    add_to_recipe(recipe, '[photos]\nfolder = "photos"\n[render]\ncount = 3\n')
    assert recipe.read_text(encoding="utf-8").splitlines() == [
        "[parts]", 'A.files = ["a.step"]', "[photos]   # when there are some", 'folder = "photos"', "[render]", "count = 3",
    ]  # fmt: skip


def test_of_progress_the_last_line_is_shown_and_of_a_long_output_both_ends():
    progress = "".join(f"render: {number}/40 pictures, about 3 s left\n" for number in range(40))
    assert shortened(f"{progress}done\n").splitlines() == ["render: 39/40 pictures, about 3 s left", "done"]
    long = shortened("".join(f"line {number}\n" for number in range(40))).splitlines()
    assert (long[0], long[-1], "…" in long, len(long)) == ("line 0", "line 39", True, 19)
