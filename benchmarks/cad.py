"""CAD import beside FreeCAD and the bare kernel, on damaged files, and on a large assembly.

    python benchmarks/cad.py files --shared ../shared      every STEP, IGES, BREP and FreeCAD file there
    python benchmarks/cad.py colors --shared ../shared     colors as FreeCAD shows them
    python benchmarks/cad.py assembly --solids 2000        one large instanced assembly: seconds and memory
    python benchmarks/cad.py mutations --count 2000        damaged files: none may harm the caller

FreeCAD is run as a separate program (`freecadcmd`); without it its columns stay empty.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from tests.unit.cad.mutations import mutated

from partsight.cad.exporting import export_part
from partsight.cad.process.processes import ReaderProcesses
from partsight.cad.readers.formats import EXACT_SUFFIXES
from partsight.cad.reading import read_file
from partsight.config.sections.cad import CadSection, PartSection
from partsight.errors import CadError

PEERS = Path(__file__).parent / "cad_peers"
TOLERANCE = 0.001
FREECAD_DEFAULT = "#cccccc"
EXACT = CadSection(remove_hidden=False, linear_tolerance=TOLERANCE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["files", "colors", "assembly", "mutations"])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--solids", type=int, default=2000)
    options = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    if options.what == "files":
        compare_files(exact_files(options.shared))
    elif options.what == "colors":
        compare_colors(exact_files(options.shared))
    elif options.what == "assembly":
        read_large_assembly(options.solids)
    else:
        survive_mutations(options.count)


def exact_files(shared: Path) -> list[Path]:
    found = sorted(path for path in (shared / "real").glob("step_*/**/*") if path.suffix.lower() in EXACT_SUFFIXES)
    if not found:
        sys.exit(f"{shared}: no CAD files there. Give the folder with --shared.")
    return found


# Every file -----------------------------------------------------------------------------------------------------------


def compare_files(files: list[Path]) -> None:
    ours, reasons = read_all(files)
    deflections = {path: max(1e-4, TOLERANCE * 1000 * norm(ours[path]["size_mm"])) for path in ours}
    freecad = ask_freecad([{"path": str(path), "deflection_mm": deflections.get(path, 0.1)} for path in files])
    kernel = ask_kernel([path for path in files if path.suffix.lower() in {".step", ".stp"}])
    print(f"{'file':44} {'MB':>5} {'solids':>7} {'tri':>7} {'s':>6} {'FreeCAD s':>9} {'faster':>6}")
    ratios = []
    for path in files:
        if path not in ours:
            print(f"{path.name[:44]:44} – {reasons[path].split(': ', 1)[-1][:110]}")
            continue
        peer = freecad.get(str(path), {})
        ratio = peer["seconds"] / ours[path]["seconds"] if "seconds" in peer else float("nan")
        size = path.stat().st_size / 1e6
        if size >= 1:
            ratios.append((path.name, ratio))
        shown = f"{peer['seconds']:9.2f} {ratio:6.2f}" if "seconds" in peer else f"{'–':>9} {'–':>6}"
        row = ours[path]
        print(f"{path.name[:44]:44} {size:5.2f} {row['solids']:7} {row['triangles']:7} {row['seconds']:6.2f} {shown}")
    print(f"\nread {len(ours)}, refused with a reason {len(reasons)}")
    print("at least 1 MB, times as fast as FreeCAD:", ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios))
    disagreements(ours, freecad, "FreeCAD")
    disagreements(ours, kernel, "kernel")


def read_all(files: list[Path]) -> tuple[dict[Path, dict], dict[Path, str]]:
    """Read file by file, writing STL as FreeCAD does; the kernel is started before."""
    ours, reasons = {}, {}
    with ReaderProcesses() as processes, tempfile.TemporaryDirectory() as folder:
        read_file(files[0].stem, files[0], PartSection(files=(files[0],)), EXACT, (None, processes))
        for path in files:
            started = time.monotonic()
            try:
                (found,) = read_file(path.stem, path, PartSection(files=(path,)), EXACT, (None, processes))
                export_part(found.part, Path(folder) / "out.stl")
            except CadError as error:
                reasons[path] = str(error)
                continue
            facts = found.facts
            ours[path] = {
                "seconds": time.monotonic() - started,
                "volume_mm3": facts.volume_m3 * 1e9,
                "area_mm2": facts.area_m2 * 1e6,
                "size_mm": [1000 * side for side in facts.size_m],
                "solids": facts.num_solids,
                "triangles": facts.num_triangles_read,
                "closed": facts.is_watertight,
            }
    return ours, reasons


def ask_freecad(entries: list[dict], *, colors: bool = False) -> dict:
    if not shutil.which("freecadcmd"):
        print("freecadcmd is not installed: no comparison with FreeCAD")
        return {}
    with tempfile.TemporaryDirectory() as folder:
        order, result = Path(folder) / "order.json", Path(folder) / "result.json"
        order.write_text(json.dumps({"files": entries, "out": folder, "colors": colors, "result": str(result)}))
        environment = {**os.environ, "PEER_ORDER": str(order), "QT_QPA_PLATFORM": "offscreen", "HOME": folder}
        command = ["freecadcmd", str(PEERS / "freecad_facts.py")]
        subprocess.run(command, env=environment, capture_output=True, timeout=3000, check=False)
        return json.loads(result.read_text()) if result.exists() else {}


def ask_kernel(files: list[Path]) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        command = [sys.executable, str(PEERS / "kernel_facts.py"), str(result), *map(str, files)]
        subprocess.run(command, capture_output=True, timeout=3000, check=False)
        return json.loads(result.read_text()) if result.exists() else {}


def disagreements(ours: dict, theirs: dict, name: str) -> None:
    """Area within 1 %; box within twice the tolerance; of closed parts volume within the tolerance times the area; solids equal."""
    rows = []
    compared = 0
    for path, row in ours.items():
        peer = theirs.get(str(path), {})
        if "area_mm2" not in peer:
            continue
        compared += 1
        found = []
        if row["solids"] != peer["solids"]:
            found.append(f"solids {row['solids']} ≠ {peer['solids']}")
        if not np.isclose(row["area_mm2"], peer["area_mm2"], rtol=0.01):
            found.append(f"area {row['area_mm2']:.6g} ≠ {peer['area_mm2']:.6g} mm²")
        thickness = TOLERANCE * norm(row["size_mm"])
        if row["closed"] and abs(row["volume_mm3"] - peer["volume_mm3"]) > thickness * row["area_mm2"]:
            found.append(f"volume {row['volume_mm3']:.6g} ≠ {peer['volume_mm3']:.6g} mm³")
        allowed = 2 * TOLERANCE * norm(row["size_mm"])
        if "size_mm" in peer and not np.allclose(row["size_mm"], peer["size_mm"], atol=allowed):
            found.append(f"size {rounded(row['size_mm'])} ≠ {rounded(peer['size_mm'])} mm")
        if found:
            rows.append(f"  {path.name}: {'; '.join(found)}")
    print(f"\ndisagreements with {name}: {len(rows)} of {compared}")
    print("\n".join(rows))


def norm(size: list[float]) -> float:
    return float(np.linalg.norm(size))


def rounded(size: list[float]) -> str:
    return "×".join(f"{side:.4g}" for side in size)


# Colors ---------------------------------------------------------------------------------------------------------------


def compare_colors(files: list[Path]) -> None:
    """Share of the surface that each color has, ours and FreeCAD's; colors within 2 of 255 are one."""
    files = [path for path in files if path.suffix.lower() in {".step", ".stp"}]
    theirs = ask_freecad([{"path": str(path)} for path in files], colors=True)
    worst, uncolored = [], []
    with ReaderProcesses() as processes:
        for path in files:
            areas = theirs.get(str(path), {})
            if not areas or "error" in areas:
                continue
            if set(areas) == {FREECAD_DEFAULT}:
                uncolored.append(path)
                continue
            try:
                (found,) = read_file(path.stem, path, PartSection(files=(path,)), EXACT, (None, processes))
            except CadError:
                continue
            total = sum(areas.values())
            deviation = color_distance(dict(found.facts.colors), {name: area / total for name, area in areas.items()})
            worst.append((deviation, path, found.facts.colors, areas))
    worst.sort(key=lambda row: -row[0])
    agree = sum(row[0] < 0.01 for row in worst)
    print(f"{len(worst)} files compared; share of the surface that differs in color: < 1 % in {agree}")
    print(
        f"not compared: {len(uncolored)} that FreeCAD shows in its default color alone (colors of assemblies, without its window)"
    )
    for deviation, path, colors, areas in worst[:12]:
        if deviation >= 0.01:
            top = sorted(areas.items(), key=lambda item: -item[1])[:3]
            print(f"  {path.name}: {100 * deviation:.1f} %; ours {colors[:3]}, FreeCAD {[name for name, _ in top]}")


