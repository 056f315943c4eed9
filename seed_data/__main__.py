"""``python -m seed_data [--out DIR]``: write the demonstration city. The same bytes each time."""

from __future__ import annotations

import argparse
from pathlib import Path

from seed_data import city, write

SEED = 20250701


def main() -> None:
    """Parse the arguments and write the files."""
    parser = argparse.ArgumentParser(prog="python -m seed_data", description="Write the demonstration city.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "city", help="folder of the files")
    write.everything(city.build(SEED), parser.parse_args().out)


if __name__ == "__main__":
    main()
