// The arguments of `freshet descriptors` where they are plain, read without ArgumentParser: what that learns of its
// commands by reflection takes 12 million instructions, and compiling a small schema 3 million.

extension DescriptorsCompilation {
  /// Reads `descriptors`, files and folders, `-I` and `--proto-path` each with a folder, and `--out` with a file. Nil
  /// for all else, such as help and mistakes: those are ArgumentParser's, which reads plain arguments to the same effect.
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
