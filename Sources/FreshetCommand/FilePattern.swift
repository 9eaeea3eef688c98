// Shell-like path patterns: for callers without a shell, and for configuration files.
import Foundation

/// A path with `*`, `?`, `[…]` for parts of a name, and `**` for any number of folders.
struct FilePattern {
  private let parts: [Substring]
  private let isAbsolute: Bool

  /// Nil for a path without wildcards.
  init?(_ pattern: String) {
    guard pattern.utf8.contains(where: "*?[".utf8.contains) else { return nil }
    parts = pattern.split(separator: "/")
    isAbsolute = pattern.hasPrefix("/")
  }

  /// The matching files, in alphabetical order.
  func files() -> [String] {
    var found: Set<String> = []
    Self.expand(isAbsolute ? "/" : "", parts[...], into: &found)
    return found.sorted()
  }

  private static func expand(_ base: String, _ parts: ArraySlice<Substring>, into found: inout Set<String>) {
    guard let part = parts.first else {
      if isFolder(base) == false { found.insert(base) }
      return
    }
    let rest = parts.dropFirst()
    if part == "**" {
      expand(base, rest, into: &found)
      for name in names(in: base) where isFolder(base + name) == true && !name.hasPrefix(".") {
        expand(base + name + "/", parts, into: &found)
      }
      return
    }
    for name in names(in: base) where fnmatch(String(part), name, FNM_PERIOD) == 0 {
      expand(rest.isEmpty ? base + name : base + name + "/", rest, into: &found)
    }
  }

  private static func names(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    return names + [".."]  // a pattern may begin with it
  }

  /// Nil if there is nothing at the path.
  private static func isFolder(_ path: String) -> Bool? {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
  }
}
