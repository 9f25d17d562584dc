"""Several experiments: sweeps, their estimate, tuning, comparison."""
