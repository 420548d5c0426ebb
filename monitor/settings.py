"""Process settings: from the environment, from options, from mounted files. One frozen model.

Each setting has an environment variable `HASHHEDGE_<NAME>`; a variable `HASHHEDGE_<NAME>_FILE`
names a file that holds the value, which is how secrets come in. An option on the command line
wins over both. The URLs may carry passwords, so the model prints without them.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from monitor.core.errors import ConfigError
from monitor.core.mends import form_of

PREFIX = "HASHHEDGE_"
MAX_FILE_BYTES = 65_536
_FOREIGN = frozenset(
    {"REQUIRE_SERVERS", "LONG_PROOFS", "SEC_CONTACT", "SEC_CONTACT_FILE"},
)
"""Variables with our prefix that are no settings: of the test run, and the contact of a feed."""

Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
PageUrl = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=200)]
Secret = Annotated[str, msgspec.Meta(min_length=16, max_length=4_096)]
DashboardUrl = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s?#@]+$", max_length=2_000)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
TopicPath = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")]
_UNSHOWN = ("_url", "_password", "_secret")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one process is told.

    Attributes:
        instance: name of this installation; part of every MQTT topic.
        redis_url: None starts the private Redis.
        mqtt_url: None starts the private broker.
        mqtt_protocol: `auto` tries MQTT 5 and falls back to 3.1.1.
        mqtt_password: for the user in mqtt_url.
        mqtt_password_file: file that holds it, read anew at each connection.
        mqtt_ca: PEM file of the broker's CA; None takes the system's.
        mqtt_certificate: PEM file of our client certificate.
        mqtt_key: PEM file of its key.
        mqtt_insecure: take any certificate of the broker; for a test bench only.
        mqtt_cloudevents: publish news in an envelope of CloudEvents 1.0.
        homeassistant: how Home Assistant is told of us over MQTT: not at all, a message a device or
            one an entity.
        homeassistant_prefix: of its discovery topics.
        web_host: address of /metrics and the health pages; loopback unless told otherwise.
        web_port: 0 lets the system choose.
        ingest_secret: signs what other programs post to /ingest; None: nothing can be posted.
        ingest_mqtt: take the same from the broker's topics `…/ingest/<name>`.
        public_url: where a telephone reaches the pages of this service; None: it does not.
        command_users: file of who may command over HTTP and MQTT, with their keys; None: nobody.
        users: file of who is told of what, at which hours and by which channels; None: nobody.
        dashboard_url: where alerts link to, a board with the variables rule and company.
        companies: folder of company files that add to or replace the default books.
        rules: rulebook; None takes the default one.
        feeds: feeds book; None takes the default one.
        calendar: dated events; None takes the default one, which has none.
        watch_books: read the files of the books anew when they change; SIGHUP does it at any rate.
        cold_start: whether the first sample of a value ever may tell an alert; by default it does not.
        user_rules: how many rules one user may have.
        user_rules_total: how many all users together may have.
        user_rules_loudest: the loudest severity of a user's rule.
        state_dir: where the private servers keep their files.
        lease_ms: lifetime of a lease.
        backoff_seed: makes the waits after a feed's failures repeatable; None draws them anew.
        log_level: debug, info, warning or error.
        given: names of the settings that came as options; no setting itself.

    """

    instance: Name = "main"
    redis_url: str | None = None
    mqtt_url: str | None = None
    mqtt_protocol: typing.Literal["auto", "5", "3.1.1"] = "auto"
    mqtt_password: str | None = None
    mqtt_password_file: Path | None = None
    mqtt_ca: Path | None = None
    mqtt_certificate: Path | None = None
    mqtt_key: Path | None = None
    mqtt_insecure: bool = False
    mqtt_cloudevents: bool = False
    homeassistant: typing.Literal["off", "device", "component"] = "off"
    homeassistant_prefix: TopicPath = "homeassistant"
    web_host: str = "127.0.0.1"
    web_port: Port = 9464
    ingest_secret: Secret | None = None
    ingest_mqtt: bool = False
    public_url: PageUrl | None = None
    command_users: Path | None = None
    users: Path | None = None
    dashboard_url: DashboardUrl | None = None
    companies: Path | None = None
    rules: Path | None = None
    feeds: Path | None = None
    calendar: Path | None = None
    watch_books: bool = True
    cold_start: typing.Literal["quiet", "notify"] = "quiet"
    user_rules: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 50
    user_rules_total: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 10_000
    user_rules_loudest: typing.Literal["critical", "warning", "info"] = "warning"
    state_dir: Path = Path(".hashhedge")
    lease_ms: Annotated[int, msgspec.Meta(ge=500, le=600_000)] = 5_000
    backoff_seed: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    log_level: typing.Literal["debug", "info", "warning", "error"] = "info"
    given: frozenset[str] = frozenset()

    def place_of(self, name: str) -> str:
        """Return where a person set `name`: the option, else the variable."""
        return _place(name, self.given)

    def __repr__(self) -> str:
        """Print without what may hold a password."""
        names = (n for n in self.__struct_fields__ if not n.endswith(_UNSHOWN))
        return f"Settings({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"


SETTINGS = tuple(name for name in Settings.__struct_fields__ if name != "given")
"""The names of all settings."""


def load_settings(environ: Mapping[str, str], options: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings of `environ`, overridden by the `options` that are not None.

    Raises:
        ConfigError: an unknown variable with our prefix, a value of the wrong kind, a file that
            cannot be read, a variable beside its _FILE twin; names the variable and the mend.

    """
    values: dict[str, Any] = {}
    for variable, text in environ.items():
        if variable.startswith(PREFIX) and variable.removeprefix(PREFIX) not in _FOREIGN:
            name, value = _from_variable(variable, text)
            if name in values:
                raise ConfigError(
                    "is set, and so is its _FILE twin",
                    where=f"{PREFIX}{name.upper()}",
                    hint="keep one of the two",
                )
            values[name] = value
    said = {name: value for name, value in (options or {}).items() if value is not None}
    given = frozenset(said)
    try:
        return msgspec.convert(
            values | said | {"given": given}, Settings, strict=False, dec_hook=_path
        )
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$.")
        name = place.rstrip("`")
        raise ConfigError(
            message,
            where=_place(name, given),
            hint=form_of(message) if "matching regex" in message else "see docs/configuration.md",
        ) from error


def _place(name: str, given: frozenset[str]) -> str:
    return f"--{name.replace('_', '-')}" if name in given else PREFIX + name.upper()


def _from_variable(variable: str, text: str) -> tuple[str, str]:
    """Return the setting's name and value that one variable gives."""
    known = SETTINGS
    name = variable.removeprefix(PREFIX).lower()
    if name in known:
        return name, text
    if name.endswith("_file") and name.removesuffix("_file") in known:
        return name.removesuffix("_file"), _read(Path(text), variable)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {PREFIX}{near[0].upper()}?" if near else "remove it"
    raise ConfigError("unknown setting", where=variable, hint=hint)


def _read(path: Path, variable: str) -> str:
    try:
        with path.open(encoding="utf-8") as stream:
            return stream.read(MAX_FILE_BYTES).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the file {path} cannot be read: {error}", where=variable, hint="check path and rights"
        ) from error


def _path(kind: Any, value: Any) -> Any:  # noqa: ANN401  # msgspec hands over any type
    """Make a path of a text; msgspec knows every other type by itself."""
    wanted = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if Path in wanted and isinstance(value, (str, Path)):
        return Path(value)
    raise NotImplementedError(f"no setting has type {kind}")
