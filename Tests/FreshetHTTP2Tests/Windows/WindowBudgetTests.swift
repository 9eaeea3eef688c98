// What a stream gets from the budgets, and that all of it is returned.
import FreshetHTTP
import Testing

@testable import FreshetHTTP2

/// A connection's budget behind a reference, since `#expect` cannot call mutating methods.
private final class Held {
  private var budget: ConnectionWindowBudget
  init(_ limitBytes: Int, _ process: WindowBudget) {
    budget = ConnectionWindowBudget(limitBytes: limitBytes)
    budget.process = process
  }
  var takenBytes: Int { budget.takenBytes }
  func take(_ bytes: Int, held: Int = 0) -> Int { budget.take(bytes, heldBytes: held) }
  func giveBack(_ bytes: Int) { budget.giveBack(bytes) }
}

@Suite struct WindowBudgetTests {
  private let process = WindowBudget(limitBytes: 1 << 30)

  @Test func `a stream gets what it wants, up to half of what the others have left`() {
    let budget = Held(32 << 20, process)
    #expect(budget.take(1 << 20) == 1 << 20)
    #expect(budget.take(20 << 20, held: 1 << 20) == 15 << 20)
    #expect(budget.take(1 << 20, held: 16 << 20) == 0)
    #expect(budget.take(20 << 20) == 8 << 20)
    #expect(budget.take(20 << 20) == 4 << 20)
    #expect(budget.takenBytes == 28 << 20)
    #expect(process.takenBytes == 28 << 20)
  }

  @Test func `further streams always get something, until it would be little`() {
    let budget = Held(32 << 20, process)
    var shares: [Int] = []
    repeat { shares.append(budget.take(16 << 20)) } while shares.last != 0
    #expect(shares.dropLast() == (0...8).map { (16 << 20) >> $0 })
  }

  @Test func `a small amount is given if no more was wanted`() {
    #expect(Held(1 << 20, process).take(10) == 10)
    #expect(Held(10, process).take(10) == 0)
    #expect(Held(0, process).take(10) == 0)
  }

  @Test func `what one stream returns another can take`() {
    let budget = Held(32 << 20, process)
    let got = budget.take(.max)
    budget.giveBack(got)
    #expect(budget.takenBytes == 0)
    #expect(process.takenBytes == 0)
    #expect(budget.take(.max) == got)
  }

  @Test func `all connections share the process's budget`() {
    let process = WindowBudget(limitBytes: 8 << 20)
    let one = Held(32 << 20, process), other = Held(32 << 20, process)
    #expect(one.take(16 << 20) == 4 << 20)
    #expect(other.take(16 << 20) == 2 << 20)
    one.giveBack(4 << 20)
    #expect(other.take(16 << 20) == 3 << 20)
    #expect(process.takenBytes == 5 << 20)
  }

  @Test func `many threads take and return, never exceeding the limit`() async {
    let process = WindowBudget(limitBytes: 1 << 20)
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask { @concurrent in
          for _ in 0..<10_000 {
            let got = process.take(100_000, heldBytes: 0)
            #expect(process.takenBytes <= process.limitBytes)
            process.giveBack(got)
          }
        }
      }
    }
    #expect(process.takenBytes == 0)
  }
}
