"""The address of a server: what it may say, and that no part of a password in it is ever shown."""

import random
import traceback

import pytest

from jobqueue import BadSetting, Queue, Worker
from jobqueue.server.urls import mask_password

MASKED = {
    "redis://localhost:6379": "redis://localhost:6379",
    "unix:///tmp/s.sock?db=2": "unix:///tmp/s.sock?db=2",
    "redis://ada@localhost:1": "redis://ada@localhost:1",
    "redis://ada:s3cr@localhost:1/0": "redis://ada:***@localhost:1/0",
    "redis://:s3cr@localhost:1": "redis://:***@localhost:1",
    "redis://:s3cr:et@localhost:1": "redis://:***@localhost:1",
    "redis://:s3cr/et+K=@localhost:1/0": "redis://***@localhost:1/0",
    "redis://:s3cr?et@localhost:1": "redis://***@localhost:1",
    "redis://:s3cr#et@localhost:1": "redis://***@localhost:1",
    "redis://u:top:s3cr/et@localhost:1": "redis://***@localhost:1",
    "redis://u:s3cr@et@localhost:1": "redis://***@localhost:1",
    "redis+sentinel://:s3cr/et@a:1,b:1/m": "redis+sentinel://***@a:1,b:1/m",
    "redis+cluster://u:s3cr@a:1,b:1": "redis+cluster://u:***@a:1,b:1",
    "u:s3cr@localhost:1": "***@localhost:1",
    "redis:/u:s3cr@localhost:1": "***@localhost:1",
    "redis://:s3cr://et@localhost:1": "***@localhost:1",
    "redis://a:1?password=s3cr&db=1": "redis://a:1?password=***&db=1",
    "redis://a:1?db=1&PASSWORD=s3cr": "redis://a:1?db=1&PASSWORD=***",
    "rediss://a:1?ssl_password=s3cr": "rediss://a:1?ssl_password=***",
    "redis://a:1?passwort=s3cr&db=1&pwd=s3cr": "redis://a:1?passwort=***&db=1&pwd=***",
    "redis://a:1?password=s3cr@et": "redis://***",
    "redis://u:s3cr@a:1?password=et": "redis://u:***@a:1?password=***",
    "": "",
}


@pytest.mark.parametrize(("url", "shown"), MASKED.items(), ids=str)
def test_a_password_is_shown_in_no_form_whether_its_url_can_be_parsed_or_not(url, shown):
    assert mask_password(url) == shown


def test_no_part_of_a_random_password_is_shown():
    rng = random.Random(1)
    for _ in range(2000):
        secret = "".join(rng.choices("XYZ/?#@:&=%+ []", k=rng.randint(1, 12)))
        for url in (
            f"redis://:{secret}@host:1/0",
            f"redis://u:{secret}@host:1",
            f"redis+sentinel://u:{secret}@host:1/m",
        ):
            assert not set("XYZ") & set(mask_password(url)), url


@pytest.mark.parametrize(
    "scheme", ["redis://u:s3cr@a:1", "redis+sentinel://u:s3cr@a:1/m", "redis+cluster://u:s3cr@a:1"]
)
async def test_no_object_shows_a_password(scheme):
    queue = Queue(scheme)
    worker = Worker(queue, {"task": print})
    assert "s3cr" not in f"{queue!r}{queue.redis!r}{queue.connect!r}{queue.transitions!r}{queue.dead!r}{worker!r}"
    await queue.close()


