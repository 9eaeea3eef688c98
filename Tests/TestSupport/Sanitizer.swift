// What a sanitizer changes about the process that the tests run in.
import Foundation

public enum Sanitizer {
  /// Whether the process runs under one.
  public static var isOn: Bool { keepsFreedMemory || dlsym(nil, "__tsan_init") != nil }

  /// AddressSanitizer holds freed memory back for a while, to notice who still uses it.
  public static var keepsFreedMemory: Bool { dlsym(nil, "__asan_init") != nil }
}
