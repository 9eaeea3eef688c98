// What the heads of one request's answers say of CORS.
package import FreshetHTTP

/// A policy, and what it made of a request.
package struct CORSAnswer: Sendable {
  private let policy: CORSPolicy
  private let decision: CORSDecision

  package init(_ policy: CORSPolicy, _ decision: CORSDecision) {
    self.policy = policy
    self.decision = decision
  }

  /// Whether heads say nothing of it.
  package var isOff: Bool { policy.isOff }

  /// The fields of a head, complete but for CORS, and what lets the script read it.
  package func complete(_ head: HeaderFields) -> HeaderFields {
    if policy.isOff { return head }
    var head = head
    policy.append(to: &head, decision)
    return head
  }
}
