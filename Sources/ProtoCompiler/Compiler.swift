// Combines the compiler's parts: from the names of schema files to their descriptors and those of their imports.
public import SwiftProtobuf

/// Compiles `.proto` files, like `protoc --include_imports --include_source_info --descriptor_set_out`.
///
/// ```swift
/// let result = Compiler(SourceTree(["hello.proto": text])).compile(["hello.proto"])
/// ```
///
/// Supports proto2, proto3, and editions 2023 and 2024, with all options, including extensions.
public struct Compiler: Sendable {
  /// The result of a compilation.
  public struct Result: Sendable {
    /// The requested files and all their imports, each after its own imports. Complete only if there are no errors.
    public var fileSet: Google_Protobuf_FileDescriptorSet
    /// Errors and warnings, by file in the order of reading, and then by position.
    public var diagnostics: [Diagnostic]

    /// Whether the descriptors can be used.
    public var isUsable: Bool { !diagnostics.contains { $0.severity == .error } }
  }

  private let sources: SourceTree

  public init(_ sources: SourceTree) { self.sources = sources }

  /// Compiles the named files and all their imports.
  public func compile(_ files: [String]) -> Result {
    var descriptors: [Google_Protobuf_FileDescriptorProto] = []
    let diagnostics = compile(files) { descriptor, source in
      var descriptor = descriptor
      descriptor.sourceCodeInfo = source.proto
      descriptors.append(descriptor)
    }
    return Result(fileSet: .with { $0.file = descriptors }, diagnostics: diagnostics)
  }

  /// Like `compile`, but directly to the bytes of a `FileDescriptorSet`, which is faster.
  /// - Returns: the bytes, to be used only if there are no errors, and the diagnostics.
  public func compileToBytes(_ files: [String]) -> (bytes: [UInt8], diagnostics: [Diagnostic]) {
    var set = WireBytes()
    let diagnostics = compile(files) { descriptor, source in
      // Only fails for values that a message of the schemas' own cannot have.
      let file: [UInt8] = (try? descriptor.serializedBytes(partial: true)) ?? []
      let placesBytes = source.wireBytes
      set.appendHead(1, contentBytes: file.count + WireBytes.size(ofContent: placesBytes))
      set.append(content: file)
      set.appendHead(FieldPath.File.sourceCodeInfo, contentBytes: placesBytes)
      source.append(to: &set)
    }
    return (set.bytes, diagnostics)
  }

  /// - Parameter take: called with each file after its imports.
  private func compile(
    _ files: [String], _ take: (Google_Protobuf_FileDescriptorProto, SourceInfo) -> Void
  ) -> [Diagnostic] {
    var (units, diagnostics) = Loader.load(files, from: sources)
    var program = Program()
    units.reverse()
    while var unit = units.popLast() {  // a unit that is not shared is changed in place, not copied
      var (descriptor, source, findings, usesSourceRetention) = program.add(&unit)
      if usesSourceRetention { program.strip(&descriptor, &source) }
      take(descriptor, source)
      diagnostics += findings
    }
    return diagnostics
  }
}

/// One file during its compilation.
struct CompilationUnit {
  var descriptor: Google_Protobuf_FileDescriptorProto
  var source: SourceInfo
  var options: WrittenOptions
  var bag: DiagnosticBag
  /// Whether the file was requested by name, not only imported.
  var isRoot: Bool
}

/// Links files one after another, each after its imports.
private struct Program {
  private let catalog = TypeCatalog()
  private var exportedFiles: [String: Set<String>] = [:]
  private var brokenFiles: Set<String> = []

