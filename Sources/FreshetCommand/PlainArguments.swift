// Parses plain arguments of `freshet descriptors` without ArgumentParser, whose reflection over its commands takes 12
// million instructions; compiling a small schema takes 3 million.

extension DescriptorsCompilation {
  /// Parses `descriptors`, files and folders, `-I` and `--proto-path` each with a folder, and `--out` with a file. Nil
  /// for everything else, such as help and errors: those are left to ArgumentParser, which parses plain arguments with
  /// the same result.
  init?(plainArguments arguments: some Sequence<String>) {
    var rest = arguments.makeIterator()
    guard rest.next() == "descriptors" else { return nil }
    var inputs: [String] = []
    var protoPaths: [String] = []
    var out: String?
    while let argument = rest.next() {
      switch argument {
      case "-I", "--proto-path":
        guard let folder = rest.next(), Self.isPlain(folder) else { return nil }
        protoPaths.append(folder)
      case "--out":
        guard out == nil, let file = rest.next(), Self.isPlain(file) else { return nil }
        out = file
      default:
        guard Self.isPlain(argument) else { return nil }
        inputs.append(argument)
      }
    }
    guard !inputs.isEmpty, let out else { return nil }
    self.init(inputs: inputs, protoPaths: protoPaths.isEmpty ? ["."] : protoPaths, out: out)
  }

  private static func isPlain(_ word: String) -> Bool { !word.isEmpty && !word.hasPrefix("-") }
}
