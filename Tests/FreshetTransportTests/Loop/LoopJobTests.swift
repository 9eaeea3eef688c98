// Jobs that many threads submit to one loop.
import NIOPosix
import Synchronization
import Testing

@testable import FreshetTransport

@Suite(.timeLimit(.minutes(5))) struct LoopJobTests {
  private final class Numbered: LoopJob, @unchecked Sendable {
    private let body: (Int) -> Void
    private let number: Int
    init(_ number: Int, _ body: @escaping (Int) -> Void) { (self.number, self.body) = (number, body) }
    override func run() { body(number) }
  }

  @Test func `only the first queued job wakes the loop`() {
    let jobs = LoopJobs()
    let first = jobs.add(LoopClosure {}), second = jobs.add(LoopClosure {})
    jobs.runAll()
    let afterwards = jobs.add(LoopClosure {})
    jobs.runAll()
    #expect([first, second, afterwards] == [true, false, true])
  }

  @Test func `jobs run in the order of addition, once, and are released`() {
    let jobs = LoopJobs()
    var ran: [Int] = []
    weak var last: Numbered?
    for number in 0..<100 {
      let job = Numbered(number) { ran.append($0) }
      last = job
      _ = jobs.add(job)
    }
    jobs.runAll()
    jobs.runAll()
    #expect(ran == Array(0..<100))
    #expect(last == nil)
  }

  @Test func `a job that has run, or is running, may be submitted again`() {
    let jobs = LoopJobs()
    var count = 0
    var again: Numbered?
    again = Numbered(0) { _ in
      count += 1
      if count < 3, let again { _ = jobs.add(again) }
    }
    if let again { _ = jobs.add(again) }
    for _ in 0..<3 { jobs.runAll() }
    #expect(count == 3)
    again = nil
  }

  @Test func `a job that runs earlier jobs runs the rest of its batch, and later ones`() {
    let jobs = LoopJobs()
    var ran: [Int] = []
    _ = jobs.add(
      Numbered(0) { _ in
        _ = jobs.add(Numbered(3) { ran.append($0) })
        jobs.runAll()
        ran.append(0)
      })
    _ = jobs.add(Numbered(1) { ran.append($0) })
    _ = jobs.add(Numbered(2) { ran.append($0) })
    jobs.runAll()
    let isEmpty = jobs.isEmpty
    #expect(ran == [1, 2, 3, 0])
    #expect(isEmpty)
  }

  @Test func `each thread's jobs run on the loop in that thread's order, and none is lost`() async {
    let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
    let log = Log(), threads = 8, each = 2_000
    await withTaskGroup { group in
      for thread in 0..<threads {
        group.addTask {
          for number in 0..<each {
            executor.run(
              Numbered(number) { number in
                precondition(executor.isCurrent)
                log.ran(thread, number)
              })
          }
        }
      }
    }
    // Comes after all of them.
    let (counts, outOfOrder) = await executor.call { log.all }
    #expect(outOfOrder.isEmpty)
    #expect(counts == Dictionary(uniqueKeysWithValues: (0..<threads).map { ($0, each) }))
  }

  @Test func `a job submitted on the loop runs at once`() async {
    let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
    let isImmediate = await executor.call {
      var ran = false
      executor.run(Numbered(0) { _ in ran = true })
      return ran
    }
    #expect(isImmediate)
  }

  /// Records what ran, by thread.
  private final class Log: Sendable {
    private let state = Mutex((counts: [Int: Int](), outOfOrder: [String]()))
    func ran(_ thread: Int, _ number: Int) {
      state.withLock { state in
        if state.counts[thread, default: 0] != number { state.outOfOrder.append("\(thread): \(number)") }
        state.counts[thread, default: 0] += 1
      }
    }
    var all: (counts: [Int: Int], outOfOrder: [String]) { state.withLock { $0 } }
  }
}
