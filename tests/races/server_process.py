"""Servers to be killed: the program is loaded once, and each line on standard input, a port, becomes a process of its
own that serves there. Its number is the answer. All settings are in the environment, as for the command.
"""

import asyncio
import os
import signal
import sys

from faelles.doors.rest import server
from faelles.doors.runtime import running
from faelles.ground.config import read_config
from faelles.ground.log import configure_logging


async def serve(port: str) -> None:
    config = read_config({**os.environ, "FAELLES_HTTP_PORT": port})
    configure_logging(level=config.log_level)
    async with running(config) as runtime:
        await server.serve(config, runtime.database, runtime.keyring)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if (process := os.fork()) == 0:
            asyncio.run(serve(line.strip()))
            os._exit(0)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
