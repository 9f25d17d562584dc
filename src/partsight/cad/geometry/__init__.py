"""Pieces → one part: what is chosen, joined, hidden, simplified, and what it is made of."""
