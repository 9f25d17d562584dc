"""What is counted in places of the picture, and which sets of parts are complete."""
