// W15, W21: trailers in the last frame of a gRPC-Web body.
import FreshetCore
import FreshetHTTP
import FreshetWeb
import NIOCore
import Testing

@Suite("GRPCWebTrailers")
struct GRPCWebTrailersTests {
  private func frame(_ status: Status, details: [UInt8]? = nil, metadata: Metadata = [:]) -> [UInt8] {
    Array(buffer: GRPCWebTrailers.frame(status, details: details, metadata: metadata))
  }

  @Test func `W15: the frame has the flag 0x80, and no empty line at its end`() {
    #expect(frame(.ok) == framed(0x80, "grpc-status: 0\r\n"))
  }

  @Test func `W15, W41: names are in lower case, the message is percent-encoded, bytes are unpadded base64`() {
    let written = frame(
      Status(code: .notFound, message: "no »such«\r\ngrpc-status: 0"), details: [1],
      metadata: ["X-T": "2", "x-t": "3", "x-bin": [1, 2] as [UInt8]])
    #expect(
      written
        == framed(
          0x80,
          "grpc-status: 5\r\ngrpc-message: no %C2%BBsuch%C2%AB%0D%0Agrpc-status: 0\r\ngrpc-status-details-bin: AQ\r\n"
            + "x-t: 2\r\nx-t: 3\r\nx-bin: AQI\r\n"))
  }

  @Test(arguments: Status.Code.allCases)
  func `W15: there is exactly one status, and it can be read again`(code: Status.Code) throws {
    let written = frame(Status(code: code, message: "m"), metadata: ["a": "b"])
    let read = try GRPCWebTrailers.read(written.dropFirst(5))
    #expect(lines(read) == ["grpc-status: \(code.rawValue)", "grpc-message: m", "a: b"])
  }

  @Test(
    arguments: [
      "Grpc-Status:5\r\nX-T:  2 \r\nx-t:3\r\nEmpty:\r\n", "grpc-status: 5\nx-t: 2\nx-t: 3\nempty: ",
      "\r\nGRPC-STATUS:\t5\r\n\r\nX-t:2\t\r\nx-T: 3\r\nempty:  \r\n\r\n",
    ])
  func `W15, W21: names in any case, blanks or none, repeated names and other line ends are read`(frame: String) throws
  {
    #expect(
      lines(try GRPCWebTrailers.read(frame.utf8)) == ["grpc-status: 5", "x-t: 2", "x-t: 3", "empty: "])
  }

  @Test func `W21: trailers without a status, or without anything, are read`() throws {
    #expect(lines(try GRPCWebTrailers.read("x-t: 2\r\n".utf8)) == ["x-t: 2"])
    #expect(lines(try GRPCWebTrailers.read("".utf8)) == [])
  }

  @Test(
    arguments: [
      "grpc-status", ": 0\r\n", "grpc status: 0\r\n", "grpc-status: 0\r\n folded: 1\r\n", "a: b\rc: d\r\n",
      "a: b\0\r\n",
      "grpc-stätus: 0\r\n", ":status: 200\r\n", "a : b\r\n",
    ])
  func `W21: a line that is no field is an error`(frame: String) {
    let error = #expect(throws: RPCError.self) { try GRPCWebTrailers.read(frame.utf8) }
    #expect(error?.code == .internal)
  }
}
