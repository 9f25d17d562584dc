"""Keys of earlier versions: read for one version more, with a warning that names the old key and the new one."""

import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from partsight.config.content import value_of, with_value, without
from partsight.errors import RecipeWarning

RENAMED: dict[str, str] = {
    "randomize.orbit.grey": "randomize.orbit.gray",
    "randomize.sensor.grey_share": "randomize.sensor.gray_share",
    "randomize.scatter.table_share": "randomize.scatter.physics.table.share",
    "randomize.scatter.table_size": "randomize.scatter.physics.table.size",
    "randomize.scatter.bin_share": "randomize.scatter.physics.bin.share",
    "randomize.scatter.bin_size": "randomize.scatter.physics.bin.size",
    "randomize.scatter.bin_height": "randomize.scatter.physics.bin.height",
    "randomize.scatter.pile_share": "randomize.scatter.physics.pile_share",
    "randomize.stand.pallet_share": "randomize.stand.pallet.share",
    "randomize.stand.pallet_height_m": "randomize.stand.pallet.height_m",
    "randomize.stand.pedestal_share": "randomize.stand.pedestal.share",
    "randomize.stand.pedestal_height_m": "randomize.stand.pedestal.height_m",
    "randomize.stand.girder_share": "randomize.stand.girder.share",
    "randomize.stand.girder_height_m": "randomize.stand.girder.height_m",
    "randomize.wear.brushed": "randomize.wear.traces.brushed",
    "randomize.wear.smudges": "randomize.wear.traces.smudges",
    "randomize.wear.scratches": "randomize.wear.traces.scratches",
    "randomize.wear.rust": "randomize.wear.traces.rust",
    "randomize.wear.dirt": "randomize.wear.traces.dirt",
    "randomize.wear.dust": "randomize.wear.traces.dust",
    "randomize.wear.stickers": "randomize.wear.traces.stickers",
    "randomize.wear.ties": "randomize.wear.traces.ties",
    "train.mosaic": "train.augment.mosaic",
    "train.close_mosaic": "train.augment.close_mosaic",
    "train.mixup": "train.augment.mixup",
    "train.hsv": "train.augment.hsv",
    "train.rotate_deg": "train.augment.rotate_deg",
    "train.scale": "train.augment.scale",
    "train.flip": "train.augment.flip",
    "train.finetune.hard_rounds": "train.hard.rounds",
    "train.finetune.hard_repeat": "train.hard.repeat",
    "train.finetune.hard_score": "train.hard.score",
    "train.finetune.hard_pasted": "train.hard.pasted",
    "train.finetune.videos": "train.self_training.videos",
    "train.finetune.video_frames": "train.self_training.frames",
    "train.finetune.video_score": "train.self_training.score",
    "train.finetune.video_doubt": "train.self_training.doubt",
    "train.finetune.video_track": "train.self_training.track",
}
"""Old keys whose values mean the same under another name."""

DROPPED: dict[str, str] = {
    "randomize.scatter.bin_elevation_deg": "the camera before a bin stands 40° high or more",
    "randomize.distractors.lookalike_stretch": "look-alikes are stretched by 1.3 to 1.8",
    "report.thumbnail_px": "pictures in the report are as large as its size allows",
}
"""Old keys that nobody can need, with what holds instead."""

Content: TypeAlias = Mapping[str, Any]
Rule: TypeAlias = Callable[[Content, Any], Content]
"""Returns the content with the new key in place of an old one that is already taken out, of which the value is given."""


def translate(content: Content) -> dict[str, Any]:
    """Return a recipe's content with the keys of this version; each old one is told by a warning."""
    told: list[str] = []
    for old, (new, rule) in _RULES.items():
        value = value_of(content, old)
        if _is_old(old, value):
            content = rule(without(content, old), value)
            told.append(f"{old} = {value!r} is now {new}" if new else f"{old} is gone: {DROPPED[old]}")
        elif value is None and old in _OPTIONAL and _is_stated(content, old):
            content = without(content, old)
    if told:
        lines = "\n".join(f"  {line}" for line in told)
        warnings.warn(f"keys of an earlier version, to be read by this one only:\n{lines}", RecipeWarning, stacklevel=2)
    return dict(content)


