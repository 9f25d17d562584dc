"""`python -m partsight` is the command line."""

from partsight.cli import main

if __name__ == "__main__":
    main()
