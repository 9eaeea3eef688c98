// Metadata in both directions.
import Freshet
import struct NIOCore.ByteBuffer
import TestSupport
import Testing

@Suite struct MetadataTests {
  private static let echoing = BytesService(
    unary: { request, context in
      context.responseMetadata = ["x-initial": "first"]
      for value in context.metadata.strings(for: "x-text") { context.responseTrailers.add(value, for: "x-text") }
      for value in context.metadata.binaries(for: "x-bytes-bin") {
        context.responseTrailers.add(binary: value, for: "x-bytes-bin")
      }
      return request
    },
    serverStreaming: { _, context in
      context.responseMetadata = ["x-initial": "first"]
      try await context.sendInitialMetadata()
      return AsyncGenerator { yield in
        try await yield(ByteBuffer(string: "one"))
        context.responseTrailers = ["x-last": "trailer"]
      }
    })

  @Test func `S8: text and bytes are echoed in order`() async throws {
    var metadata: Metadata = ["x-text": "one"]
    metadata.add("two, three", for: "x-text")
    metadata.add(binary: [0, 255, 128], for: "x-bytes-bin")
    metadata.add(binary: [], for: "x-bytes-bin")
    try await withServerAndChannel(Self.echoing) { channel in
      let response = try await channel.unary(
        BytesService.unary, ByteBuffer(), options: CallOptions(metadata: metadata))
      #expect(response.metadata["x-initial"] == "first")
      #expect(response.trailers.strings(for: "x-text") == ["one", "two, three"])
      #expect(response.trailers.binaries(for: "x-bytes-bin") == [[0, 255, 128], []])
    }
  }

  @Test func `a stream's metadata precedes its messages and its trailers follow them`() async throws {
    try await withServerAndChannel(Self.echoing) { channel in
      let responses = channel.serverStreaming(BytesService.serverStreaming, ByteBuffer())
      #expect(try await responses.metadata["x-initial"] == "first")
      var count = 0
      for try await _ in responses { count += 1 }
      #expect(count == 1)
      #expect(try await responses.trailers["x-last"] == "trailer")
    }
  }

  @Test func `S8: reserved and invalid keys are refused before anything is sent`() async throws {
    try await withServerAndChannel(Self.echoing) { channel in
      for key in ["grpc-status", ":path", "te", "Host", "connection", "content-length", "Ünicode", ""] {
        var metadata = Metadata()
        metadata.add("value", for: key)
        let error = await rpcError {
          try await channel.unary(BytesService.unary, ByteBuffer(), options: CallOptions(metadata: metadata))
        }
        #expect(error.code == .internal && error.message.contains("cannot be sent"))
      }
    }
  }

  @Test func `S8: whitespace around texts is sent in neither direction`() async throws {
    try await withServerAndChannel(Self.echoing) { channel in
      let options = CallOptions(metadata: ["x-text": " \tone two\t ", "x-text": " "])
      let response = try await channel.unary(BytesService.unary, ByteBuffer(), options: options)
      #expect(response.trailers.strings(for: "x-text") == ["one two", ""])
    }
  }

  @Test func `S9: headers over the limit only fail the call as RESOURCE_EXHAUSTED`() async throws {
    try await withServerAndChannel(Self.echoing) { channel in
      let long: Metadata = ["x-long": .string(String(repeating: "a", count: 20_000))]
      let error = await rpcError {
        try await channel.unary(BytesService.unary, ByteBuffer(), options: CallOptions(metadata: long))
      }
      #expect(error.code == .resourceExhausted && error.message.contains("maxHeaderListBytes"))
      let next = try await channel.unary(BytesService.unary, ByteBuffer(string: "x"))
      #expect(next.message == ByteBuffer(string: "x"))
    }
  }

  @Test func `S9: headers of 120 kilobytes are sent both ways if both sides accept them`() async throws {
    var server = ServerConfiguration(), client = ChannelConfiguration()
    server.connection.http2.maxHeaderListBytes = 130_000
    client.connection.http2.maxHeaderListBytes = 130_000
    var long = Metadata()
    for _ in 0..<4 { long.add(String(repeating: "a", count: 30_000), for: "x-text") }
    try await withServer([Self.echoing], configuration: server) { address in
      try await withChannel(RPCChannel(address.target, configuration: client)) { channel in
        let response = try await channel.unary(BytesService.unary, ByteBuffer(), options: CallOptions(metadata: long))
        #expect(response.trailers.strings(for: "x-text") == long.strings(for: "x-text"))
      }
    }
  }

  @Test func `a handler's invalid metadata is dropped and logged`() async throws {
    let log = RecordedLog()
    var configuration = ServerConfiguration()
    configuration.logger = log.logger
    let service = BytesService(unary: { request, context in
      context.responseMetadata = ["grpc-status": "5", "x-good": "kept"]
      return request
    })
    try await withServerAndChannel(service, configuration: configuration) { channel in
      let response = try await channel.unary(BytesService.unary, ByteBuffer())
      #expect(response.metadata["x-good"] == "kept")
      let line = try await log.line(containing: "metadata was not sent")
      #expect(line.contains("grpc-status"))
    }
  }
}
