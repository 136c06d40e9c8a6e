"""``python -m config``: a settings file with new keys, to be completed by hand.

With ``--example`` it holds no keys: that is ``varsko.env.example``.
"""

from __future__ import annotations

import sys

from config.settings_file import settings_file
from dispatch.providers.directory import SETTINGS

sys.stdout.write(settings_file(SETTINGS, with_keys="--example" not in sys.argv))
