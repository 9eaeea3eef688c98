// A header section as one run of bytes.
import Testing

@testable import FreshetHTTP2

@Suite struct HeaderFieldsTests {
  private func texts(_ fields: HeaderFields) -> [String] {
    var texts: [String] = []
    fields.forEach { texts.append("\(String(decoding: $0, as: UTF8.self))=\(String(decoding: $1, as: UTF8.self))") }
    return texts
  }

  @Test func `fields keep their order and their duplicates`() {
    var fields: HeaderFields = ["b": "1", "a": "2"]
    fields.append("b", "3")
    #expect(texts(fields) == ["b=1", "a=2", "b=3"])
    #expect(fields.count == 3)
    #expect(fields.first("b") == "1")
    #expect(fields.first("c") == nil)
  }

  @Test func `empty names and values have their place`() {
    var fields = HeaderFields()
    fields.append("", "")
    fields.append("x", "")
    fields.append("", "y")
    #expect(texts(fields) == ["=", "x=", "=y"])
  }

  @Test func `a field costs name, value and 32 bytes`() {
    let fields: HeaderFields = ["ab": "cde", "f": ""]
    #expect(fields.listBytes == 5 + 1 + 64)
    #expect(HeaderFields().listBytes == 0)
  }

  @Test func `bytes that are no text are kept as they are`() {
    var fields = HeaderFields()
    let name: [UInt8] = [0x78], value: [UInt8] = [0xff, 0x00, 0x80]
    name.withUnsafeBytes { name in value.withUnsafeBytes { fields.append(name, $0) } }
    var found: [UInt8] = []
    fields.forEach { _, value in found = Array(value) }
    #expect(found == value)
  }

  @Test func `removeAll leaves nothing behind`() {
    var fields: HeaderFields = ["a": "b"]
    fields.removeAll()
    #expect(fields.count == 0)
    #expect(fields.listBytes == 0)
    fields.append("c", "d")
    #expect(texts(fields) == ["c=d"])
  }

  @Test func `a copy keeps what the original forgets and writes anew`() {
    var fields: HeaderFields = ["a": "b"]
    let copy = fields
    fields.removeAll()
    fields.append("c", "d")
    #expect(texts(copy) == ["a=b"])
    #expect(texts(fields) == ["c=d"])
  }

  @Test func `a section grows beyond its first memory, field by field and by one that is long`() {
    var fields = HeaderFields()
    for number in 0..<200 { fields.append("name-\(number)", "value-\(number)") }
    let long = String(repeating: "x", count: 10_000)
    fields.append("long", long)
    #expect(texts(fields) == (0..<200).map { "name-\($0)=value-\($0)" } + ["long=\(long)"])
  }

  @Test func `a copy does not see later changes`() {
    var fields: HeaderFields = ["a": "b"]
    let copy = fields
    fields.append("c", "d")
    #expect(texts(copy) == ["a=b"])
  }
}
