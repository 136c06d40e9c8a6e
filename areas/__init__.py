"""Areas: official areas, drawn shapes, and which areas a shape touches."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the API and the commands."""
    from areas.api import api
    from areas.cli import areas
    from areas.countries import COUNTRIES
    from config.declaring import ConfigError, variable
    from web.http.rest import rest

    config = app.extensions["varsko_config"]
    if config.home_country not in COUNTRIES:
        raise ConfigError(
            f"{variable('home_country')} is {config.home_country!r}: "
            f"it should be one of {', '.join(COUNTRIES)} (areas/data/countries.toml)"
        )
    rest.register_blueprint(api)
    app.cli.add_command(areas)
