"""The command line: serve, demo, worker, enrol, evaluate and what an administrator needs beside them."""

import asyncio
import base64
import json
import os
import secrets
import shlex
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from getpass import getuser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from bot import log
from bot.clock import utc_now
from bot.config import (
    KEY_BYTES,
    BadConfiguration,
    Settings,
    check_place,
    read_settings,
)
from bot.errors import FisError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from bot.assembly import Store
    from bot.casework.enrolment_report import EnrolmentReport
    from bot.casework.manifest import Manifest
    from bot.domain.changes import Change
    from bot.domain.evaluations import Evaluation
    from bot.domain.summaries import Counts, Month, Summary
    from bot.matching.pool import EnginePool
    from storage.database import Database

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="FIS Bot: leads for investigators, never identifications.",
)

change = typer.Typer(
    no_args_is_help=True,
    help="Changes of what decides who is found: proposed here, decided by a supervisor in Slack.",
)
cli.add_typer(change, name="change")
gallery = typer.Typer(no_args_is_help=True, help="The galleries, as they are searched.")
cli.add_typer(gallery, name="gallery")

MODELS = Path("var/models")


def main() -> None:
    """Run a command; what a person can cure is one line, not a traceback."""
    try:
        cli()
    except FisError as error:
        _tell(str(error), style="bold red")
        sys.exit(2)


def _tell(text: str, style: str = "") -> None:
    # As text, never as markup: it may repeat what somebody wrote.
    Console(stderr=True, soft_wrap=True).print(Text(text, style=style))


@cli.command()
def key() -> None:
    """Print a new encryption key for FIS_ENCRYPTION_KEY. Keep it safe: without it nothing can be read."""
    print(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode())


@cli.command()
def models(
    name: Annotated[str, typer.Argument(help="A model of deepface.")] = "SFace",
    folder: Annotated[Path, typer.Option(help="Where prepared weights lie.")] = MODELS,
    accept_licence: Annotated[
        list[str] | None, typer.Option(help="Name a model whose licence you hold.")
    ] = None,
) -> None:
    """Prepare the face models from the installed packages and check their SHA-256. Fetches nothing."""
    from bot.matching.weights import prepare

    files = prepare(folder, name, accept_licences=accept_licence or ())
    print(
        f"{files.model.name}: {files.recogniser.name}, SHA-256 {files.model.weights_sha256}"
    )


@cli.command()
def serve(
    sandbox: Annotated[
        bool, typer.Option(help="Serve a simulated workspace on this machine.")
    ] = False,
    seconds_between: Annotated[
        float, typer.Option(min=0, help="Between two posts to one channel.")
    ] = 1.1,
) -> None:
    """Serve a real Slack workspace, by the settings in the environment or in fis.env."""
    settings = read_settings()
    log.configure(settings.log_level)
    check_place(settings, simulated=sandbox)
    asyncio.run(_serve(settings, seconds_between))


async def _serve(settings: Settings, seconds_between: float) -> None:
    from bot.assembly import only_bot

    with only_bot(settings.data_dir):
        await _serve_alone(settings, seconds_between)


async def _serve_alone(settings: Settings, seconds_between: float) -> None:
    from bot.assembly import Bot, open_store

    store = await open_store(settings)
    bot = Bot(settings, store, utc_now, seconds_between=seconds_between)
    await bot.check()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, bot.stop)
    await bot.run()
    await store.db.close()


@cli.command()
def worker(
    parent: Annotated[
        int | None, typer.Option(help="End when this process is no longer the parent.")
    ] = None,
) -> None:
    """Work on searches until stopped; the bot starts its workers itself, more may run beside it."""
    settings = read_settings()
    log.configure(settings.log_level)
    asyncio.run(_worker(settings, parent))


