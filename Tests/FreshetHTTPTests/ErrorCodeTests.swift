// The error codes of HTTP/2 and their names.
import Testing

@testable import FreshetHTTP

@Suite struct ErrorCodeTests {
  @Test(
    arguments: [
      (ErrorCode.noError, 0, "NO_ERROR"), (.protocolError, 1, "PROTOCOL_ERROR"), (.internalError, 2, "INTERNAL_ERROR"),
      (.flowControlError, 3, "FLOW_CONTROL_ERROR"), (.settingsTimeout, 4, "SETTINGS_TIMEOUT"),
      (.streamClosed, 5, "STREAM_CLOSED"), (.frameSizeError, 6, "FRAME_SIZE_ERROR"),
      (.refusedStream, 7, "REFUSED_STREAM"),
      (.cancel, 8, "CANCEL"), (.compressionError, 9, "COMPRESSION_ERROR"), (.connectError, 10, "CONNECT_ERROR"),
      (.enhanceYourCalm, 11, "ENHANCE_YOUR_CALM"), (.inadequateSecurity, 12, "INADEQUATE_SECURITY"),
      (.http11Required, 13, "HTTP_1_1_REQUIRED"),
    ] as [(ErrorCode, UInt32, String)])
  func `a code has RFC 9113's number and name`(code: ErrorCode, number: UInt32, name: String) {
    #expect(code.rawValue == number)
    #expect(code.description == name)
  }

  @Test(arguments: [(14, "error code 0xe"), (0xffff_ffff, "error code 0xffffffff")] as [(UInt32, String)])
  func `an unknown code is described by its number`(number: UInt32, text: String) {
    #expect(ErrorCode(rawValue: number).description == text)
  }
}
