import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image as PillowImage

from partsight.config.sections.report import ReportSection
from partsight.errors import DatasetError
from partsight.report.content import ReportPicture, StageTiming
from partsight.report.page import MAX_BYTES, write_report
from partsight.structures.evaluation import Cause, Interval

from .small import content


class Outline(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.headings, self.text = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_data(self, data):
        self.text += data


def written(tmp_path, **changes):
    path = write_report(content(tmp_path, **changes), ReportSection(), tmp_path / "out" / "report.html")
    return Outline(path.read_text()), path


def test_the_page_refers_to_nothing_outside_itself(tmp_path):
    page, path = written(tmp_path, notes=("see https://example.org",))
    references = [value for _, name, value in page.attributes if name in ("src", "href", "srcset", "data", "action")]
    assert references
    assert all(value.startswith(("#", "data:image/jpeg;base64,")) for value in references)
    assert not {"script", "link", "iframe", "object", "embed", "base"} & set(page.tags)
    assert not re.search(r"url\(|@import|@font-face", path.read_text())


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_whatever_a_part_is_called_it_is_shown_as_text(tmp_path, hostile):
    page, _ = written(
        tmp_path,
        class_names=(hostile, "nut"),
        title=hostile,
        notes=(hostile,),
        recipe=hostile,
        verdict=hostile,
        provenance=((hostile, hostile),),
        timings=(StageTiming(hostile, 1.0, hostile),),
        dropped_labels=((hostile, 3),),
        history=({hostile + "loss": 1.0}, {hostile + "loss": 0.5}),
    )
    assert "script" not in page.tags
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    assert page.text.count(hostile) > 10


def test_every_picture_and_chart_has_a_text_for_those_who_cannot_see_it(tmp_path):
    page, path = written(tmp_path, history=({"train/loss": 2.0}, {"train/loss": 1.0}))
    assert page.tags.count("img") == sum(
        tag == "img" and name == "alt" and bool(value) for tag, name, value in page.attributes
    )
    pictures = re.findall(r"<svg[^>]*>", path.read_text())
    assert pictures
    assert all('aria-hidden="true"' in tag or re.search(r'role="img" aria-label="[^"]+"', tag) for tag in pictures)


def test_headings_never_skip_a_level_and_every_table_has_a_caption(tmp_path):
    page, _ = written(tmp_path, timings=(StageTiming("cad", 2.0),))
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert page.tags.count("table") == page.tags.count("caption") == 3


def test_what_makes_it_miss_is_told_in_the_units_of_each_fact(tmp_path):
    causes = (
        Cause("size", 300, 5.0, 7.0, 0.5, 0.9, Interval(0.2, 0.6)),
        Cause("hidden", 300, 0.0, 0.35, 0.9, 0.85, Interval(-0.2, 0.1)),
    )
    evaluation = replace(content(tmp_path).evaluation, causes=causes)
    _, path = written(tmp_path, evaluation=evaluation)
    section = path.read_text().split('<section id="causes">')[1].split("</section>")[0]
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section))
    assert "32 px 50" in plain
    assert "128 px 90" in plain
    assert "<strong>+0.40 (+0.20 to +0.60)</strong>" in section
    assert section.count("<strong>") == 1, "what may be chance is not bold"


def test_inline_drawings_are_well_formed(tmp_path):
    _, path = written(tmp_path)
    drawings = re.findall(r"<svg.*?</svg>", path.read_text(), flags=re.DOTALL)
    assert drawings
    for drawing in drawings:
        ET.fromstring(drawing)  # noqa: S314  we wrote it ourselves


def test_missed_confused_and_false_boxes_are_drawn_differently(tmp_path):
    _, path = written(tmp_path)
    text = path.read_text()
    worst = text[text.index('id="gallery"') : text.index('id="cad"')]
    assert worst.count('class="box wrong" x="10.0"') == 1
    assert worst.count('class="box truth" x="10.0"') == 1
    assert worst.count('class="box missed" x="100.0"') == 1
    assert "✗ nut 0.80" in worst


def test_the_figures_lie_beside_the_page_as_json(tmp_path):
    _, path = written(tmp_path, num_train_renders=12, timings=(StageTiming("cad", 2.0),))
    figures = json.loads(path.with_suffix(".json").read_text())
    assert figures["evaluation"]["overall"]["num_boxes"] == 3
    assert figures["num_train_renders"] == 12
    assert figures["timings"] == [{"stage": "cad", "seconds": 2.0, "note": ""}]
    assert figures["verdict"].startswith("Finds ")


def test_chapters_without_content_are_left_out(tmp_path):
    page, _ = written(tmp_path, parts=(), renders=(), worst=())
    chapters = {value for tag, name, value in page.attributes if (tag, name) == ("section", "id")}
    links = {value[1:] for tag, name, value in page.attributes if (tag, name) == ("a", "href")}
    assert chapters == links == {"evaluate", "next", "run"}


def test_galleries_hold_no_more_pictures_than_the_recipe_says(tmp_path):
    full = content(tmp_path)
    path = write_report(replace(full, worst=full.worst * 9), ReportSection(gallery=2), tmp_path / "report.html")
    text = path.read_text()
    assert text[text.index('id="gallery"') : text.index('id="cad"')].count("<image ") == 2


def test_pictures_are_made_smaller_until_the_page_is_below_five_megabytes(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (320, 320, 3), dtype=np.uint8)
    PillowImage.fromarray(noise).save(tmp_path / "noise.png")
    heavy = ReportPicture(tmp_path / "noise.png", np.empty((0, 4)), np.empty(0))
    path = write_report(content(tmp_path, worst=(heavy,) * 80), ReportSection(gallery=200), tmp_path / "report.html")
    assert path.stat().st_size < MAX_BYTES
    assert path.read_text().count("<image ") == 81


def test_an_unreadable_picture_is_named_and_no_page_is_left_behind(tmp_path):
    gone = ReportPicture(tmp_path / "gone.png", np.empty((0, 4)), np.empty(0))
    with pytest.raises((DatasetError, OSError), match=r"gone\.png"):
        write_report(content(tmp_path, best=(gone,)), ReportSection(), tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()
