"""The server's settings: durable, silent about people, for 2-4 cores that run everything else as well."""

import os
from collections.abc import Mapping
from pathlib import Path

_MEBIBYTE = 1024 * 1024
_LARGEST_BUFFERS = 512
_SMALLEST_BUFFERS = 32


def server_settings(chosen: Mapping[str, str], socket_directory: Path, port: int, *, tcp: bool) -> dict[str, str]:
    """Return every setting given to the server: ours, then `chosen`, then what connecting to it depends on."""
    return {
        **_size(),
        **_DURABILITY,
        **_SILENCE,
        "max_connections": "120",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "jit": "off",
        "random_page_cost": "1.1",
        # A check-out locks some hundred tables and indexes, at first use two hundred. A backend keeps so many locks to
        # itself; what goes beyond stands in a table that all share.
        "max_locks_per_transaction": "256",
        **chosen,
        "listen_addresses": "127.0.0.1" if tcp else "",
        "port": str(port),
        "unix_socket_directories": '"' + str(socket_directory).replace('"', '""') + '"',
        "unix_socket_permissions": "0700",
    }


_DURABILITY = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Enough for an online backup; "minimal" would rule it out.
    "wal_level": "replica",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
}

# Personal data stays out of the log. An error's own text, its detail ("Key (name)=(...) already exists") and its
# statement can all carry it, so errors are for the caller alone: "log" here ranks above "error" and below "fatal".
_SILENCE = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "%m [%p] ",
    "log_destination": "stderr",
    "logging_collector": "off",
}


def _size() -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MEBIBYTE
    buffers = min(_LARGEST_BUFFERS, max(_SMALLEST_BUFFERS, memory // 8))
    return {
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{max(buffers, memory // 2)}MB",
        "maintenance_work_mem": f"{max(16, buffers // 4)}MB",
        "work_mem": "8MB",
    }
