"""Videos and pictures → picked frames; how photos look, and what they tell about their camera."""
