"""Where a detector works and where not: slices, causes, unknown objects, doubts about labels."""
