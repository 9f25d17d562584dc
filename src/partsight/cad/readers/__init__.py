"""Files → pieces: exact formats through Open CASCADE, meshes, FreeCAD documents."""
