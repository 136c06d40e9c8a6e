"""Importing the address register: all of a file, or nothing of it.

The file is read into a temporary table first, in which time others go on writing. Then one
transaction makes the register what the file says, for the municipalities that are in it: the
addresses of others stay. An import that was interrupted has changed nothing and is repeated.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    String,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from areas.addresses.register_file import FoundAddress, Refused, RegisterFile, StreetPlace
from areas.addresses.street_keys import slips, street_keys
from areas.importing.broken_files import BrokenFile
from areas.models import (
    Address,
    AddressEdition,
    Street,
    StreetName,
    StreetNameKey,
    StreetNameSlip,
)
from database import Base, Database, is_sqlite, lock_key, utcnow

MOST_REFUSED = 0.05
"""A file of which a larger part is refused is the wrong one."""
MOST_REMOVED = 0.1
"""A municipality that loses a larger part of its addresses is asked about."""
FEW = 20
"""Fewer than that are never asked about."""
CONFIRM_ALL = "all"
WRITTEN_AT_ONCE = 20_000

_KEY = ("street_id", "number", "letter")
_LOCK = b"varsko: addresses"


def _temporary(name: str, *columns: Column[Any]) -> Table:
    return Table(name, MetaData(), *columns, prefixes=["TEMPORARY"])


def _address_columns() -> list[Column[Any]]:
    return [
        Column("street_id", Integer),
        Column("number", SmallInteger),
        Column("letter", String),
        Column("lon", Float),
        Column("lat", Float),
    ]


_READ = _temporary("address_read", *_address_columns())
"""The addresses of the file, in its order."""
_WANTED = _temporary("address_wanted", *_address_columns())
"""Those addresses once each, in the order of the register."""


class UnconfirmedRemovals(Exception):
    """Municipalities would lose many addresses, and nobody has confirmed it."""

    def __init__(self, losses: Sequence[tuple[str, int, int]]) -> None:
        self.losses = losses
        lines = [f"  {code}: {lost:,} of {all_:,}" for code, lost, all_ in losses]
        super().__init__(
            "\n".join(
                [
                    "these municipalities would lose so many addresses that the file may be cut:",
                    *lines,
                    f"If it is right, repeat it with --confirm {losses[0][0]} for each of them,"
                    f" or --confirm {CONFIRM_ALL}",
                ]
            )
        )


@dataclass(frozen=True)
class AddressReport:
    """What an import did, in addresses; ``rows`` of the file, ``streets`` in the register now."""

    rows: int
    added: int
    changed: int
    removed: int
    unchanged: int
    repeated: int
    not_in_use: int
    refused: Refused
    streets: int


def import_addresses(
    database: Database, path: Path, confirmed: Collection[str] = (), *, dry_run: bool = False
) -> AddressReport:
    """Make the register what the file says, for the municipalities in it.

    Raises :class:`BrokenFile` and :class:`UnconfirmedRemovals`, and then changes nothing.
    """
    file = RegisterFile(path)
    with _connection(database) as connection:
        with database.unit_of_work(writes=False, connection=connection) as session:
            edition = session.scalar(select(AddressEdition.token))
            streets = _Streets(session)
            _read_file(session, file, streets)
        with database.unit_of_work(connection=connection) as session:
            lock_key(session, _LOCK)
            if session.scalar(select(AddressEdition.token)) != edition:
                raise BrokenFile(path, "another import was finished meanwhile: repeat this one")
            report = _write(session, file, streets, confirmed)
            if dry_run:
                session.rollback()
    return report


@contextmanager
def _connection(database: Database) -> Iterator[Connection]:
    """A connection whose temporary tables lie on the disk, and which nobody uses afterwards."""
    with database.engine.connect() as connection:
        try:
            if database.is_sqlite:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA temp_store = FILE")
            yield connection
        finally:
            connection.invalidate()


class _Streets:
    """The register's names and streets, and those of the file that are new, with their ids."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(
            select(
                StreetName.name, Street.municipality, Street.postcode, Street.locality,
                Street.id, Street.town,
            ).join(StreetName)
        )  # fmt: skip
        self.known: dict[StreetPlace, int] = {}
        self.towns: dict[int, str] = {}
        for *place, street_id, town in rows:
            self.known[StreetPlace(*place)] = street_id
            self.towns[street_id] = town
        self.new: dict[StreetPlace, int] = {}
        self.seen: dict[int, str] = {}
        """Street id -> the town of its postcode, for the streets of the file."""
        self._next = max(self.towns, default=0) + 1

    def id_of(self, address: FoundAddress) -> int:
        """The id of an address's street, which may be a new one."""
        street_id = self.known.get(address.street) or self.new.get(address.street)
        if street_id is None:
            street_id = self.new[address.street] = self._next
            self._next += 1
        self.seen.setdefault(street_id, address.town)
        return street_id

    def municipalities(self) -> list[str]:
        """The municipalities that the file has addresses in."""
        return sorted(
            {
                place.municipality
                for places in (self.known, self.new)
                for place, street_id in places.items()
                if street_id in self.seen
            }
        )


