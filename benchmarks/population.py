"""A country full of subscribers, created with a few statements."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import (
    Connection,
    FromClause,
    Integer,
    Select,
    create_engine,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Session

from areas.geometry import distance_m, surface_m2
from areas.kinds import AreaKind
from areas.models import Area, AreaEdition
from areas.targets.target import Target
from benchmarks.service import settings
from config import Config
from database import Domain, UtcDateTime, configure_sealers, sealer, utcnow
from dispatch import Audience, audience_columns, register_audience
from dispatch.models import Channel, Contact
from dispatch.providers.directory import SETTINGS
from subscribers.audience import areas_audience
from subscribers.models import Subscriber, SubscriberContact, Subscription
from web.http.app import VarskoApp

WEST, SOUTH, STEP = 8.1, 54.9, 0.1
"""Postcodes are cells of a grid with this origin; sizes in degrees."""
COLUMNS, ROWS = 40, 25
POSTCODES = COLUMNS * ROWS
MIDDLE = (WEST + STEP * COLUMNS / 2, SOUTH + STEP * ROWS / 2)
CORNERS_PER_SIDE = 25
CHUNK = 20_000
"""Contacts written at once: each address is sealed separately, because it is bound to its row."""
POOL = 10_000
"""Distinct addresses per channel; further contacts reuse them, but have their own hashes."""


@dataclass(frozen=True)
class Population:
    """Subscribers with a phone, then subscribers with an e-mail address, spread evenly.

    Each has one contact and follows a postcode; every fourth follows its neighbour, too.
    """

    phones: int
    mailboxes: int = 0

    @property
    def total(self) -> int:
        """The number of subscribers, which is also that of contacts."""
        return self.phones + self.mailboxes

    def build(self, url: str) -> None:
        """Fill a migrated database."""
        configure_sealers(Config.from_environment(settings(url), SETTINGS))
        engine = create_engine(url)
        with Session(engine) as session:
            _add_areas(session)
            session.commit()
        with engine.begin() as connection:
            self._add_people(connection)
        engine.dispose()

    @staticmethod
    def postcodes_of(numbers: Any) -> Any:
        """Which postcode the subscriber with a number follows, from 0 (a column, or an array).

        389 and 1000 have no common divisor: neighbours by number live far apart.
        """
        return numbers * 389 % POSTCODES

    def _add_contacts(self, connection: Connection, numbers: range) -> None:
        """Add contacts with these ids, by the driver's own statement, in half the time."""
        seal = sealer(Domain.SUBSCRIBERS).seal
        is_sqlite = connection.dialect.name == "sqlite"
        now = f"{utcnow():%Y-%m-%d %H:%M:%S.%f}" if is_sqlite else utcnow()
        rows = [
            (
                n,
                (Channel.SMS if n <= self.phones else Channel.EMAIL).value,
                seal(self._address(n).encode(), "contact.address", n),
                # As random as a keyed hash.
                os.urandom(32),
                now,
            )
            for n in numbers
        ]
        columns = "contact (id, channel, address, address_hash, created_at)"
        if is_sqlite:
            cursor = connection.connection.cursor()
            cursor.executemany(f"INSERT INTO {columns} VALUES (?, ?, ?, ?, ?)", rows)
            return
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY {columns} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def _address(self, n: int) -> str:
        if n <= self.phones:
            return f"+45{20_100_000 + n % POOL}"
        return f"borger{n % POOL}@eksempel.dk"

    def _add_people(self, connection: Connection) -> None:
        for start in range(1, self.total + 1, CHUNK):
            self._add_contacts(connection, range(start, min(start + CHUNK, self.total + 1)))
        numbers = _numbers(self.total)
        is_sqlite = connection.dialect.name == "sqlite"
        now = literal(utcnow(), UtcDateTime)
        _fill(
            connection, Subscriber,
            select(numbers.c.n.label("id"), literal("da").label("language"),
                   literal(0).label("page_links"), now.label("created_at")),
        )  # fmt: skip
        _fill(
            connection, SubscriberContact,
            select(numbers.c.n.label("contact_id"), numbers.c.n.label("subscriber_id"),
                   now.label("confirmed_at")),
        )  # fmt: skip
        place = self.postcodes_of(numbers.c.n)
        first = connection.scalar(select(func.min(Area.id)).where(Area.kind == AreaKind.POSTCODE))
        _fill(
            connection, Subscription,
            select(numbers.c.n.label("subscriber_id"), (place + first).label("area_id"),
                   now.label("created_at")),
        )  # fmt: skip
        _fill(
            connection, Subscription,
            select(
                numbers.c.n.label("subscriber_id"),
                ((place + 1) % POSTCODES + first).label("area_id"), now.label("created_at"),
            ).where(numbers.c.n % 4 == 0),
        )  # fmt: skip
        if not is_sqlite:
            for table in ("contact", "subscriber"):
                connection.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), :top)"),
                    {"top": self.total},
                )


