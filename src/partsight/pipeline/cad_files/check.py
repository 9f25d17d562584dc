"""CAD files → a health report: what each file holds, what is wrong with it, and which parts look alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from partsight.cad.facts import PartFacts
from partsight.cad.readers.foreign import is_foreign
from partsight.cad.readers.formats import METERS_PER, SUFFIXES, is_cad_file
from partsight.cad.reading import ReadPart, try_parts
from partsight.cad.symmetry.finding import find_symmetry
from partsight.cad.views.drawing import CORNER, SIDES, draw_difference, draw_views
from partsight.cad.views.nearest import find_alike, num_compared
from partsight.cad.views.silhouettes import (
    NUM_DIRECTIONS,
    Likeness,
    Silhouettes,
    draw_silhouettes,
    name_direction,
)
from partsight.config.sections.cad import CadSection, PartSection
from partsight.errors import CadError, RecipeError
from partsight.pictures import files_below
from partsight.progress import Progress
from partsight.report.pages.inspection import (
    InspectedPair,
    InspectedPart,
    InspectionContent,
    TreeLine,
    write_inspection,
)
from partsight.structures.arrays import FloatArray
from partsight.structures.names import as_class_name
from partsight.structures.world.directions import sphere_directions

SAME, ALIKE = 0.005, 0.10
"""Parts whose outlines differ by less than this are the same, or are likely to be confused."""
SHOWN_PAIRS = 12
SIDE_PX, CORNER_PX, MASK_PX = 150, 320, 192
TELLING_VIEWS = 3
_DRAWINGS = (".pdf",)
"""Of no consequence in a folder, told when they are named."""


@dataclass(frozen=True, slots=True)
class PartPair:
    """Two classes and how much their outlines differ."""

    first: str
    second: str
    likeness: Likeness
    directions: FloatArray
    """(D, 3), of the views compared."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a set of CAD files."""

    parts: Mapping[str, tuple[ReadPart, ...]]
    problems: Mapping[Path, str]
    pairs: tuple[PartPair, ...]
    """The pairs of classes that look most alike, those first."""
    symmetries: Mapping[str, str]
    """What the symmetry of each part is called, by the part's key; empty where they were not looked for."""


def name_classes(given: Sequence[Path]) -> dict[str, Path]:
    """Name a class after each file; a folder stands for the CAD files in and below it. Raises CadError.

    Files of CAD programs that cannot be read are among them, so that they are told, unless an export of them lies beside them.
    """
    named: dict[str, Path] = {}
    for path in dict.fromkeys(file for place in given for file in _files_at(place)):
        names = (path.stem, path.name, f"{path.parent.name}-{path.stem}", f"{path.parent.name}-{path.name}")
        name = next((name for name in map(as_class_name, names) if name not in named), None)
        if name is None:
            raise CadError(
                f"{path} and {named[as_class_name(path.stem)]} would both name the class '{as_class_name(path.stem)}'. "
                "Rename one of them."
            )
        named[name] = path
    return named


def part_sections(named: Mapping[str, Path], unit: str | None) -> dict[str, PartSection]:
    """Return the settings of classes with one file each. Raises RecipeError for an unknown unit."""
    if unit is not None and unit not in METERS_PER:
        raise RecipeError(f"unit '{unit}': unknown. Known: {', '.join(METERS_PER)}.")
    return {name: PartSection.model_validate({"files": [path], "unit": unit}) for name, path in named.items()}


def inspect(
    parts: Mapping[str, PartSection],
    section: CadSection,
    cache: Path | None,
    progress: Progress,
    *,
    with_symmetries: bool = False,
) -> Inspection:
    """Read all files, the bad ones aside, and compare the outlines of the classes; symmetries take about a second a part."""
    num_files = sum(len(part.files) for part in parts.values())
    with progress.stage("check", num_files, "files") as advance:
        read, failed = try_parts(parts, section, cache, advance)
    found = {name: variants for name, variants in read.items() if variants}
    problems = {path: str(error) for path, error in failed.items()}
    symmetries = _name_symmetries(found if with_symmetries else {}, progress)
    return Inspection(found, problems, _compare(found, progress), symmetries)


def publish_inspection(inspection: Inspection, path: Path, progress: Progress) -> None:
    """Write the health report as one page, and its figures as JSON beside it. Raises StorageError."""
    with progress.stage("report", len(inspection.parts), "parts drawn") as advance:
        drawn: list[InspectedPart] = []
        for number, (name, variants) in enumerate(inspection.parts.items(), 1):
            drawn.extend(_inspected(variant, inspection.symmetries) for variant in variants)
            advance(number, name)
    pairs = tuple(_inspected_pair(pair) for pair in inspection.pairs[:SHOWN_PAIRS])
    problems = tuple((str(file), message) for file, message in inspection.problems.items())
    write_inspection(InspectionContent(tuple(drawn), pairs, problems), path)


def describe_pair(pair: PartPair) -> str:
    """Say in one sentence how much two parts differ and what to expect."""
    share = f"{100 * pair.likeness.mean_difference:.1f} %"
    names = f"{pair.first} and {pair.second}"
    size = f"; one is {pair.likeness.size_ratio:.2f}× as large" if pair.likeness.size_ratio > 1.03 else ""
    if pair.likeness.mean_difference < SAME:
        return f"{names} have the same outline (difference {share}{size}): only color, size or small details tell them apart."
    if pair.likeness.mean_difference < ALIKE:
        return f"{names} differ by {share} of silhouette on average{size}: expect confusion."
    return f"{names} differ by {share} of silhouette on average{size}."


