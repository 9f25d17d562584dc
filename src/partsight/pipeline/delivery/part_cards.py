"""What is shown beside a recognized part: picture of the CAD model, description, documents, details."""

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from partsight.cad.geometry.simplification import simplify
from partsight.config.recipe import Recipe
from partsight.deploy.description import Document, PartCard
from partsight.deploy.model_folder import shape_entry
from partsight.errors import RecipeError
from partsight.files import write_bytes
from partsight.pipeline.portraits import draw_portraits, encode_png
from partsight.pipeline.running.executors import num_cores
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.cad.stage import PartsOutput, load_parts
from partsight.pipeline.symmetries import symmetry_of
from partsight.pose.shapes.shape import shape_of
from partsight.pose.shapes.shape_file import write_shape
from partsight.structures.world.part import Part

PORTRAIT_PX = 480
SHAPE_TRIANGLES = 20_000
SHAPE_TOLERANCE = 0.004
"""Of the diameter: how far fewer triangles may move an outline."""


def check_documents(recipe: Recipe) -> None:
    """Raise RecipeError naming every document that is not there."""
    missing = [
        f"  parts.{name}.document: {document}"
        for name, part in recipe.parts.items()
        for document in part.document
        if isinstance(document, Path) and not document.is_file()
    ]
    if missing:
        lines = ["no such document (expected a file, or a link that begins with http:// or https://):", *missing]
        raise RecipeError("\n".join(lines))


def write_part_cards(recipe: Recipe, parts: PartsOutput, folder: Path, workspace: Workspace) -> tuple[PartCard, ...]:
    """Put pictures, documents and shapes into a model folder; return the cards, one for each class in the order of its number."""
    stems = dict(zip(recipe.class_names, safe_names(recipe.class_names), strict=True))
    shown = {name: variants[0] for name, variants in load_parts(parts.folder, parts.files).items()}
    pictures = _write_pictures(recipe, shown, stems, folder)
    shapes = {
        name: _write_shape(part, folder / "shapes" / f"{stems[name]}.npz", workspace) for name, part in shown.items()
    }
    cards = (_card(recipe, name, stems[name], pictures.get(name), folder) for name in recipe.class_names)
    return tuple(
        card if card.name not in shapes else card.model_copy(update={"shape": shape_entry(folder, shapes[card.name])})
        for card in cards
    )


def safe_names(names: Sequence[str]) -> list[str]:
    """Return a file name for each name: letters, digits, dot, dash; different ones also where case does not count."""
    taken: set[str] = set()
    safe = []
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "part"
        candidates = (stem, *(f"{stem}-{number}" for number in range(2, len(names) + 2)))
        chosen = next(one for one in candidates if one.lower() not in taken)
        taken.add(chosen.lower())
        safe.append(chosen)
    return safe


def _write_shape(part: Part, path: Path, workspace: Workspace) -> Path:
    """Write the shape of a part, of as many triangles as poses need."""
    fewer = simplify(part, SHAPE_TRIANGLES, SHAPE_TOLERANCE)
    shape = shape_of(
        fewer.mesh.vertices_m,
        fewer.mesh.triangles,
        node_ids=fewer.node_ids,
        node_names=fewer.node_names,
        symmetry=symmetry_of(part, workspace),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_shape(shape, path)
    return path


def _write_pictures(recipe: Recipe, shown: Mapping[str, Part], stems: dict[str, str], folder: Path) -> dict[str, str]:
    """Draw each part; return the paths by class."""
    portraits = draw_portraits(list(shown.values()), PORTRAIT_PX, recipe.render, num_cores())
    paths = {name: f"cards/{stems[name]}.png" for name in shown}
    for name, portrait in zip(shown, portraits, strict=True):
        write_bytes(folder / paths[name], encode_png(portrait))
    return paths


def _card(recipe: Recipe, name: str, stem: str, picture: str | None, folder: Path) -> PartCard:
    part = recipe.parts.get(name)
    if part is None:
        return PartCard(name=name)
    places = safe_names([Path(document).name for document in part.document])
    documents = [
        _document(document, f"documents/{stem}/{place}", folder)
        for document, place in zip(part.document, places, strict=True)
    ]
    return PartCard(
        name=name, description=part.description, picture=picture, documents=tuple(documents), details=part.details
    )


def _document(document: Path | str, place: str, folder: Path) -> Document:
    if isinstance(document, str):
        return Document(title=document, url=document)
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(document, folder / place)
    return Document(title=document.name, path=place)
