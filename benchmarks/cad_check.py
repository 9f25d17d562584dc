"""What `partsight check` costs beside the kernel's own reading and tessellation of the same file at the same tolerance.

    python benchmarks/cad_check.py a.step b.step …

Seconds of the processor, in one process that has loaded everything: other work on the machine does not count. `kernel` is STEP →
document → triangles; `read` is ours, with names, colors and soundness; `part` joins, shades and leaves out what nobody sees; `draw` is
the pictures of the page and the outlines to compare parts by.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from partsight.cad.geometry.conversion import make_part
from partsight.cad.geometry.interior import remove_hidden
from partsight.cad.readers.kernel import read_exact
from partsight.cad.views.drawing import CORNER, SIDES, draw_views
from partsight.cad.views.silhouettes import NUM_DIRECTIONS, draw_silhouettes
from partsight.config.sections.cad import CadSection, PartSection
from partsight.structures.world.directions import sphere_directions
from partsight.structures.world.part import Part, diagonal_m

TOLERANCE = 0.001
_Made = TypeVar("_Made")


def main() -> None:
    paths = [Path(name) for name in sys.argv[1:]]
    if not paths:
        sys.exit(__doc__)
    measure(paths[0])  # loads what is loaded on first use
    print(f"{'file':40} {'MB':>5} {'kernel':>7} {'read':>6} {'part':>6} {'draw':>6} {'ratio':>6}")
    for path in paths:
        kernel_s, read_s, part_s, draw_s = measure(path)
        ratio = (read_s + part_s + draw_s) / kernel_s
        size = path.stat().st_size / 1e6
        print(f"{path.name[:40]:40} {size:5.1f} {kernel_s:7.2f} {read_s:6.2f} {part_s:6.2f} {draw_s:6.2f} {ratio:6.1f}")


def measure(path: Path) -> tuple[float, float, float, float]:
    section = CadSection()
    file, read_s = timed(lambda: read_exact(path, TOLERANCE, section.angular_tolerance_deg, None))
    made, make_s = timed(lambda: make_part("part", path, file.pieces, PartSection(files=(path,))))
    part, hidden_s = timed(lambda: remove_hidden(made))
    _, draw_s = timed(lambda: draw(part))
    _, kernel_s = timed(
        lambda: kernel_only(path, TOLERANCE * diagonal_m(made.mesh) * 1000, section.angular_tolerance_deg)
    )
    return kernel_s, read_s, make_s + hidden_s, draw_s


def draw(part: Part) -> None:
    draw_views(part, list(SIDES.values()), 150)
    draw_views(part, [CORNER], 320)
    draw_views(part, [CORNER], 320, "nodes")
    draw_silhouettes(part, sphere_directions(NUM_DIRECTIONS))


def kernel_only(path: Path, deflection_mm: float, angle_deg: float) -> None:
    import numpy as np
    from OCP.BRepMesh import BRepMesh_IncrementalMesh
    from OCP.collections import Sequence_TDF_Label
    from OCP.STEPCAFControl import STEPCAFControl_Reader
    from OCP.TCollection import TCollection_ExtendedString
    from OCP.TDocStd import TDocStd_Document
    from OCP.XCAFDoc import XCAFDoc_DocumentTool, XCAFDoc_ShapeTool

    document = TDocStd_Document(TCollection_ExtendedString("BinXCAF"))
    reader = STEPCAFControl_Reader()
    reader.SetNameMode(True)
    reader.SetColorMode(True)
    reader.ReadFile(str(path))
    reader.Transfer(document)
    labels = Sequence_TDF_Label()
    XCAFDoc_DocumentTool.ShapeTool_s(document.Main()).GetFreeShapes(labels)
    for label in labels:
        BRepMesh_IncrementalMesh(
            XCAFDoc_ShapeTool.GetShape_s(label), deflection_mm, False, np.deg2rad(angle_deg), False
        )


def timed(make: Callable[[], _Made]) -> tuple[_Made, float]:
    started = time.process_time()
    return make(), time.process_time() - started


if __name__ == "__main__":
    main()
