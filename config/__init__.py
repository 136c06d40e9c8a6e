"""Every setting of Varsko: typed, validated at start and documented where it is declared.

Settings are read from environment variables named ``VARSKO_<FIELD>``. One that is missing,
malformed or unsafe raises :class:`ConfigError` with a one-line message that names the variable
and says what it should be. ``python -m config`` prints a settings file with new keys.
"""

from __future__ import annotations

from config.declaring import ConfigError, setting
from config.fields import Keyring, Price, at_least, new_key, new_keyring
from config.provider_settings import ProviderSettings, Sender
from config.settings import Config, EngineKind, current_config

__all__ = [
    "Config",
    "ConfigError",
    "EngineKind",
    "Keyring",
    "Price",
    "ProviderSettings",
    "Sender",
    "at_least",
    "current_config",
    "new_key",
    "new_keyring",
    "setting",
]