def everyone_near_first(session: Session) -> Audience:
    """All subscribers, by the audience of alerts, in order of distance from the middle."""
    return areas_audience(Target(), dict(_distances(session)))


def nearest(session: Session, postcodes: int) -> Audience:
    """Subscribers of the given number of postcodes in the middle."""
    return areas_audience(Target(), dict(_distances(session)[:postcodes]))


def plug_all_contacts(app: VarskoApp) -> Audience:
    """An audience without distances: every contact."""

    def resolve(_session: Session, _params: dict[str, Any]) -> Select[Any, Any, Any]:
        return select(*audience_columns(Contact.id, literal("da")))

    register_audience(app, "all_contacts", resolve)
    return Audience("all_contacts")


def _distances(session: Session) -> list[tuple[int, float]]:
    postcodes = session.execute(
        select(Area.id, Area.label_lon, Area.label_lat).where(Area.kind == AreaKind.POSTCODE)
    )
    found = [(id_, distance_m(*MIDDLE, lon or 0, lat or 0)) for id_, lon, lat in postcodes]
    return sorted(found, key=lambda pair: pair[1])


def _fill(connection: Connection, model: Any, rows: Select[Any]) -> None:
    names = [column.name for column in rows.selected_columns]
    table = model.__table__
    connection.execute(insert(table).from_select(names, rows, include_defaults=False))


def _numbers(total: int) -> FromClause:
    first = select(literal(1, Integer).label("n")).cte("numbers", recursive=True)
    return first.union_all(select(first.c.n + 1).where(first.c.n < total))


# --- Areas -------------------------------------------------------------------------------


def _add_areas(session: Session) -> None:
    """A police district, a municipality for each column of the grid, and their postcodes."""
    district = _area(AreaKind.POLICE_DISTRICT, "9", (0, 0, COLUMNS, ROWS), None)
    session.add(district)
    session.flush()
    columns = [
        _area(AreaKind.MUNICIPALITY, f"{column:04}", (column, 0, column + 1, ROWS),
              district.id)
        for column in range(COLUMNS)
    ]  # fmt: skip
    session.add_all(columns)
    session.flush()
    cells = [(column, row) for column in range(COLUMNS) for row in range(ROWS)]
    session.add_all(
        _area(AreaKind.POSTCODE, f"{place + 1000}", (column, row, column + 1, row + 1),
              columns[column].id)
        for place, (column, row) in enumerate(cells)
    )  # fmt: skip
    session.add(AreaEdition(id=1, token="benchmarks"))


def _area(
    kind: AreaKind, code: str, cells: tuple[int, int, int, int], parent_id: int | None
) -> Area:
    west, south, east, north = (
        origin + STEP * cell for origin, cell in zip((WEST, SOUTH) * 2, cells, strict=True)
    )
    frame = shapely.box(west, south, east, north)
    shape = shapely.transform(shapely.segmentize(frame, STEP / CORNERS_PER_SIDE), _winding)
    box, label = shape.bounds, frame.centroid
    return Area(
        kind=kind, code=code, name=f"{kind.value} {code}", parent_id=parent_id,
        boundary=shapely.to_wkb(shape), min_lon=box[0], min_lat=box[1], max_lon=box[2],
        max_lat=box[3], label_lon=label.x, label_lat=label.y, surface_m2=surface_m2(shape),
        source="benchmarks",
    )  # fmt: skip


def _winding(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Winding borders, like real ones, the same on both sides."""
    return corners + STEP / 20 * np.sin(corners[:, ::-1] * 100)
