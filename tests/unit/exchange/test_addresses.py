"""Where notices may go: public addresses over HTTPS, and hosts that the configuration names."""

import pytest

from hengjian.exchange.addresses import addresses_of, check_address, target_of
from hengjian.terms.errors import Refused


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::3", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:0:7f00:1::",
        "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_inside_are_refused(number: str) -> None:
    with pytest.raises(Refused, match="内部网络"):
        check_address(number)


@pytest.mark.parametrize("number", ["1.1.1.1", "114.114.114.114", "2400:3200::1", "::ffff:1.1.1.1"])
def test_public_ones_are_not(number: str) -> None:
    check_address(number)


@pytest.mark.parametrize(
    "url",
    [
        "http://platform.example/in", "ftp://platform.example/", "//platform.example/", "platform.example",
        "https://", "https://user:word@platform.example/", "https://platform.example/#part",
        "https://platform.example:0/", "https://platform.example:99999/", "https://平台.example/",
        "https://platform.example/a b", "https://platform.example/\r\nX: y", "https://[::1",
        "file:///etc/passwd",
        "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1:8443/in",
        "https://platform.example/" + "x" * 300,
        "https://127.0.0.1./",
    ],
)  # fmt: skip
def test_other_forms_are_refused(url: str) -> None:
    with pytest.raises(Refused):
        target_of(url, ())


def test_a_name_that_points_inside_is_refused_and_a_named_host_is_not() -> None:
    target = target_of("https://localhost:8443/in?a=1", ())
    assert (target.secure, target.host, target.port, target.path) == (True, "localhost", 8443, "/in?a=1")
    with pytest.raises(Refused, match="内部网络"):
        addresses_of(target, ())
    assert "127.0.0.1" in addresses_of(target, {"localhost"})
    assert not target_of("http://localhost/in", {"localhost"}).secure


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_numbers_in_other_dress_are_judged_after_they_are_resolved(host: str) -> None:
    with pytest.raises(Refused, match="内部网络"):
        addresses_of(target_of(f"https://{host}/", ()), ())
