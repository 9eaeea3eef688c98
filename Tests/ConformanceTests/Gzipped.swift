// gzip compression of bytes.
import Freshet
import NIOCore

func gzipped(_ bytes: [UInt8]) -> [UInt8] {
  do {
    return Array(try Compression.gzip.compress(ByteBuffer(bytes: bytes)).readableBytesView)
  } catch {
    fatalError("gzip: \(error)")
  }
}
