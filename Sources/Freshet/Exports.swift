// The one import of an application: what services, clients and their streams need, by name where a module has more. The
// rest of the stream toolkit needs `import FreshetStreams`.

@_exported public import FreshetClient
@_exported public import FreshetServer
// The generated messages' own members, such as `.with { … }`.
@_exported public import SwiftProtobuf

// gRPC's concepts: methods, messages, metadata, status, deadlines.
@_exported public import struct FreshetCore.BytesCodec
@_exported public import protocol FreshetCore.Codec
@_exported public import struct FreshetCore.Compression
@_exported public import struct FreshetCore.CompressionRegistry
@_exported public import struct FreshetCore.Deadline
@_exported public import enum FreshetCore.Idempotency
@_exported public import struct FreshetCore.Metadata
@_exported public import protocol FreshetCore.MetadataRepresentable
@_exported public import enum FreshetCore.MetadataValue
@_exported public import struct FreshetCore.MethodDescriptor
@_exported public import struct FreshetCore.MethodFormat
@_exported public import enum FreshetCore.MethodKind
@_exported public import struct FreshetCore.ObservedMessage
@_exported public import struct FreshetCore.RPCError
@_exported public import struct FreshetCore.ServiceDescriptor
@_exported public import struct FreshetCore.Status
@_exported public import func FreshetCore.withDeadline

// Streams that handlers and callers make or receive.
@_exported public import struct FreshetStreams.AsyncGenerator
@_exported public import struct FreshetStreams.BroadcastStream
@_exported public import struct FreshetStreams.ChannelSink
@_exported public import struct FreshetStreams.ChannelStream
@_exported public import class FreshetStreams.Hub
@_exported public import protocol FreshetStreams.ImmediateSink
@_exported public import struct FreshetStreams.Page
@_exported public import struct FreshetStreams.Paginated
@_exported public import struct FreshetStreams.PaginatedAhead
@_exported public import enum FreshetStreams.SendError
@_exported public import struct FreshetStreams.SubscriberTooSlow
@_exported public import struct FreshetStreams.WhenFull
@_exported public import struct FreshetStreams.Yield
@_exported public import func FreshetStreams.channel
@_exported public import func FreshetStreams.paginate

// Addresses, settings and errors of connections.
@_exported public import struct FreshetHTTP.ErrorCode
@_exported public import struct FreshetHTTP2.FloodLimits
@_exported public import struct FreshetHTTP2.HTTP2Error
@_exported public import struct FreshetHTTP2.HTTP2Settings
@_exported public import struct FreshetTransport.BoundAddress
@_exported public import class FreshetTransport.CallClock
@_exported public import struct FreshetTransport.ConnectionConfiguration
@_exported public import struct FreshetTransport.KeepaliveConfiguration
@_exported public import enum FreshetTransport.ListenAddress
@_exported public import class FreshetTransport.MemoryBudget
@_exported public import struct FreshetTransport.TransportError

// Identities and trust.
@_exported public import enum FreshetTLS.PEMSource
@_exported public import struct FreshetTLS.TLSAlert
@_exported public import struct FreshetTLS.TLSConfiguration
@_exported public import struct FreshetTLS.TLSError
@_exported public import struct FreshetTLS.TLSIdentity
@_exported public import enum FreshetTLS.TLSTrustRoots
@_exported public import enum FreshetTLS.TLSVersion
