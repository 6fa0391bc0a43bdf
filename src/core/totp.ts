import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { base32, fromBase32 } from './base32.ts'

/*
 * Codes of the time (RFC 6238) as all authenticator apps make them: SHA-1, six digits, thirty seconds. Apps pass over what a link
 * says of other choices. SHA-1's collisions are no matter within an HMAC.
 */

/** Seconds that a code is the newest. */
const STEP = 30
const DIGITS = 6
/** Bytes of a secret: as many as the hash has, which the RFC asks for. */
const SECRET_BYTES = 20

/** A new secret, in base32. */
export const mintTotpSecret = (): string => base32(randomBytes(SECRET_BYTES))

/** Which stretch of thirty seconds it is. @param now Unix seconds */
export const stepAt = (now: number): number => Math.floor(now / STEP)

/** The code of a stretch. @param secret in base32 */
export function codeOf(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const tag = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const number = tag.readUInt32BE((tag.at(-1) ?? 0) & 15) & 0x7fffffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}

/**
 * The stretch whose code this is: the one that it is, or the one beside it on either side, since clocks differ.
 * @param code six digits
 * @param now Unix seconds
 * @param last the stretch of the code that was used last: it and those before count no more, so that a code which somebody saw is good for nothing
 * @returns null where it is none of them, after the same work
 */
export function matchingStep(secret: string, code: string, now: number, last: number): number | null {
  const shown = Buffer.from(code)
  const matching = [-1, 0, 1]
    .map((off) => stepAt(now) + off)
    .filter((step) => {
      const wanted = Buffer.from(codeOf(secret, step))
      return wanted.length === shown.length && timingSafeEqual(wanted, shown)
    })
  return matching.find((step) => step > last) ?? null
}

/** Whether a text has the form of such a code. */
export const isTotp = (text: string): boolean => /^[0-9]{6}$/.test(text)
