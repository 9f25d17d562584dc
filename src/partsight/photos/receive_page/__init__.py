"""The page on which a phone sends photos and films to this machine."""
