# peers.py - what stands beside wardgate: servers of others, and bare programs
# SPDX-License-Identifier: Apache-2.0
#
# Each listens on a free loopback port, lives in the bench's temporary folder
# and is as lean as its own settings allow: no access log, connections kept on
# both sides. Missing programs raise Missing; the bench then goes on without.

import http.cookiejar
import json
import os
import pwd
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.rig import place, unpacked
from tests.rig.cluster import Cluster

HERE = Path(__file__).resolve().parent
GLEWLWYD_CLIENT = "bench"
GLEWLWYD_SECRET = "correct-horse-battery-staple-4711"
GLEWLWYD_SCOPE = "tenant-1"


class Missing(Exception):
    """A peer that is not installed: one line says so."""


def program(name, package):
    try:
        return place.tool(name, package)
    except place.Advice:
        raise Missing(f"{name} is not there (package {package}); without it.")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, process, log, wait_s=15):
    until = time.monotonic() + wait_s
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    tail = Path(log).read_text(errors="replace")[-600:].strip()
    raise Missing(f"{process.args[0]} does not start: {tail}")


class Peer:
    """One server: port, and the processes that are its cost."""

    leave_out = ()

    def __init__(self, home, name):
        self.home, self.name, self.port = home, name, free_port()
        self.log = home / f"{name}.log"
        self.processes = []

    def run(self, argv, **more):
        with open(self.log, "ab") as log:
            process = subprocess.Popen(argv, stdout=log, stderr=log,
                                       cwd=self.home, **more)
        self.processes.append(process)
        return process

    def roots(self):
        return [p.pid for p in self.processes]

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


# ---- bare FastCGI programs ----------------------------------------------------

LIGHTTPD = """
server.document-root = "{home}"
server.bind = "127.0.0.1"
server.port = {port}
server.modules = ( "mod_fastcgi" )
server.max-keep-alive-requests = 1000000000
server.stream-response-body = 1
fastcgi.server = ( "/" => (( "socket" => "{socket}",
                             "check-local" => "disable" )) )
"""


class Bare(Peer):
    """A FastCGI program of ours that does the least, behind lighttpd."""

    def __init__(self, home, name, argv):
        super().__init__(home, name)
        path = home / f"{name}.sock"
        conf = home / f"{name}.conf"
        conf.write_text(LIGHTTPD.format(home=home, port=self.port,
                                        socket=path))
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(path))
            s.listen(1024)
            self.run(argv, stdin=s)
        front = self.run([program("lighttpd", "lighttpd"), "-D", "-f",
                          str(conf)])
        wait_port(self.port, front, self.log)


# ---- nginx ------------------------------------------------------------------

NGINX = """
daemon off;
worker_processes auto;
pid {home}/nginx.pid;
error_log stderr error;
{user}
events {{ worker_connections 1024; }}
http {{
	access_log off;
	client_body_temp_path {home}/nginx-1;
	proxy_temp_path {home}/nginx-2;
	fastcgi_temp_path {home}/nginx-3;
	uwsgi_temp_path {home}/nginx-4;
	scgi_temp_path {home}/nginx-5;
	keepalive_requests 1000000000;
	upstream provider {{
		server 127.0.0.1:{upstream};
		keepalive 64;
		keepalive_requests 1000000000;
	}}
	server {{
		listen 127.0.0.1:{port};
		location / {{
			proxy_pass http://provider;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_buffers 16 8k;
		}}
	}}
}}
"""


class Nginx(Peer):
    """A plain proxy: nobody is asked who he is."""

    def __init__(self, home, upstream_port):
        super().__init__(home, "nginx")
        conf = home / "nginx.conf"
        user = f"user {other_user().pw_name};" if os.getuid() == 0 else ""
        conf.write_text(NGINX.format(home=home, port=self.port, user=user,
                                     upstream=upstream_port))
        process = self.run([program("nginx", "nginx-light"), "-c", str(conf),
                            "-p", str(home), "-e", "stderr"])
        wait_port(self.port, process, self.log)


