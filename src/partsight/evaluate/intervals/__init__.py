"""How sure figures are: bootstrap, comparisons, seeds, curves over photos."""
