"""The rulebook of the running service, so that what is shown of alerts is what it works by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from alerts.rulebook import Rulebook, decode_rulebook
from monitor.app.world import (
    World,
    build_step,
    find_rule_types,
    load_rules,
    load_world,
    user_limits,
)
from monitor.cli.live import ask, committed
from monitor.cli.output import talk
from monitor.compute.step import Step
from monitor.core.clock import SystemClock
from monitor.core.errors import ConfigError
from monitor.settings import Settings
from monitor.store.rulebooks import RulebookStore, StoredBook
from monitor.store.views import ViewStore


def running_world(settings: Settings, url: str) -> World:
    """Return the books of `settings` with the rulebook of the service at `url`.

    A rulebook that was given is taken, and if it is not the one of the service, that is said. So it
    is where that of the service cannot be had.

    Raises:
        ConfigErrors: what is wrong with the books here.
        StoreUnavailable: Redis did not answer.

    """
    world = load_world(settings, SystemClock().now())
    _tell_of_companies(world, ask(url, lambda client, keys: ViewStore(client, keys).tickers()))
    stored = ask(url, lambda client, keys: RulebookStore(client, keys).read())
    if stored is None or stored.version == world.rulebook.version:
        return world
    if settings.rules is None:
        found = _book_of(stored, world)
        if found is not None:
            return replace(world, rulebook=found)
    talk.print(
        f"the service works by another rulebook: {stored.file}, version {stored.version}; this is "
        f"{world.rulebook.name}, version {world.rulebook.version}",
        soft_wrap=True,
    )
    return world


def own_world(settings: Settings, url: str) -> World | None:
    """Return the books of `settings` with the rulebook of the service at `url`; None: not to be had.

    Raises:
        ConfigErrors: what is wrong with the books here.
        StoreUnavailable: Redis did not answer.

    """
    world = load_world(settings, SystemClock().now())
    stored = ask(url, lambda client, keys: RulebookStore(client, keys).read())
    if stored is None:
        return None
    if stored.version == world.rulebook.version:
        return world
    found = _book_of(stored, world)
    return None if found is None else replace(world, rulebook=found)


def _tell_of_companies(world: World, shown: frozenset[str]) -> None:
    """Say which companies of the service have no book here: nothing can be said of their alerts."""
    strange = sorted(shown - world.companies.keys())
    if strange:
        talk.print(
            f"the service works with companies that are in no book here: {', '.join(strange)}; "
            "give its books with --companies, for their alerts are left out",
            soft_wrap=True,
        )


def running_step(settings: Settings, url: str) -> Step:
    """Return a step that stands where the service at `url` committed last, with users' rules.

    Raises:
        ConfigErrors: what is wrong with the books here.
        StoreUnavailable: Redis did not answer.

    """
    world, saved = running_world(settings, url), committed(url)
    step = build_step(world, users=saved.users, limits=user_limits(settings))
    step.restore(saved)
    return step


def _book_of(stored: StoredBook, world: World) -> Rulebook | None:
    """Return the service's rulebook: from Redis, else from its file if that lies here too."""
    found: Rulebook | None = None
    try:
        if stored.body is not None:
            found = decode_rulebook(stored.body, find_rule_types(), stored.file)
        elif Path(stored.file).is_file():
            found = load_rules(
                Path(stored.file), world.catalogue, list(world.companies), world.agenda
            )
    except (ConfigError, ValueError):  # of another version of the program, or changed since
        return None
    return found if found is not None and found.version == stored.version else None