def _read_file(session: Session, file: RegisterFile, streets: _Streets) -> None:
    """Fill the table of addresses that are wanted: each once, as the file has it first."""
    connection = session.connection()
    _READ.create(connection)
    _WANTED.create(connection)
    for addresses in file.addresses():
        rows = [
            (streets.id_of(each), each.number, each.letter, each.lon, each.lat)
            for each in addresses
        ]
        _copy(connection, _READ, rows)
    refused = file.refused.counts.total()
    if refused > max(FEW, MOST_REFUSED * file.rows):
        reason, _count = file.refused.counts.most_common(1)[0]
        lines = ", ".join(map(str, file.refused.lines[reason]))
        raise BrokenFile(
            file.path,
            f"{refused:,} of {file.rows:,} rows are no addresses; most have {reason}"
            f" (lines {lines}, ...)",
        )
    key = [_READ.c[name] for name in _KEY]
    order = func.row_number().over(partition_by=key, order_by=[_READ.c.lon, _READ.c.lat])
    ranked = select(_READ, order.label("position")).subquery()
    columns = [*_KEY, "lon", "lat"]
    once = select(*(ranked.c[name] for name in columns)).where(ranked.c.position == 1)
    session.execute(
        insert(_WANTED).from_select(columns, once.order_by(*(ranked.c[name] for name in _KEY)))
    )
    _READ.drop(connection)
    session.execute(
        text("CREATE INDEX ix_address_wanted ON address_wanted (street_id, number, letter)")
    )
    if not is_sqlite(session):
        session.execute(text("ANALYZE address_wanted"))


