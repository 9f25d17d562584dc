"""Plain drawings of a part from all sides, and what they tell."""