def new_setting(key: str, value: Any) -> tuple[str, Any]:
    """Return a dotted key under its name in this version, told by a warning if it has another, and its value.

    Keys that mean something else today are left to `translate`.
    """
    is_switch = key == "randomize.scatter.physics" and isinstance(value, bool)
    new = f"{key}.enabled" if is_switch else RENAMED.get(key, key)
    if new != key:
        warnings.warn(f"{key} is now {new}", RecipeWarning, stacklevel=2)
    return new, value


def _is_stated(content: Content, key: str) -> bool:
    group, _, last = key.rpartition(".")
    return last in (value_of(content, group) or {})


def _is_old(key: str, value: Any) -> bool:
    """Tell whether a value is there and is one of an earlier version: some keys have kept their name."""
    if value is None:
        return False
    kept: dict[str, bool] = {
        "randomize.scatter.physics": isinstance(value, bool),
        "randomize.placement": value == "mix",
        "randomize.orbit.elevation_deg": len(value) == 2 if isinstance(value, list | tuple) else False,
        "randomize.orbit.roll_deg": len(value) == 2 if isinstance(value, list | tuple) else False,
        "evaluate.protocol": value == "seed",
        **dict.fromkeys(_SPLITS, _names_backgrounds(value)),
    }
    return kept.get(key, True)


def _named(new: str) -> Rule:
    """Return the rule of another name; where both are stated, the new one counts."""
    return lambda content, value: content if value_of(content, new) is not None else with_value(content, new, value)


def _larger(new: str) -> Rule:
    return lambda content, value: with_value(content, new, max(value, value_of(content, new) or 0.0))


def _dropped(content: Content, _value: Any) -> Content:
    return content


def _with_choices(content: Content, value: Any) -> Content:
    return with_value(content, "randomize.camera.object_size", {"choices": value}) if value else content


def _following(key: str) -> Rule:
    """Return the rule of a key that said whether another follows the photos or its range."""

    def follow(content: Content, value: Any) -> Content:
        if value == "photos":
            return with_value(content, key, "photos")
        return without(content, key) if value_of(content, key) == "photos" else content

    return follow


def _with_weights(content: Content, _value: Any) -> Content:
    """Weights stand where the placement is named."""
    usual = {"orbit": 0.0, "scatter": 2.0, "stand": 1.0}
    stated = value_of(content, "randomize.mix") or {}
    return with_value(content, "randomize.placement", {**usual, **stated})


def _with_one_weight(content: Content, weights: Any) -> Content:
    """Weights count only where placements were mixed."""
    placement = value_of(content, "randomize.placement")
    if not isinstance(placement, Mapping):
        return content
    return with_value(content, "randomize.placement", {**placement, **weights})


def _with_usual_step(key: str, step: float) -> Rule:
    return lambda content, bounds: with_value(content, key, [*bounds, step])


def _as_step_of(key: str, usual: tuple[float, float]) -> Rule:
    """Return the rule of a step, which now stands as third number beside its range."""

    def put(content: Content, step: Any) -> Content:
        low, high, *_ = value_of(content, key) or usual
        return with_value(content, key, [low, high, step])

    return put


def _all_photos(content: Content, value: Any) -> Content:
    if value:
        return with_value(content, "dataset.photos_per_class", "all")
    key = "dataset.photos_per_class"
    return without(content, key) if value_of(content, key) == "all" else content


def _operated_per_class(content: Content, value: Any) -> Content:
    """Say behind the operating rule that each class has its own score; the most false alarms are said there, too."""
    most = value_of(content, _MOST_FALSE_ALARMS)
    rule = "best_f1" if most in (None, "any") else f"false_alarms {most:g}"
    return _named(_OPERATE_AT)(content, f"{rule} per_class") if value == "per_class" else content


def _operated_quietly(content: Content, value: Any) -> Content:
    return content if value == "any" else _named(_OPERATE_AT)(content, f"false_alarms {value:g}")


def _names_backgrounds(value: Any) -> bool:
    names = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
    return any(isinstance(name, str) and name.startswith(_BACKGROUNDS) for name in names)


