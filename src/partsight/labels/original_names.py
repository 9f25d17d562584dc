"""Names that Roboflow gives to pictures: `IMG_0012_jpg.rf.2ab8…f1.jpg` was `IMG_0012.jpg`."""

import re

_HASHED = re.compile(
    r"^(?P<name>.+?)(?:_(?:jpe?g|png|bmp|webp|tiff?|heic|mp4|mov)(?:-\d+_\w+)?)?\.rf\.[0-9A-Za-z]{6,40}$", re.IGNORECASE
)
_FRAME = re.compile(r"^(?P<name>.+)_(?:mp4|mov|avi)-(?P<frame>\d+)_\w+\.rf\.[0-9A-Za-z]{6,40}$", re.IGNORECASE)


def original_name(stem: str) -> str:
    """Return a picture's name before Roboflow added to it; frames of a video keep their number."""
    frame = _FRAME.match(stem)
    if frame:
        return f"{frame['name']}-{frame['frame']}"
    hashed = _HASHED.match(stem)
    return hashed["name"] if hashed else stem


def is_copy_name(stem: str) -> bool:
    """Return whether Roboflow made a picture of this name: one original may have several, turned or recolored."""
    return bool(_FRAME.match(stem) or _HASHED.match(stem))
