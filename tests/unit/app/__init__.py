"""The app's server: the recipe, parts, photos, jobs and results behind the page."""
