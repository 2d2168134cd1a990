"""Kernels forked from a parent that has imported the heavy libraries already.

* :mod:`~ektp_analysis.execute.warm.server`: the parent, a process without threads;
* :mod:`~ektp_analysis.execute.warm.kernel`: what happens in the child between fork and kernel;
* :mod:`~ektp_analysis.execute.warm.client`: how other processes find or start a parent;
* :mod:`~ektp_analysis.execute.warm.provisioner`: the kernel provisioner ``ektp-warm``;
* :mod:`~ektp_analysis.execute.warm.manager`: kernels with private sockets;
* :mod:`~ektp_analysis.execute.warm.engine`: the papermill engines ``ektp-warm`` and ``ektp-cold``.
"""

from ektp_analysis.execute.preload import without_grammars

# papermill loads the engine while it is being imported itself; when papermill comes first, so does
# every name that the engine needs of it
with without_grammars():
    import papermill  # noqa: F401
