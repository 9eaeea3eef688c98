// The server's flags for TLS.
import ArgumentParser
import Freshet

struct TLSFlags: ParsableArguments {
  @Option(name: .customLong("use_tls"), defaultAsFlag: true, parsing: .next, help: "Whether to use TLS.")
  var useTLS: Bool?

  @Option(name: .customLong("tls_cert_file"), help: "The server's certificate chain, a PEM file.")
  var certificateFile: String?

  @Option(name: .customLong("tls_key_file"), help: "The private key of the certificate, a PEM file.")
  var keyFile: String?

  func validate() throws {
    if useTLS == true, certificateFile == nil || keyFile == nil {
      throw ValidationError("--use_tls needs --tls_cert_file and --tls_key_file.")
    }
  }

  var configuration: TLSConfiguration? {
    guard useTLS == true, let certificateFile, let keyFile else { return nil }
    return .server(identity: TLSIdentity(certificateChain: .file(certificateFile), privateKey: .file(keyFile)))
  }
}
