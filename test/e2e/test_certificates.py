"""The serving certificate and its authority are replaced under load, as certs/README.md tells."""
import base64
import ssl

from harness.stream import Questions
from harness.webhook_host import make_certificates
from harness.processes import wait_until
from harness.warmgate import CERTIFICATE_RELOADS


def test_certificate_and_authority_are_replaced_without_a_failed_request(warmgate, admin, tmp_path, note):
    """Ignore would hide a failed call, Fail shows it."""
    host = warmgate.host
    fresh = tmp_path / "certificates"
    make_certificates(fresh)
    old_root, new_root = ((folder / "ca.crt").read_bytes() for folder in (host.certificates, fresh))
    address = tuple(host.servers[0].https.rsplit(":", 1))
    questions = Questions(admin)
    try:
        host.set_webhooks(failurePolicy="Fail")
        with questions.running():
            host.point_configurations(ca_bundle=base64.b64encode(old_root + new_root).decode())
            questions.wait_for("denied", 50)
            reloads = warmgate.reloads(metric=CERTIFICATE_RELOADS)
            host.tls.write({name: (fresh / name).read_bytes() for name in ("ca.crt", "tls.crt", "tls.key")})
            wait_until(
                lambda: warmgate.reloads(metric=CERTIFICATE_RELOADS) > reloads, 30, "the certificate is read anew"
            )
            assert ssl.get_server_certificate(address).encode() == (fresh / "tls.crt").read_bytes()
            questions.wait_for("denied", 50)
            host.point_configurations(ca_bundle=base64.b64encode(new_root).decode())
            questions.wait_for("denied", 50)
    finally:
        warmgate.sync_volumes()
        host.point_configurations(ca_bundle=base64.b64encode(old_root + new_root).decode())
        wait_until(
            lambda: ssl.get_server_certificate(address).encode() == (host.certificates / "tls.crt").read_bytes(),
            30, "the old certificate is back",
        )
        warmgate.install()
    note(f"certificate and authority replaced under load: {dict(questions.answers)}")
    assert set(questions.answers) == {"denied"}, questions.answers
