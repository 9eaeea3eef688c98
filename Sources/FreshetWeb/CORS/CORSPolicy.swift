// Which pages of other origins may call a server (W22–W27).
import FreshetText

/// Which web pages may call a server that is not their own.
///
/// A browser lets a script send requests to another origin (another scheme, host or port) only if the server there allows it. By
/// default no page of another origin may call. What is allowed here holds for gRPC-Web, Connect and plain routes alike.
///
/// ```swift
/// let policy = CORSPolicy {
///   $0.origins = ["https://app.example", "http://localhost:5173"]
///   $0.allowedHeaders = ["authorization"]
/// }
/// ```
///
/// The server refuses requests of other origins with 403 before a handler runs, so that the policy also protects it from requests that
/// browsers send without asking. Programs other than browsers send no `Origin` and are not concerned.
public struct CORSPolicy: Sendable {
  /// Which origins may call.
  public struct Origins: Sendable, ExpressibleByArrayLiteral {
    enum Rule: Sendable {
      case exactly(Set<Origin>, malformed: [String])
      case matching(@Sendable (String) -> Bool)
      case any
    }

    let rule: Rule

    /// None: all pages that call are the server's own.
    public static let none: Origins = []

    /// Pages of any origin, which get no credentials: a browser sends neither cookies nor client certificates along.
    public static let any = Origins(rule: .any)

    /// These, such as `https://app.example:8443`: scheme, host and the port unless it is the scheme's default, without a path.
    ///
    /// `null` has to be given to allow files and sandboxed frames, which any site can make.
    public static func exactly(_ origins: [String]) -> Origins {
      Origins(
        rule: .exactly(Set(origins.compactMap { Origin($0) }), malformed: origins.filter { Origin($0) == nil }))
    }

    /// Those for which the closure is true. It gets the origin in lower case, is called for each request from another origin, by
    /// several threads at once, and should be quick. It is not asked about `null`.
    ///
    /// Compare whole hosts: `hasSuffix("example.com")` also holds for `evilexample.com`.
    public static func matching(_ isAllowed: @escaping @Sendable (_ origin: String) -> Bool) -> Origins {
      Origins(rule: .matching(isAllowed))
    }

    /// As ``exactly(_:)``.
    public init(arrayLiteral origins: String...) { self = .exactly(origins) }

    private init(rule: Rule) { self.rule = rule }

    func contains(_ origin: Origin) -> Bool {
      switch rule {
      case .exactly(let origins, _): origins.contains(origin)
      case .matching(let isAllowed): origin != .null && isAllowed(origin.text)
      case .any: origin != .null
      }
    }

    var isAny: Bool { if case .any = rule { true } else { false } }
  }

  /// Which origins may call; by default ``Origins/none``.
  public var origins: Origins = .none

  /// Whether browsers may send cookies and client certificates along. Not possible with ``Origins/any``.
  public var allowsCredentials = false

  /// Verbs of HTTP besides POST and GET, for routes of the application's.
  public var methods: [String] = []

  /// Request headers that scripts may set, besides those of the protocols: the keys of the application's metadata.
  ///
  /// `*` stands for all but `authorization`, which always has to be named.
  public var allowedHeaders: [String] = []

  /// Response headers that scripts may read, besides those of the protocols and the keys of each response's own metadata.
  public var exposedHeaders: [String] = []

  /// For how long a browser may remember what is allowed. Browsers have bounds of their own: two hours in Chromium, a day in
  /// Firefox.
  public var maxAge: Duration = .seconds(7200)

  /// Whether pages from the internet may call this server in a private network, where browsers ask for that.
  public var allowsPrivateNetwork = false

  /// The defaults: no page of another origin may call.
  public init() {}

  /// The defaults, but for what the closure sets.
  public init(_ configure: (inout CORSPolicy) -> Void) {
    self.init()
    configure(&self)
  }

  /// Whether no other origin may call, so that answers say nothing of CORS.
  package var isOff: Bool {
    if case .exactly(let origins, _) = origins.rule { origins.isEmpty } else { false }
  }

  /// What is wrong with a setting; nil if all can be used.
  package var problem: (setting: String, demand: String)? {
    if case .exactly(_, let malformed) = origins.rule, let first = malformed.first {
      return ("origins", "“\(first)” is no origin: scheme, host and port are, without a path")
    }
    if allowsCredentials, origins.isAny {
      return ("allowsCredentials", "origins have to be named where credentials are allowed")
    }
    if maxAge < .zero { return ("maxAge", "a time may not be negative") }
    for (setting, names) in [
      ("methods", methods), ("allowedHeaders", allowedHeaders), ("exposedHeaders", exposedHeaders),
    ] {
      if let bad = names.first(where: { !isToken($0.utf8) }) { return (setting, "“\(bad)” is no token") }
    }
    return nil
  }
}
