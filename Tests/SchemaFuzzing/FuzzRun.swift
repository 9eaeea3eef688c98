// Compiles schemas with random damage, one after another: the compiler must survive each one.
import Foundation
import Fuzzing
import ProtoCompiler

/// A repeatable run: equal seeds cause equal damage.
public struct FuzzRun {
  public struct Outcome: Sendable {
    public var usable = 0
    public var refused = 0
    /// Diagnostics without a text, which must not occur.
    public var emptyFindings = 0
  }

  /// The schemas to damage, by the name under which others import them.
  private let schemas: [(name: String, bytes: [UInt8])]
  private let seed: UInt64

  public init(_ schemas: [(name: String, bytes: [UInt8])], seed: UInt64) { (self.schemas, self.seed) = (schemas, seed) }

  /// All schemas below some folders, with relative names.
  public static func schemas(in folders: [String]) -> [(name: String, bytes: [UInt8])] {
    folders.flatMap { folder in
      (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
        .filter { $0.hasSuffix(".proto") }.sorted()
        .compactMap { name in FileManager.default.contents(atPath: folder + "/" + name).map { (name, Array($0)) } }
    }
  }

  /// - Parameter progress: called now and then with the number of compiled inputs.
  public func run(count: Int, progress: (Int) -> Void = { _ in }) -> Outcome {
    var mutator = Mutator.ofSchemas(seed: seed)
    let spares = schemas.map(\.bytes)
    let whole = Dictionary(schemas.map { ($0.name, $0.bytes) }, uniquingKeysWith: { first, _ in first })
    var outcome = Outcome()
    for index in 0..<count {
      let damaged = mutator.mutate(spares[mutator.index(below: spares.count)], spares: spares)
      let tree = SourceTree(searched: []) { name in
        let bytes = name == "fuzz.proto" ? damaged : whole[name]  // the imports of a damaged schema are intact
        return bytes.map { .found(.init(displayPath: name, bytes: $0)) } ?? .missing
      }
      let result = Compiler(tree).compile(["fuzz.proto"])
      for finding in result.diagnostics where finding.description.isEmpty { outcome.emptyFindings += 1 }
      if result.isUsable { outcome.usable += 1 } else { outcome.refused += 1 }
      if index % 50_000 == 49_999 { progress(index + 1) }
    }
    return outcome
  }
}
