"""Draw the pictures of README and tutorial from the product: follow the tutorial, look at what it makes, photograph its pages.

python -m tools.draw_docs_pictures FOLDER              # a new folder; needs Chromium and about half an hour
python -m tools.draw_docs_pictures FOLDER --finished   # the tutorial was followed there before: only draw again
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFont
from tests.browser.chromium import open_browser, open_tab
from tools.run_tutorial import PAGE, Reader, prepare

PICTURES = PAGE.parents[1] / "pictures"
WIDTH, QUALITY, GAP = 960, 85, 8
SETTLES_S = 6
"""Until a page shows what it has to show."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--finished", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if not arguments.finished:
        page = Reader(prepare(folder), served=photograph_served).follow(PAGE.read_text(encoding="utf-8"))
        PAGE.write_text(page, encoding="utf-8")
    draw_from(folder / "magnets")


def photograph_served(command: str, link: str) -> None:
    """Photograph the labeling page or the live page while it is served."""
    name = "tutorial-label.jpg" if "label" in command else "tutorial-live.jpg"
    photograph(link, PICTURES / name)


def photograph(address: str, path: Path, size_wh: tuple[int, int] = (1200, 760)) -> None:
    """Write a picture of a page. Raises OSError where there is no Chromium."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise FileNotFoundError("chromium: not found; install it to draw the pictures of pages")
    with tempfile.TemporaryDirectory() as profile, open_browser(program, Path(profile)) as port:
        with open_tab(port, address, size_wh=size_wh) as tab:
            time.sleep(SETTLES_S)
            tab.screenshot(Path(profile) / "page.png")
        save(Image.open(Path(profile) / "page.png"), path)


def draw_from(project: Path) -> None:
    """Draw everything that a finished project shows without a server."""
    save(Image.open(project / "parts.png"), PICTURES / "tutorial-parts.jpg")
    save(Image.open(project / "runs" / "preview.png"), PICTURES / "tutorial-preview.jpg")
    days = [first_frame(project / "hall" / f"{day}.mp4") for day in ("monday", "tuesday", "wednesday")]
    save(side_by_side(days), PICTURES / "tutorial-hall.jpg")
    found = first_frame(next((project / "found").rglob("*.mp4")))
    save(found, PICTURES / "tutorial-found.jpg")
    save(beside_cad(found, sorted((project / "model" / "cards").glob("*.png"))), PICTURES / "found.jpg")
    photograph((project / "runs" / "report.html").as_uri(), PICTURES / "tutorial-report.jpg", (1100, 900))


def first_frame(film: Path) -> Image.Image:
    with av.open(str(film)) as container:
        return next(container.decode(video=0)).to_image()


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    height = min(picture.height for picture in pictures)
    sized = [picture.resize((picture.width * height // picture.height, height)) for picture in pictures]
    sheet = Image.new("RGB", (sum(one.width + GAP for one in sized) - GAP, height), "white")
    left = 0
    for one in sized:
        sheet.paste(one, (left, 0))
        left += one.width + GAP
    return sheet


def beside_cad(found: Image.Image, cards: Sequence[Path]) -> Image.Image:
    """Return a frame with what was found in it, and beside it a column with the CAD models and their names."""
    side = found.height // len(cards)
    column = Image.new("RGB", (side, found.height), "white")
    font = ImageFont.load_default(size=16)
    for number, card in enumerate(cards):
        picture = Image.open(card).convert("RGB")
        picture.thumbnail((side, side))
        column.paste(picture, ((side - picture.width) // 2, number * side))
        ImageDraw.Draw(column).text((6, number * side + 4), card.stem, fill="black", font=font)
    return side_by_side([found, column])


def save(picture: Image.Image, path: Path) -> None:
    """Write a picture that is no wider than a page."""
    picture = picture.convert("RGB")
    picture.thumbnail((WIDTH, 10 * WIDTH))
    picture.save(path, quality=QUALITY, optimize=True)
    print(path.name, picture.size, f"{path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