  mutating func add(
    _ unit: inout CompilationUnit
  ) -> (Google_Protobuf_FileDescriptorProto, SourceInfo, [Diagnostic], usesSourceRetention: Bool) {
    var file = unit.descriptor
    unit.descriptor = .init()  // makes `file` the unique owner of its storage
    exportedFiles[file.name] = exports(of: file)
    catalog.symbols.declareAll(
      in: file, unit.source, placeOf: { [catalog] in catalog.place(of: $0, $1) }, reportingTo: &unit.bag)
    // The declarations of a broken file are incomplete, so errors about names would only distract.
    let isWhole = brokenFiles.isDisjoint(with: file.dependency) && brokenFiles.isDisjoint(with: file.optionDependency)
    var usesSourceRetention = false
    if isWhole, !unit.bag.hasErrors { usesSourceRetention = resolve(&file, &unit) }
    if unit.bag.hasErrors || !isWhole { brokenFiles.insert(file.name) }
    catalog.add(unit.source, of: unit.bag.file)  // only now, or its positions would be copied when options get theirs
    let line = { (finding: Diagnostic) in (finding.location?.line ?? 0, finding.location?.column ?? 0) }
    return (file, unit.source, unit.bag.diagnostics.sorted { line($0) < line($1) }, usesSourceRetention)
  }

  /// Removes source-retention options from the output. The catalog keeps them.
  func strip(_ file: inout Google_Protobuf_FileDescriptorProto, _ source: inout SourceInfo) {
    SourceRetention.strip(&file, &source, catalog)
  }

  /// Everything that needs other files: types, options, and the rules that involve both.
  /// - Returns: whether there are options with source retention.
  private func resolve(_ file: inout Google_Protobuf_FileDescriptorProto, _ unit: inout CompilationUnit) -> Bool {
    let visible = visibleFiles(of: file, withOptionImports: false)
    var used = Linker.link(&file, catalog, visibleFiles: visible, unit.source, reportingTo: &unit.bag)
    let declaresOptions = unit.options.hasCustom || file.package == "google.protobuf"
    if declaresOptions { catalog.add(file) }
    let lookUp = OptionLookUp(catalog: catalog, visibleFiles: visibleFiles(of: file, withOptionImports: true))
    let builtIn = OptionInterpreter.interpret(
      .builtIn, unit.options, of: &file, &unit.source, lookUp, reportingTo: &unit.bag)
    used.formUnion(builtIn.usedFiles)
    // descriptor.proto's own declarations were not known yet when its own options were parsed.
    var usesSourceRetention = builtIn.usesSourceRetention || file.package == "google.protobuf"
    catalog.add(file)
    if unit.options.hasCustom {
      let custom = OptionInterpreter.interpret(
        .custom, unit.options, of: &file, &unit.source, lookUp, reportingTo: &unit.bag)
      used.formUnion(custom.usedFiles)
      usesSourceRetention = usesSourceRetention || custom.usesSourceRetention
      catalog.add(file)
    }
    Validator.validate(file, unit.options, unit.source, catalog, reportingTo: &unit.bag)
    if unit.isRoot { warnOfUnusedImports(of: file, used, unit.source, &unit.bag) }
    return usesSourceRetention
  }

  /// The file itself, and its public imports, transitively.
  private func exports(of file: Google_Protobuf_FileDescriptorProto) -> Set<String> {
    file.publicDependency.reduce(into: [file.name]) { files, index in
      files.formUnion(exportedFiles[file.dependency[Int(index)]] ?? [])
    }
  }

  private func visibleFiles(
    of file: Google_Protobuf_FileDescriptorProto, withOptionImports: Bool
  ) -> Set<String> {
    let imports = file.dependency + (withOptionImports ? file.optionDependency : [])
    return imports.reduce(into: [file.name]) { $0.formUnion(exportedFiles[$1] ?? []) }
  }

  private func warnOfUnusedImports(
    of file: Google_Protobuf_FileDescriptorProto, _ used: Set<String>, _ source: SourceInfo, _ bag: inout DiagnosticBag
  ) {
    guard !bag.hasErrors else { return }
    for (i, name) in file.dependency.enumerated() where !file.publicDependency.contains(Int32(i)) {
      guard used.isDisjoint(with: exportedFiles[name] ?? []) else { continue }
      bag.warning("“\(name)” is imported and not used", at: source.span(of: [FieldPath.File.dependency, Int32(i)]))
    }
  }
}
