"""Mail over TLS: a server is told nothing before its certificate is trusted, and errors say what to do next."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from service.recipients import Recipient
from service.reports.alarms import mail
from service.reports.alarms.mail import Letter, MailError, MailServer, Tls
from service.reports.alarms.sending import mail_server
from service.settings import Settings
from tests.service.reports.toy_post import Post, post

__all__ = ["post"]

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made by the openssl command")

PROTECTED: tuple[Tls, ...] = ("starttls", "tls")
LETTER = Letter("Nousussa", "ä\n")
ANNA = Recipient("anna@example.com", "fi")

Certificates = dict[str, Path]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make certificates and their keys: of this machine, and of another one."""
    folder, made = tmp_path_factory.mktemp("certificates"), {}
    for name, hosts in {"ours": "DNS:localhost,IP:127.0.0.1", "other": "DNS:mail.example.com"}.items():
        made[name] = folder / f"{name}.pem"
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=toy -addext"
        files = ["-keyout", f"{folder}/{name}.key", "-out", str(made[name])]
        subprocess.run([*command.split(), f"subjectAltName={hosts}", *files], check=True, capture_output=True)
        with made[name].open("a") as file:
            file.write((folder / f"{name}.key").read_text())
    return made


def encrypt(post: Post, tls: Tls, certificate: Path) -> None:
    post.tls, post.certificate = tls, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    post.certificate.load_cert_chain(certificate)


def server(post: Post, tls: Tls, **more: Any) -> MailServer:
    login = {"smtp_user": "us", "smtp_password": "hunter2"}
    where = {"smtp_host": "127.0.0.1", "smtp_port": post.port, "mail_from": "us@example.com", "smtp_tls": tls}
    return mail_server(Settings(**{**where, **login, **more}))


def refusal(of: MailServer) -> str:
    """Send in vain; returns the error's text, which holds no secret and carries nothing that might."""
    with pytest.raises(MailError) as caught:
        of.send(LETTER, ANNA, "1")
    error = caught.value
    assert error.__context__ is error.__cause__ is None
    assert not any(secret in f"{error!r} {of!r}" for secret in ("hunter2", "hünter2", "anna"))
    return str(error)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("tls", PROTECTED)
def test_login_and_mail_are_encrypted(
    post: Post, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tls: Tls, host: str
) -> None:
    encrypt(post, tls, certificates["ours"])
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates["ours"]))
    server(post, tls, smtp_host=host).send(LETTER, ANNA, "1")
    assert post.logins == [("us", "hunter2")]
    assert [to for _, to, _ in post.got] == [["anna@example.com"]]
    assert post.clear == (["EHLO", "STARTTLS"] if tls == "starttls" else [])


@pytest.mark.parametrize(
    ("shown", "trusted", "told"),
    [("ours", "other", "self-signed certificate"), ("other", "other", "IP address mismatch")],
)
@pytest.mark.parametrize("tls", PROTECTED)
def test_a_certificate_that_does_not_verify_ends_it(
    post: Post,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    tls: Tls,
    shown: str,
    trusted: str,
    told: str,
) -> None:
    encrypt(post, tls, certificates[shown])
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates[trusted]))
    why = refusal(server(post, tls))
    assert told in why.replace("self signed", "self-signed")  # as OpenSSL before 3.0 writes it
    assert "RECLAMO_SMTP_HOST" in why
    assert "SSL_CERT_FILE" in why
    assert not post.logins
    assert not post.got
    assert {"AUTH", "MAIL"}.isdisjoint(post.clear)


def test_without_encryption_on_offer_nothing_is_said(post: Post) -> None:
    assert "offers no STARTTLS: try RECLAMO_SMTP_TLS=tls" in refusal(server(post, "starttls"))
    assert "RECLAMO_SMTP_TLS is mostly tls on port 465, else starttls" in refusal(server(post, "tls"))
    post.tls, post.postpones = "starttls", True
    assert "refused with 454" in refusal(server(post, "starttls"))
    assert not post.logins
    assert not post.got
    assert {"AUTH", "MAIL"}.isdisjoint(post.clear)


@pytest.mark.parametrize("tls", PROTECTED)
def test_a_wrong_login_names_the_settings_and_not_the_password(
    post: Post, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tls: Tls
) -> None:
    encrypt(post, tls, certificates["ours"])
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates["ours"]))
    post.password = "another"
    why = refusal(server(post, tls))
    assert "refused the login with 535: check RECLAMO_SMTP_USER and RECLAMO_SMTP_PASSWORD" in why
    assert "RECLAMO_SMTP_PASSWORD has other characters" in refusal(server(post, tls, smtp_password="hünter2"))
    assert not post.got


def test_on_this_machine_a_login_may_be_in_the_clear(post: Post) -> None:
    server(post, "none").send(LETTER, ANNA, "1")
    assert post.logins == [("us", "hunter2")]
    server(post, "none", smtp_user="", smtp_password="").send(LETTER, ANNA, "2")
    assert (len(post.got), len(post.logins)) == (2, 1)
    post.refuse = "us@example.com"
    why = refusal(server(post, "none", smtp_user="", smtp_password=""))
    assert "refused the sender with 530: check RECLAMO_MAIL_FROM" in why
    assert "RECLAMO_SMTP_USER" in why
    post.refuse, post.knows_nobody = None, True
    assert "or unset RECLAMO_SMTP_USER" in refusal(server(post, "none"))


@pytest.mark.parametrize("tls", ["none", *PROTECTED])
def test_a_server_that_says_nothing_is_not_waited_for(
    post: Post, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tls: Tls
) -> None:
    monkeypatch.setattr(mail, "PATIENCE", 0.05)
    post.silent = True
    assert "check RECLAMO_SMTP_HOST, RECLAMO_SMTP_PORT and RECLAMO_SMTP_TLS" in refusal(server(post, tls))
    encrypt(post, "tls", certificates["ours"])
    assert "check RECLAMO_SMTP_HOST, RECLAMO_SMTP_PORT and RECLAMO_SMTP_TLS" in refusal(server(post, "starttls"))
