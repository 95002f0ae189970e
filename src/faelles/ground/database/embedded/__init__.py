"""The PostgreSQL that comes with the program: made, started, shared between processes and stopped."""

from faelles.ground.database.embedded.cluster import EmbeddedCluster, RunningCluster
from faelles.ground.database.embedded.errors import ClusterError

__all__ = ["ClusterError", "EmbeddedCluster", "RunningCluster"]
