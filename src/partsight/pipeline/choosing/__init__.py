"""What a recipe leaves to the machine: chosen once, remembered in the workspace, so that the same command finds everything again."""
