"""Networks for pictures that know ImageNet, which verifiers and detectors begin with."""
