// Compares the table of laws with the sources: every public stream is covered.
import Foundation
import Testing

@Suite("Completeness of the laws")
struct CompletenessTests {
  /// Public names that are no streams, and why.
  private static let others = [
    "ImmediateSink": "what a generator runs into; its laws are in ImmediateRunTests and GeneratorInterleavings",
    "Yield": "what a generator's body calls; its laws are in YieldTests and RendezvousTests",
  ]

  private static let sources = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Sources/FreshetStreams").resolvingSymlinksInPath()

  /// The public types and functions at the top level, and the public functions of extensions of `AsyncSequence` and of
  /// existing streams.
  private func declaredNames() throws -> Set<String> {
    let files = try #require(FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil))
    var names: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      var isExtension = false
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        if line.hasPrefix("extension AsyncSequence") || line.hasPrefix("extension Paginated where") {
          isExtension = true
        } else if line.hasPrefix("}") {
          isExtension = false
        }
        let pattern =
          isExtension ? #/^  public func (\w+)/# : #/^public (?:final class|struct|enum|protocol|func) (\w+)/#
        if let match = line.prefixMatch(of: pattern) { names.insert(String(match.1)) }
      }
    }
    return names
  }

  @Test func `Every public name of the target is covered by the laws, or is known not to be a stream`() throws {
    let declared = try declaredNames()
    let covered = Set(Specimen.all.flatMap(\.covers))
    #expect(declared.subtracting(covered).subtracting(Self.others.keys).sorted() == [])
    #expect(covered.union(Self.others.keys).subtracting(declared).sorted() == [], "these no longer exist")
    #expect(declared.count > 40, "the sources were not read")
  }
}
