"""The only place where stages meet: each stage is run once, forwards, into a folder named by what it depends on."""
