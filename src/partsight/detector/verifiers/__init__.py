"""Networks that verify what a detector proposes, one module each."""
