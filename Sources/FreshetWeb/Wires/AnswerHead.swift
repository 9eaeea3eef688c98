// The heads of the answers to one request, as gRPC-Web's and Connect's streams share them.
import FreshetCore
import FreshetHTTP

/// 200, a media type, what lets a script of another origin read the answer, and perhaps metadata and a compression.
struct AnswerHead {
  private let own: HeaderFields
  private let cors: CORSAnswer
  private let encodingField: String
  /// Without metadata and compression.
  let plain: HeaderFields

  /// - Parameter encodingField: names the compression of messages.
  init(mediaType: String, encodingField: String, _ cors: CORSAnswer) {
    own = [":status": "200", "content-type": mediaType]
    plain = cors.complete(own)
    self.cors = cors
    self.encodingField = encodingField
  }

  func with(_ metadata: Metadata, compression: Compression? = nil) -> HeaderFields {
    var fields = own
    if let compression { fields.append(encodingField, compression.name) }
    fields.append(webMetadata: metadata)
    return cors.complete(fields)
  }
}
