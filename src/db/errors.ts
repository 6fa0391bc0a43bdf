/** What drivers put on their errors; SQLite's are numbers, PostgreSQL's are SQLSTATE strings, the network's are names. */
type DriverError = { code?: string; errcode?: number }

const asDriverError = (error: unknown) => (error ?? {}) as DriverError

/** A unique index or a primary key refused a row, in either database. */
export function isConflict(error: unknown): boolean {
  const { code, errcode } = asDriverError(error)
  return code === '23505' || errcode === 2067 || errcode === 1555
}

/** SQLite: another process holds the write lock. The low byte is the primary result code. */
export function isBusy(error: unknown): boolean {
  const { errcode } = asDriverError(error)
  return errcode !== undefined && (errcode & 0xff) === 5
}

const network = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH'])
/**
 * PostgreSQL: connection exceptions, a session that was ended, read-only, given up for another transaction, a lock that was not
 * had in time, insufficient resources, operator intervention (shutdown, statement timeout).
 */
const states = /^(08|25P03|25P04|25006|40001|40P01|55P03|53|57P|57014)/
/** SQLite: busy, locked, read-only, I/O, full, cannot open. */
const results = new Set([5, 6, 8, 10, 13, 14])
/** Characters of a message of the drivers, at most. */
const LONGEST_PHRASE = 300
const phrases =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error|Client was closed/

/** What became of attempts to connect. */
const unconnected = new WeakSet<object>()

/** Notes that a connection failed, for whatever reason: a password that was changed, a certificate that cannot be trusted. */
export function noteUnconnected(error: unknown): void {
  if (typeof error === 'object' && error !== null) unconnected.add(error)
}

/** The database is not there or cannot work now: an outage, not a bug and not the caller's fault. */
export function isUnavailable(error: unknown): boolean {
  return isAway(error) || (typeof error === 'object' && error !== null && unconnected.has(error))
}

/** It is not there, or says itself that it cannot work now: who waits may find it. */
export function isAway(error: unknown): boolean {
  const { code, errcode } = asDriverError(error)
  if (errcode !== undefined) return results.has(errcode & 0xff)
  if (code !== undefined && (network.has(code) || states.test(code))) return true
  if (error instanceof AggregateError) return error.errors.some(isAway)
  // A failure of another kind can hold what a stranger has written, which is not worth a look.
  return error instanceof Error && error.message.length <= LONGEST_PHRASE && phrases.test(error.message)
}

/** PostgreSQL: it answers, but has no more connections, memory or room to give just now. */
export function isExhausted(error: unknown): boolean {
  return asDriverError(error).code?.startsWith('53') ?? false
}

/** PostgreSQL: it takes no changes, as a standby does not. */
export const isReadOnly = (error: unknown) => asDriverError(error).code === '25006'

/** The driver waited for an answer no longer: the statement may run on, and its answer is still to come. */
export function isReadTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout'
}

/** PostgreSQL: data exceptions, broken constraints, limits of the program (an index's row size). */
const valueStates = /^(22|23|54)/
/** SQLite: too big, constraint, type mismatch, out of range. */
const valueResults = new Set([18, 19, 20, 25])
/** What a driver says of a value before it sends it. */
const valueCodes = new Set(['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE', 'ERR_ASSERTION'])

/** The database can work, but it will never take what it was given: trying again is of no use. */
export function isRefusedValue(error: unknown): boolean {
  const { code, errcode } = asDriverError(error)
  if (errcode !== undefined) return valueResults.has(errcode & 0xff)
  return code !== undefined && (valueStates.test(code) || valueCodes.has(code))
}

/** The database itself refused, or is not there: no bug of ours, so its message says enough. */
export function isDatabaseError(error: unknown): boolean {
  return asDriverError(error).errcode !== undefined || isUnavailable(error)
}

/** SQLite: the file is damaged, or none of its own. */
export function isNoDatabase(error: unknown): boolean {
  const { errcode } = asDriverError(error)
  return errcode !== undefined && [11, 26].includes(errcode & 0xff)
}

/** PostgreSQL: who connected has no right to do that. */
export function mayNot(error: unknown): boolean {
  return asDriverError(error).code === '42501'
}

/** PostgreSQL broke a tie between two transactions; the one it gave up can simply be done again. */
export function isDeadlock(error: unknown): boolean {
  const { code } = asDriverError(error)
  return code === '40P01' || code === '40001'
}

/** PostgreSQL: another held the lock for longer than this one was to wait. */
export function isLockTimeout(error: unknown): boolean {
  return asDriverError(error).code === '55P03'
}
