import { type Argon2Parameters, argon2 } from 'node:crypto'
import { promisify } from 'node:util'
import { Turns } from './turns.ts'

const work = promisify(argon2)

/** Hashes at work at once, of all that is signed in to in this process: each holds a thread of Node's four, and its memory. */
const AT_ONCE = 2
/** And those that wait for one of them. */
const WAITING = 32

const turns = new Turns(AT_ONCE, WAITING)

/**
 * Argon2id, off the loop. Strangers can ask for it, so that few are at work at once and few wait: more are refused.
 * @throws TooMany
 */
export const argon2id = (parameters: Argon2Parameters): Promise<Buffer> =>
  turns.take(() => work('argon2id', parameters))
