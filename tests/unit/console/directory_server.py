"""A real LDAP directory for tests: Debian's slapd with a folder of its own, encrypted and in the clear."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SLAPD = "/usr/sbin/slapd"
BASE = "dc=example,dc=cn"
READER, READER_PASSWORD = f"cn=reader,{BASE}", "only-for-reading"
PASSWORD = "the directory's own password"
CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {folder}/own.pem
TLSCertificateKeyFile {folder}/own.key
allow bind_anon_cred
database mdb
suffix "{base}"
rootdn "{reader}"
rootpw {password}
directory {folder}/data
"""
PEOPLE = """
dn: {base}
objectClass: dcObject
objectClass: organization
dc: example
o: example

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people

dn: ou=others,{base}
objectClass: organizationalUnit
ou: others
"""
PERSON = """
dn: uid={uid},ou={unit},{base}
objectClass: inetOrgPerson
uid: {uid}
cn: {uid}
sn: {uid}
employeeNumber: {number}
userPassword: {password}
"""


@dataclass(frozen=True)
class Served:
    """Where it listens, and whose certificate it shows."""

    plain: int
    encrypted: int
    ca_file: Path
    other_ca: Path


@contextmanager
def directory_server(folder: Path) -> Iterator[Served]:
    """Two persons, and one that stands twice."""
    (folder / "data").mkdir()
    own = _certificate(folder, "own")
    other = _certificate(folder, "other")
    config = folder / "slapd.conf"
    config.write_text(CONFIG.format(folder=folder, base=BASE, reader=READER, password=READER_PASSWORD))
    people = [("zhangsan", "people", "1001"), ("lisi", "people", "1002"), ("twice", "people", "1003"),
              ("twice", "others", "1004")]  # fmt: skip
    text = PEOPLE.format(base=BASE) + "".join(
        PERSON.format(uid=uid, unit=unit, number=number, base=BASE, password=PASSWORD)
        for uid, unit, number in people
    )
    subprocess.run(["/usr/sbin/slapadd", "-f", config], input=text.encode(), check=True, capture_output=True)
    ports = _free(), _free()
    urls = f"ldap://127.0.0.1:{ports[0]} ldaps://127.0.0.1:{ports[1]}"
    with subprocess.Popen(
        [SLAPD, "-f", config, "-h", urls, "-d", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as served:
        try:
            for port in ports:
                _wait(port, served)
            yield Served(*ports, own, other)
        finally:
            served.terminate()
            served.wait(20)
            shutil.rmtree(folder / "data", ignore_errors=True)


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(port: int, served: subprocess.Popen[bytes]) -> None:
    for _try in range(200):
        assert served.poll() is None, "slapd is gone"
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("slapd")


def _certificate(folder: Path, name: str) -> Path:
    """A certificate for this machine that signs itself."""
    from ipaddress import ip_address

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"127.0.0.1 {name}")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file
