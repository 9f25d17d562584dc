"""A camera watched by a detector, shown in the browser; always the newest frame, never a queue of old ones."""
