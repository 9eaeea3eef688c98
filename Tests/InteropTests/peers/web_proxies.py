"""nginx, haproxy and Envoy in front of the plaintext server, for the time of some cases."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

from web_rows import BIN, FOLDER, PLAIN, SOFTWARE, Skipped, row


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A proxy, which ends with this script."""

    def __init__(self, *command):
        self.log = open(FOLDER / f"{pathlib.Path(command[0]).name}.log", "ab")
        self.process = subprocess.Popen(
            [sys.executable, str(pathlib.Path(__file__).parent / "while_input_lasts.py"), *command],
            stdin=subprocess.PIPE, stdout=self.log, stderr=self.log)

    def wait_for(self, port):
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the proxy does not listen: " + pathlib.Path(self.log.name).read_text()[-500:])

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def find(name):
    for folder in (f"{SOFTWARE}/usr/sbin", f"{SOFTWARE}/usr/bin", str(BIN)):
        if os.access(f"{folder}/{name}", os.X_OK):
            return f"{folder}/{name}"
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


def nginx(port, websocket=False):
    upgrade = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
    text = f"""
      daemon off; master_process off; pid {FOLDER}/web-nginx.pid;
      events {{ worker_connections 256; }}
      http {{
        access_log off;
        {" ".join(f"{kind}_temp_path {FOLDER}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))}
        client_body_temp_path {FOLDER}/body;
        client_max_body_size 0;
        upstream ours {{ server 127.0.0.1:{PLAIN}; keepalive 4; }}
        server {{
          listen 127.0.0.1:{port};
          location / {{
            proxy_pass http://ours; proxy_http_version 1.1; proxy_set_header Host $host;
            {upgrade if websocket else 'proxy_set_header Connection "";'}
            proxy_buffering off; proxy_request_buffering off;
          }}
        }}
      }}"""
    (FOLDER / "web-nginx.conf").write_text(text)
    return ["-c", f"{FOLDER}/web-nginx.conf", "-e", "stderr", "-p", str(FOLDER)]


def haproxy(port):
    (FOLDER / "web-haproxy.cfg").write_text(f"""
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend web
  bind 127.0.0.1:{port}
  default_backend ours
backend ours
  server ours 127.0.0.1:{PLAIN}
""")
    return ["-f", f"{FOLDER}/web-haproxy.cfg", "-db"]


def envoy(port, filters=(), upstream="http_protocol_options: {}", websocket=False):
    # WebSockets over HTTP/2 (RFC 8441) have to be allowed at each side (W83).
    http2 = {"allow_connect": True} if websocket else {}
    def type_of(name):
        return f"type.googleapis.com/envoy.extensions.{name}"

    chain = [*filters, ("envoy.filters.http.router", "filters.http.router.v3.Router")]
    config = {
        "static_resources": {
            "listeners": [{
                "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
                "filter_chains": [{"filters": [{
                    "name": "envoy.filters.network.http_connection_manager",
                    "typed_config": {
                        "@type": type_of("filters.network.http_connection_manager.v3.HttpConnectionManager"),
                        "stat_prefix": "web", "codec_type": "AUTO", "http2_protocol_options": http2,
                        "upgrade_configs": [{"upgrade_type": "websocket"}] if websocket else [],
                        "route_config": {"virtual_hosts": [{
                            "name": "all", "domains": ["*"],
                            "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "ours", "timeout": "0s"}}]}]},
                        "http_filters": [{"name": name, "typed_config": {"@type": type_of(kind)}} for name, kind in chain],
                    }}]}]}],
            "clusters": [{
                "name": "ours", "type": "STATIC",
                "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": type_of("upstreams.http.v3.HttpProtocolOptions"),
                    "explicit_http_config": {upstream.split(":")[0]: http2 if "http2" in upstream else {}}}},
                "load_assignment": {"cluster_name": "ours", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
                    "socket_address": {"address": "127.0.0.1", "port_value": PLAIN}}}}]}]}}],
        }}
    file = FOLDER / f"web-envoy-{port}.json"
    file.write_text(json.dumps(config))
    return ["-c", str(file), "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]


def behind(name, make, body):
    path = find(name)
    if not path:
        row(name, "all", "all", "all", lambda: (_ for _ in ()).throw(Skipped(f"{name} is not installed")))
        return
    port = free_port()
    program = Program(path, *make(port))
    try:
        program.wait_for(port)
        body(port)
    except AssertionError as error:
        reason = str(error)
        row(name, "all", "HTTP/1.1", "start", lambda: (_ for _ in ()).throw(AssertionError(reason)))
    finally:
        program.stop()
