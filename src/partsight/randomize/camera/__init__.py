"""Where the camera stands, and the traces it leaves in a picture."""
