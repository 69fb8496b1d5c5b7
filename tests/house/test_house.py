"""The few things worth watching in the code itself. Imports are watched by `make lint`."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Float, Numeric
from sqlalchemy.orm import Session

from ideals import db
from ideals.app import create_app
from ideals.config import ROOT, Settings
from ideals.kernel.errors import IdealsError
from ideals.web.guards import guards_of
from workers.app import app as celery
from workers.queues import QUEUES, ROUTES

FEATURES = (
    "people", "access", "notices", "ledger", "schemes", "tax", "budgets", "approvals", "pricing",
    "shop", "deals", "payroll",
)  # fmt: skip
PARTS = ("insight/desk", "insight/searching")
"""Of a feature that is a row of them: each with the same few files."""
USUAL_FILES = {
    "__init__", "errors", "states", "rules", "models", "policy", "queries", "commands", "schemas",
    "api", "pages",
}  # fmt: skip
OTHER_FILES = {
    "people/staging": "rows of a file as a temporary table, compared in sets",
    "schemes/facts": "the SQL of the hot path, one statement for a chunk",
    "budgets/computation": "what a chunk comes to: neither shown nor written",
    "pricing/over_time": "a price by month, and why it changed; pure",
    "pricing/passed": "rules that did nothing, as quotes and orders keep them; pure",
    "pricing/steering": "price rules, pure as rules are; a part by itself that many use",
    "notices/mail": "how a mail looks and how a server is spoken to",
}
"""A file outside the agreed list needs a reason, and this is where it stands."""


def sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def calls(*folders: str, name: set[str]) -> list[str]:
    """`file:line` of each call of an attribute or function with one of these names."""
    return [
        f"{path}:{node.lineno}"
        for path, tree in sources(*folders)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called(node) in name
    ]


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def test_only_db_py_commits() -> None:
    found = calls("ideals", "workers", name={"commit", "rollback"})
    assert [place for place in found if not place.startswith("ideals/db.py")] == []


def test_each_feature_has_only_the_agreed_files() -> None:
    strange = [
        f"{feature}/{path.stem}"
        for feature in FEATURES + PARTS
        for path in (ROOT / "ideals" / feature).iterdir()
        if (path.suffix == ".py" or path.is_dir())
        and path.name not in ("__pycache__", "templates", "static", "examples", "data", "policies")
        and path.stem not in USUAL_FILES
    ]
    assert sorted(set(strange) - OTHER_FILES.keys()) == []
    assert sorted(OTHER_FILES.keys() - set(strange)) == [], "listed, but no longer there"


def test_each_flush_says_why() -> None:
    for place in calls("ideals", "workers", name={"flush"}):
        path, _, line = place.partition(":")
        assert "# reason:" in (ROOT / path).read_text().splitlines()[int(line) - 1], place


def test_only_the_clock_reads_the_time() -> None:
    for path, _ in sources("ideals", "workers"):
        if path not in ("ideals/kernel/clock.py", "ideals/kernel/ids.py"):
            text = (ROOT / path).read_text()
            assert not re.search(r"datetime\.(now|utcnow)\(|date\.today\(|time\.time\(", text), path


def test_no_column_is_a_float_and_value_is_never_numeric() -> None:
    import_module("ideals.app")
    for table in db.Base.metadata.tables.values():
        for column in table.columns:
            assert not isinstance(column.type, Float) or isinstance(column.type, Numeric), column
            if column.name.endswith("_minor"):
                assert not isinstance(column.type, Numeric), column


def test_only_the_ledger_writes_transfers() -> None:
    built = calls("ideals", "workers", name={"Transfer"})
    raw = [
        path
        for path, _ in sources("ideals", "workers")
        if re.search(r"(INSERT INTO|COPY|UPDATE) ledger_", (ROOT / path).read_text())
    ]
    assert [place for place in [*built, *raw] if not place.startswith("ideals/ledger/")] == []


def test_error_codes_are_unique_and_documented() -> None:
    import_module("ideals.app")
    documented = (ROOT / "docs" / "api.md").read_text()
    seen: dict[str, type] = {}
    for error in _subclasses(IdealsError):
        if "code" in error.__dict__ and error.__module__.startswith("ideals."):
            assert seen.setdefault(error.code, error) is error, error.code
            assert f"`{error.code}`" in documented, f"{error.code} is not in docs/api.md"


def _subclasses(kind: type[IdealsError]) -> Iterator[type[IdealsError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def test_each_route_declares_its_guard() -> None:
    app = create_app(Settings.read({}))
    assert [(method, path) for method, path, guard in guards_of(app) if guard is None] == []


def test_edges_load_through_queries_only() -> None:
    edges = [
        place
        for place in calls("ideals", name={"get", "get_one"})
        if place.partition(":")[0].endswith(("api.py", "pages.py"))
    ]
    for place in edges:
        path, _, line = place.partition(":")
        assert "session.get" not in (ROOT / path).read_text().splitlines()[int(line) - 1], place


def test_migrations_have_one_head() -> None:
    assert len(ScriptDirectory.from_config(Config(str(ROOT / "alembic.ini"))).get_heads()) == 1


def test_models_match_the_migrations(session: Session) -> None:
    import_module("ideals.app")
    context = MigrationContext.configure(
        session.connection(),
        opts={"include_name": lambda name, kind, _: kind != "table" or _is_modelled(name)},
    )
    assert compare_metadata(context, db.Base.metadata) == []


def _is_modelled(name: str | None) -> bool:
    """Partitions and Alembic's own table have no model."""
    return name is not None and not re.fullmatch(r"ledger_transfer_\d{6}|alembic_version", name)


def test_tasks_are_short_and_take_texts_and_ids() -> None:
    for path, tree in sources("workers"):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(d, ast.Call) and _called(d) == "task" for d in node.decorator_list
            ):
                lines = node.body[-1].end_lineno - node.body[0].lineno + 1  # type: ignore[operator]
                assert lines <= 20, f"{path}: {node.name} has {lines} lines"
                for argument in node.args.args:
                    assert isinstance(argument.annotation, ast.Name), argument.arg
                    assert argument.annotation.id in ("int", "str"), argument.arg


def test_each_task_has_a_queue_that_is_consumed() -> None:
    consumed = {queue.name for queue in QUEUES}
    ours = [name for name in celery.tasks if not name.startswith("celery.")]
    assert ours
    assert {celery.amqp.router.route({}, name)["queue"].name for name in ours} <= consumed
    assert set(ROUTES) <= set(ours)


@pytest.mark.parametrize(
    "feature", [each for each in FEATURES if find_spec(f"ideals.{each}.commands")]
)
def test_commands_take_the_session_first_and_time_by_name(feature: str) -> None:
    module = import_module(f"ideals.{feature}.commands")
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if name.startswith("_") or function.__module__ != module.__name__:
            continue
        parameters = inspect.signature(function).parameters
        assert next(iter(parameters)) == "session", f"{feature}.{name}"
        for named in ("actor", "now"):
            if named in parameters:
                assert parameters[named].kind is inspect.Parameter.KEYWORD_ONLY, name
                assert parameters[named].default is inspect.Parameter.empty, name


def test_templates_hold_no_script_and_no_style() -> None:
    for path in (ROOT / "ideals").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search(r"<[a-z][^>]*\s(style|on[a-z]+)=", text), path


def test_no_schema_is_made_from_a_model() -> None:
    for path, _ in sources("ideals"):
        assert "SQLAlchemyAutoSchema" not in Path(ROOT / path).read_text(), path
