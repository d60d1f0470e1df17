"""How the tables came to be: alembic's steps, run by ``Database.migrate``."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the tables up to date, inside the transaction this connection is in."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def is_current(connection: Connection) -> bool:
    """Whether ``upgrade`` would find nothing to do; changes nothing."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
