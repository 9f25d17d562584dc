"""The shape of a part: its mesh, what is seen of it from somewhere, which of its poses look the same."""
