"""Where a part is and how it is turned, from one picture, its mesh and the camera: render and compare, without any network."""
