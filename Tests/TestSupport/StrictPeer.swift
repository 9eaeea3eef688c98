// Validates a library's header sections with all of nghttp2's checks.
import CNGHTTP2

/// Each section is played to a session of its own, in the receiving role: our own sessions tolerate whitespace around a
/// value (grpc-wire.md S8), and a scripted peer accepts everything. `FrameReader` validates each section that it reads.
enum StrictPeer {
  /// A received field.
  struct Field {
    var name: [UInt8]
    var value: [UInt8]

    var text: String { "\(String(decoding: name, as: UTF8.self)): \(String(decoding: value, as: UTF8.self))" }
  }

  /// - Returns: what is wrong with the section, nil if nothing.
  /// - Parameter method: of the request, if this is a response: one to HEAD has the length of what it leaves out.
  static func complaint(about fields: [Field], endStream: Bool, ofClient: Bool, to method: String) -> String? {
    let session = Session(isServer: ofClient)
    var frames: [Frame] = []
    if ofClient {
      session.receive(Frame.preface + Frame.settings().bytes)
    } else {
      session.receive(Frame.settings().bytes)
      session.sendRequest(method)
      let isTrailers = !fields.contains { $0.name.elementsEqual(":status".utf8) }
      if isTrailers { frames.append(.headers(1, [(":status", "200")])) }
    }
    frames += Frame.longHeaders(1, block: block(fields), endStream: endStream)
    session.receive(frames.flatMap(\.bytes))
    let complaints = session.complaints + (ofClient ? complaintsAboutAuthority(fields) : [])
    if complaints.isEmpty { return nil }
    return "\(complaints.joined(separator: "; ")) — in [\(fields.map(\.text).joined(separator: " | "))]"
  }

  private static func block(_ fields: [Field]) -> [UInt8] {
    Frame.block(raw: fields.map { (String(decoding: $0.name, as: UTF8.self), $0.value) })
  }

  /// What nghttp2 does not check: RFC 9113 §8.3.1 for `host`, RFC 3986 §3.2.2 for zones.
  private static func complaintsAboutAuthority(_ fields: [Field]) -> [String] {
    let authority = fields.first { $0.name.elementsEqual(":authority".utf8) }
    var complaints: [String] = []
    if let authority, authority.value.contains(UInt8(ascii: "%")) {
      complaints.append("a zone in “\(authority.text)”")
    }
    for host in fields where host.name.elementsEqual("host".utf8) && host.value != authority?.value {
      complaints.append("“\(host.text)” contradicts “\(authority?.text ?? "no :authority")”")
    }
    return complaints
  }

  /// An nghttp2 session with default options.
  private final class Session {
    private var session: OpaquePointer?
    private(set) var complaints: [String] = []

    init(isServer: Bool) {
      var callbacks: OpaquePointer?
      nghttp2_session_callbacks_new(&callbacks)
      nghttp2_session_callbacks_set_error_callback2(callbacks) { _, _, text, count, session in
        Session.complain(session, String(decoding: UnsafeRawBufferPointer(start: text, count: count), as: UTF8.self))
        return 0
      }
      nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) { _, _, code, session in
        Session.complain(session, String(cString: nghttp2_strerror(code)))
        return 0
      }
      let owner = Unmanaged.passUnretained(self).toOpaque()
      let code =
        isServer
        ? nghttp2_session_server_new(&session, callbacks, owner)
        : nghttp2_session_client_new(&session, callbacks, owner)
      precondition(code == 0, "no strict peer: \(String(cString: nghttp2_strerror(code)))")
      nghttp2_session_callbacks_del(callbacks)
    }

    deinit { nghttp2_session_del(session) }

    private static func complain(_ session: UnsafeMutableRawPointer?, _ text: String) {
      guard let session else { return }
      Unmanaged<Session>.fromOpaque(session).takeUnretainedValue().complaints.append(text)
    }

    func receive(_ bytes: [UInt8]) {
      let count = nghttp2_session_mem_recv(session, bytes, bytes.count)
      if count < 0 { complaints.append(String(cString: nghttp2_strerror(Int32(count)))) }
    }

    /// Opens stream 1, on which a response may arrive.
    func sendRequest(_ method: String) {
      var name = Array(":method".utf8), value = Array(method.utf8)
      let code = name.withUnsafeMutableBufferPointer { name in
        value.withUnsafeMutableBufferPointer { value in
          var field = nghttp2_nv(
            name: name.baseAddress, value: value.baseAddress, namelen: name.count, valuelen: value.count, flags: 0)
          return nghttp2_submit_request(session, nil, &field, 1, nil, nil)
        }
      }
      precondition(code == 1, "no stream: \(code)")
      var bytes: UnsafePointer<UInt8>?
      while nghttp2_session_mem_send(session, &bytes) > 0 {}
    }
  }
}
