"""An OpenID provider on the loopback: Authlib's authorization server behind Python's HTTP server, with real signatures.

It knows one client and lets in whoever comes, as the person its `claims` say. `forged` claims stand in the ID token in
place of the right ones.
"""

# ruff: noqa: ARG002 - the signatures are Authlib's

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.common.security import generate_token
from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "bibliotek", "only the two of us"


class Client(ClientMixin):
    def get_client_id(self):
        return CLIENT

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri.endswith("/kommunen") and "/sign-in/back/" in redirect_uri

    def check_client_secret(self, client_secret):
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return None

    def get_acr(self):
        return None

    def get_amr(self):
        return None


@dataclass
class OpenIdProvider:
    """`issuer` is its address. `keys` are shown to all, the first signs."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "person-1", "name": "Åse Østergård"})
    forged: dict[str, Any] = field(default_factory=dict)
    keys: KeySet = field(default_factory=lambda: KeySet([RSAKey.generate_key(2048, auto_kid=True)]))
    shown: KeySet | None = None
    codes: dict[str, Code] = field(default_factory=dict)

    @property
    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }


def _grant_of(provider: OpenIdProvider) -> type[AuthorizationCodeGrant]:
    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

        def save_authorization_code(self, code, request):
            data = request.payload.data
            provider.codes[code] = Code(
                code,
                data["redirect_uri"],
                data["scope"],
                data.get("nonce"),
                data.get("code_challenge"),
                data.get("code_challenge_method"),
            )

        def query_authorization_code(self, code, client):
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code):
            provider.codes.pop(authorization_code.code, None)

        def authenticate_user(self, authorization_code):
            return provider.claims

    return Grant


def _openid_of(provider: OpenIdProvider) -> OpenIDCode:
    class OpenId(OpenIDCode):
        def exists_nonce(self, nonce, request):
            return False

        def get_client_claims(self, client):
            return {"iss": provider.issuer}

        def get_client_algorithm(self, client):
            return "RS256"

        def get_encode_header(self, client):
            return {"alg": "RS256", "kid": provider.keys.keys[0].kid}

        def resolve_client_private_key(self, client):
            return provider.keys.keys[0].as_dict(private=True)

        def generate_user_info(self, user, scope):
            return user | provider.forged

    return OpenId(require_nonce=True)


class Asked(OAuth2Request):
    def __init__(self, method, uri, headers, form):
        super().__init__(method, uri, headers=headers)
        self.payload = BasicOAuth2Payload(form)

    @property
    def args(self):
        return self.payload.data

    @property
    def form(self):
        return self.payload.data


class _Server(AuthorizationServer):
    def query_client(self, client_id):
        return Client() if client_id == CLIENT else None

    def save_token(self, token, request):
        return None

    def send_signal(self, name, *args, **named):
        return None

    def create_oauth2_request(self, request):
        return request

    def handle_response(self, status, body, headers):
        return status, body, headers


def _serving(provider: OpenIdProvider) -> type[BaseHTTPRequestHandler]:
    server = _Server()
    server.register_token_generator("default", BearerTokenGenerator(lambda **_: generate_token(42)))
    server.register_grant(_grant_of(provider), [CodeChallenge(required=True), _openid_of(provider)])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = urlsplit(self.path).path
            if path == "/.well-known/openid-configuration":
                self._say(200, provider.configuration)
            elif path == "/keys":
                self._say(200, (provider.shown or provider.keys).as_dict(private=False))
            else:
                asked = self._asked("GET", urlsplit(self.path).query)
                grant = server.get_consent_grant(asked, provider.claims)
                self._say(*server.create_authorization_response(asked, grant_user=provider.claims, grant=grant))

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._say(*server.create_token_response(self._asked("POST", body)))

        def _asked(self, method, form):
            # Authlib takes no plain http, and there is nobody between us here.
            uri = provider.issuer.replace("http:", "https:") + self.path
            return Asked(method, uri, dict(self.headers), dict(parse_qsl(form)))

        def _say(self, status, body, headers=()):
            content = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            return None

    return Handler


@contextmanager
def openid_provider() -> Iterator[OpenIdProvider]:
    provider = OpenIdProvider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _serving(provider))
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
