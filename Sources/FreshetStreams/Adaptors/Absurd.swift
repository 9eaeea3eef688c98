// Converts an error that cannot occur.

/// Turns `Never` into any error type, for adaptors of a sequence that cannot fail.
func absurd<Failure: Error>(_ never: Never) -> Failure {}
