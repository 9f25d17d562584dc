"""What the kernel's document holds: occurrences, triangles, defects, statements."""
