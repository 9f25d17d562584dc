"""CAD files → parts."""
