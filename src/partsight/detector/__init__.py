"""Detectors: the protocols every library of trainable detectors is reached through.

Their OpenMP reads how its threads wait when it is loaded: so it is set here, before any module below imports one. Threads that
spin made a step of training with two threads 3 times as long beside other work (`benchmarks/busy.py`).
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # GNU's and LLVM's library
os.environ.setdefault("KMP_BLOCKTIME", "0")  # Intel's and LLVM's: milliseconds that a thread spins before it sleeps
