# web.py - lighttpd or Apache for one house, from the files that we ship
# SPDX-License-Identifier: Apache-2.0
#
# The files of etc/lighttpd and etc/apache2 are used as they are; only the
# places and the port that they name become this house's. Around them stands
# what a distribution's main file would say: port, logs, modules.

import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.rig import place

SERVERS = ("lighttpd", "apache")
MODULES = ("mpm_event authn_core authz_core authz_host alias buffer env mime "
           "headers reqtimeout proxy proxy_fcgi ssl").split()
APACHE_MODULES = "/usr/lib/apache2/modules"

LIGHTTPD = """server.document-root = "{web}/empty"
server.bind = "{address}"
server.port = {port}
server.upload-dirs = ( "{web}/tmp" )
server.errorlog = "{log}/lighttpd-error.log"
server.modules = ( "mod_accesslog" )
server.max-fds = 8192
server.max-connections = 2048
server.listen-backlog = 1024
accesslog.filename = "{log}/lighttpd-access.log"
include "{web}/50-wardgate.conf"
include "{web}/51-wardgate-rehearsal.conf"
{tls}"""

APACHE = """ServerRoot "{web}"
DefaultRuntimeDir "{web}"
PidFile "{web}/apache.pid"
Listen {address}:{port}
ServerName 127.0.0.1
ServerTokens Prod
{modules}
TypesConfig /dev/null
DocumentRoot "{web}/empty"
ErrorLog "{log}/apache-error.log"
LogLevel warn
StartServers 2
ServerLimit 8
ThreadsPerChild 64
MaxRequestWorkers 512
ListenBacklog 1024
<Directory />
    Require all denied
</Directory>
<Directory "{web}/empty">
    Require all granted
</Directory>
Define WARDGATE_RUN {run}
Define WARDGATE_WWW {www}
Define WARDGATE_PORTAL {portal}
Include "{web}/wardgate.conf"
Include "{web}/wardgate-rehearsal.conf"
{tls}CustomLog "{log}/apache-access.log" wardgate \\
    "expr=!(%{{REQUEST_URI}} =~ m#^/admin/invitation/#)"
"""


def check_port(port):
    """Advice if something listens there."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except PermissionError:
            raise place.Advice(f"Port {port} is reserved for root: choose one "
                               "above 1023 with PORT=, or leave PORT out.")
        except OSError:
            raise place.Advice(f"Port {port} is taken: choose another with "
                               "PORT=, or leave PORT out.")


class Web:
    """Files for one server in home/web; run and log are the house's. tls_port:
    where wards ask for a certificate; those of the server are in home/tls."""

    def __init__(self, home, server, port, address="127.0.0.1",
                 tls_port=None):
        if server not in SERVERS:
            raise place.Advice(f"SERVER={server} is not known here: write "
                               "SERVER=lighttpd or SERVER=apache.")
        self.home, self.server, self.port = home, server, port
        self.address, self.tls_port = address, tls_port
        self.tls = home / "tls"
        self.web, self.run = home / "web", home / "run"
        self.log, self.www = home / "log", home / "www"
        self.portal = home / "portal"

    def prepare(self):
        for path in (self.web, self.web / "tmp", self.web / "empty", self.run,
                     self.log, self.www):
            place.folder(path)
        subprocess.run(["python3", "-B", str(place.TOP / "www/errors.py"),
                        str(self.www / "errors")], check=True)
        for path in (self.www / "errors", *(self.www / "errors").iterdir()):
            place.give(path)
        self.prepare_portal()
        if self.server == "lighttpd":
            self.prepare_lighttpd()
        else:
            self.prepare_apache()

    def prepare_portal(self):
        """A copy of what the build made, where the run user can read it."""
        made = place.build_dir() / "portal"
        if made.exists():
            shutil.copytree(made, self.portal)
            for path in (self.portal, *self.portal.rglob("*")):
                place.give(path)

    def prepare_lighttpd(self):
        for name in ("50-wardgate.conf", "51-wardgate-rehearsal.conf"):
            text = (place.TOP / "etc/lighttpd" / name).read_text()
            for variable, path in (("run", self.run), ("www", self.www),
                                   ("portal", self.portal)):
                text = re.sub(rf'^var\.wardgate_{variable} = ".*"$',
                              f'var.wardgate_{variable} = "{path}"', text,
                              flags=re.M)
            place.write(self.web / name, text)
        self.main_file(LIGHTTPD, tls=self.tls_file(
            "lighttpd/52-wardgate-rehearsal-mtls.conf", 'include "{}"\n',
            (":8443", f"{self.address}:{self.tls_port}"),
            ("/etc/wardgate/rehearsal-tls", str(self.tls))))

    def prepare_apache(self):
        for name in ("wardgate.conf", "wardgate-rehearsal.conf"):
            text = (place.TOP / "etc/apache2" / name).read_text()
            place.write(self.web / name, text)
        self.main_file(APACHE, tls=self.tls_file(
            "apache2/wardgate-rehearsal-mtls.conf", 'Include "{}"\n',
            ("*:8443", f"{self.address}:{self.tls_port}"),
            ("Listen 8443", f"Listen {self.address}:{self.tls_port}"),
            ("/etc/wardgate/rehearsal-tls", str(self.tls)),
            ("/usr/share/wardgate/www/empty", str(self.web / "empty")),
            ("/etc/apache2/conf-available", str(self.web))),
            modules="\n".join(
                f"LoadModule {m}_module {APACHE_MODULES}/mod_{m}.so"
                for m in MODULES))

    def tls_file(self, name, include, *places):
        """How the file is included, of whose places each becomes ours; ""
        without a port for it."""
        if not self.tls_port:
            return ""
        text = (place.TOP / "etc" / name).read_text()
        for theirs, ours in places:
            if theirs not in text:
                raise ValueError(f"{name}: {theirs}")
            text = text.replace(theirs, ours)
        path = place.write(self.web / Path(name).name, text)
        return include.format(path)

    def main_file(self, text, **more):
        place.write(self.web / f"{self.server}.conf", text.format(
            web=self.web, run=self.run, log=self.log, www=self.www,
            portal=self.portal, port=self.port, address=self.address, **more))

    def argv(self):
        """Command line, in the foreground."""
        main = str(self.web / f"{self.server}.conf")
        if self.server == "lighttpd":
            return [place.tool("lighttpd", "lighttpd"), "-D", "-f", main]
        return [place.tool("apache2", "apache2-bin"), "-DFOREGROUND", "-f",
                main]

    def wait_ready(self, wait_s=60):
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            try:
                socket.create_connection((self.address, self.port), 1).close()
                return
            except OSError:
                time.sleep(0.03)
        raise place.Advice(f"{self.server} does not start; see {self.log}.")