def telling_directions(pair: PartPair) -> list[int]:
    """Return the numbers of the directions from which two parts differ most, none twice from nearly the same side."""
    chosen: list[int] = []
    for number in pair.likeness.differences.argsort()[::-1].tolist():
        if all(abs(float(pair.directions[number] @ pair.directions[other])) < 0.8 for other in chosen):
            chosen.append(number)
    return chosen[:TELLING_VIEWS]


def _files_at(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    files = files_below(place)
    readable = [path for path in files if is_cad_file(path)]
    exported = {(path.parent, path.stem.lower()) for path in readable}
    foreign = [
        path
        for path in files
        if is_foreign(path)
        and path.suffix.lower() not in _DRAWINGS
        and (path.parent, path.stem.lower()) not in exported
    ]
    if not readable and not foreign:
        raise CadError(f"{place}: no CAD file in this folder. Known suffixes: {', '.join(sorted(SUFFIXES))}")
    return sorted([*readable, *foreign])


def _name_symmetries(parts: Mapping[str, tuple[ReadPart, ...]], progress: Progress) -> dict[str, str]:
    different = {variant.part.key: variant.part for variants in parts.values() for variant in variants}
    names: dict[str, str] = {}
    if not different:
        return names
    with progress.stage("symmetries", len(different), "parts") as advance:
        for key, part in different.items():
            names[key] = find_symmetry(part).name
            advance(len(names), part.name)
    return names


def _compare(parts: Mapping[str, tuple[ReadPart, ...]], progress: Progress) -> tuple[PartPair, ...]:
    directions = sphere_directions(NUM_DIRECTIONS)
    if len(parts) < 2:
        return ()
    drawn: dict[str, Silhouettes] = {}
    with progress.stage("outlines", len(parts), "parts") as advance:
        for number, (name, variants) in enumerate(parts.items(), 1):
            drawn[name] = draw_silhouettes(variants[0].part, directions)
            advance(number, name)
    with progress.stage("compare", num_compared(len(parts)), "pairs") as advance:
        pairs = find_alike(drawn, advance)
    return tuple(PartPair(pair.first, pair.second, pair.likeness, directions) for pair in pairs)


def _inspected(variant: ReadPart, symmetries: Mapping[str, str]) -> InspectedPart:
    part, facts = variant.part, variant.facts
    sides = draw_views(part, list(SIDES.values()), SIDE_PX)
    (corner,) = draw_views(part, [CORNER], CORNER_PX)
    (nodes,) = draw_views(part, [CORNER], CORNER_PX, "nodes")
    return InspectedPart(
        name=facts.name,
        rows=(*_rows(facts), *_symmetry_row(symmetries.get(variant.part.key))),
        warnings=facts.warnings,
        colors=facts.colors,
        corner=corner,
        nodes=nodes,
        sides=tuple(zip(SIDES, sides, strict=True)),
        tree=tuple(TreeLine(node.depth, node.name, node.num_triangles) for node in facts.tree),
    )


def _symmetry_row(name: str | None) -> tuple[tuple[str, str], ...]:
    return () if name is None else (("Symmetry", name),)


def _rows(facts: PartFacts) -> tuple[tuple[str, str], ...]:
    size = " × ".join(f"{side * 1000:.4g}" for side in facts.size_m)
    solids = () if facts.num_solids is None else (("Solids in the file", str(facts.num_solids)),)
    is_closed = facts.volume_m3 is not None and facts.is_watertight
    volume = (("Volume", f"{(facts.volume_m3 or 0.0) * 1e6:.4g} cm³"),) if is_closed else ()
    stated = (("Stated material", ", ".join(facts.stated_materials)),) if facts.stated_materials else ()
    mass = () if facts.mass_kg is None else (("Mass", f"{facts.mass_kg:.4g} kg"),)
    repeated = ", ".join(f"{count} × {name}" for name, count in facts.repeated[:8])
    health = facts.health
    return (
        ("Format", facts.format),
        ("Unit", facts.unit),
        ("Size", f"{size} mm"),
        *volume,
        *stated,
        *mass,
        ("Surface", f"{facts.area_m2 * 1e4:.4g} cm²"),
        *solids,
        ("Sub-parts", str(facts.num_nodes)),
        *((("Repeated", repeated),) if repeated else ()),
        ("Triangles", triangle_counts(facts)),
        ("Materials", ", ".join(facts.materials)),
        *facts.notes,
        ("Open edges", str(health.num_open_edges)),
        ("Flipped", str(health.num_flipped_edges)),
        ("Degenerate", str(health.num_degenerate)),
    )


def triangle_counts(facts: PartFacts) -> str:
    """Return the number of triangles, and how many there were before."""
    if facts.num_triangles == facts.num_triangles_read:
        return str(facts.num_triangles)
    saved = 100 * (1 - facts.num_triangles / max(facts.num_triangles_read, 1))
    return f"{facts.num_triangles} of {facts.num_triangles_read} (−{saved:.0f} %, unseen or needless)"


def _inspected_pair(pair: PartPair) -> InspectedPair:
    first, second = pair.likeness.masks
    views = tuple(
        (
            f"{name_direction(pair.directions[number])}: {100 * pair.likeness.differences[number]:.0f} %",
            draw_difference(first[number], second[number], MASK_PX),
        )
        for number in telling_directions(pair)
    )
    is_close = pair.likeness.mean_difference < ALIKE
    return InspectedPair(pair.first, pair.second, describe_pair(pair), pair.likeness.mean_difference, is_close, views)
