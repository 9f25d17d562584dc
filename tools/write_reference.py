"""Write the pages that follow from code and files: recipe, commands, errors, list of decisions; `--check` only compares."""

import os
import re
import sys
from pathlib import Path
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from partsight import errors
from partsight.cli.app import app
from partsight.config.content import value_of
from partsight.config.presets import PRESETS, read_preset
from partsight.config.recipe import Recipe
from partsight.config.reference import as_toml, default_of, is_table, section_of
from partsight.config.section import Section

FIRST_KEYS = (
    "name", "preset", "parts", "randomize.camera.object_size", "randomize.scatter.parts_per_image", "randomize.placement",
    "render.count", "render.width", "render.height", "photos.folder", "photos.session_pattern",
    "photos.train", "photos.validation", "photos.test", "photos.places", "dataset.photos_per_class", "train.schedule",
    "train.weights", "train.model", "train.image_size", "train.crop", "train.epochs", "train.device",
)  # fmt: skip
"""What most recipes state, beside what is said of their parts; all else has a good default."""

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main() -> int:
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        print("\n".join(f"docs/{path.relative_to(DOCS)} is stale: run 'just docs'" for path in stale))
        return len(stale)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return 0


def pages() -> dict[Path, str]:
    """Return each page with its text."""
    return {
        DOCS / "reference" / "recipe.md": recipe_page(),
        DOCS / "reference" / "commands.md": commands_page(),
        DOCS / "reference" / "errors.md": errors_page(),
        DOCS / "decisions" / "index.md": decisions_page(),
    }


def recipe_page() -> str:
    origin = "Generated from `src/partsight/config/sections`; every key has a default but `parts`."
    title = f"# The recipe\n\nOne TOML file describes an experiment. {origin}\n"
    return title + _first_text() + _presets_text() + "".join(_section_text(Recipe, ""))


def _first_text() -> str:
    """Return the keys to look at first."""
    rows = [f"| `{key}` | {_row(*_field(key))}" for key in FIRST_KEYS]
    head = ["| key | default | meaning |", "|---|---|---|"]
    said = f"These {len(FIRST_KEYS)} are what most recipes state; further down is every key, with a default that few need to change."
    return f"\n## What most recipes state\n\n{said}\n\n" + "\n".join([*head, *rows]) + "\n"


def _field(key: str) -> tuple[type[Section], str]:
    """Return section and name of a dotted key."""
    section: Any = Recipe
    *groups, name = key.split(".")
    for group in groups:
        section = section_of(section.model_fields[group].annotation)
    return section, name


def _presets_text() -> str:
    """Return what each preset is for and sets."""
    text = '\n## Presets\n\n`preset = "table"` at the top of a recipe takes these values; what the recipe states itself counts more.\n'
    for name in PRESETS:
        preset = read_preset(name)
        rows = [f"| `{key}` | `{as_toml(value_of(preset.content, key))}` |" for key in _leaves(preset.content, Recipe)]
        text += (
            f"\n### `{name}`\n\n{' '.join(preset.description.split())}\n\n"
            + "\n".join(["| key | value |", "|---|---|", *rows])
            + "\n"
        )
    return text


def _leaves(content: dict[str, Any], section: type[Section], path: str = "") -> list[str]:
    found: list[str] = []
    for name, value in content.items():
        below = section_of(section.model_fields[name].annotation)
        found += _leaves(value, below, f"{path}{name}.") if below else [f"{path}{name}"]
    return found


def _section_text(section: type[Section], path: str) -> list[str]:
    rows = ["| key | default | meaning |", "|---|---|---|"]
    inner: list[str] = []
    for name, field in section.model_fields.items():
        below = section_of(field.annotation)
        if below is not None:
            label = f"{path}.{name}" if path else name
            inner += _section_text(below, f"{label}.<name>" if is_table(field.annotation) else label)
            continue
        rows.append(f"| `{name}` | {_row(section, name)}")
    heading = f"\n## `[{path}]`\n" if path else "\n## Top of the file\n"
    table = ["\n" + "\n".join(rows) + "\n"] if len(rows) > 2 else []
    said = (section.__doc__ or "").strip().split("\n\n")[0]
    return [heading, f"\n{said}\n", *table, *inner]


def _row(section: type[Section], name: str) -> str:
    """Return default and meaning of a key as the end of a table's row."""
    field = section.model_fields[name]
    default = default_of(section, name)
    return f"{f'`{default}`' if default else ''} | {' '.join((field.description or '').split())} |"


def command_names(command: Any, before: str = "") -> list[str]:
    """Return all commands, those of groups with the group's name before them."""
    inner = getattr(command, "commands", {})
    return [
        name for word, one in inner.items() for name in (command_names(one, f"{before}{word} ") or [f"{before}{word}"])
    ]


def commands_page() -> str:
    parts = ["# Commands\n\nGenerated from the program's own help.\n"]
    for command in command_names(get_command(app)):
        plain = {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
        shown = CliRunner().invoke(app, [*command.split(), "--help"], env=plain).output
        lines = "\n".join(line.rstrip() for line in shown.strip().splitlines())
        parts.append(f"\n## `partsight {command}`\n\n```\n{lines}\n```\n")
    return "".join(parts)


def errors_page() -> str:
    """Return the kinds of errors that a user can mend, from the exception tree."""
    rows = [f"| `{name}` | {_meaning(kind)} | {_page_link(kind.page)} |" for name, kind in mendable_errors().items()]
    said = (
        "An error that you can mend is printed without a traceback. It says where it is, what was found, what was expected, and what "
        "to do. In Python all of them derive from `partsight.PartsightError`. A traceback is a fault of Partsight: please report it."
    )
    table = "\n".join(["| error | meaning | page |", "|---|---|---|", *rows])
    return f"# Errors\n\nGenerated from `partsight.errors`.\n\n{said}\n\n{table}\n"


def mendable_errors() -> dict[str, type[errors.PartsightError]]:
    """Return the kinds of errors by name, in the order of their module."""
    kinds = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    return {
        name: kind
        for name, kind in kinds.items()
        if issubclass(kind, errors.PartsightError) and name != "PartsightError"
    }


def _meaning(kind: type[errors.PartsightError]) -> str:
    return " ".join((kind.__doc__ or "").split())


def _page_link(target: str) -> str:
    path, mark, heading = target.partition("#")
    link = Path(os.path.relpath(DOCS.parent / path, DOCS / "reference")).as_posix()
    return f"[{Path(path).stem}]({link}{mark}{heading})"


def decisions_page() -> str:
    """Return the list of decision records, by number."""
    records = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    rows = [f"- [{path.stem[:4]}]({path.name}) {_title(path)}" for path in records]
    return (
        "# Decisions\n\nWhy Partsight is built as it is: a page for each choice of a layout, a format or a dependency.\n\n"
        + "\n".join(rows)
        + "\n"
    )


def _title(path: Path) -> str:
    """Return the heading of a record without its number."""
    heading = path.read_text(encoding="utf-8").partition("\n")[0]
    return re.sub(r"^# *\d+ *[.:–-] *", "", heading)


if __name__ == "__main__":
    sys.exit(main())