async def _worker(settings: Settings, parent: int | None) -> None:
    from bot.assembly import check_standard, open_store
    from bot.casework.alerts import Alerts
    from bot.jobs.bench import Bench
    from bot.jobs.limits import limit_memory
    from bot.jobs.worker import Worker
    from bot.matching.engines import Engines
    from bot.models_in_force import first_engine

    store = await open_store(settings)
    await check_standard(store.db, settings)
    engines = Engines(settings.models_home, settings.accept_licences)
    engine = await first_engine(store.db, settings, engines)
    limit_memory()
    work = Worker(
        store.db,
        Bench(
            engine,
            store.vault,
            store.galleries,
            settings.weak_below,
            engines.of,
            approximate=settings.search == "chroma",
        ),
        utc_now,
        name=f"{os.getpid()}-{secrets.token_hex(4)}",
        repository=settings.repository,
        lease=timedelta(seconds=settings.lease_seconds),
        seal_key=settings.seal_key,
        alerts=Alerts(settings.supervisor_channel, utc_now),
    )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    watching = asyncio.create_task(_end_with(parent, stop))
    await work.run(stop)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    await store.db.close()


async def _end_with(parent: int | None, stop: asyncio.Event) -> None:
    """A worker whose bot was killed must not stay behind."""
    from bot.jobs.loops import wait

    if parent is None:
        return
    while os.getppid() == parent and not stop.is_set():
        await wait(stop, 0.5)
    stop.set()


