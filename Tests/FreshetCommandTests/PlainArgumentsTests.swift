// Arguments parsed without ArgumentParser have the same result.
import ArgumentParser
import Testing

@testable import FreshetCommand

@Suite struct PlainArgumentsTests {
  @Test func `Inputs, proto paths and the output are parsed in any order`() {
    let read = DescriptorsCompilation(
      plainArguments: ["descriptors", "-I", "one", "a.proto", "--out", "set", "--proto-path", "two", "b"])
    #expect(read == DescriptorsCompilation(inputs: ["a.proto", "b"], protoPaths: ["one", "two"], out: "set"))
    let bare = DescriptorsCompilation(plainArguments: ["descriptors", "a.proto", "--out", "set"])
    #expect(bare == DescriptorsCompilation(inputs: ["a.proto"], protoPaths: ["."], out: "set"))
  }

  @Test(
    arguments: [
      [], ["generate", "a", "--out", "b"], ["descriptors"], ["descriptors", "--help"], ["descriptors", "a"],
      ["descriptors", "--out", "b"], ["descriptors", "a", "--out=b"], ["descriptors", "a", "-Ic", "--out", "b"],
      ["descriptors", "a", "--out"], ["descriptors", "a", "--out", "b", "--out", "c"],
      ["descriptors", "a", "--out", "-"],
      ["descriptors", "a", "--out", "b", "-I"], ["descriptors", "--", "a", "--out", "b"], ["help", "descriptors"],
    ])
  func `Other commands, help, other forms of options, and errors are left to ArgumentParser`(arguments: [String]) {
    #expect(DescriptorsCompilation(plainArguments: arguments) == nil)
  }

  @Test func `All short argument lists that are parsed have ArgumentParser's result`() throws {
    let words = ["a", "b", "-I", "--proto-path", "--out", "-c", "descriptors"]
    var lists: [[String]] = [["descriptors"]]
    var read = 0
    for _ in 1...5 {
      lists = lists.flatMap { list in words.map { list + [$0] } }
      for list in lists {
        guard let plain = DescriptorsCompilation(plainArguments: list) else { continue }
        let command = try #require(try RootCommand.parseAsRoot(list) as? DescriptorsCommand, "\(list)")
        #expect(command.compilation == plain, "\(list)")
        read += 1
      }
    }
    #expect(read > 500)
  }
}
