"""``python3 -m server``: set up what is missing, then run the command line."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (before any import that an older Python could not even read)
    sys.exit("Gezhi needs Python 3.11 or newer. Start it with a newer one; this is " + sys.version.split()[0])

from server import bootstrap

if __name__ == "__main__":
    bootstrap.ready("server")
    from server import cli  # its packages exist only now

    cli.main()
