// The one import of an application: everything that a user of streams, services and clients needs.

@_exported public import FreshetClient
@_exported public import FreshetCore
@_exported public import FreshetHTTP2
@_exported public import FreshetServer
@_exported public import FreshetStreams
@_exported public import FreshetTLS
@_exported public import FreshetTransport
// The generated messages' own members, such as `.with { … }`.
@_exported public import SwiftProtobuf
