"""FreeCAD documents, read without FreeCAD: what its window shows."""
