"""A keeper: `python -m ideals.embedded NAME VAR`. Commands start it; see `keeper`."""

import sys
from pathlib import Path

from ideals.embedded.keeper import keep

sys.exit(keep(sys.argv[1], Path(sys.argv[2])))
