"""SQLAlchemy with aurora-dsql-sqlalchemy: metadata, reflection, and a session of the ORM."""

import uuid

import pytest
from aurora_dsql_sqlalchemy import create_dsql_engine
from sqlalchemy import ForeignKey, Index, MetaData, String, inspect, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

pytestmark = pytest.mark.usefixtures("dsql_environment")


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    books: Mapped[list["Book"]] = relationship(back_populates="author")
    __table_args__ = (Index("author_by_name", "name"),)


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


@pytest.fixture(params=["psycopg", "psycopg2"])
def engine(request, dsql_cluster):
    made = create_dsql_engine(
        host=dsql_cluster.endpoint,
        user="admin",
        driver=request.param,
        sslrootcert=dsql_cluster.server.ca_file,
    )
    # One DDL statement a transaction: what the adapter's documentation asks for.
    yield made.execution_options(isolation_level="AUTOCOMMIT"), made
    made.dispose()


def test_metadata_is_created_and_reflected(engine):
    autocommit, _ = engine
    Base.metadata.create_all(autocommit)
    reflected = MetaData()
    reflected.reflect(autocommit)

    assert set(reflected.tables) == {"author", "book"}
    assert [c.name for c in reflected.tables["author"].primary_key] == ["id"]
    assert {i["name"] for i in inspect(autocommit).get_indexes("author")} >= {"author_by_name"}
    assert [k.target_fullname for k in reflected.tables["book"].foreign_keys] == ["author.id"]


def test_the_orm_writes_and_reads(engine):
    autocommit, transactional = engine
    Base.metadata.create_all(autocommit)
    with Session(transactional) as session, session.begin():
        session.add(Author(name="Ursula", books=[Book(title="Earthsea"), Book(title="Ekumen")]))

    with Session(transactional) as session:
        author = session.scalars(select(Author)).one()
        assert sorted(book.title for book in author.books) == ["Earthsea", "Ekumen"]
