"""``python -m lentap``."""

from lentap.cli import main

main()
