"""The app in the browser: a thin room over `pipeline`; whatever it does has a command and leaves the same files."""
