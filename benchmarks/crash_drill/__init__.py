"""The crash drill: a broadcast is sent while its processes are killed, and no recipient is lost.

``python -m benchmarks.crash_drill --help``. The provider is the simulator, in a process of its
own, which writes down every message it accepts. The drill is the supervisor of the service's
processes: it kills them with SIGKILL at random moments and starts them again. In the end the
provider's record is held against the ledger: each recipient has exactly one message.
"""
