"""Videos and pictures → picked frames: decoding, sharpness, diversity, near-duplicates, storage."""
