// A call's options merged with its client's, field by field.
import FreshetCore
import Testing

@testable import FreshetClient

@Suite struct CallOptionsTests {
  private static let client = CallOptions(
    metadata: ["authorization": "Bearer x"], timeout: .seconds(9), waitForReady: true, compression: .gzip,
    minimumCompressedBytes: 100, maxReceiveMessageBytes: 1_000)

  /// A field: how a call sets only this one, and how it is read.
  struct Field: CustomTestStringConvertible {
    var testDescription: String
    var ofCall: CallOptions
    var read: @Sendable (CallOptions) -> String

    init<Value>(_ name: String, _ ofCall: CallOptions, _ read: @escaping @Sendable (CallOptions) -> Value) {
      testDescription = name
      self.ofCall = ofCall
      self.read = { "\(read($0))" }
    }
  }

  static let fields = [
    Field("timeout", CallOptions(timeout: .seconds(1))) { $0.timeout },
    Field("waitForReady", CallOptions(waitForReady: false)) { $0.waitForReady },
    Field("compression", CallOptions(compression: .deflate)) { $0.compression?.name },
    Field("minimumCompressedBytes", CallOptions(minimumCompressedBytes: 0)) { $0.minimumCompressedBytes },
    Field("maxReceiveMessageBytes", CallOptions(maxReceiveMessageBytes: 0)) { $0.maxReceiveMessageBytes },
    Field("metadata", CallOptions(metadata: ["authorization": "Bearer y"])) {
      $0.metadata.strings(for: "authorization")
    },
  ]

  @Test func `the table has all fields`() {
    #expect(
      Mirror(reflecting: CallOptions()).children.compactMap(\.label).sorted()
        == Self.fields.map(\.testDescription).sorted())
  }

  @Test(arguments: fields.indices) func `a field that the call sets counts, and the client's others stay`(_ index: Int)
  {
    let joined = Self.client.adding(Self.fields[index].ofCall)
    for (other, field) in Self.fields.enumerated() {
      #expect(field.read(joined) == field.read(other == index ? field.ofCall : Self.client), "\(field.testDescription)")
    }
  }

  @Test(arguments: fields) func `a field that the client does not set is the call's`(_ field: Field) {
    #expect(field.read(CallOptions().adding(field.ofCall)) == field.read(field.ofCall))
  }

  @Test(arguments: [nil, CallOptions()]) func `a call without options has the client's`(_ call: CallOptions?) {
    let joined = Self.client.adding(call)
    for field in Self.fields { #expect(field.read(joined) == field.read(Self.client)) }
  }

  @Test func `metadata of the call replaces all values of its keys, in any case, and keeps the others`() {
    let client = CallOptions(metadata: ["a": "1", "b": "2", "A": "3", "c-bin": [1]])
    let joined = client.adding(CallOptions(metadata: ["A": "4", "d": "5", "a": "6"]))
    #expect(joined.metadata == ["b": "2", "c-bin": [1], "a": "4", "d": "5", "a": "6"])
  }
}
