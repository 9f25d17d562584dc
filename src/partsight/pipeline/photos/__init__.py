"""Photos of a project: added, labeled, exchanged, checked."""
