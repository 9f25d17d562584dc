"""The recipe's photos: which teach, which choose, which report."""

from partsight.config.recipe import Recipe
from partsight.dataset.mixing import draw_photos, mix
from partsight.dataset.photos import read_photos
from partsight.dataset.splits import is_background, split_photos
from partsight.errors import DatasetError, first_of
from partsight.labels.own_folders import PassOver
from partsight.pipeline.running.keys import hash_content
from partsight.randomize.looks.backgrounds import list_photos
from partsight.structures.dataset import Dataset, Splits


def read_splits(recipe: Recipe, pass_over: PassOver | None = None) -> Splits:
    """Return all photos of the recipe by split, nothing where it names no folder.

    Photos that cannot be read are errors, or only told to `pass_over`. Raises DatasetError.
    """
    class_names = recipe.class_names
    if recipe.photos.folder is None and recipe.photos.background_folder is None:
        nothing = Dataset(class_names, ())
        return Splits(nothing, nothing, nothing)
    return split_photos(read_photos(recipe.photos, class_names, pass_over), recipe.photos)


def draw_training_photos(recipe: Recipe, photos: Dataset) -> Dataset:
    """Return those of the training sessions' photos that the recipe draws. Raises DatasetError where there are too few."""
    if recipe.dataset.photos_per_class == "all":
        return photos
    asked, num_all = recipe.dataset.background_photos, sum(not len(sample.class_ids) for sample in photos.samples)
    num_background = num_all if asked == "all" or recipe.train.schedule == "two_stage" else asked
    return draw_photos(photos, recipe.dataset.photos_per_class, num_background, recipe.draw_seed)


def are_backgrounds(photos: Dataset) -> bool:
    """Return whether none of the photos is of a session: each comes from the folder of backgrounds, or there are none."""
    return all(is_background(sample.session) for sample in photos.samples)


def count_places(splits: Splits) -> int:
    """Return how many photos of places without parts there are, whichever split they serve."""
    samples = (*splits.train.samples, *splits.validation.samples, *splits.test.samples)
    return sum(is_background(one.session) for one in samples)


def has_parts(photos: Dataset) -> bool:
    """Return whether a photo shows a part."""
    return any(sample.source == "photo" and len(sample.class_ids) for sample in photos.samples)


def choosing_photos(recipe: Recipe, photos: Splits) -> Dataset:
    """Return the photos that settings may follow: the drawn ones of training, and those of validation.

    Test photos choose nothing, and those of the folder of backgrounds may come from any camera.
    """
    chosen = mix(draw_training_photos(recipe, photos.train), photos.validation)
    own = tuple(sample for sample in chosen.samples if not is_background(sample.session))
    return Dataset(chosen.class_names, own)


def check_backgrounds(recipe: Recipe, photos: Splits) -> None:
    """Raise DatasetError when a picture that is drawn behind parts is, byte for byte, one that validates or tests."""
    behind = list_photos(recipe.randomize.background.folder, "randomize.background.folder")
    kept_apart = {hash_content(one.image_path) for one in (*photos.validation.samples, *photos.test.samples)}
    shared = sorted(path.name for path in behind if hash_content(path) in kept_apart)
    if shared:
        raise DatasetError(
            f"{recipe.randomize.background.folder}: {len(shared)} of {len(behind)} pictures validate or test as well: "
            f"{first_of(shared)}. Figures on places that were learned from would flatter; move these pictures out of "
            "randomize.background.folder, or name other sessions in photos.validation and photos.test."
        )
