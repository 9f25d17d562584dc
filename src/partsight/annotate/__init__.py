"""Scene → exact labels by ray casting, independent of the color renderer."""
