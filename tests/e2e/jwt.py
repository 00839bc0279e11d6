# jwt.py - tokens of any shape, signed with any key, for stories
# SPDX-License-Identifier: Apache-2.0

import base64
import hashlib
import hmac
import json
import subprocess
import time
from pathlib import Path


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(token):
    """Header, claims and signature of a token."""
    head, claims, sig = token.split(".")
    return json.loads(unb64(head)), json.loads(unb64(claims)), unb64(sig)


def raw_signature(der, coord=32):
    """r | s, coord bytes each, of an ECDSA signature in DER."""
    out, at = b"", 2 if der[1] < 0x80 else 3
    for _ in range(2):
        size = der[at + 1]
        out += der[at + 2:at + 2 + size].lstrip(b"\0").rjust(coord, b"\0")
        at += 2 + size
    return out


def es256(key, data):
    """Signature with the private key in the PEM file key."""
    done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(key)],
                          input=data, capture_output=True, check=True)
    return done.stdout


def dumps(value):
    """JSON without blanks: ours has none, and another spelling is refused
    before anything else is looked at."""
    return json.dumps(value, separators=(",", ":"))


def text(value):
    """JSON of a dict; text and bytes stay as they are."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else dumps(value)).encode()


def make(key, head, claims, sign=None):
    """A compact JWS. sign(bytes) -> signature bytes; default: ES256, raw."""
    data = f"{b64(text(head))}.{b64(text(claims))}"
    sign = sign or (lambda d: raw_signature(es256(key, d)))
    return f"{data}.{b64(sign(data.encode()))}"


def hs256(secret):
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()


def openssl(*words, data=None):
    return subprocess.run(["openssl", *words], input=data,
                          capture_output=True, check=True).stdout


class KeyPair:
    """A key pair of a client, in a folder; alg RS256 to ES384."""

    PSS = ("-sigopt", "rsa_padding_mode:pss", "-sigopt",
           "rsa_pss_saltlen:digest")

    def __init__(self, folder, alg, kid, bits=2048):
        self.alg, self.kid = alg, kid
        self.coord = {"ES256": 32, "ES384": 48}.get(alg)
        self.path = str(Path(folder) / f"{kid}-{alg}.pem")
        kind = ("EC", f"ec_paramgen_curve:P-{self.coord * 8}") if self.coord \
            else ("RSA", f"rsa_keygen_bits:{bits}")
        openssl("genpkey", "-algorithm", kind[0], "-pkeyopt", kind[1],
                "-out", self.path)

    def jwk(self, **more):
        """The public half; None drops a member."""
        if self.coord:
            point = openssl("pkey", "-in", self.path, "-pubout", "-outform",
                            "DER")[-2 * self.coord:]
            own = {"kty": "EC", "crv": f"P-{self.coord * 8}",
                   "x": b64(point[:self.coord]), "y": b64(point[self.coord:])}
        else:
            line = openssl("rsa", "-in", self.path, "-noout", "-modulus")
            modulus = bytes.fromhex(line.decode().split("=")[1])
            own = {"kty": "RSA", "n": b64(modulus), "e": "AQAB"}
        own = {**own, "kid": self.kid, "alg": self.alg, "use": "sig", **more}
        return {k: v for k, v in own.items() if v is not None}

    def sign(self, data):
        done = openssl("dgst", f"-sha{self.alg[2:]}", "-sign", self.path,
                       *(self.PSS if self.alg[0] == "P" else ()), data=data)
        return raw_signature(done, self.coord) if self.coord else done


class Forge:
    """Makes good tokens of a house and variations of them."""

    def __init__(self, env):
        self.home = Path(env["WG_HOME"])
        self.key = next((self.home / "keys/signing").glob("*.pem"))
        self.head, self.claims, _ = parts(env.token("STU3"))
        self.kid = self.head["kid"]
        self.key = self.home / f"keys/signing/{self.kid}.pem"

    def now(self, **more):
        """Claims of a token that is good now; None drops one."""
        at = int(time.time())
        claims = {**self.claims, "iat": at, "nbf": at, "exp": at + 300, **more}
        return {k: v for k, v in claims.items() if v is not None}

    def token(self, head=None, claims=None, sign=None, key=None):
        return make(key or self.key, head or self.head,
                    claims if claims is not None else self.now(), sign)


# ---- believing what others signed ------------------------------------------------

def der(tag, content):
    n = len(content)
    size = bytes([n]) if n < 128 else \
        (lambda b: bytes([0x80 + len(b)]) + b)(n.to_bytes((n.bit_length() + 7)
                                                          // 8, "big"))
    return bytes([tag]) + size + content


def der_integer(data):
    data = data.lstrip(b"\0")
    return der(2, (b"\0" if data[:1] >= b"\x80" else b"") + data)


EC_P384 = bytes.fromhex("301006072a8648ce3d020106052b81040022")
RSA = bytes.fromhex("300d06092a864886f70d0101010500")


def public_der(jwk):
    """SubjectPublicKeyInfo of an RSA key, or one on P-384."""
    if jwk["kty"] == "EC":
        point = b"\4" + unb64(jwk["x"]) + unb64(jwk["y"])
        return der(0x30, EC_P384 + der(3, b"\0" + point))
    both = der_integer(unb64(jwk["n"])) + der_integer(unb64(jwk["e"]))
    return der(0x30, RSA + der(3, b"\0" + der(0x30, both)))


def believed(token, jwk, folder):
    """Head and claims of a token that this key signed (RS384, ES384); raises
    what subprocess does if another did."""
    signed, _, sig = token.rpartition(".")
    raw = unb64(sig)
    if jwk["kty"] == "EC":
        half = len(raw) // 2
        raw = der(0x30, der_integer(raw[:half]) + der_integer(raw[half:]))
    key, kept = Path(folder) / "public.der", Path(folder) / "signature"
    key.write_bytes(public_der(jwk))
    kept.write_bytes(raw)
    openssl("dgst", "-sha384", "-verify", str(key), "-keyform", "DER",
            "-signature", str(kept), data=signed.encode())
    head, claims, _ = token.split(".")
    return json.loads(unb64(head)), json.loads(unb64(claims))
