"""The nouns: frozen data, NumPy only, no input or output.

Inside Partsight everything is meters, RGB, top-left image origin, OpenCV camera axes (x right, y down, z forward), world z up.
Pixel coordinates are continuous: the top-left pixel covers [0, 1) × [0, 1).
"""