@cli.command()
def enrol(
    manifest: Annotated[
        Path | None,
        typer.Argument(help="CSV: subject_id, photo_id, repository, path, ..."),
    ] = None,
    named: Annotated[
        Path | None, typer.Option("--manifest", help="The same, by name.")
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of the photographs; default: the manifest's."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="A data folder of its own, for trying; needs no settings."),
    ] = None,
    repository: Annotated[
        str | None,
        typer.Option(
            help="One of the file of repositories, for every row; default: what a row says, else the standard one."
        ),
    ] = None,
    rejected: Annotated[
        Path | None, typer.Option(help="Write the rejected ones into this CSV file.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do everything but write.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    processes: Annotated[int, typer.Option(min=1)] = os.cpu_count() or 1,
) -> None:
    """Enrol photographs into a repository. May be stopped and started again at any time."""
    from bot.casework.enrolment_report import as_dict, lines, write_rejected
    from bot.casework.manifest import Terms, open_manifest

    if (manifest is None) == (named is None):
        raise BadConfiguration("Name one manifest: app.py enrol --manifest photos.csv")
    file = manifest or named or Path()
    settings = _enrolment_settings(data, dry_run)
    log.configure(settings.log_level)
    known = settings.known_repositories
    chosen = known.standard if repository is None else known.get(repository)
    terms = Terms(
        known=(known.standard.name, *known.exceptional),
        repository=chosen.name,
        only=repository is not None,
        today=utc_now().date(),
        arrests=known.standard.name,
        identifiers=settings.identifiers,
    )
    rows = open_manifest(file, images or file.parent, terms)
    if rows.unused:
        _tell(f"Columns not used: {', '.join(rows.unused)}.")
    if rejected is not None:
        write_rejected(rejected, ())
    reports = asyncio.run(_enrol(settings, rows, processes, dry_run))
    if rejected is not None:
        write_rejected(rejected, [one for report in reports for one in report.rejected])
    if as_json:
        print(json.dumps(as_dict(reports)))
    else:
        for report in reports:
            if len(rows.sizes) > 1:
                print(f"{report.repository}:")
            print("\n".join(lines(report, with_rejected=rejected is None)))
    if any(report.is_stopped for report in reports):
        sys.exit(130)


def _enrolment_settings(data: Path | None, dry_run: bool) -> Settings:
    if data is None:
        return read_settings()
    if dry_run and not (data / "trial.key").exists():
        with TemporaryDirectory() as folder:
            made = trial_settings(Path(folder))
            return made.model_copy(update={"data_dir": data, "repositories": None})
    return trial_settings(data)


async def _enrol(
    settings: Settings, rows: "Manifest", processes: int, dry_run: bool
) -> "list[EnrolmentReport]":
    from bot.assembly import open_store, record_standard
    from bot.casework.alerts import Alerts
    from bot.casework.enrolment import enrol_all
    from bot.casework.sealed_list import NAME, write_list
    from bot.matching.pool import EnginePool
    from bot.models_in_force import check_weights, model_in_force

    who, stop = f"administrator {getuser()}", asyncio.Event()
    if dry_run:
        db, vault = await _only_to_read(settings), None
    else:
        store = await open_store(settings)
        db, vault = store.db, store.vault
        await record_standard(db, settings, who, utc_now())
    model = await model_in_force(db, settings, rows.sizes)
    with _pool(EnginePool, settings, processes, model) as pool, _bar() as bar:
        await check_weights(db, rows.sizes, pool.model)
        tasks = {
            name: bar.add_task(name if len(rows.sizes) > 1 else "enrolling", total=size)
            for name, size in rows.sizes.items()
        }
        _stop_orderly(stop, bar.console)
        reports = await enrol_all(
            db,
            vault,
            settings.data_dir / "galleries",
            pool,
            rows,
            actor=who,
            now=utc_now,
            progress=lambda name, done, total: bar.update(
                tasks[name], completed=done, total=total
            ),
            stop=stop,
            alerts=Alerts(settings.supervisor_channel, utc_now),
        )
    if any(report.sealed for report in reports):
        await write_list(db, settings.data_dir / NAME)
    for line in await _misnumbered(db, settings):
        _tell(line)
    await db.close()
    return reports


async def _misnumbered(db: "Database", settings: Settings) -> list[str]:
    """The photographs no order to seal can find, in words."""
    from bot.casework.sealing import misnumbered
    from bot.views.sealing import unfound

    arrests = settings.known_repositories.standard.name
    return list(unfound(await misnumbered(db, arrests, settings.identifiers)))


async def _only_to_read(settings: Settings) -> "Database":
    """The database as it is; in the place of one that does not exist yet, an empty one in memory."""
    from bot.assembly import check_standard
    from storage.cipher import Cipher
    from storage.database import Database

    path = settings.data_dir / "fis.sqlite3"
    db = Database(path if path.exists() else None, Cipher(settings.key))
    if not path.exists():
        await db.migrate()
    elif not await db.is_current():
        raise BadConfiguration(
            f"The tables in {settings.data_dir} are of an earlier version, and a dry run does not change "
            "them. Start the bot or enrol once, then try again."
        )
    await check_standard(db, settings)
    return db


def _stop_orderly(stop: asyncio.Event, console: Console) -> None:
    """The first Ctrl-C asks to stop, the second one is obeyed at once."""
    loop = asyncio.get_running_loop()

    def ask() -> None:
        # Not by taking this handler away: Python may still call the usual one for the same signal.
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        console.print("Stopping after the photographs under way ...")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)


@cli.command()
def seal(
    arrest: Annotated[str, typer.Option(help="The arrest number: K26612345.")],
    order: Annotated[str, typer.Option(help="The reference of the order.")],
    data: Annotated[
        Path | None,
        typer.Option(help="A data folder of its own, for trying; needs no settings."),
    ] = None,
) -> None:
    """Seal an arrest (CPL 160.50): its photographs are out of every search at once, and destroyed."""
    settings = read_settings() if data is None else trial_settings(data)
    log.configure(settings.log_level)
    _check_database(settings)
    print("\n".join(asyncio.run(_seal(settings, arrest, order))))


async def _seal(settings: Settings, arrest: str, order: str) -> list[str]:
    from bot.assembly import open_store
    from bot.casework import sealing
    from bot.casework.alerts import Alerts
    from bot.casework.sealed_list import NAME, write_list
    from bot.domain.sealings import Order
    from bot.views.sealing import lines

    store, who = await open_store(settings), f"administrator {getuser()}"
    [read] = await sealing.read_orders(
        store.db, [(arrest, order)], settings.identifiers
    )
    if not isinstance(read, Order):
        raise read
    alerts = Alerts(settings.supervisor_channel, utc_now)
    [done] = await sealing.seal(store.db, [read], alerts, actor=who, now=utc_now())
    await write_list(store.db, settings.data_dir / NAME)
    unfound = await _misnumbered(store.db, settings)
    await store.db.close()
    told = lines(
        done.sealing.id,
        len(done.photographs),
        recalled=done.recalled,
        taken_back=done.taken_back,
        is_new=done.is_new,
    )
    return [*told, *unfound]


@cli.command(hidden=True)
def renew_gallery(repository: str) -> None:
    """Rebuild a gallery without what is sealed and destroy its old files; the bot starts this."""
    settings = read_settings()
    log.configure(settings.log_level)
    print(asyncio.run(_renew_gallery(settings, repository)))


async def _renew_gallery(settings: Settings, repository: str) -> str:
    from bot.assembly import open_store
    from bot.casework import destroying

    store = await open_store(settings)
    version = await destroying.renew_gallery(
        store.db, store.galleries, repository, utc_now()
    )
    await store.db.close()
    return version


@cli.command()
def evaluate(
    images: Annotated[Path, typer.Option(help="Folder of the photographs.")],
    gallery: Annotated[Path, typer.Option(help="CSV: subject_id, image, ...")],
    probes: Annotated[Path, typer.Option(help="CSV: subject_id, image, kind, ...")],
    by: Annotated[
        str, typer.Option(help="Columns whose groups to compare: sex,age")
    ] = "",
    degraded: Annotated[
        str, typer.Option(help="Spoil the probes, too: all, or names with commas.")
    ] = "",
    report: Annotated[
        Path | None, typer.Option(help="Folder for report.html and report.json.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    bootstrap: Annotated[
        int, typer.Option(min=100, help="Samples behind every interval.")
    ] = 1000,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    processes: Annotated[int, typer.Option(min=1)] = os.cpu_count() or 1,
    model: Annotated[str, typer.Option(help="A model of deepface.")] = "SFace",
) -> None:
    """Measure on labelled photographs how often the right subject is on the list."""
    from bot.matching.evaluation.encoding import Encoders
    from bot.matching.evaluation.running import Plan, chosen_degradations
    from bot.matching.evaluation.running import evaluate as measure
    from bot.matching.weights import prepare
    from bot.views.evaluation import conclusions, limits

    columns = tuple(filter(None, (name.strip() for name in by.split(","))))
    plan = Plan(
        images,
        gallery,
        probes,
        by=columns,
        degraded=chosen_degradations(degraded),
        bootstrap=bootstrap,
        seed=seed,
        command=_as_typed(
            images, gallery, probes, columns, degraded, bootstrap, seed, model
        ),
        date=utc_now().date().isoformat(),
    )
    with Encoders(prepare(MODELS, model), processes) as encoders, _bar() as bar:
        tasks = {name: bar.add_task(name, total=None) for name in ("enrol", "search")}
        found = measure(
            plan,
            encoders,
            lambda doing, done, total: bar.update(
                tasks[doing], completed=done, total=total
            ),
        )
    said = {"conclusions": conclusions(found), "limits": limits(found)}
    whole = found.as_dict() | said
    if report is not None:
        _write_report(report, found, whole)
    if as_json:
        print(json.dumps(whole, allow_nan=False))
        return
    print("\n".join(line for lines in said.values() for line in lines))
    for name, value in whole.items():
        if isinstance(value, int | float | str):
            print(
                f"{name}: {value:.4f}"
                if isinstance(value, float)
                else f"{name}: {value}"
            )


def _write_report(folder: Path, found: "Evaluation", whole: dict[str, object]) -> None:
    from bot.matching.evaluation.plots import plots
    from bot.views.evaluation_page import page

    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(whole, indent=1, allow_nan=False)
    (folder / "report.json").write_text(f"{text}\n", encoding="utf-8")
    (folder / "report.html").write_text(page(found, plots(found)), encoding="utf-8")


def _as_typed(
    images: Path,
    gallery: Path,
    probes: Path,
    by: Sequence[str],
    degraded: str,
    bootstrap: int,
    seed: int,
    model: str,
) -> str:
    """Return the command that measures the same again; where the files lie is nobody's business."""
    words = ["python", "app.py", "evaluate", "--images", images.name]
    words += ["--gallery", gallery.name, "--probes", probes.name]
    words += ["--by", ",".join(by)] if by else []
    words += ["--degraded", degraded] if degraded else []
    words += ["--bootstrap", str(bootstrap), "--seed", str(seed), "--model", model]
    return shlex.join(words)


@cli.command()
def demo(
    name: Annotated[
        str | None,
        typer.Argument(help="With --script: play this script only; default: all."),
    ] = None,
    script: Annotated[
        bool, typer.Option("--script", help="Play the cases without a browser.")
    ] = False,
    port: Annotated[int, typer.Option(help="Of the page in the browser.")] = 8400,
    data: Annotated[Path, typer.Option(help="Made anew each time.")] = Path("var/demo"),
) -> None:
    """Try everything in a local workspace: no Slack account, nobody pictured exists."""
    from bot.sandbox.demo import play, run_demo, scripts

    if name is not None and not script:
        raise BadConfiguration(f"To play {name!r}, say --script {name}.")
    chosen = scripts(name)
    settings = trial_settings(
        data / secrets.token_hex(4) if script else data, fresh=True
    )
    log.configure(settings.log_level)
    if script:
        sys.exit(asyncio.run(play(settings, chosen)))
    asyncio.run(run_demo(settings, port))


@cli.command()
def audit() -> None:
    """Go through the whole audit log and print its head; fails if an entry was altered."""
    settings = read_settings()
    _check_database(settings)

    async def check() -> str:
        from bot.assembly import open_store

        store = await open_store(settings)
        async with store.db.snapshot() as snapshot:
            head = await snapshot.audit.check()
        await store.db.close()
        return head

    print(f"The audit log is whole; its last digest is {asyncio.run(check())}")


@cli.command()
def discovery(
    out: Annotated[Path, typer.Option(help="Folder in which the bundle is made.")],
    by: Annotated[
        str, typer.Option(help="Your Slack account, as in the role map: U-ADA.")
    ],
    reason: Annotated[
        str, typer.Option(help="For whom, by which demand or order; for the record.")
    ],
    case: Annotated[str, typer.Option(help="Every request of this case.")] = "",
    request: Annotated[str, typer.Option(help="Only this request.")] = "",
) -> None:
    """Write everything on record about a case, for discovery: papers, pictures, JSON, digests."""
    if bool(case.strip()) == bool(request.strip()):
        raise BadConfiguration("Say either --case or --request.")
    settings = read_settings()
    log.configure(settings.log_level)
    _check_database(settings)
    problems = asyncio.run(_discovery(settings, case, request, out, by, reason))
    if problems:
        _tell("It was exported, and this is wrong with it:", style="bold yellow")
        _tell("\n".join(problems))
        sys.exit(3)


async def _discovery(
    settings: Settings, case: str, request: str, out: Path, by: str, reason: str
) -> tuple[str, ...]:
    from bot.casework.discovery import Sender, Wanted, export
    from bot.roles import RoleMap

    async with _opened(settings) as store:
        done = await export(
            store.db,
            store.vault,
            RoleMap(settings.role_map),
            Wanted.parse(case, request),
            out,
            sender=Sender(by, getuser()),
            reason=reason,
            zone=settings.time_zone,
            now=utc_now(),
        )
    print(f"{', '.join(done.requests)}: {done.files} files in {done.folder}")
    print(f"SHA-256 of the list of digests: {done.manifest_sha256}")
    return done.problems


@cli.command()
def reindex(
    model: Annotated[str, typer.Option(help="The model to go over to.")],
    by: Annotated[str, typer.Option(help="Your badge, as in the role map.")],
    why: Annotated[str, typer.Option(help="For the supervisors, and for the record.")],
    repository: Annotated[
        str | None, typer.Option(help="Default: the standard one.")
    ] = None,
    evaluation: Annotated[
        Path | None, typer.Option(help="What 'app.py evaluate --json' printed for it.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1)] = os.cpu_count() or 1,
) -> None:
    """Encode every photograph of record with another model and propose its gallery to the supervisors.

    May be stopped and started again; nothing is searched otherwise until a supervisor approves.
    """
    settings, chosen = _of_gallery(repository)
    asyncio.run(_reindex(settings, model, chosen, by, why, evaluation, processes))


@gallery.command()
def rebuild(
    repository: Annotated[
        str | None, typer.Option(help="Default: the standard one.")
    ] = None,
) -> None:
    """Build the gallery that is searched again from the templates of record, whatever is there now."""
    settings, chosen = _of_gallery(repository)
    asyncio.run(_rebuild(settings, chosen))


async def _rebuild(settings: Settings, repository: str) -> None:
    from bot.assembly import check_standard, open_store
    from bot.casework.building import of_record, rebuild_gallery
    from bot.casework.governed import Governed

    store = await open_store(settings)
    await check_standard(store.db, settings)
    total = await of_record(store.db, repository)
    async with store.db.snapshot() as snapshot:
        graph = await Governed(settings.governed).is_approximate(snapshot)
    with _stages({"templates": total, "Chroma": total}) as told:
        built = await rebuild_gallery(
            store.db,
            store.galleries,
            repository,
            actor=f"administrator {getuser()}",
            now=utc_now(),
            graph=graph,
            progress=told,
        )
    await store.db.close()
    print(
        f"Gallery {built.version} of {built.repository}: {built.size} templates, SHA-256 {built.digest[:16]}."
    )


@gallery.command()
def verify(
    repository: Annotated[
        str | None, typer.Option(help="Default: the standard one.")
    ] = None,
) -> None:
    """Compare the gallery that is searched with the record, byte for byte; fails if anything differs."""
    settings, chosen = _of_gallery(repository)
    sys.exit(asyncio.run(_verify(settings, chosen)))


async def _verify(settings: Settings, repository: str) -> int:
    from bot.assembly import check_standard, open_store
    from bot.casework import verifying
    from bot.casework.building import of_record

    store = await open_store(settings)
    await check_standard(store.db, settings)
    total = await of_record(store.db, repository)
    sampled = min(total, verifying.SAMPLED)
    totals = {"record": total, "Chroma": total, "search": sampled}
    with _stages(totals) as told:
        found = await verifying.verify(
            store.db,
            store.galleries,
            repository,
            actor=f"administrator {getuser()}",
            now=utc_now(),
            progress=told,
        )
    await store.db.close()
    print("\n".join(verifying.lines(found)))
    return 2 if found.differences else 0


@contextmanager
def _stages(totals: "Mapping[str, int]") -> "Iterator[Callable[[str, int], None]]":
    """A bar for each thing that is being done, from when it begins."""
    with _bar() as bar:
        tasks = {
            doing: bar.add_task(doing, total=total, visible=False)
            for doing, total in totals.items()
        }
        yield lambda doing, done: bar.update(tasks[doing], completed=done, visible=True)


@gallery.command()
def back(
    by: Annotated[str, typer.Option(help="Your badge, as in the role map.")],
    why: Annotated[str, typer.Option(help="For the supervisors, and for the record.")],
    repository: Annotated[
        str | None, typer.Option(help="Default: the standard one.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1)] = os.cpu_count() or 1,
) -> None:
    """Propose the earlier model's gallery again, built anew: what was sealed since does not come back."""
    settings, chosen = _of_gallery(repository)
    asyncio.run(_reindex(settings, None, chosen, by, why, None, processes))


async def _reindex(
    settings: Settings,
    model: str | None,
    repository: str,
    badge: str,
    why: str,
    evaluation: Path | None,
    processes: int,
) -> None:
    """Without a model, back to the one that was searched with before."""
    from bot import governing, models_in_force
    from bot.assembly import check_standard
    from bot.casework.reindexing import reindex as encode_again
    from bot.domain.changes import check_may_propose, check_words
    from bot.matching.pool import EnginePool

    who = governing.proposer(settings, badge)
    check_may_propose(who.actor)
    check_words(why)
    async with _opened(settings) as store:
        await check_standard(store.db, settings)
        name = model or await models_in_force.earlier_model(store.db, repository)
        with _pool(EnginePool, settings, processes, name) as pool, _bar() as bar:
            figures = models_in_force.figures_of(evaluation, pool.model)
            task = bar.add_task("encoding", total=None)
            done = await encode_again(
                store.db,
                store.vault,
                store.galleries,
                pool,
                repository,
                why,
                evaluation=figures,
                actor=who.actor,
                now=utc_now,
                progress=lambda done, total: bar.update(
                    task, completed=done, total=total
                ),
            )
    print(f"{done.encoded} photographs encoded by {pool.model}.")
    for photo, reason in done.left_out:
        print(f"  cannot be encoded: {photo}: {reason}")
    _tell_of(done.change, who.warning())


@asynccontextmanager
async def _opened(settings: Settings) -> "AsyncIterator[Store]":
    """The bot's store, closed again whatever was refused."""
    from bot.assembly import open_store

    store = await open_store(settings)
    try:
        yield store
    finally:
        await store.db.close()


def _tell_of(proposed: "Change", warning: str) -> None:
    from bot.views.changing import in_line

    print(in_line(proposed))
    print(
        "A supervisor decides on it in the supervisors' channel; until then nothing changes."
    )
    if warning:
        _tell(warning, style="bold yellow")


@change.command()
def propose(
    setting: Annotated[str, typer.Argument(help="FIS_WEAK_BELOW, for instance.")],
    value: Annotated[str, typer.Argument(help="The value it should have.")],
    by: Annotated[str, typer.Option(help="Your badge, as in the role map.")],
    why: Annotated[str, typer.Option(help="For the supervisors, and for the record.")],
) -> None:
    """Propose another value of a governed setting to the supervisors."""
    settings = read_settings()
    _check_database(settings)

    async def put() -> None:
        from bot import governing

        who = governing.proposer(settings, by)
        async with _opened(settings) as store:
            proposed = await governing.propose_setting(
                store.db, settings, setting, value, why, who.actor, utc_now()
            )
        _tell_of(proposed, who.warning())

    asyncio.run(put())


@change.command("list")
def list_changes(
    pending: Annotated[
        bool, typer.Option("--pending", help="Only what waits for a decision.")
    ] = False,
) -> None:
    """List the governed changes, oldest first, and the values in force."""
    settings = read_settings()
    _check_database(settings)

    async def read() -> None:
        from bot.views.changing import in_line

        async with _opened(settings) as store, store.db.snapshot() as snapshot:
            found = await snapshot.changes.all()
            waiting = await snapshot.changes.pending()
            in_force = await snapshot.changes.in_force()
        for one in waiting if pending else found:
            print(in_line(one))
        for name, value in in_force.items():
            print(f"in force: {name} = {value}")

    asyncio.run(read())


@change.command()
def withdraw(
    id: Annotated[str, typer.Argument(help="CH-..., as in the list.")],
    by: Annotated[str, typer.Option(help="Your badge, as in the role map.")],
    why: Annotated[str, typer.Option(help="For the record.")],
) -> None:
    """Take a proposal back before it is decided on."""
    settings = read_settings()
    _check_database(settings)

    async def take_back() -> None:
        from bot import governing
        from bot.approvals import changes
        from bot.views.changing import in_line

        who = governing.proposer(settings, by).actor
        async with _opened(settings) as store:
            taken = await changes.withdraw(store.db, id, why, actor=who, now=utc_now())
        print(in_line(taken))

    asyncio.run(take_back())


@cli.command()
def summary(
    month: Annotated[str, typer.Argument(help="Of the unit's calendar: 2026-10.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Count what commanders were asked in a month, and what has become of it."""
    from bot.domain.summaries import Month

    settings, wanted = read_settings(), Month.parse(month)
    _check_database(settings)
    found = asyncio.run(_summary(settings, wanted))
    if as_json:
        print(json.dumps(found.as_dict()))
        return
    for table in _tables(found):
        Console().print(table)


async def _summary(settings: Settings, month: "Month") -> "Summary":
    from bot.assembly import open_store
    from bot.casework.summaries import summarize

    store = await open_store(settings)
    found = await summarize(
        store.db,
        month,
        settings.time_zone,
        now=utc_now(),
        actor=f"administrator {getuser()}",
    )
    await store.db.close()
    return found


def _tables(found: "Summary") -> "Iterator[Table]":
    from bot.views.auditor import decider, leads_in_words

    deciders = {decider(who): counts for who, counts in found.by_commander.items()}
    yield _table(f"{found.month} by repository", found.by_repository, found.total)
    yield _table(f"{found.month} by commander", deciders, found.total)
    leads = Table(title=Text(f"{found.month}, leads"), show_header=False, min_width=40)
    leads.add_row(Text(leads_in_words(found.leads)))
    yield leads


def _table(title: str, rows: "Mapping[str, Counts]", total: "Counts") -> "Table":
    from bot.views.auditor import in_words

    table = Table(title=Text(title), show_header=False, min_width=40)
    for name, counts in [*rows.items(), ("in all", total)]:
        table.add_row(Text(name), Text(in_words(counts)))
    return table


def _of_gallery(repository: str | None) -> tuple[Settings, str]:
    """What a command about one gallery begins with; without a name it is the standard one's."""
    settings = read_settings()
    log.configure(settings.log_level)
    _check_database(settings)
    known = settings.known_repositories
    chosen = known.standard if repository is None else known.get(repository)
    return settings, chosen.name


def _check_database(settings: Settings) -> None:
    if not (settings.data_dir / "fis.sqlite3").exists():
        raise BadConfiguration(
            f"There is no database in {settings.data_dir}. Set FIS_DATA_DIR to the bot's folder."
        )


def trial_settings(data: Path, *, fresh: bool = False) -> Settings:
    """Settings for a folder of its own, with its files kept in it; no real workspace."""
    from bot.assembly import only_bot

    key_file, roles = data / "trial.key", data / "roles.yaml"
    repositories = data / "repositories.yaml"
    if fresh and data.exists():
        # Deletes only what an earlier trial has made.
        if any(data.iterdir()) and not key_file.exists():
            raise BadConfiguration(
                f"{data} holds something else. Name an empty folder."
            )
        with only_bot(data):
            shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    if not key_file.exists():
        key_file.touch(mode=0o600)
        key_file.write_text(
            base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        )
    if not roles.exists():
        roles.write_text("people: []\n")
    if not repositories.exists():
        repositories.write_text("exceptional: []\n")
    return read_settings(
        _env_file=None,
        data_dir=data,
        encryption_key=key_file.read_text(),
        role_map=roles,
        repositories=repositories,
        models_dir=MODELS,
        slack_bot_token="xoxb-trial",
        slack_signing_secret="trial",
        slack_base_url="http://127.0.0.1:1/api/",
        slack_team="T-FIS",
        request_channel="C-REQUESTS",
        examiner_channel="C-EXAMINERS",
        supervisor_channel="C-SUPERVISORS",
        commander_channel="C-COMMANDERS",
        log_level="error",
    )


def _pool(
    kind: "type[EnginePool]", settings: Settings, processes: int, model: str
) -> "EnginePool":
    return kind(
        settings.models_home,
        processes,
        model,
        accept_licences=settings.accept_licences,
    )


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f}/s")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


if __name__ == "__main__":
    main()