def other_user():
    """An account without rights, for servers that do not serve as root."""
    for name in ("www-data", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return place.run_user()


# ---- Apache with mod_oauth2 ------------------------------------------------------

MODULES = "/usr/lib/apache2/modules"
APACHE = """
ServerRoot {home}
ServerName localhost
PidFile {home}/apache.pid
ErrorLog {home}/apache.log
LogLevel error
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
{load}
{user}
{sites}
"""
SITE = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
	<Location "/">
		AuthType oauth2
		OAuth2TokenVerify jwk '{jwk}'
		Require valid-user
		ProxyPass "http://127.0.0.1:{upstream}/"
	</Location>
</VirtualHost>
"""


class Apache(Peer):
    """A proxy that checks ES256 tokens with mod_oauth2, as it comes: its
    cache of tokens is on. One port per key in jwks; ports holds them."""

    def __init__(self, home, upstream_port, jwks):
        super().__init__(home, "apache")
        if not Path(MODULES, "mod_oauth2.so").exists():
            raise Missing("mod_oauth2 is not there (package "
                          "libapache2-mod-oauth2); without it.")
        self.ports = {name: free_port() for name in jwks}
        load = "\n".join(f"LoadModule {m}_module {MODULES}/mod_{m}.so"
                         for m in "mpm_event authn_core authz_core authz_user "
                                  "proxy proxy_http oauth2".split())
        sites = "".join(SITE.format(port=self.ports[name], jwk=jwk,
                                    upstream=upstream_port)
                        for name, jwk in jwks.items())
        user = ""
        if os.getuid() == 0:
            user = f"User {other_user().pw_name}\n" \
                   f"Group #{other_user().pw_gid}"
        conf = home / "apache.conf"
        conf.write_text(APACHE.format(home=home, load=load, sites=sites,
                                      user=user))
        process = self.run([program("apache2", "apache2-bin"), "-f",
                            str(conf), "-D", "FOREGROUND"])
        for port in self.ports.values():
            wait_port(port, process, self.log)


# ---- glewlwyd ---------------------------------------------------------------

GLEWLWYD = """
port = {port}
bind_address = "127.0.0.1"
external_url = "http://127.0.0.1:{port}"
login_url = "login.html"
api_prefix = "api"
log_mode = "console"
log_level = "ERROR"
cookie_domain = "127.0.0.1"
cookie_secure = 0
session_key = "session"
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "{lib}/user"
client_module_path = "{lib}/client"
user_auth_scheme_module_path = "{lib}/scheme"
plugin_module_path = "{lib}/plugin"
user_middleware_module_path = "{lib}/user_middleware"
hash_algorithm = "SHA512"
database = {{ type = "postgre"
              conninfo = "{conninfo}" }};
"""


def glewlwyd_files():
    """Root of glewlwyd's files: the system's, or the package unpacked in the
    build folder. Its own installation makes a database of its own in the
    system's cluster, starts a service, and fails where there is no such
    cluster; so the package is unpacked and not installed."""
    program = unpacked.fetch("glewlwyd", "usr/bin/glewlwyd")
    if not program:
        raise Missing("glewlwyd cannot be had with apt-get download; "
                      "without it.")
    return program.parents[2]


class SlowCluster(Cluster):
    """A cluster whose disk can be told to be slow (slow_sync.c)."""

    slow = {}

    def environment(self):
        return {**super().environment(), **self.slow}


class Glewlwyd(Peer):
    """The token server, on a cluster of its own; ES256, client secret."""

    def __init__(self, home, slow):
        super().__init__(home, "glewlwyd")
        self.files = glewlwyd_files()
        self.cluster = SlowCluster(place.new_home("wg-gl-"))
        self.cluster.ours, self.cluster.slow = True, slow
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self):
        self.cluster.create()
        self.cluster.start()
        self.cluster.populate()
        self.cluster.psql("create extension pgcrypto")
        init = self.files / "usr/share/doc/glewlwyd/database"
        sql = subprocess.run(["zcat", str(init / "init.postgre.sql.gz")],
                             stdout=subprocess.PIPE, text=True,
                             check=True).stdout
        self.cluster.psql("set client_min_messages = error; " + sql)
        conf = self.home / "glewlwyd.conf"
        conf.write_text(GLEWLWYD.format(
            port=self.port, lib=self.files / "usr/lib/glewlwyd",
            conninfo=self.cluster.dsn()))
        process = self.run([str(self.files / "usr/bin/glewlwyd"), "-c",
                            str(conf)])
        wait_port(self.port, process, self.log)
        self.register()

    def register(self):
        """Plugin, scope and client, through its administration interface."""
        self.call("/auth", {"username": "admin", "password": "password"})
        key, public = new_key(self.home)
        self.call("/mod/plugin/", {
            "module": "oidc", "name": "oidc", "display_name": "oidc",
            "enabled": True, "parameters": {
                "iss": f"http://127.0.0.1:{self.port}",
                "jwt-type": "ecdsa", "jwt-key-size": "256",
                "key": key, "cert": public,
                "access-token-duration": 600, "code-duration": 600,
                "refresh-token-duration": 3600,
                "refresh-token-rolling": True, "allow-non-oidc": True,
                "auth-type-client-enabled": True,
                "auth-type-id-token-enabled": True,
                "auth-type-code-enabled": False,
                "auth-type-token-enabled": False,
                "auth-type-password-enabled": False,
                "auth-type-refresh-enabled": False}})
        self.call("/scope/", {
            "name": GLEWLWYD_SCOPE, "display_name": "a tenant",
            "description": "a tenant", "password_required": False})
        self.call("/client/", {
            "client_id": GLEWLWYD_CLIENT, "name": "bench",
            "password": GLEWLWYD_SECRET, "enabled": True,
            "confidential": True, "scope": [GLEWLWYD_SCOPE],
            "redirect_uri": ["http://127.0.0.1/"],
            "authorization_type": ["client_credentials"],
            "token_endpoint_auth_method": ["client_secret_post"]})

    def call(self, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api{path}",
            data=json.dumps(body).encode() if body else None,
            headers={"Content-Type": "application/json"})
        try:
            with self.opener.open(request, timeout=10) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as why:
            raise Missing(f"glewlwyd refuses {path}: {why.code} "
                          f"{why.read().decode()[:200]}")

    def jwk(self):
        return json.dumps(json.loads(self.call("/oidc/jwks"))["keys"][0])

    def form(self):
        return (f"grant_type=client_credentials&client_id={GLEWLWYD_CLIENT}"
                f"&client_secret={GLEWLWYD_SECRET}&scope={GLEWLWYD_SCOPE}")

    def roots(self):
        return super().roots() + [self.cluster.postmaster()]

    def stop(self):
        super().stop()
        self.cluster.remove()


def new_key(home):
    """A P-256 key pair as PEM text: PKCS#8, SPKI."""
    path = home / "glewlwyd-key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-out", str(path)],
                   check=True, stderr=subprocess.DEVNULL)
    public = subprocess.run(["openssl", "pkey", "-in", str(path), "-pubout"],
                            check=True, stdout=subprocess.PIPE,
                            text=True).stdout
    return path.read_text(), public


# ---- a yardstick ------------------------------------------------------------

def openssl_speed(seconds):
    """Microseconds of CPU per ES256 signature and verification."""
    openssl = program("openssl", "openssl")
    done = subprocess.run([openssl, "speed", "-seconds", str(seconds),
                           "ecdsap256"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True)
    row = re.search(r"nistp256\)\s+\S+\s+\S+\s+([\d.]+)\s+([\d.]+)",
                    done.stdout)
    if not row:
        raise Missing("openssl speed says nothing; without it.")
    return {"sign_us": 1e6 / float(row[1]), "verify_us": 1e6 / float(row[2])}
