"""A trained detector put to work: the model folder, running it without torch, and what it looks at."""
