"""A kit is complete when all of it is there and nothing else."""

import csv
import json
import threading
from dataclasses import replace

import pytest

from partsight.config.recipe import Recipe
from partsight.config.sections.live import LiveSection
from partsight.deploy.live.inspection.checking import KitChecks, compare, words
from partsight.deploy.live.inspection.history import CheckHistory, HistoryPlan
from partsight.errors import StorageError, UntrustedRecipeError
from tests.unit.deploy.live.looks import NAMES, look, part

TRAY = {"corners": [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]}
KIT = (part(1, 0.1, 0.2), part(2, 0.2, 0.5), part(3, 0.3, 0.5, class_id=1))


def checks(rested=lambda _: None, **kit):
    kit = {"parts": {"bolt": 2, "cover": 1}, "zone": "tray", **kit}
    return KitChecks(LiveSection(zones={"tray": TRAY}, check={"gearbox": kit}), NAMES, lambda _: 0.5, rested)


def judged(*tracks):
    station = checks()
    station(look(*tracks))
    return station.newest()["gearbox"]


@pytest.mark.parametrize(
    ("expected", "found", "missing", "extra"),
    [
        ({"bolt": 4, "cover": 1}, {"bolt": 4, "cover": 1}, {}, {}),
        ({"bolt": 4, "cover": 1}, {"bolt": 2}, {"bolt": 2, "cover": 1}, {}),
        ({"bolt": 4}, {"bolt": 5, "nut": 1}, {}, {"bolt": 1, "nut": 1}),
        ({"bolt": 0}, {}, {}, {}),
        ({"bolt": 0}, {"bolt": 1}, {}, {"bolt": 1}),
    ],
)
def test_what_is_missing_and_what_is_too_much_is_said_with_its_number(expected, found, missing, extra):
    assert compare(expected, found) == (missing, extra)


def test_a_complete_kit_is_complete_and_what_lies_elsewhere_does_not_count():
    assert judged(*KIT).is_complete
    assert judged(*KIT, part(9, 0.8, 0.5)).is_complete, "outside of the zone"
    lacking = judged(*KIT[:2], part(9, 0.8, 0.5, class_id=1))
    assert not lacking.is_complete
    assert words(lacking.missing) == "1 × cover"
    assert judged(*KIT, part(4, 0.4, 0.9)).extra == {"bolt": 1}
    assert judged().missing == {"bolt": 2, "cover": 1}, "an empty place is not complete"


def test_a_kit_is_written_down_once_when_it_has_come_to_rest():
    rested = []
    station = checks(rested.append, trigger="still", still_s=1.0)

    def show(time_s, *tracks):
        station(look(*tracks, time_s=time_s))

    for time_s in (0.0, 0.5, 0.9):
        show(time_s, *KIT[:2])
    assert rested == [], "not long enough"
    show(1.0, *KIT[:2], part(3, 0.35, 0.5, class_id=1))
    for step in range(20):
        show(1.1 + 0.1 * step, *KIT[:2], part(3, 0.35 - 0.02 * step, 0.5, class_id=1))
    assert rested == [], "a part is being moved"
    for step in range(30):
        show(3.2 + 0.1 * step, *KIT)
    assert [one.is_complete for one in rested] == [True], "once, however long it lies there"
    show(7.0)
    for step in range(15):
        show(7.1 + 0.1 * step, *KIT)
    assert [one.is_complete for one in rested] == [True, True], "the next kit after an empty place"


def test_a_part_that_is_shown_from_memory_does_not_complete_a_kit_at_rest():
    rested = []
    station = checks(rested.append, trigger="still", still_s=0.3)
    taken_away = replace(KIT[2], is_seen=False)
    station(look(*KIT, time_s=0.0))
    for step in range(1, 5):
        station(look(*KIT[:2], taken_away, time_s=0.1 * step))
    assert rested == []
    for step in range(10):
        station(look(*KIT[:2], time_s=0.5 + 0.1 * step))
    assert [one.is_complete for one in rested] == [False]


def test_an_empty_place_at_rest_is_no_check():
    rested = []
    station = checks(rested.append, trigger="still", still_s=0.5)
    for step in range(30):
        station(look(time_s=0.1 * step))
    assert rested == []


def history(folder, sinks=(), said=print):
    return CheckHistory(HistoryPlan(folder, NAMES, sinks), said)


def test_a_check_is_a_line_a_picture_and_an_event(tmp_path):
    told = []
    written = history(tmp_path, [told.append])
    written.record(judged(*KIT), "asked")
    written.record(judged(*KIT[:2]), "still")
    rows = list(csv.DictReader((tmp_path / "checks.csv").read_text().splitlines()))
    assert [(row["kit"], row["result"], row["missing"], row["trigger"]) for row in rows] == [
        ("gearbox", "complete", "", "asked"),
        ("gearbox", "incomplete", "1 × cover", "still"),
    ]
    assert all((tmp_path / row["picture"]).read_bytes().startswith(b"\xff\xd8") for row in rows)
    assert [(one["event"], one["complete"]) for one in told] == [("check", True), ("check", False)]
    assert json.loads(json.dumps(told)) == told


def test_names_that_a_spreadsheet_would_compute_stay_text(tmp_path):
    section = LiveSection(check={"=HYPERLINK(1)": {"parts": {"bolt": 1}}})
    station = KitChecks(section, NAMES, lambda _: 0.5, print)
    station(look(*KIT[:1]))
    history(tmp_path).record(station.newest()["=HYPERLINK(1)"], "asked")
    (row,) = csv.DictReader((tmp_path / "checks.csv").read_text().splitlines())
    assert row["kit"] == "'=HYPERLINK(1)"
    assert (tmp_path / row["picture"]).is_file()


def test_a_disk_that_is_full_is_told_and_nobody_hears_of_a_check_that_is_not_written(tmp_path, monkeypatch):
    told, said, done = [], [], threading.Event()
    written = history(tmp_path, [told.append], lambda text: (said.append(text), done.set()))
    written.record(judged(*KIT), "asked")

    def full(path, _content):
        raise StorageError(f"{path}: No space left on device")

    monkeypatch.setattr("partsight.deploy.live.inspection.history.write_bytes", full)
    with pytest.raises(StorageError):
        written.record(judged(*KIT), "asked")
    written.rested(judged(*KIT))
    assert done.wait(5)
    assert "No space left" in said[0]
    assert len(told) == 1
    assert len((tmp_path / "checks.csv").read_text().splitlines()) == 2


def test_the_recipes_webhook_is_asked_about_like_a_script(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("PARTSIGHT_TRUST", raising=False)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[parts.bolt]\nfiles = ["bolt.step"]\n[live]\nwebhook = "https://example.org/hook"\n')
    with pytest.raises(UntrustedRecipeError, match=r"live\.webhook"):
        Recipe.read(recipe)
