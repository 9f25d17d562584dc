"""What pages, code and messages point to is there; what is generated is fresh."""

import re
import tomllib

from tools.write_reference import mendable_errors, pages

from partsight.errors import PartsightError
from tests.unit.docs.pages import DOCS, PAGES, ROOT

SOURCES = [
    *sorted((ROOT / "src").rglob("*.py")),
    *sorted((ROOT / "benchmarks").glob("*.py")),
    *sorted(ROOT.glob("recipes/*")),
]
NAMED = re.compile(r"(?<![\w/.])(?:docs|research)/[\w/-]+\.(?:md|json|svg|jpg)")
LINK = re.compile(r"\]\((?!https?:|#)([^)\s#]+)")


def test_pages_that_code_and_pages_name_are_there():
    texts = [*SOURCES, *PAGES, ROOT / "CHANGELOG.md", ROOT / "justfile", *ROOT.glob("research/*.md")]
    named = {name for path in texts for name in NAMED.findall(path.read_text(encoding="utf-8"))}
    named -= {"docs/bop_datasets_format.md"}  # of the BOP toolkit
    assert len(named) > 20
    assert sorted(name for name in named if not (ROOT / name).is_file()) == []


def test_links_and_pictures_of_pages_lead_somewhere():
    pages_with_links = [*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *ROOT.glob("research/*.md")]
    found = {page: LINK.findall(page.read_text(encoding="utf-8")) for page in pages_with_links}
    assert sum(map(len, found.values())) > 200
    astray = {
        page: [target for target in targets if not (page.parent / target).exists()] for page, targets in found.items()
    }
    assert {page.relative_to(ROOT).as_posix(): targets for page, targets in astray.items() if targets} == {}


def test_each_research_note_has_its_header_and_is_listed():
    notes = sorted(ROOT.glob("research/[0-9]*.md"))
    listed = (ROOT / "research" / "README.md").read_text(encoding="utf-8")
    for note in notes:
        head = note.read_text(encoding="utf-8")[:2000]
        assert [row for row in ("Command", "Commit", "Data", "Rows", "Verdict") if f"| {row} |" not in head] == []
        assert note.name in listed
    assert [note.name[:4] for note in notes] == [f"{number:04d}" for number in range(1, len(notes) + 1)]


def test_generated_pages_are_fresh():
    stale = [path.name for path, text in pages().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run 'just docs'"


def test_every_error_that_can_be_mended_is_listed():
    listed = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
    assert [name for name in mendable_errors() if f"`{name}`" not in listed] == []


def test_every_error_names_a_page_and_a_heading_that_are_there():
    for kind in (PartsightError, *mendable_errors().values()):
        page, _, heading = kind.page.partition("#")
        lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
        anchors = [
            re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in lines
            if line.startswith("#")
        ]
        assert heading == "" or heading in anchors, kind


def test_every_page_can_be_reached_from_the_menu():
    menu = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    tomllib.loads(menu)
    inside = [path for path in sorted(DOCS.rglob("*.md")) if path.parent.name != "decisions" or path.name == "index.md"]
    assert [path.name for path in inside if f'"{path.relative_to(DOCS).as_posix()}"' not in menu] == []


def test_the_readme_is_short_and_tests_are_installed_as_ci_does():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 120
    (in_ci,) = re.findall(r'-e "\.(\[[\w,]+\])"', (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert f'pip install -e ".{in_ci}"' in readme


def test_the_site_names_the_version():
    site = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"Partsight {version}," in site["copyright"]


def test_every_public_name_is_in_the_api_reference():
    import partsight

    page = (DOCS / "reference" / "python-api.md").read_text(encoding="utf-8")
    names = [name for name in partsight.__all__ if name != "__version__"]
    assert [name for name in names if f"::: partsight.{name}\n" not in page] == []
