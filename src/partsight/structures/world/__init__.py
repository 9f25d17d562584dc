"""Parts, materials, light, cameras, and scenes made of them."""
