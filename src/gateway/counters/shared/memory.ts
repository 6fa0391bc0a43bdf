import { randomBytes } from 'node:crypto'

/** Memory that all threads of a machine count in. It can be sent to a thread as part of its `workerData`. */
export type SharedMemory = {
  bytes: SharedArrayBuffer
  /** Threads that can have a gate at once: their indices are 0 to this, less one. */
  threads: number
  /** Windows, and accounts of money, that are counted at once at most; powers of two. */
  windows: number
  accounts: number
  /** Sums of money that are told to Redis: a power of two, or 0 where there is none. */
  sums: number
  /** When it was made, by the clock of `process.hrtime`, which all threads share. */
  origin: bigint
  /** Keeps those who choose names from choosing what lies where. */
  secret: string
}

/** 8-byte words of what lies where. */
export type Layout = { log: number; names: number; windows: number; accounts: number; sums: number; end: number }

/** Words of the log: a call with a thousand windows fits. */
export const LOG_WORDS = 1 << 15
/** Words for the names of the windows of days that the machine has not heard of yet: some 5000 of them. */
export const NAME_WORDS = 1 << 17
const HEADER_WORDS = 16

/** Words of one window besides one for each thread, and of one account besides two. */
export const WINDOW_WORDS = 11
export const ACCOUNT_WORDS = 16
export const SUM_WORDS = 4

export const windowStride = (threads: number): number => WINDOW_WORDS + threads
export const accountStride = (threads: number): number => ACCOUNT_WORDS + 2 * threads

export function layoutOf({
  threads,
  windows,
  accounts,
  sums,
}: Omit<SharedMemory, 'bytes' | 'origin' | 'secret'>): Layout {
  const log = HEADER_WORDS
  const names = log + LOG_WORDS
  const first = names + NAME_WORDS
  const money = first + windows * windowStride(threads)
  const told = money + accounts * accountStride(threads)
  return { log, names, windows: first, accounts: money, sums: told, end: told + sums * SUM_WORDS }
}

/**
 * Makes it, once on a machine. What nobody has counted in takes no memory yet, but for its addresses.
 * @param sizes powers of two
 */
export function createSharedMemory({
  threads,
  windows = 1 << 18,
  accounts = 1 << 16,
  sums = 0,
}: {
  threads: number
  windows?: number
  accounts?: number
  sums?: number
}): SharedMemory {
  const sizes = { threads, windows, accounts, sums }
  return {
    ...sizes,
    bytes: new SharedArrayBuffer(layoutOf(sizes).end * 8),
    origin: process.hrtime.bigint(),
    secret: randomBytes(16).toString('hex'),
  }
}
