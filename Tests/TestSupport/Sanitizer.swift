// Detects sanitizers in the test process.
import Foundation

public enum Sanitizer {
  /// Whether the process runs under one.
  public static var isOn: Bool { keepsFreedMemory || dlsym(nil, "__tsan_init") != nil }

  /// AddressSanitizer keeps freed memory for a while, to detect its use.
  public static var keepsFreedMemory: Bool { dlsym(nil, "__asan_init") != nil }
}
