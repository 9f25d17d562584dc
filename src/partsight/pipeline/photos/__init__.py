"""Photos of a project: added, labelled, exchanged, checked."""
