// The proxies: how each is configured to listen on a Unix socket and forward to our server.
import Foundation
import TestSupport

enum Proxy: String, CaseIterable, Sendable {
  case envoy, haproxy, nghttpx, nginx

  var software: Software {
    switch self {
    case .envoy: .envoy
    case .haproxy: .haproxy
    case .nghttpx: .nghttpx
    case .nginx: .nginx
    }
  }
}

/// The settings of a proxy. With TLS, it speaks TLS on both sides.
struct ProxyConfiguration: Sendable {
  var proxy: Proxy
  var security: Security
  /// Where it listens.
  var socket: String
  /// Where our server is.
  var backend: String
  var credentials: Credentials
  var folder: TemporaryFolder
  /// How long it waits for our server to send something, in seconds. An hour, as is usual for streams.
  var patience = 3_600
  /// How many requests a client's connection may make; nil for the proxy's default.
  var requestsPerConnection: Int?

  /// The program's arguments; writes the files that they name.
  func arguments() throws -> [String] {
    switch proxy {
    case .envoy:
      let file = try folder.write(Array(envoy.utf8), to: "envoy.yaml")
      return ["-c", file, "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]
    case .nginx:
      return ["-c", try folder.write(Array(nginx.utf8), to: "nginx.conf"), "-e", "stderr", "-p", folder.path]
    case .haproxy:
      let files = [credentials.serverFiles.certificate, credentials.serverFiles.key]
      let both = try files.flatMap { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) }
      _ = try folder.write(both, to: "server-and-key.pem")
      return ["-f", try folder.write(Array(haproxy.utf8), to: "haproxy.cfg"), "-db"]
    case .nghttpx: return nghttpx
    }
  }

  var isPlain: Bool { security == .h2c }

  /// Streams need unlimited request bodies and long time-outs; long metadata needs a larger buffer. TLS 1.3 is not
  /// enabled by default in this version.
  private var nginx: String {
    """
    daemon off;
    master_process off;
    pid \(folder / "nginx.pid");
    events { worker_connections 2048; }
    http {
      access_log off;
      client_body_temp_path \(folder / "body");
      proxy_temp_path \(folder / "proxy");
      fastcgi_temp_path \(folder / "fastcgi");
      uwsgi_temp_path \(folder / "uwsgi");
      scgi_temp_path \(folder / "scgi");
      server {
        listen unix:\(socket) \(isPlain ? "" : "ssl") http2;
        \(isPlain ? "" : "ssl_certificate \(credentials.serverFiles.certificate);")
        \(isPlain ? "" : "ssl_certificate_key \(credentials.serverFiles.key);")
        \(requestsPerConnection.map { "keepalive_requests \($0);" } ?? "")
        ssl_protocols TLSv1.2 TLSv1.3;
        client_max_body_size 0;
        client_body_timeout 1h;
        location / {
          grpc_pass \(isPlain ? "grpc" : "grpcs")://\(backend);
          grpc_read_timeout \(patience)s;
          grpc_send_timeout \(patience)s;
          grpc_buffer_size 16k;
          grpc_ssl_protocols TLSv1.2 TLSv1.3;
          grpc_ssl_verify on;
          grpc_ssl_trusted_certificate \(credentials.authorityFile);
          grpc_ssl_name localhost;
        }
      }
    }

    """
  }

  private var haproxy: String {
    let front = isPlain ? "proto h2" : "ssl crt \(folder / "server-and-key.pem") alpn h2"
    let back =
      isPlain ? "proto h2" : "ssl alpn h2 verify required ca-file \(credentials.authorityFile) sni str(localhost)"
    return """
      defaults
        mode http
        timeout connect 10s
        timeout client 1h
        timeout server \(patience)s
      frontend calls
        bind unix@\(socket) \(front)
        default_backend ours
      backend ours
        server ours \(backend) \(back)

      """
  }

  private var nghttpx: [String] {
    let back = isPlain ? "\(backend);;proto=h2" : "\(backend);;proto=h2;tls;sni=localhost"
    let host = back.replacing(":", with: ",", maxReplacements: 1)
    return [
      "--conf=/dev/null", "--single-process", "--errorlog-file=/dev/stderr", "--log-level=WARN", "--no-ocsp",
      "--frontend=unix:\(socket)\(isPlain ? ";no-tls" : "")", "--backend=\(host)",
      "--cacert=\(credentials.authorityFile)", "--backend-read-timeout=\(patience)s", "--backend-write-timeout=1h",
      "--frontend-http2-read-timeout=1h", "--frontend-write-timeout=1h",
      credentials.serverFiles.key, credentials.serverFiles.certificate,
    ]
  }
}
