"""Scene → light → picture: renderers behind one protocol, and the camera that looks at their light."""
