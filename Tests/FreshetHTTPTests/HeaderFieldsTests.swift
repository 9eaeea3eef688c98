// A header section as one run of bytes.
import Testing

@testable import FreshetHTTP

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

  @Test(arguments: [0, 9, 10, 12_345, Int.max]) func `a number is written in decimal`(number: Int) {
    var fields = HeaderFields()
    fields.append("content-length", decimal: number)
    #expect(texts(fields) == ["content-length=\(number)"])
  }

  @Test func `empty names and values are kept`() {
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

  @Test func `bytes that are not text are kept`() {
    var fields = HeaderFields()
    let name: [UInt8] = [0x78], value: [UInt8] = [0xff, 0x00, 0x80]
    name.withUnsafeBytes { name in value.withUnsafeBytes { fields.append(name, $0) } }
    var found: [UInt8] = []
    fields.forEach { _, value in found = Array(value) }
    #expect(found == value)
  }

  @Test func `a field is found where it begins, and only there, with this name and this value`() {
    let fields: HeaderFields = ["a": "", "bb": "0123456789", "c": "3"]
    let offsets = (0...3).map(fields.offset(ofField:))
    func has(_ name: String, _ value: String, at offset: Int) -> Bool {
      Array(name.utf8).withUnsafeBytes { name in
        Array(value.utf8).withUnsafeBytes { fields.hasField(name, $0, at: offset) }
      }
    }
    #expect(has("a", "", at: offsets[0]) && has("bb", "0123456789", at: offsets[1]) && has("c", "3", at: offsets[2]))
    #expect(!has("c", "4", at: offsets[2]) && !has("d", "3", at: offsets[2]) && !has("c", "33", at: offsets[2]))
    #expect(!has("bb", "0123456788", at: offsets[1]) && !has("bb", "1123456789", at: offsets[1]))
    #expect(!has("", "", at: offsets[3]) && !has("c3", "", at: offsets[2]))
    #expect(!HeaderFields().hasField(UnsafeRawBufferPointer(start: nil, count: 0), .init(start: nil, count: 0), at: 0))
  }

  @Test func `a section can start with the fields of another, and grow`() {
    let fields: HeaderFields = ["a": "1", "b": "2", "c": "3"]
    var part = HeaderFields(first: 2, of: fields)
    #expect(texts(part) == ["a=1", "b=2"])
    #expect(part.listBytes == 2 * 34)
    part.append("d", String(repeating: "4", count: 1_000))
    #expect(texts(part).count == 3)
    #expect(texts(fields) == ["a=1", "b=2", "c=3"])
    #expect(fields.begins(with: part, bytes: part.offset(ofField: 2)))
    #expect(!fields.begins(with: part, bytes: part.offset(ofField: 3)))
    #expect(fields.begins(with: HeaderFields(first: 0, of: part), bytes: 0))
    #expect(texts(HeaderFields(first: 0, of: fields)) == [])
  }

  @Test func `a compact copy has the same fields and can grow`() {
    let fields: HeaderFields = ["a": "1", "b": "2"]
    var copy = fields.compact
    copy.append("c", "3")
    #expect(texts(copy.compact) == ["a=1", "b=2", "c=3"])
    #expect(texts(fields) == ["a=1", "b=2"])
    #expect(texts(HeaderFields().compact) == [])
  }

  @Test func `a section grows beyond its initial memory, by many fields and by a long one`() {
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
