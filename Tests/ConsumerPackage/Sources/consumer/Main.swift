// Calls a service of its own over the generated client.
import Freshet

struct GreeterService: Greet_V1_Greeter.Service {
  func greet(_ request: Greet_V1_Name, context: ServerContext) async throws -> Greet_V1_Greeting {
    .with { $0.text = "Hello, \(request.name)!" }
  }

  func greetOften(_ request: Greet_V1_Name, context: ServerContext) -> MessageStream<Greet_V1_Greeting> {
    MessageStream { yield in
      for number in 1...3 { try await yield(.with { $0.text = "Hello \(number), \(request.name)!" }) }
    }
  }
}

@main
enum Main {
  static func main() async throws {
    let greeter = Greet_V1_Greeter.Client(inProcess: GreeterService())
    let greeting: Greet_V1_Greeting = try await greeter.greet(.with { $0.name = "consumer" })
    print(greeting.text)
    for try await greeting in greeter.greetOften(.with { $0.name = "consumer" }) { print(greeting.text) }
    await greeter.channel.shutdown()
  }
}
