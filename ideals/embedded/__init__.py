"""A real PostgreSQL and a real Redis from installed wheels, and the processes beside them.

- `temporary()`: servers for a test, gone with the block.
- `borrowed(settings)`: servers for a command: set, running already, or started for it.
- `serve(settings)`: everything, as `make run` wants it.

`places` knows the files, `processes` the kernel, `servers` how each server is started, `keeper`
who needs one, `parts` what runs beside them, `supervisor` all of it together.
"""

from ideals.embedded.database import migrate
from ideals.embedded.errors import CannotStart
from ideals.embedded.keeper import borrowed
from ideals.embedded.parts import PARTS, Part, part, running
from ideals.embedded.servers import Servers, temporary
from ideals.embedded.supervisor import is_served, serve

__all__ = [
    "PARTS",
    "CannotStart",
    "Part",
    "Servers",
    "borrowed",
    "is_served",
    "migrate",
    "part",
    "running",
    "serve",
    "temporary",
]
