// `freshet-bench floor`: what SwiftNIO needs by itself for a WebSocket that is idle, or echoes short messages.
import ArgumentParser
import BenchReport
import NIOCore
import NIOPosix

struct FloorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "floor", abstract: "Serve WebSockets on 127.0.0.1 by one handler that is no server at all.")

  @Argument(help: "The port; 0 takes any that is free.")
  var port: Int

  func run() async throws {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Floor()) }
      }
      .bind(host: "127.0.0.1", port: port).get()
    printLine(#"{"listening": \#(channel.localAddress?.port ?? 0)}"#)
    try await channel.closeFuture.get()
  }
}

/// Takes the first read for the handshake, and each one after it for a frame of at most 125 bytes.
private final class Floor: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var isOpen = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let output = isOpen ? Self.echo(unwrapInboundIn(data)) : ByteBuffer(staticString: Self.response)
    isOpen = true
    context.write(wrapOutboundOut(output), promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

  private static let response: StaticString =
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"

  private static func echo(_ frame: ByteBuffer) -> ByteBuffer {
    frame.withUnsafeReadableBytes { frame in
      let count = frame.count - 6
      var output = ByteBufferAllocator().buffer(capacity: 2 + count)
      output.writeWithUnsafeMutableBytes(minimumWritableBytes: 2 + count) { memory in
        memory[0] = 0x82
        memory[1] = UInt8(count)
        for offset in 0..<count { memory[2 + offset] = frame[6 + offset] ^ frame[2 + offset % 4] }
        return 2 + count
      }
      return output
    }
  }
}
