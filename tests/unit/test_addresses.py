from __future__ import annotations

from pathlib import Path

import pytest

from core.addresses import addresses_of, allowed_by, check_public, checked_addresses, checker
from core.errors import AddressNotAllowed
from core.settings import Settings, load_settings

PUBLIC = "93.184.216.34"


def settings(tmp_path: Path, allowed: str | None = None) -> Settings:
    return load_settings(_env_file=None, plumbline_home=tmp_path, allowed_private_addresses=allowed)


def resolving_to(*addresses: str) -> object:
    return lambda host, port: list(addresses)


def nowhere(host: str, port: int) -> list[str]:
    raise OSError("Name or service not known")


@pytest.mark.parametrize(
    "url",
    [
        f"https://{PUBLIC}/v1",
        f"http://{PUBLIC}:8080/v1",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/v1",
        f"  https://{PUBLIC}/v1 ",
    ],
)
def test_a_public_address_is_taken(tmp_path: Path, url: str) -> None:
    assert check_public(url, settings(tmp_path)) == url.strip()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8411/v1",
        "http://127.9.9.9/",
        "http://localhost/v1",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.7/",
        "http://169.254.169.254/latest/meta-data/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://0.0.0.0:8501/",
        "http://192.0.0.192/",
        "http://168.63.129.16/",
        "http://100.100.100.200/",
        "http://198.18.0.1/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "http://[ff02::1]/",
        "http://[2001:db8::1]/",
    ],
)
def test_what_is_not_the_public_internet_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(AddressNotAllowed, match="ALLOWED_PRIVATE_ADDRESSES"):
        check_public(url, settings(tmp_path))


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://127.0.0.01/",
        "http://017700000001./",
        "http://１２７.０.０.１/",
        "http://127。0。0。1/",
        "http://public.example@127.0.0.1/",
        "http://127.0.0.1:80@public.example/",
        "http://user:password@public.example/",
        "http://public.example\\@127.0.0.1/",
        "http://public.example\t.internal/",
        "http://public.example/a b",
        "http://public.example\r\nHost: internal/",
        "http:///v1",
        "http://",
        "//public.example/v1",
        "public.example/v1",
        "ftp://public.example/",
        "file:///etc/passwd",
        "gopher://public.example/",
        "http://[::1/",
        "http://public.example:99999/",
        "http://public.example:x/",
        "https://public.example/" + "a" * 500,
    ],
)
def test_an_address_that_is_not_plainly_written_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(AddressNotAllowed):
        check_public(url, settings(tmp_path), resolving_to(PUBLIC))  # type: ignore[arg-type]


def test_a_name_is_judged_by_what_it_stands_for_all_of_it(tmp_path: Path) -> None:
    url, mine = "https://models.example/v1", settings(tmp_path)
    assert check_public(url, mine, resolving_to(PUBLIC)) == url  # type: ignore[arg-type]
    for found in (["10.0.0.1"], [PUBLIC, "10.0.0.1"], ["::ffff:10.0.0.1"]):
        with pytest.raises(AddressNotAllowed, match=r"models.example \(10.0.0.1\)"):
            check_public(url, mine, resolving_to(*found))  # type: ignore[arg-type]
    with pytest.raises(AddressNotAllowed, match="cannot be found"):
        check_public(url, mine, nowhere)


def test_an_operator_opens_names_addresses_and_networks(tmp_path: Path) -> None:
    mine = settings(tmp_path, "10.2.0.0/16, Models.Internal ,127.0.0.1,[fd00::]/8,fd12::5")

    for host, address in [
        ("10.2.3.4", "10.2.3.4"),
        ("any.example", "10.2.0.9"),
        ("any.example", "::ffff:10.2.0.9"),
        ("models.internal", "192.168.7.7"),
        ("MODELS.internal.", "169.254.1.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("any.example", "fd12::5"),
    ]:
        assert checked_addresses(allowed_by(mine), host, 80, lambda *_, a=address: [a]) == [address]
    for host, address in [
        ("10.3.0.1", "10.3.0.1"),
        ("notmodels.internal", "192.168.7.7"),
        ("models.internal.evil.example", "192.168.7.7"),
        ("127.0.0.2", "127.0.0.2"),
        ("169.254.169.254", "169.254.169.254"),
    ]:
        with pytest.raises(AddressNotAllowed):
            checked_addresses(allowed_by(mine), host, 80, lambda *_, a=address: [a])


def test_the_check_at_the_call_is_the_same_as_when_it_was_stored(tmp_path: Path) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    rebinding = checker(settings(tmp_path), lambda host, port: next(answers))

    assert rebinding("models.example", 443) == [PUBLIC]
    with pytest.raises(AddressNotAllowed):
        rebinding("models.example", 443)


def test_the_resolver_is_the_machines() -> None:
    assert "127.0.0.1" in addresses_of("localhost", 80)
    with pytest.raises(OSError):
        addresses_of("a" * 70 + ".example", 80)
