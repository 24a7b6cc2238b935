"""Verifies a token with PyJWT and with jwcrypto, which share no code with this library.

Standard input is JSON: {"token", "jwks" or "pem", "issuer", "audience"}. One line comes out per library:
"NAME: OK SUBJECT" or "NAME: refused REASON". A refusal is an answer, not a failure: the exit status is 0 for both.

Run it with /usr/bin/python3: Debian's python3-jwt and python3-jwcrypto belong to that one.
"""

import json
import sys

import jwt as pyjwt
from jwcrypto import jwk
from jwcrypto import jwt as jwcrypto_jwt


def with_pyjwt(token, jwks, pem, issuer, audience):
    """Returns the subject that PyJWT reads from token, or raises its refusal."""
    key = pem
    if jwks:
        kid = pyjwt.get_unverified_header(token).get("kid")
        key = next(k.key for k in pyjwt.PyJWKSet.from_dict(jwks).keys if k.key_id == kid)
    claims = pyjwt.decode(
        token,
        key,
        algorithms=["ES512"],
        issuer=issuer,
        audience=audience,
        options={"require": ["exp", "iat", "iss", "aud", "sub", "jti"]},
    )
    return claims["sub"]


def with_jwcrypto(token, jwks, pem, issuer, audience):
    """Returns the subject that jwcrypto reads from token, or raises its refusal."""
    key = jwk.JWKSet.from_json(json.dumps(jwks)) if jwks else jwk.JWK.from_pem(pem.encode())
    verified = jwcrypto_jwt.JWT(
        jwt=token,
        key=key,
        algs=["ES512"],
        check_claims={"iss": issuer, "aud": audience, "exp": None, "iat": None, "sub": None, "jti": None},
    )
    return json.loads(verified.claims)["sub"]


def main():
    """Prints what each library says about the token on standard input."""
    query = json.load(sys.stdin)
    arguments = (query["token"], query.get("jwks"), query.get("pem"), query["issuer"], query["audience"])
    for name, verify in (("PyJWT", with_pyjwt), ("jwcrypto", with_jwcrypto)):
        try:
            print(f"{name}: OK {verify(*arguments)}")
        except Exception as refusal:  # every kind of refusal has a class of its own, with no common base
            print(f"{name}: refused {type(refusal).__name__}")


main()
