"""Certificate authorities and the certificates they sign, made with openssl."""
import ipaddress
import pathlib
import subprocess

DAYS = "2"

AUTHORITY = """basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign, digitalSignature
subjectKeyIdentifier = hash
"""

LEAF = """basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {usage}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make_key(path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)


def alternative_name(name):
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


class Pair:
    """A certificate and its key as files."""

    def __init__(self, folder, name):
        self.certificate = pathlib.Path(folder) / f"{name}.crt"
        self.key = pathlib.Path(folder) / f"{name}.key"


class Authority(Pair):
    def __init__(self, folder, name):
        super().__init__(folder, name)
        self._folder = pathlib.Path(folder)
        make_key(self.key)
        self._sign(self, name, [], AUTHORITY)

    def issue(self, file, name, groups=(), hosts=()):
        """A certificate for clients, and for servers too when it has hosts."""
        pair = Pair(self._folder, file)
        make_key(pair.key)
        extensions = LEAF.format(usage="serverAuth, clientAuth" if hosts else "clientAuth")
        if hosts:
            extensions += f"subjectAltName = {','.join(map(alternative_name, hosts))}\n"
        self._sign(pair, name, groups, extensions)
        return pair

    def _sign(self, pair, name, groups, extensions):
        # A configuration of its own for each, complete, so that the machine's openssl.cnf adds nothing.
        subject = "".join(f"{index}.O = {group}\n" for index, group in enumerate(groups)) + f"CN = {name}\n"
        configuration = pair.key.with_suffix(".cnf")
        configuration.write_text(
            f"[req]\nprompt = no\ndistinguished_name = subject\n[subject]\n{subject}[extensions]\n{extensions}",
            encoding="utf-8",
        )
        signer = [] if pair is self else ["-CA", self.certificate, "-CAkey", self.key]
        openssl(
            *("req", "-x509", "-new", "-sha256", "-config", configuration, "-extensions", "extensions"),
            *("-key", pair.key, "-days", DAYS, "-out", pair.certificate, *signer),
        )
