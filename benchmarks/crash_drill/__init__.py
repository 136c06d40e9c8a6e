"""The crash drill: a broadcast is sent while its processes are killed, and no recipient is lost.

``python -m benchmarks.crash_drill --help``. The provider is the simulator, in a process of its
own, which records every message it accepts. The drill supervises the service's processes: it
kills them with SIGKILL at random moments and restarts them. In the end the provider's record is
compared with the ledger: each recipient must have exactly one message.
"""
