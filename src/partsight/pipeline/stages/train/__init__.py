"""Dataset → checkpoint, in one training or several."""
