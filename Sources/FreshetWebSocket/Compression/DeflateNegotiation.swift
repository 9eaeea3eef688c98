// Agreeing on permessage-deflate and its parameters (RFC 7692 §7.1).

/// The server's answer to offers, and the client's offer and its check of the answer (W76). Pure.
package enum DeflateNegotiation {
  package static let name = "permessage-deflate"

  /// zlib can read a window of 256 bytes, but not keep to one when it compresses (W78).
  private static let leastWritableBits = 9

  // MARK: Server

  /// The first offer that can be accepted.
  /// - Returns: what applies from now on, and the answer; nil to go on without compression.
  package static func answer(
    _ offers: [ExtensionOffer], _ options: DeflateOptions
  ) -> (parameters: DeflateParameters, answer: String)? {
    for offer in offers where offer.name == name {
      if let answer = answer(offer, options) { return answer }
    }
    return nil
  }

  private static func answer(
    _ offer: ExtensionOffer, _ options: DeflateOptions
  ) -> (parameters: DeflateParameters, answer: String)? {
    guard let offered = Parameters(offer, isAnswer: false) else { return nil }
    var agreed = DeflateParameters(), answer = ExtensionOffer(name: name)
    if offered.serverNoTakeover || !options.contextTakeover {
      agreed.serverTakesContextOver = false
      answer.parameters.append(.init(name: "server_no_context_takeover"))
    }
    if offered.clientNoTakeover || !options.contextTakeover {
      agreed.clientTakesContextOver = false
      answer.parameters.append(.init(name: "client_no_context_takeover"))
    }
    agreed.serverWindowBits = min(offered.serverBits ?? 15, options.windowBits)
    if agreed.serverWindowBits < leastWritableBits { return nil }
    if agreed.serverWindowBits < 15 || offered.serverBits != nil {
      answer.parameters.append(.init(name: "server_max_window_bits", value: "\(agreed.serverWindowBits)"))
    }
    if offered.allowsClientBits {
      agreed.clientWindowBits = min(offered.clientBits ?? 15, options.windowBits)
      if agreed.clientWindowBits < 15 {
        answer.parameters.append(.init(name: "client_max_window_bits", value: "\(agreed.clientWindowBits)"))
      }
    }
    return (agreed, answer.text)
  }

  // MARK: Client

  /// The value of Sec-WebSocket-Extensions: what the options want, or else whatever the server can do.
  package static func offer(_ options: DeflateOptions) -> String {
    var wanted = ExtensionOffer(name: name)
    if !options.contextTakeover {
      wanted.parameters = [.init(name: "server_no_context_takeover"), .init(name: "client_no_context_takeover")]
    }
    var lenient = wanted
    lenient.parameters.append(.init(name: "client_max_window_bits"))
    if options.windowBits == 15 { return lenient.text }
    wanted.parameters.append(.init(name: "server_max_window_bits", value: "\(options.windowBits)"))
    wanted.parameters.append(.init(name: "client_max_window_bits", value: "\(options.windowBits)"))
    return "\(wanted.text), \(lenient.text)"
  }

  /// What the server's answer to that offer says.
  package static func accept(
    _ answer: ExtensionOffer, _ options: DeflateOptions
  ) throws(WebSocketError) -> DeflateParameters {
    guard answer.name == name, let given = Parameters(answer, isAnswer: true),
      options.contextTakeover || given.serverNoTakeover
    else {
      throw WebSocketError(
        .opening, code: .protocolError,
        "the server answered the offer \(offer(options)) with other parameters: \(answer.text)")
    }
    var agreed = DeflateParameters()
    agreed.serverTakesContextOver = !given.serverNoTakeover
    agreed.clientTakesContextOver = !given.clientNoTakeover && options.contextTakeover
    agreed.serverWindowBits = given.serverBits ?? 15
    agreed.clientWindowBits = min(given.clientBits ?? 15, options.windowBits)
    return agreed
  }

  // MARK: Parameters

  /// The parameters of an offer or answer, each at most once and with a proper value.
  private struct Parameters {
    var serverNoTakeover = false
    var clientNoTakeover = false
    var serverBits: Int?
    /// Whether client_max_window_bits is there, which an offer may do without a value.
    var allowsClientBits = false
    var clientBits: Int?

    init?(_ offer: ExtensionOffer, isAnswer: Bool) {
      var names: Set<String> = []
      for parameter in offer.parameters {
        guard names.insert(parameter.name).inserted else { return nil }
        switch (parameter.name, parameter.value) {
        case ("server_no_context_takeover", nil): serverNoTakeover = true
        case ("client_no_context_takeover", nil): clientNoTakeover = true
        case ("server_max_window_bits", let value?):
          guard let bits = Self.bits(value) else { return nil }
          serverBits = bits
        case ("client_max_window_bits", let value?):
          guard let bits = Self.bits(value) else { return nil }
          (allowsClientBits, clientBits) = (true, bits)
        case ("client_max_window_bits", nil) where !isAnswer: allowsClientBits = true
        default: return nil
        }
      }
    }

    private static func bits(_ text: String) -> Int? {
      switch text {
      case "8", "9", "10", "11", "12", "13", "14", "15": Int(text)
      default: nil
      }
    }
  }
}
