"""Finished renders → layers of their pictures."""
