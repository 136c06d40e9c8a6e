"""What is said of a file of areas that is refused."""

from __future__ import annotations

from pathlib import Path


class BrokenFile(Exception):
    """A file of areas is rejected; the message names file, feature (from 1) and reason."""

    def __init__(
        self, path: Path, reason: str, *, number: int | None = None, code: str = ""
    ) -> None:
        self.path = path
        self.number = number
        self.reason = reason
        place = "" if number is None else f" feature {number}" + (f" ({code})" if code else "")
        super().__init__(f"{path.name}:{place} {reason}")


def refuse_system(path: Path, name: str) -> BrokenFile:
    """The refusal of a coordinate system that cannot be read."""
    return BrokenFile(
        path,
        f"its coordinate system is {name[:60]}, which cannot be turned into longitude and latitude"
        " here: name the right one with --crs EPSG:25832, or export the file in WGS84 with"
        f" 'ogr2ogr -t_srs EPSG:4326 areas.geojson {path.name}'",
    )
