// Envoy's configuration: a tree of its modules' settings.
import TestSupport

extension ProxyConfiguration {
  /// HTTP/2 on both sides; the only time-out for streams is the patience with our server.
  var envoy: String {
    """
    static_resources:
      listeners:
      - name: calls
        address: {pipe: {path: \(socket)}}
        filter_chains:
        - filters:
          - name: envoy.filters.network.http_connection_manager
            typed_config:
              "@type": \(Self.type("filters.network.http_connection_manager.v3.HttpConnectionManager"))
              stat_prefix: calls
              codec_type: HTTP2
              stream_idle_timeout: 0s
              route_config:
                virtual_hosts:
                - name: all
                  domains: ["*"]
                  routes:
                  - match: {prefix: "/"}
                    route:
                      cluster: ours
                      timeout: 0s
                      idle_timeout: \(patience)s
              http_filters:
              - {name: envoy.filters.http.router, typed_config: {"@type": \(Self.type("filters.http.router.v3.Router"))}}
          \(isPlain ? "" : "transport_socket: \(socket(.downstream))")
      clusters:
      - name: ours
        type: STATIC
        connect_timeout: 10s
        typed_extension_protocol_options:
          envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
            "@type": \(Self.type("upstreams.http.v3.HttpProtocolOptions"))
            explicit_http_config: {http2_protocol_options: {}}
        load_assignment:
          cluster_name: ours
          endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: \(backendAddress)}}}]}]
        \(isPlain ? "" : "transport_socket: \(socket(.upstream))")

    """
  }

  private static func type(_ name: String) -> String { "type.googleapis.com/envoy.extensions.\(name)" }

  private var backendAddress: String {
    let parts = backend.split(separator: ":")
    return "{address: \(parts[0]), port_value: \(parts[1])}"
  }

  private enum Side { case downstream, upstream }

  /// TLS on one side. By default Envoy does not speak TLS 1.3 to servers.
  private func socket(_ side: Side) -> String {
    let file = { (name: String) in "{filename: \"\(name)\"}" }
    let files = credentials.serverFiles
    let context =
      switch side {
      case .downstream:
        "alpn_protocols: [h2], tls_certificates: [{certificate_chain: \(file(files.certificate)), private_key: \(file(files.key))}]"
      case .upstream:
        "alpn_protocols: [h2], tls_params: {tls_maximum_protocol_version: TLSv1_3}, "
          + "validation_context: {trusted_ca: \(file(credentials.authorityFile))}"
      }
    let kind = side == .downstream ? "DownstreamTlsContext" : "UpstreamTlsContext"
    let name = side == .downstream ? "" : "sni: localhost, "
    return "{name: envoy.transport_sockets.tls, typed_config: {"
      + "\"@type\": \(Self.type("transport_sockets.tls.v3.\(kind)")), \(name)common_tls_context: {\(context)}}}"
  }
}
