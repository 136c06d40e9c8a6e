"""A piece of Norway: a district, a municipality, and postcodes with numbers of Danish ones."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from areas.importing.features import Mapping
from areas.importing.importer import Report, import_files
from tests.areas.factories import collection, feature, square, write_file

POSTCODES = (("3400", "Lier"), ("3480", "Filtvet"), ("0150", "Oslo"))


def norwegian_files(folder: Path) -> list[Path]:
    """The files, which say nothing of their country."""
    ground = square(10.2, 59.7, 0.4, 0.1)
    district = feature(ground, kode="1", navn="Sørøst politidistrikt")
    municipality = feature(ground, kommunenummer="0219", kommunenavn="Lierne")
    postcodes = (
        feature(square(10.2 + 0.1 * at, 59.7, 0.1, 0.1), postnummer=code, poststed=name)
        for at, (code, name) in enumerate(POSTCODES)
    )
    return [
        write_file(folder, "politidistrikter.geojson", collection(district)),
        write_file(folder, "kommuner.geojson", collection(municipality)),
        write_file(folder, "postnumre.geojson", collection(*postcodes)),
    ]


def import_norway(session: Session, folder: Path) -> Report:
    """Import it beside what there is."""
    folder.mkdir(exist_ok=True)
    return import_files(session, norwegian_files(folder), Mapping(country="no"))
