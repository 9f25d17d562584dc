"""The knobs: one frozen section per stage, one recipe that holds them, one loader that reports every mistake at once."""
