"""`python -m hailong`."""

from hailong.cli import main

main()
