"""Training pictures and the finished detector → a verifier that looks once more."""
