"""The recipe's photos: which teach, which choose, which report."""

from partsight.config.recipe import Recipe
from partsight.dataset.mixing import draw_photos, mix
from partsight.dataset.photos import read_photos, read_places
from partsight.dataset.splits import is_place, place_splits, split_photos
from partsight.errors import DatasetError, first_of
from partsight.labels.own_folders import PassOver
from partsight.labels.sample_masks import has_masks
from partsight.pipeline.running.keys import hash_content
from partsight.structures.dataset import Dataset, Splits


def read_splits(recipe: Recipe, pass_over: PassOver | None = None) -> Splits:
    """Return all photos of the recipe by split, nothing where it names no folder.

    Photos that cannot be read are errors, or only told to `pass_over`. Raises DatasetError.
    """
    class_names = recipe.class_names
    if recipe.photos.folder is None and not recipe.photos.places:
        nothing = Dataset(class_names, ())
        return Splits(nothing, nothing, nothing)
    return split_photos(read_photos(recipe.photos, class_names, pass_over), recipe.photos)


def draw_training_photos(recipe: Recipe, photos: Dataset) -> Dataset:
    """Return those of the training sessions' photos that the recipe draws. Raises DatasetError where there are too few.

    Where masks are learned only those count of which each part has an outline.
    """
    return _draw(recipe, teaching(recipe, photos))


def _draw(recipe: Recipe, photos: Dataset) -> Dataset:
    if recipe.dataset.photos_per_class == "all":
        return photos
    asked, num_all = recipe.dataset.background_photos, sum(not len(sample.class_ids) for sample in photos.samples)
    num_background = num_all if asked == "all" or recipe.train.schedule == "two_stage" else asked
    return draw_photos(photos, recipe.dataset.photos_per_class, num_background, recipe.draw_seed)


def teaching(recipe: Recipe, photos: Dataset) -> Dataset:
    """Return those of the pictures that say what is to be learned: all, or where masks are, those that tell of each part's pixels."""
    if recipe.train.task == "detect":
        return photos
    return Dataset(photos.class_names, tuple(one for one in photos.samples if has_masks(one)))


def tell_untaught(recipe: Recipe, photos: Splits) -> tuple[str, ...]:
    """Say how many photos of training and validation do not say what is to be learned; nothing where all do."""
    named = {"training": photos.train, "validation": photos.validation}
    counts = {name: (len(given) - len(teaching(recipe, given)), len(given)) for name, given in named.items()}
    return tuple(
        f"{left_out} of {total} {name} photos show parts that have a box and no outline: masks are not learned from these "
        "(train.task = 'segment'). They still judge boxes where they validate or test."
        for name, (left_out, total) in counts.items()
        if left_out
    )


def judge_alone(recipe: Recipe, photos: Dataset) -> bool:
    """Return whether a split's photos judge without renders: any is of a labeled session and, where masks are learned, outlined."""
    told = teaching(recipe, photos).samples
    is_outlined = recipe.train.task == "detect" or any(len(sample.class_ids) for sample in told)
    return is_outlined and not all(is_place(sample.session) for sample in told)


def count_places(splits: Splits) -> int:
    """Return how many photos of places without parts there are, whichever split they serve."""
    samples = (*splits.train.samples, *splits.validation.samples, *splits.test.samples)
    return sum(is_place(one.session) for one in samples)


def has_parts(photos: Dataset) -> bool:
    """Return whether a photo shows a part."""
    return any(sample.source == "photo" and len(sample.class_ids) for sample in photos.samples)


def choosing_photos(recipe: Recipe, photos: Splits) -> Dataset:
    """Return the photos that settings may follow: the drawn ones of training, and those of validation.

    Test photos choose nothing, and those of places may come from any camera.
    """
    chosen = mix(_draw(recipe, photos.train), photos.validation)
    own = tuple(sample for sample in chosen.samples if not is_place(sample.session))
    return Dataset(chosen.class_names, own)


def behind_parts(recipe: Recipe) -> Recipe:
    """Return the recipe with the photos of places that teach as pictures behind and below the parts, unless it states others.

    Labels are not read: pictures can be drawn before there are any. Raises DatasetError.
    """
    section = recipe.randomize.background
    if not recipe.photos.places or section.pictures or not section.photo_share:
        return recipe
    places = read_places(recipe.photos, recipe.class_names)
    serves = place_splits(places, recipe.photos)
    teaching = [str(one.image_path) for one in places.samples if serves[one.session] == "train"]
    return recipe.at("randomize.background.pictures", teaching)


def check_behind_parts(recipe: Recipe, photos: Splits) -> None:
    """Raise DatasetError when a picture that is drawn behind parts is, byte for byte, one that validates or tests."""
    behind = behind_parts(recipe).randomize.background.pictures
    kept_apart = {hash_content(one.image_path) for one in (*photos.validation.samples, *photos.test.samples)}
    shared = sorted(str(path) for path in behind if hash_content(path) in kept_apart)
    if shared:
        raise DatasetError(
            f"{len(shared)} of {len(behind)} pictures of places behind the parts validate or test as well: {first_of(shared)}. "
            "Figures on places that were learned from would flatter; delete one of each pair, or let the places serve the same "
            "split (photos.validation, photos.test)."
        )
