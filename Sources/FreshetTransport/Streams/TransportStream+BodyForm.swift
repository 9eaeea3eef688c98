// A stream's part for bodies whose protocol has other framing than gRPC's.
import FreshetCore
import NIOCore

extension TransportStream {
  /// The body has other framing than gRPC's; called before its first byte.
  package func useBodyFraming(_ framing: BodyFraming) {
    assert(executor.isCurrent)
    loopState.framing = framing
  }

  /// Takes a part of the body.
  @inline(never)
  func receive(_ bytes: UnsafeRawBufferPointer, in framing: BodyFraming) {
    switch framing {
    case .whole:
      let bufferedBytes = loopState.inbound.bufferedBytes
      buffers._withUnsafeGuaranteedRef { loopState.inbound.appendWhole(bytes, memory: $0) }
      noteInbound(loopState.inbound.bufferedBytes - bufferedBytes)
    case .other(let form): append(from: form) { framed throws(RPCError) in try form.take(bytes, into: &framed) }
    }
    loopState.call?.receiveData()
    wakeReader()
  }

  @inline(never)
  func finishBody(in framing: BodyFraming) {
    switch framing {
    case .whole(let isCompressed):
      let bufferedBytes = loopState.inbound.bufferedBytes
      loopState.inbound.finishWhole(isCompressed: isCompressed)
      noteInbound(loopState.inbound.bufferedBytes - bufferedBytes)
    case .other(let form): append(from: form) { framed throws(RPCError) in try form.finish(into: &framed) }
    }
  }

  private func append(from form: any BodyForm, _ make: (inout ByteBuffer) throws(RPCError) -> Void) {
    guard loopState.inbound.isOpen else { return }
    let heldBytes = form.heldBytes, bufferedBytes = loopState.inbound.bufferedBytes
    var framed = ByteBuffer()
    do throws(RPCError) {
      try make(&framed)
      framed.withUnsafeReadableBytes { bytes in
        buffers._withUnsafeGuaranteedRef { if !bytes.isEmpty { loopState.inbound.append(bytes, memory: $0) } }
      }
    } catch {
      loopState.inbound.fail(error)
    }
    hold(form.heldBytes - heldBytes)
    noteInbound(loopState.inbound.bufferedBytes - bufferedBytes)
  }
}
