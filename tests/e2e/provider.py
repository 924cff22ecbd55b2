# SPDX-License-Identifier: MIT
"""A mail provider's sign-in of the test's own: an authorization server on loopback that checks what
RFC 6749, RFC 7636 and RFC 8252 ask of a client, and tells Dovecot which tokens are good."""
import base64
import hashlib
import http.server
import json
import secrets
import threading
import urllib.parse

CLIENT_ID = "postroom-test"
CLIENT_SECRET = "no secret & all"
SCOPE = "mail:all"


class Provider:
    def __init__(self, user):
        self.user = user
        self.lifetime = 3600
        self.token_bytes = 24
        self.refusal = None  # the error of the first page
        self.issuer = None  # the iss of the answer
        self.state = None  # instead of the one that was given
        self.codes = {}
        self.access = set()
        self.refresh = set()
        self.asked = []  # the grants
        self.wrong = []  # what a client must not do
        self.introspected = 0

    def __enter__(self):
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.handle(self, b"")

            def do_POST(self):
                provider.handle(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def uri(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"

    def revoke(self, refresh=False):
        """The servers take the tokens no more; with @refresh there are no new ones, too."""
        self.access.clear()
        if refresh:
            self.refresh.clear()

    def handle(self, request, body):
        parts = urllib.parse.urlsplit(request.path)
        words = dict(urllib.parse.parse_qsl(parts.query + "&" + body.decode(),
                                            keep_blank_values=True))
        if parts.path == "/authorize":
            self.authorize(request, words)
        elif parts.path == "/token" and request.command == "POST":
            self.token(request, words)
        elif parts.path == "/introspect":
            self.introspected += 1
            good = words.get("token") in self.access
            self.say(request, 200, {"active": good, **({"username": self.user} if good else {})})
        else:
            self.say(request, 404, {})

    @staticmethod
    def say(request, status, value):
        data = json.dumps(value).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def check(self, good, what):
        if not good:
            self.wrong.append(what)

    def authorize(self, request, words):
        target = urllib.parse.urlsplit(words.get("redirect_uri", ""))
        self.check(words.get("response_type") == "code", "response_type")
        self.check(words.get("client_id") == CLIENT_ID, "client_id")
        self.check(words.get("scope") == SCOPE, "scope")
        self.check(words.get("prompt") == "consent", "parameters of the file")
        self.check(words.get("login_hint") == self.user, "login_hint")
        self.check(words.get("code_challenge_method") == "S256", "code_challenge_method")
        self.check(len(words.get("code_challenge", "")) == 43, "code_challenge")
        self.check(len(words.get("state", "")) >= 22, "state")
        self.check(target.scheme == "http" and target.hostname == "127.0.0.1" and target.port, "redirect")
        answer = {"state": self.state or words["state"]}
        if self.issuer:
            answer["iss"] = self.issuer
        if self.refusal:
            answer["error"] = self.refusal
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self.codes[answer["code"]] = words
        request.send_response(302)
        request.send_header("Location", words["redirect_uri"] + "?" + urllib.parse.urlencode(answer))
        request.send_header("Content-Length", "0")
        request.end_headers()

    def token(self, request, words):
        self.asked.append(words.get("grant_type"))
        if (words.get("client_id"), words.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            self.say(request, 401, {"error": "invalid_client"})
            return
        if words.get("grant_type") == "refresh_token":
            good = words.get("refresh_token") in self.refresh
            self.refresh.discard(words.get("refresh_token"))
        else:
            asked = self.codes.pop(words.get("code"), None)
            digest = hashlib.sha256(words.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            good = (asked is not None and words.get("redirect_uri") == asked["redirect_uri"]
                    and challenge == asked["code_challenge"])
            self.check(good, "the code's grant")
        if not good:
            self.say(request, 400, {"error": "invalid_grant", "error_description": "Not any more"})
            return
        access, refresh = secrets.token_urlsafe(self.token_bytes), secrets.token_urlsafe(24)
        self.access.add(access)
        self.refresh.add(refresh)
        self.say(request, 200, {"access_token": access, "refresh_token": refresh,
                                "token_type": "Bearer", "expires_in": self.lifetime})
