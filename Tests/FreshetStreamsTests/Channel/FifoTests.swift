// The ring buffer of queues, compared with an array.
import TestSupport
import Testing

@testable import FreshetStreams

@Suite("Fifo")
struct FifoTests {
  @Test func `After any operations, it equals an array`() {
    var random = SeededRandom.forTest("Fifo.likeAnArray")
    for _ in 0..<200 {
      var (fifo, array) = (Fifo<Int>(), [Int]())
      for step in 0..<60 {
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1, 2:
          fifo.append(step)
          array.append(step)
        case 3: #expect(fifo.popFirst() == (array.isEmpty ? nil : array.removeFirst()))
        case 4:
          let one = array.randomElement(using: &random)
          array.removeAll { $0 == one }
          #expect(fifo.removeFirst { $0 == one } == one)
        default:
          guard let place = array.indices.randomElement(using: &random) else { continue }
          (fifo[place], array[place]) = (-step, -step)
        }
        #expect(fifo.elements == array && fifo.count == array.count && fifo.isEmpty == array.isEmpty)
      }
    }
  }

  @Test func `Removed elements are released`() {
    final class Thing {}
    weak var thing: Thing?
    var fifo = Fifo<Thing>()
    do {
      let new = Thing()
      thing = new
      fifo.append(new)
    }
    #expect(thing != nil)
    #expect(fifo.popFirst() != nil)
    #expect(thing == nil)
  }
}
