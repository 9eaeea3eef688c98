// W22–W27: who may call, and what settings cannot be.
import FreshetHTTP
import FreshetWeb
import Testing

@Suite("CORSPolicy")
struct CORSPolicyTests {
  private func isAllowed(_ origin: String, _ origins: CORSPolicy.Origins) -> Bool {
    let policy = CORSPolicy { $0.origins = origins }
    if case .allowed = policy.judge(["origin": origin]) { return true }
    return false
  }

  @Test func `W22: no other origin may call by default`() {
    #expect(CORSPolicy().isOff)
    for origin in ["https://a.example", "null", ""] {
      #expect(CORSPolicy().judge(["origin": origin]) == .refused(origin: origin))
    }
  }

  @Test func `W22: named origins match as a whole`() {
    let origins: CORSPolicy.Origins = ["https://a.example", "http://localhost:5173"]
    #expect(isAllowed("https://a.example", origins) && isAllowed("http://localhost:5173", origins))
    for other in [
      "http://a.example", "https://a.example:444", "https://a.example.evil", "https://b.a.example", "http://localhost",
      "null",
      "https://a.example/", "",
    ] {
      #expect(!isAllowed(other, origins), "\(other)")
    }
  }

  @Test func `W22: null is allowed only by name`() {
    #expect(isAllowed("null", ["null"]))
    #expect(!isAllowed("null", .any))
    #expect(!isAllowed("null", .matching { _ in true }))
    #expect(isAllowed("https://any.example", .any))
  }

  @Test func `W22: a predicate sees the origin as browsers write it`() {
    #expect(isAllowed("https://X.example:443", .matching { $0 == "https://x.example" }))
    #expect(!isAllowed("https://x.example", .matching { _ in false }))
    #expect(!isAllowed("nonsense", .matching { _ in true }))
  }

  @Test func `W22: settings that cannot be are named`() {
    func problem(_ configure: (inout CORSPolicy) -> Void) -> String? { CORSPolicy(configure).problem?.setting }
    #expect(problem { _ in } == nil)
    #expect(
      problem {
        $0.origins = ["https://a", "null"]; $0.allowsCredentials = true; $0.allowedHeaders = ["*"]
      } == nil)
    #expect(problem { $0.origins = ["https://a/"] } == "origins")
    #expect(problem { $0.origins = ["*"] } == "origins")
    #expect(
      problem {
        $0.origins = .any; $0.allowsCredentials = true
      } == "allowsCredentials")
    #expect(problem { $0.maxAge = .seconds(-1) } == "maxAge")
    #expect(problem { $0.methods = ["GET, PUT"] } == "methods")
    #expect(problem { $0.allowedHeaders = ["x\r\ny"] } == "allowedHeaders")
    #expect(problem { $0.exposedHeaders = [""] } == "exposedHeaders")
  }
}
