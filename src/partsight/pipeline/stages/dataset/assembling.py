"""Renders and photos → train, validation and test, and how often each training picture is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from partsight.config.recipe import Recipe
from partsight.dataset.listing import Shares, list_mixed, list_with_replay
from partsight.dataset.mixing import draw_renders, mix
from partsight.dataset.splits import check_disjoint, split_renders
from partsight.errors import DatasetError
from partsight.pipeline.running.keys import hash_outlines, hash_samples
from partsight.pipeline.stages.dataset.photo_splits import draw_training_photos, judge_alone
from partsight.structures.dataset import Dataset, Splits


@dataclass(frozen=True, slots=True)
class RenderShares:
    """Which shares of the renders are held out: none where photos judge."""

    validation: float
    test: float


def render_shares(recipe: Recipe, photos: Splits) -> RenderShares:
    """Return the shares of the renders that validate and test.

    Where all that a split is given are photos of places, it has held-out renders as well; so it has where masks are learned and
    none of its photos tells of any.
    """
    kept = recipe.dataset
    return RenderShares(
        0.0 if judge_alone(recipe, photos.validation) else kept.render_validation_share,
        0.0 if judge_alone(recipe, photos.test) else kept.render_test_share,
    )


def assemble(recipe: Recipe, renders: Dataset, photos: Splits) -> Splits:
    """Return train, validation and test: photos where the recipe gives sessions for a split, held-out renders elsewhere.

    Raises DatasetError for a split without any labeled part.
    """
    shares, seed = render_shares(recipe, photos), recipe.render_draw_seed
    rendered = split_renders(renders, shares.validation, shares.test, seed)
    drawn = draw_renders(rendered.train, recipe.dataset.renders, seed), draw_training_photos(recipe, photos.train)
    splits = Splits(
        train=mix(*drawn),
        validation=mix(photos.validation, rendered.validation),
        test=mix(photos.test, rendered.test),
    )
    _check_filled(splits, recipe.train.task)
    check_disjoint(splits)
    return splits


def needed_renders(recipe: Recipe, photos: Splits) -> int:
    """Return how many renders are used: few, for the report, where photos alone train, validate and test (`dataset.renders = 0`)."""
    shares = render_shares(recipe, photos)
    if recipe.dataset.renders != 0 or shares.validation or shares.test:
        return recipe.render.count
    return min(recipe.render.count, max(1, recipe.report.gallery))


def listed_times(recipe: Recipe, train: Dataset) -> Mapping[str, int]:
    """Return how often each training picture is shown in an epoch of the recipe's (last) training; once where it is not named."""
    if recipe.train.schedule == "mixed":
        kept = recipe.dataset
        is_capped = kept.background_photos == "all"
        return list_mixed(train, kept.photo_repeat, kept.background_share, seed=recipe.draw_seed, is_capped=is_capped)
    return list_with_replay(train, finetune_shares(recipe), seed=recipe.draw_seed)


def finetune_shares(recipe: Recipe) -> Shares:
    """Return what an epoch of the second of two stages, and of those after it, is made of."""
    finetune = recipe.train.finetune
    return Shares(finetune.pictures, finetune.replay_share, finetune.negative_share)


def training_content(recipe: Recipe, renders_key: str, photos: Splits) -> Mapping[str, Any]:
    """Return what training and validation are shown, as content for a key: nothing about the test is in it."""
    shares, drawn = render_shares(recipe, photos), draw_training_photos(recipe, photos.train)
    kept, finetune = recipe.dataset, recipe.train.finetune
    content: dict[str, Any] = {
        "classes": list(recipe.class_names),
        "train photos": hash_samples(drawn.samples),
        "validation photos": hash_samples(photos.validation.samples),
    }
    if recipe.train.task != "detect":
        content["outlines"] = [recipe.train.task, hash_outlines([*drawn.samples, *photos.validation.samples])]
    if kept.renders != 0 or shares.validation:
        held_out = [shares.validation, shares.test]
        content["renders"] = [renders_key, recipe.render.count, kept.renders, held_out, recipe.render_draw_seed]
    if recipe.train.schedule == "two_stage":
        content["listed"] = [finetune.pictures, finetune.replay_share, finetune.negative_share, recipe.draw_seed]
    elif drawn.samples:
        is_capped = kept.background_photos == "all"
        content["listed"] = [kept.photo_repeat, kept.background_share, is_capped, recipe.draw_seed]
    if recipe.train.crop != 1:
        content["crop"] = [recipe.train.crop, recipe.annotate.min_visible_fraction, recipe.draw_seed]
    return content


def judging_content(recipe: Recipe, renders_key: str, photos: Splits) -> Mapping[str, Any]:
    """Return the pictures that choose and report, as content for a key."""
    shares = render_shares(recipe, photos)
    held_out = [renders_key, recipe.render.count, shares.validation, shares.test, recipe.render_draw_seed]
    drawn = {} if recipe.train.task == "detect" else {"outlines": hash_outlines(photos.test.samples)}
    return {
        **drawn,
        "validation photos": hash_samples(photos.validation.samples),
        "test photos": hash_samples(photos.test.samples),
        "renders": held_out if shares.validation or shares.test else None,
    }


def num_listed(recipe: Recipe, photos: Splits) -> int:
    """Return how many pictures an epoch shows, to a few, before any is rendered."""
    if recipe.train.schedule == "two_stage":
        return recipe.train.finetune.pictures
    shares, drawn = render_shares(recipe, photos), draw_training_photos(recipe, photos.train)
    renders = round(recipe.render.count * (1 - shares.validation - shares.test))
    if recipe.dataset.renders is not None:
        renders = min(renders, recipe.dataset.renders)
    listed = listed_times(recipe, drawn)
    with_parts = sum(listed.get(one.sample_id, 1) for one in drawn.samples if len(one.class_ids))
    negatives = sum(not len(one.class_ids) for one in drawn.samples)
    share = recipe.dataset.background_share if negatives else 0.0
    return max(renders + with_parts + negatives, round((renders + with_parts) / (1 - share)))


def _check_filled(splits: Splits, task: str) -> None:
    hint = (
        "" if task == "detect" else f" Photos that have a box and no outline teach nothing where train.task = '{task}'."
    )
    for name in ("train", "validation", "test"):
        samples = getattr(splits, name).samples
        if not any(len(sample.class_ids) for sample in samples):
            raise DatasetError(
                f"dataset.{name}: {len(samples)} pictures and not one labeled part. Render more pictures (render.count), "
                f"raise dataset.render_validation_share or render_test_share, or name photo sessions for this split.{hint}"
            )
