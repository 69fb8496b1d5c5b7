"""A part that does nothing: `python -m tests.embedded.sleeper NAME`.

The one that `STUBBORN` names does not listen to SIGTERM.
"""

import os
import signal
import sys
import time

if os.environ.get("STUBBORN") == sys.argv[1]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    time.sleep(60)
