"""3MF packages: core, materials and production extension."""
