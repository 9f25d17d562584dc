"""Array types used by every noun, and the lock that makes an array part of a frozen structure."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
Float32Array: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
Image: TypeAlias = npt.NDArray[np.uint8]
"""RGB picture, (height, width, 3), sRGB-encoded."""


def locked(values: npt.ArrayLike, dtype: npt.DTypeLike, shape: tuple[int | None, ...]) -> npt.NDArray[Any]:
    """Return a read-only array of this type and shape (None: any length). Raises ValueError naming both shapes."""
    array = np.asarray(values, dtype=dtype)
    if array.size == 0 and None in shape:
        array = array.reshape([0 if length is None else length for length in shape])
    if len(array.shape) != len(shape) or any(
        want not in (None, got) for want, got in zip(shape, array.shape, strict=True)
    ):
        raise ValueError(f"array of shape {array.shape} where {shape} is expected")
    if array.flags.writeable:
        array = array.copy() if array.base is not None or array is values else array
        array.flags.writeable = False
    return array
