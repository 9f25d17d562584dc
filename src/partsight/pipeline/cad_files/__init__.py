"""CAD files on their own: a new project, a health report, other formats."""
