"""What surfaces look like: materials, textures, wear, grounds, backgrounds."""
