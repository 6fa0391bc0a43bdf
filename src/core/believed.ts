/**
 * How long what the database said is believed without asking it again, in milliseconds: the bound on a change that nobody told us of, and
 * what is promised of a revocation.
 */
export const BELIEVED_MS = 5000
