"""The stages, a folder each: named as the recipe's section and the report's chapter."""
