// google.rpc.Status in protobuf, by hand.
import FreshetWeb
import Testing

@Suite("StatusDetails")
struct StatusDetailsTests {
  @Test func `A status is written as protobuf has it`() {
    let status = StatusDetails.write(code: 5, message: "no", [StatusDetail(type: "a.B", value: [1, 2])])
    let url = Array("type.googleapis.com/a.B".utf8)
    #expect(
      status
        == [0x08, 5, 0x12, 2] + Array("no".utf8) + [0x1A, UInt8(url.count + 6), 0x0A, UInt8(url.count)] + url
        + [0x12, 2, 1, 2])
    #expect(StatusDetails.write(code: 0, message: "", []) == [])
  }

  @Test func `Details come back, whatever their length`() {
    for length in [0, 1, 127, 128, 300, 70_000] {
      let details = [
        StatusDetail(type: "a.B", value: Array(repeating: 7, count: length)), StatusDetail(type: "c.D", value: []),
      ]
      #expect(StatusDetails.read(StatusDetails.write(code: 300, message: "m", details)) == details)
    }
  }

  @Test func `The type is what follows the last slash, and other fields are skipped`() {
    let any: [UInt8] = [0x18, 0x96, 0x01, 0x0A, 9] + Array("ex/y/a.Bc".utf8) + [0x25, 1, 2, 3, 4, 0x12, 1, 9]
    let status: [UInt8] = [0x21, 1, 2, 3, 4, 5, 6, 7, 8, 0x1A, UInt8(any.count)] + any
    #expect(StatusDetails.read(status) == [StatusDetail(type: "a.Bc", value: [9])])
  }

  @Test func `Of bytes that are cut or no protobuf, what can be read is`() {
    let details = [StatusDetail(type: "a.B", value: [1]), StatusDetail(type: "a.C", value: [2])]
    let status = StatusDetails.write(code: 1, message: "m", details)
    for length in 0..<status.count { #expect(details.starts(with: StatusDetails.read(Array(status[..<length])))) }
    #expect(StatusDetails.read([0x0B]) == [])
    // Any without a type, or with one that ends in a slash.
    #expect(StatusDetails.read([0x1A, 0, 0x1A, 4, 0x0A, 2, 0x61, 0x2F]) == [])
    #expect(StatusDetails.read([0x1A] + Array(repeating: 0xFF, count: 9) + [1]) == [])
    #expect(StatusDetails.read(Array(repeating: 0x80, count: 20)) == [])
  }
}