def color_distance(ours: dict[str, float], theirs: dict[str, float]) -> float:
    """Return the share of the surface whose color has no counterpart."""
    left = dict(theirs)
    unmatched = 0.0
    for color, whole in ours.items():
        share = whole
        for other in sorted(left, key=lambda name: np.abs(rgb(name) - rgb(color)).max()):
            if np.abs(rgb(other) - rgb(color)).max() > 2 or share <= 0:
                break
            taken = min(share, left[other])
            share -= taken
            left[other] -= taken
        unmatched += max(share, 0.0)
    return unmatched


def rgb(color: str) -> np.ndarray:
    return np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)])


# A large assembly -----------------------------------------------------------------------------------------------------


def read_large_assembly(num_solids: int) -> None:
    from OCP.BRepPrimAPI import (
        BRepPrimAPI_MakeBox,
        BRepPrimAPI_MakeCylinder,
        BRepPrimAPI_MakeSphere,
        BRepPrimAPI_MakeTorus,
    )
    from tests.unit.cad.conftest import write_step

    shapes = [
        ("PLATE", BRepPrimAPI_MakeBox(30.0, 20.0, 5.0).Shape()), ("ROD", BRepPrimAPI_MakeCylinder(4.0, 40.0).Shape()),
        ("BALL", BRepPrimAPI_MakeSphere(8.0).Shape()), ("RING", BRepPrimAPI_MakeTorus(12.0, 3.0).Shape()),
    ]  # fmt: skip
    side = int(np.ceil(np.sqrt(num_solids)))
    placed = []
    for number in range(num_solids):
        name, shape = shapes[number % len(shapes)]
        placed.append(
            (f"{name}_{number}", shape, (50.0 * (number % side), 50.0 * (number // side), 0.0), (0.2, 0.4, 0.6))
        )
    with tempfile.TemporaryDirectory() as folder:
        path = write_step(Path(folder) / "assembly.step", placed)
        started = time.monotonic()
        (found,) = read_file("assembly", path, PartSection(files=(path,)), CadSection())
        seconds = time.monotonic() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
        facts = found.facts
        print(f"{path.stat().st_size / 1e6:.2f} MB, {facts.num_solids} solids, {facts.num_triangles} triangles")
        print(f"{seconds:.1f} s from the start of the process, {peak:.2f} GB at most; repeated: {facts.repeated}")


# Damaged files --------------------------------------------------------------------------------------------------------


def survive_mutations(count: int) -> None:
    samples = Path(__file__).resolve().parents[1] / "src" / "partsight" / "samples"
    originals = [path.read_bytes() for path in sorted(samples.glob("*.step"))] + [small_original()]
    limits = CadSection(timeout_s=30, memory_limit_gb=2, linear_tolerance=0.01, remove_hidden=False)
    outcomes: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {}
    times = []
    with tempfile.TemporaryDirectory() as folder, ReaderProcesses() as processes:

        def attempt(seed: int) -> tuple[str, str, float, str]:
            generator = np.random.default_rng(seed)
            original = originals[-1] if seed % 4 else originals[seed // 4 % (len(originals) - 1)]
            kind, damaged = mutated(original, generator)
            path = Path(folder) / f"{seed}.step"
            path.write_bytes(damaged)
            started = time.monotonic()
            try:
                read_file("x", path, PartSection(files=(path,)), limits, (None, processes))
                message = ""
            except CadError as error:
                message = str(error)
            path.unlink()
            return kind, summarize(message), time.monotonic() - started, message

        with ThreadPoolExecutor(os.cpu_count()) as executor:
            for number, (kind, outcome, seconds, message) in enumerate(executor.map(attempt, range(count)), 1):
                outcomes[outcome] += 1
                kinds.setdefault(kind, Counter())[outcome] += 1
                times.append(seconds)
                assert message == "" or ".step" in message, message
                if number % 100 == 0:
                    print(f"{number}/{count}", flush=True)
    for kind, counts in sorted(kinds.items()):
        print(f"{kind:14} {dict(counts)}")
    print(f"all            {dict(outcomes)}")
    print(
        f"slowest {max(times):.1f} s (limit {limits.timeout_s:g} s), median {np.median(times):.2f} s; this process lives"
    )


def summarize(message: str) -> str:
    for words, name in (
        ("not read within", "too long"), ("GB of memory", "too much memory"), ("died of it (SIG", "kernel crashed"),
        ("died of it", "kernel gave up"),
    ):  # fmt: skip
        if words in message:
            return name
    return "explained" if message else "loaded"


def small_original() -> bytes:
    from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox, BRepPrimAPI_MakeCylinder
    from tests.unit.cad.conftest import write_step

    with tempfile.TemporaryDirectory() as folder:
        placed = [
            ("A", BRepPrimAPI_MakeBox(30.0, 20.0, 10.0).Shape(), (0, 0, 0), (1, 0, 0)),
            ("B", BRepPrimAPI_MakeCylinder(4.0, 40.0).Shape(), (50, 0, 0), None),
        ]
        return write_step(Path(folder) / "box.step", placed).read_bytes()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()
