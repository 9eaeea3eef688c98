// Request heads that are the same for all calls of a method, built once.
import FreshetCore
import FreshetHTTP

/// Caches the heads of the methods that a channel called last without compression, with their time-outs. Confined to
/// the channel's loop.
struct PlainHeads {
  private struct Entry {
    let path: String
    let contentSubtype: String
    let timeout: Duration?
    let fields: HeaderFields
  }

  /// More methods than a program usually alternates between; the oldest is evicted.
  private static let maxCount = 8

  private var entries: [Entry] = []
  private var oldest = 0

  /// The head of a call that adds nothing but metadata.
  mutating func head(
    path: String, contentSubtype: String, timeout: Duration?, metadata: Metadata, _ options: ChannelOptions
  ) throws(RPCError) -> HeaderFields {
    var fields = try plainHead(path, contentSubtype, timeout, options)
    RequestFields.append(metadata, to: &fields)
    return fields
  }

  private mutating func plainHead(
    _ path: String, _ contentSubtype: String, _ timeout: Duration?, _ options: ChannelOptions
  ) throws(RPCError) -> HeaderFields {
    for entry in entries
    where entry.timeout == timeout && entry.path == path && entry.contentSubtype == contentSubtype {
      return entry.fields
    }
    let fields = try RequestFields.head(
      path: path, authority: options.authority, scheme: options.scheme, contentSubtype: contentSubtype,
      timeout: timeout,
      encoding: nil, acceptEncoding: options.compressions.acceptEncoding, metadata: Metadata())
    let entry = Entry(path: path, contentSubtype: contentSubtype, timeout: timeout, fields: fields)
    if entries.count < Self.maxCount {
      entries.append(entry)
    } else {
      entries[oldest] = entry
      oldest = (oldest + 1) % Self.maxCount
    }
    return fields
  }
}
