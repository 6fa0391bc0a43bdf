/*
 * The first words of the memory, as places in it read as 32-bit numbers, and one of 64 bits.
 */

/** Whose turn it is: a thread's index and one, or 0. */
export const LOCK = 0
/** 32-bit numbers in the log that are to be put back if the one whose turn it is dies. */
export const LOGGED = 1
/** Changes whenever writing of costs begins or ends. */
export const BEAT = 2
/** 1 while costs are being written. */
export const WRITING = 3
/** 1 when a window of a day has changed since the machine asked. */
export const DAYS_CHANGED = 4
/** How far names were read, and written. */
export const NAMES_READ = 5
export const NAMES_WRITTEN = 6
/** Nobody ever changes this one: who waits for the lock waits here, for a moment. */
export const NEVER = 7
/** Readings of totals are numbered: a word of 64 bits. */
export const READINGS = 8
