// An error from nowhere.

/// What an error that never comes is as any other: for what is made of a sequence that cannot fail.
func absurd<Failure: Error>(_ never: Never) -> Failure {}
