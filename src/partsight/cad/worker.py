"""The child process that reads one CAD file: whatever the kernel does there, the parent lives.

    python -m partsight.cad.worker REQUEST.json

Writes the part to the path that the request names; mistakes of the file go to stderr behind a marker, exit code 3.
"""

import sys
from pathlib import Path

from partsight.cad.conversion import make_part
from partsight.cad.storage import save_part
from partsight.cad.tessellation import read_scene
from partsight.config.cad import CadSection
from partsight.errors import PartsightError
from partsight.files import read_json

MARKER = "PARTSIGHT-CAD-ERROR "
EXIT_CODE = 3


def main(request_path: Path) -> int:
    """Read the request's file; return the exit code."""
    request = read_json(request_path)
    path = Path(request["path"])
    try:
        scene = read_scene(path, CadSection.model_validate(request["section"]), request["unit"])
        save_part(make_part(request["name"], scene, request["color"]), Path(request["output"]))
    except PartsightError as error:
        sys.stderr.write(f"\n{MARKER}{error}\n")
        return EXIT_CODE
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