REFUSED = {
    "redis://a:1?timeout=1": "can't have the option 'timeout'",
    "redis://a:1?foo=1": "can't have the option 'foo'",
    "redis://a:1?foo": "can't have the option 'foo'",
    "redis://a:1?db=1&retry_on_error=1": "can't have the option 'retry_on_error'",
    "redis://a:1?protocol=3": "can't have the option 'protocol'",
    "redis://a:1?decode_responses=1": "can't have the option 'decode_responses'",
    "redis://a:1?encoding=latin1": "can't have the option 'encoding'",
    "redis://a:1?socket_timeout=1": "can't have the option 'socket_timeout'",
    "redis://a:1?max_connections=1": "can't have the option 'max_connections'",
    "redis://a:1?health_check_interval=1": "can't have the option 'health_check_interval'",
    "redis://a:1?client_name=x": "can't have the option 'client_name'",
    "redis://a:1?connection_class=x": "can't have the option 'connection_class'",
    "unix:///s?path=/other": "can't have the option 'path'",
    "redis://a:1?db=x": "option db is the number of a database, not 'x'",
    "redis://a:1?db=-1": "option db is the number of a database",
    "redis://a:1?db=": "option db is the number of a database",
    "redis://a:1?username=": "option username is empty",
    "redis://a:1/x": "numbers for the port and the database",
    "redis://a:1/1/2": "numbers for the port and the database",
    "redis://a:0": "numbers for the port and the database",
    "redis://a:x": "it can't be parsed",
    "redis://[::1": "it can't be parsed",
    "redis://a:1#b": "write # as %23",
    "unix://tmp/s.sock": "with three slashes",
    "unix://": "with three slashes",
    "http://a:1": "say redis://",
    "": "say redis://",
    "localhost:6379": "say redis://",
    "redis://a:1?ssl_cert_reqs=none": "option ssl_cert_reqs works with rediss:// only",
    "rediss://a:1?ssl_cert_reqs=x": "options ssl_cert_reqs can't be used",
    "rediss://a:1?ssl_ca_certs=/nowhere": "options ssl_ca_certs can't be used",
    "rediss://a:1?ssl_ca_data=x": "options ssl_ca_data can't be used",
    "rediss://a:1?ssl_ciphers=x": "options ssl_ciphers can't be used",
    "rediss://a:1?ssl_min_version=x": "ssl_min_version",
    "rediss://a:1?ssl_min_version=1": "options ssl_min_version can't be used",
    "redis+cluster://a:1,b:1?timeout=1": "can't have the option 'timeout'",
    "redis+sentinel://a:1/m?timeout=1": "can't have the option 'timeout'",
    "redis+sentinel://a:1": r"say redis\+cluster",
    "redis+sentinel://a:x/m": r"say redis\+cluster",
    "redis+cluster://a:1/m": r"say redis\+cluster",
    "redis+crowd://a:1": r"say redis\+cluster",
    "unix+cluster://a:1": r"say redis\+cluster",
}


@pytest.mark.parametrize(("url", "fault"), REFUSED.items(), ids=str)
def test_a_url_that_cannot_be_used_is_refused_when_the_queue_is_made(url, fault):
    with pytest.raises(BadSetting, match=fault) as error:
        Queue(url)
    assert "\n" not in str(error.value)


SECRETS = [
    "s3cr/et",
    "s3cr?et",
    "s3cr#et",
    "s3cr[et",
    "12/s3cr",
    "12?s3cr=1",
    "12?db=s3cr",
    "12#s3cr",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("form", ["redis://:{}@a:1/0", "redis://u:{}@a:1", "redis+sentinel://:{}@a:1/m",
                                  "redis+cluster://{}@a:1,b:2", "rediss://{}@a:1", "unix://u:{}@/s.sock"])  # fmt: skip
def test_a_url_with_an_unencoded_password_is_refused_and_not_quoted(form, secret):
    with pytest.raises(BadSetting, match="percent-encode the password") as error:
        Queue(form.format(secret))
    shown = "".join(traceback.format_exception(error.value))
    assert "s3cr" not in shown.replace(f'"{secret}"', "")


GOOD = [
    "redis://", "redis://localhost", "redis://a:1/", "redis://a:1/3", "redis://a:1?db=3", "redis://u:p%2Fw@a:1/0",
    "redis://a:1?username=u&password=p@w", "redis://[::1]:1/0", "rediss://a:1?ssl_cert_reqs=none&ssl_check_hostname=no",
    "unix:///tmp/a@b/s.sock?db=1", "unix://u:pw@/s.sock", "redis+cluster://u:p@a:1,[::1]:2?db=0",
    "redis+sentinel://[::1]:1,b/m", "REDIS://a:1",
]  # fmt: skip


@pytest.mark.parametrize("url", GOOD)
def test_a_url_that_can_be_used_makes_a_queue(url):
    kwargs = Queue(url).redis.connection_pool.connection_kwargs
    assert kwargs["socket_timeout"] is None
    assert kwargs["protocol"] == 2
