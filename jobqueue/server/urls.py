"""The URL of a server: whether it can be used, and how to print it without its password."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from jobqueue.errors import BadSetting

#: The options a URL may have. Others could change things this code depends on: the shape of replies, or retries.
URL_OPTIONS: tuple[str, ...] = (
    "db",
    "username",
    "password",
    "ssl_cert_reqs",
    "ssl_check_hostname",
    "ssl_ca_certs",
    "ssl_ca_path",
)
URL_OPTIONS += ("ssl_ca_data", "ssl_certfile", "ssl_keyfile", "ssl_password", "ssl_min_version", "ssl_ciphers")


def find_fault(url: str) -> str:
    """The reason why `url` can't be used, or "". It quotes nothing that may be part of a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.hostname
    except ValueError:  # its own words quote the url
        return "it can't be parsed"
    if parts.scheme not in ("redis", "rediss", "unix"):
        return "say redis://, rediss:// or unix://, and redis+cluster:// or redis+sentinel:// where there are several"
    if parts.fragment or (parts.scheme != "unix" and "@" in parts.path):
        return "it can't be parsed; write # as %23"
    if parts.scheme == "unix" and (not parts.path or parts.hostname):
        return "say unix:///PATH, with three slashes"
    if parts.scheme != "unix" and (parts.port == 0 or not re.fullmatch(r"(/\d{1,9})?/?", parts.path, re.ASCII)):
        return "say redis://HOST:PORT/DB, with numbers for the port and the database"
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if fault := _option_fault(name, value, parts.scheme):
            return fault if "@" not in parts.query else "it can't be parsed"
    return ""


def _option_fault(name: str, value: str, scheme: str) -> str:
    if name not in URL_OPTIONS:
        return f"it can't have the option {name!r}, only {', '.join(URL_OPTIONS)}"
    if name == "db" and not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        return f"its option db is the number of a database, not {value!r}"
    if name.startswith("ssl_") and scheme != "rediss":
        return f"its option {name} works with rediss:// only"
    return "" if value else f"its option {name} is empty"


def refuse_url(url: str, fault: str) -> BadSetting:
    """Make the error that says `fault` about `url`, without any part of its password."""
    hint = "; percent-encode the password: / is %2F, ? is %3F, # is %23, @ is %40" if "@" in url else ""
    return BadSetting(f"can't use the URL {mask_password(url)}: {fault}{hint}")


def unix_url(path: str | Path) -> str:
    """The URL of a server's socket. Its path may hold any character: a space, %, # or ?, or a byte that isn't UTF-8.

    Only ASCII is escaped, because redis-py reads escaped bytes as UTF-8 and leaves the others alone.
    """
    return "unix://" + re.sub(
        r"[^\w./~-]", lambda match: quote(match[0]) if match[0].isascii() else match[0], str(path)
    )


def unix_path(url: str) -> str:
    """The path of the socket in a unix:// URL, as redis-py reads it."""
    return unquote(urlsplit(url).path)


def mask_password(url: str) -> str:
    """Hide the password in `url`, so that a message may show it. Works even if the URL can't be parsed.

    Passwords often hold an unencoded / or ? or @. Then a parser mistakes part of the password for the host or the path.
    So everything before the last @ is hidden, except a user name that can't be anything else.
    """
    scheme, separator, rest = url.rpartition("://") if url.count("://") == 1 else ("", "", url)
    secret, at, place = rest.rpartition("@")
    if not at:
        secret, place = "", rest
    elif re.search(r"password\s*=", secret, re.IGNORECASE):  # this @ may be in the middle of a ?password=
        return f"{scheme}{separator}***"
    user, colon, _ = secret.partition(":")
    if separator and not set("/?#@[]\\") & set(secret):
        secret = f"{user}:***" if colon else user
    else:
        secret = "***" if secret else ""
    place = re.sub(r"([?&;])([^=&;]*)=[^&;]*", _mask_option, place)
    return f"{scheme}{separator}{secret}{at}{place}"


def _mask_option(match: re.Match[str]) -> str:
    name = match[2]
    public = name in URL_OPTIONS and "password" not in name  # a misspelt password is one, too
    return match[0] if public else f"{match[1]}{name}=***"
