"""``python -m ektp_analysis`` is the ``ektp`` command."""

from ektp_analysis.cli import main

if __name__ == "__main__":
    main()
