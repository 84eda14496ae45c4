"""What an installation may choose, read once from the environment (prefix `TRINHKY_`)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """All settings with their defaults. Sizes are bytes, times are seconds."""

    database_url: str = f"sqlite:///{ROOT / 'var' / 'trinhky.db'}"
    workflows: Path = field(default_factory=lambda: ROOT / "workflows")
    tenant_id: int = 1
    upload_limit: int = 25 * 1024 * 1024
    session_idle: int = 8 * 3600
    session_total: int = 24 * 3600
    # A log-in is refused after this many failures for one account or one address within the window.
    login_failures: int = 5
    login_window: int = 15 * 60
    # argon2id cost; the defaults are argon2-cffi's (RFC 9106 low-memory profile). Tests lower them.
    argon2_time: int = 3
    argon2_memory_kib: int = 65536
    secure_cookies: bool = False

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Settings from `TRINHKY_DATABASE_URL`, `TRINHKY_WORKFLOWS`, … A name that is not a setting is an error.

        Raises ValueError naming the variable that is unknown or has a value of the wrong kind.
        """
        source = os.environ if env is None else env
        values: dict[str, object] = {}
        for name, text in source.items():
            if not name.startswith("TRINHKY_"):
                continue
            key = name.removeprefix("TRINHKY_").lower()
            if key in OTHER_VARIABLES:
                continue
            kind = cls.__dataclass_fields__.get(key)
            if kind is None:
                raise ValueError(f"{name}: no such setting; known are {', '.join(sorted(cls.__dataclass_fields__))}")
            values[key] = _read(name, text, kind.type)
        return cls(**values)  # type: ignore[arg-type]


# Variables of our prefix that others read (the web server's address, the tests' switches).
OTHER_VARIABLES = frozenset({"host", "port", "proxies", "scheduler"})


def _read(name: str, text: str, kind: object) -> object:
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"{name}: expected a whole number, got {text!r}") from None
    if kind is bool:
        if text.lower() not in {"0", "1", "true", "false", "yes", "no"}:
            raise ValueError(f"{name}: expected true or false, got {text!r}")
        return text.lower() in {"1", "true", "yes"}
    if kind is Path:
        return Path(text)
    return text
