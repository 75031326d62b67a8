"""The command line from a checkout: python cli.py convert photo.jpg"""

import sys

from ephoto.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
