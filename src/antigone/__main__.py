"""`python -m antigone` is the command line."""

from antigone.cli import main

if __name__ == "__main__":
    main()
