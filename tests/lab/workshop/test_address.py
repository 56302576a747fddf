"""The address of a workshop, as people copy it from the projector, and the bodies of what's sent to it."""

import msgspec
import pytest

from jobqueue.errors import BadSetting
from jobqueue.lab.workshop.address import make_code, parse, parse_code, spell
from jobqueue.lab.workshop.messages import CheckRun, VoteCast

LEARNER = "0123456789abcdef"
ANSWER = {"learner": LEARNER, "vote": "03-mover", "choice": 1, "at": 1.5}
VERDICT = {"learner": LEARNER, "exercise": "reaper", "passed": False, "seconds": 2}


@pytest.mark.parametrize(
    "text",
    [
        "http://192.168.1.5:8100/#K7QM2XPD",
        "http://192.168.1.5:8100/join/K7QM2XPD",
        " http://192.168.1.5:8100/join/k7qm-2xpd/\n",
        "http://192.168.1.5:8100#k7qm2xpd",
    ],
)
def test_each_form_of_an_address_is_the_same_workshop(text):
    address = parse(text)
    assert (address.base, address.code) == ("http://192.168.1.5:8100", "K7QM2XPD")
    assert parse(str(address)) == address


@pytest.mark.parametrize("base", ["https://hub.example.org/user/ada/proxy/8100", "http://[fe80::1]:8100"])
def test_a_workshop_may_be_behind_a_proxy_or_at_an_ipv6_address(base):
    assert parse(f"{base}/#K7QM2XPD").base == base


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://192.168.1.5:8100/", "the code is missing"),
        ("K7QM2XPD", "the code is missing"),
        ("", "the code is missing"),
        ("ftp://192.168.1.5/#K7QM2XPD", "http:// or https://"),
        ("http:///#K7QM2XPD", "and a host"),
        ("http://ada:secret@192.168.1.5/#K7QM2XPD", "and a host"),
        ("http://192.168.1.5:81000/#K7QM2XPD", "Port out of range"),
        ("http://192.168.1.5/#K7QM2XP", "8 letters and digits"),
        ("http://192.168.1.5/#K7QM2XP\x1b", "8 letters and digits"),
    ],
)
def test_another_text_is_refused_with_the_reason(text, reason):
    with pytest.raises(BadSetting, match=reason) as refused:
        parse(text)
    assert str(refused.value).isprintable()


def test_codes_differ_and_are_read_back_as_they_are_spelled():
    codes = {make_code() for _ in range(100)}
    assert len(codes) == 100
    assert {parse_code(spell(code).lower()) for code in codes} == codes


def test_a_body_in_the_agreed_shape_is_read():
    assert msgspec.convert(ANSWER | {"name": None, "round": 2}, VoteCast).round == 2
    assert msgspec.convert(VERDICT | {"failure": "F20"}, CheckRun).failure == "F20"


@pytest.mark.parametrize(
    ("message", "wrong"),
    [
        (VoteCast, {"learner": LEARNER + "\n"}),
        (VoteCast, {"learner": "ada"}),
        (VoteCast, {"choice": -1}),
        (VoteCast, {"choice": "B"}),
        (VoteCast, {"round": 3}),
        (VoteCast, {"name": "x" * 41}),
        (VoteCast, {"code": "def f(): …"}),
        (CheckRun, {"failure": "F20 because of XACK"}),
        (CheckRun, {"failure": "f20"}),
        (CheckRun, {"seconds": -1}),
        (CheckRun, {"words": "Your function acknowledges first."}),
    ],
)
def test_a_body_with_anything_else_in_it_is_refused(message, wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert((ANSWER if message is VoteCast else VERDICT) | wrong, message)
