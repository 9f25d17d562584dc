"""What rays through the pixels of a picture tell of its scene."""