def _copy(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write many rows by the driver's quickest way."""
    if not rows:
        return
    columns = ", ".join(column.name for column in table.columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" for _column in table.columns)
        cursor = connection.connection.cursor()
        cursor.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", rows)  # noqa: S608
        return
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {table.name} ({columns}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _write(
    session: Session, file: RegisterFile, streets: _Streets, confirmed: Collection[str]
) -> AddressReport:
    """Bring the register to what is wanted, and count."""
    wanted, address, street = _WANTED.c, Address.__table__.c, Street.__table__.c
    total = session.scalar(select(func.count()).select_from(_WANTED)) or 0
    same = and_(*(wanted[name] == address[name] for name in _KEY))
    covered = select(street.id).where(street.municipality.in_(streets.municipalities()))
    is_gone = and_(address.street_id.in_(covered), ~exists().where(same))
    _refuse_losses(session, is_gone, confirmed)
    _add_streets(session, streets)
    removed = _count(session, delete(Address).where(is_gone))
    moved = same & ((wanted.lon != address.lon) | (wanted.lat != address.lat))
    changed = _count(session, update(Address).where(moved).values(lon=wanted.lon, lat=wanted.lat))
    fresh = select(_WANTED).where(~exists().where(same)).order_by(*(wanted[n] for n in _KEY))
    added = _count(session, insert(Address).from_select([*_KEY, "lon", "lat"], fresh))
    _drop_empty_streets(session, covered)
    session.merge(
        AddressEdition(
            id=1,
            token=secrets.token_hex(16),
            file=file.path.name[:120],
            imported_at=utcnow(),
        )
    )
    if not is_sqlite(session):
        tables = ("street_name", "street_name_key", "street_name_slip", "street", "address")
        session.execute(text(f"ANALYZE {', '.join(tables)}"))
    refused = file.refused.counts.total()
    return AddressReport(
        rows=file.rows,
        added=added,
        changed=changed,
        removed=removed,
        unchanged=total - added - changed,
        repeated=file.rows - refused - file.not_in_use - total,
        not_in_use=file.not_in_use,
        refused=file.refused,
        streets=session.scalar(select(func.count()).select_from(Street)) or 0,
    )


def _count(session: Session, statement: Any) -> int:
    """Run a statement without loading anything; returns how many rows it wrote."""
    options = {"synchronize_session": False, "preserve_rowcount": True}
    result: Any = session.execute(statement, execution_options=options)
    return int(result.rowcount)


def _pairs(session: Session, query: Select[str, int]) -> dict[str, int]:
    """The two columns of a query as a dictionary."""
    return dict(list(session.execute(query)))


def _refuse_losses(session: Session, is_gone: Any, confirmed: Collection[str]) -> None:
    """Raise :class:`UnconfirmedRemovals` for municipalities that lose more than a few addresses."""
    if CONFIRM_ALL in confirmed:
        return
    per_municipality = (
        select(Street.municipality, func.count())
        .select_from(Address)
        .join(Street)
        .group_by(Street.municipality)
    )
    lost = _pairs(session, per_municipality.where(is_gone))
    if not lost:
        return
    had = _pairs(session, per_municipality.where(Street.municipality.in_(lost)))
    losses = [
        (code, number, had[code])
        for code, number in sorted(lost.items())
        if code not in confirmed and number > max(FEW, MOST_REMOVED * had[code])
    ]
    if losses:
        raise UnconfirmedRemovals(losses)


def _add_streets(session: Session, streets: _Streets) -> None:
    """Write the names and streets that are new, and the towns that are called otherwise now."""
    ids = _pairs(session, select(StreetName.name, StreetName.id))
    names = sorted({place.name for place in streets.new} - ids.keys())
    first = max(ids.values(), default=0) + 1
    fresh = {name: first + at for at, name in enumerate(names)}
    ids |= fresh
    renamed = {
        street_id: town
        for street_id, town in streets.seen.items()
        if streets.towns.get(street_id, town) != town
    }
    connection = session.connection()
    for model, rows in (
        (StreetName, ((name_id, name) for name, name_id in fresh.items())),
        (StreetNameKey, ((key, n) for name, n in fresh.items() for key in street_keys(name))),
        (StreetNameSlip, ((code, n) for name, n in fresh.items() for code in slips(name))),
        (
            Street,
            (
                (i, ids[p.name], p.municipality, p.postcode, streets.seen[i], p.locality)
                for p, i in streets.new.items()
            ),
        ),
    ):
        _write_all(connection, model, rows)
    if renamed:
        session.execute(
            update(Street), [{"id": street_id, "town": town} for street_id, town in renamed.items()]
        )


def _write_all(connection: Connection, model: type[Base], rows: Iterator[tuple[Any, ...]]) -> None:
    table = cast(Table, model.__table__)
    while part := list(islice(rows, WRITTEN_AT_ONCE)):
        _copy(connection, table, part)


def _drop_empty_streets(session: Session, covered: Select[Any]) -> None:
    """Delete the streets that have lost all their addresses, and names that no street has."""
    street, name = Street.__table__.c, StreetName.__table__.c
    is_empty = ~exists().where(Address.street_id == street.id)
    if _count(session, delete(Street).where(street.id.in_(covered), is_empty)):
        _count(session, delete(StreetName).where(~exists().where(Street.name_id == name.id)))