def _named_places(key: str) -> Rule:
    """Return the rule of sessions of places, which had another prefix."""

    def rename(content: Content, names: Any) -> Content:
        several = [names] if isinstance(names, str) else names
        return with_value(content, key, [re.sub(f"^{_BACKGROUNDS}", "places/", name) for name in several])

    return rename


def _as_place(content: Content, folder: Any) -> Content:
    """Return the rule of a folder of places; there were two keys, and both may be stated."""
    known = value_of(content, _PLACES) or []
    several = [known] if isinstance(known, str | Path) else list(known)
    return with_value(content, _PLACES, list(dict.fromkeys([*several, folder])))


def _as_teaching_place(content: Content, folder: Any) -> Content:
    """Return the rule of the folder of negatives: all of them taught, but those that another split named."""
    named = [value_of(content, key) or [] for key in _SPLITS]
    is_named = any(_names_backgrounds(one) or "places/" in str(one) for one in named)
    train = value_of(content, "photos.train") or []
    taught = content if is_named else with_value(content, "photos.train", [*train, "places/*"])
    return _as_place(taught, folder)


_OPTIONAL = ("photos.background_folder", "randomize.background.folder")
"""Old keys that recipes of finished runs hold as null."""
_BACKGROUNDS, _PLACES = "background/", "photos.places"
_SPLITS = ("photos.train", "photos.validation", "photos.test")
_MOST_FALSE_ALARMS = "evaluate.most_false_alarms"
_OPERATE_AT = "evaluate.operate_at"
_JITTER = "randomize.size_jitter"
_RULES: dict[str, tuple[str, Rule]] = {
    "randomize.scatter.physics": (
        "randomize.scatter.physics.enabled",
        lambda content, value: with_value(content, "randomize.scatter.physics.enabled", value),
    ),
    **{old: (new, _named(new)) for old, new in RENAMED.items()},
    **dict.fromkeys(DROPPED, ("", _dropped)),
    "randomize.scatter.size_jitter": (_JITTER, _larger(_JITTER)),
    "randomize.stand.size_jitter": (_JITTER, _larger(_JITTER)),
    "randomize.camera.object_sizes": ("randomize.camera.object_size = { choices = [...] }", _with_choices),
    "randomize.camera.scale": ('randomize.camera.object_size = "photos"', _following("randomize.camera.object_size")),
    "randomize.camera.focal_from": ('randomize.camera.focal = "photos"', _following("randomize.camera.focal")),
    "randomize.placement": ("randomize.placement = { scatter = 2, stand = 1 }", _with_weights),
    "randomize.mix": ("randomize.placement = { scatter = 2, stand = 1 }", _with_one_weight),
    "randomize.orbit.elevation_deg": (
        "randomize.orbit.elevation_deg = [low, high, step]",
        _with_usual_step("randomize.orbit.elevation_deg", 10.0),
    ),
    "randomize.orbit.roll_deg": (
        "randomize.orbit.roll_deg = [low, high, step]",
        _with_usual_step("randomize.orbit.roll_deg", 10.0),
    ),
    "randomize.orbit.elevation_step_deg": (
        "randomize.orbit.elevation_deg = [low, high, step]",
        _as_step_of("randomize.orbit.elevation_deg", (-30.0, 40.0)),
    ),
    "randomize.orbit.roll_step_deg": (
        "randomize.orbit.roll_deg = [low, high, step]",
        _as_step_of("randomize.orbit.roll_deg", (-20.0, 20.0)),
    ),
    "dataset.all_photos": ('dataset.photos_per_class = "all"', _all_photos),
    "photos.background_folder": ("photos.places", _as_teaching_place),
    "randomize.background.folder": ("photos.places", _as_place),
    **{key: (f'{key} = ["places/..."]', _named_places(key)) for key in _SPLITS},
    "evaluate.thresholds": ('evaluate.operate_at = "best_f1 per_class"', _operated_per_class),
    _MOST_FALSE_ALARMS: ('evaluate.operate_at = "false_alarms 0.05"', _operated_quietly),
    "evaluate.protocol": (
        'evaluate.protocol = "baseline"',
        lambda content, _value: with_value(content, "evaluate.protocol", "baseline"),
    ),
}
"""Each old key: what the warning names instead, and how its value gets there; in the order in which they count."""
