"""Parts + ranges + seed → Scene."""
