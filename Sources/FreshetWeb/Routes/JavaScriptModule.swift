// freshet.js as a plain route.
import FreshetJavaScript
import NIOCore

extension WebConfiguration {
  /// Adds a route to `freshet.js`, by which pages call this server's methods, whatever their kind. It is a part of the
  /// program.
  ///
  /// ```js
  /// import { connect } from "/freshet.js";
  /// for await (const word of connect().serverStream("/echo.v1.Echo/Expand", { text: "a b c" })) console.log(word.text);
  /// ```
  ///
  /// Browsers ask each time whether it has changed (`etag`), so that a page's module fits its server.
  ///
  /// - Precondition: there is no such route yet.
  public mutating func javaScript(_ path: String = "/freshet.js") {
    http("GET", path) { request in
      var fields = [HTTPField("etag", JavaScriptModule.tag), HTTPField("cache-control", "no-cache")]
      if let known = request.list("if-none-match"), StaticFiles.lists(known, JavaScriptModule.tag, weakly: true) {
        return HTTPResponse(status: 304, fields: fields)
      }
      fields.append(HTTPField("content-type", "text/javascript; charset=utf-8"))
      fields.append(HTTPField("x-content-type-options", "nosniff"))
      return HTTPResponse(fields: fields, body: ByteBuffer(bytes: FreshetJavaScript.module))
    }
  }
}

private enum JavaScriptModule {
  /// FNV-1a of its bytes.
  static let tag: String = {
    let hash = FreshetJavaScript.module.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return "\"\(String(hash, radix: 16))\""
  }()
}
