import { randomBytes } from 'node:crypto'
import { base32 } from './base32.ts'
import { hashSecret } from './key.ts'

/** Bytes of a code: 80 random bits, so that a fast hash of it is safe to keep. */
const BYTES = 10

/** Codes that somebody has at a time. */
const CODES = 10

/** What somebody signs in by who has lost what makes their codes: shown once, each good once. @returns `abcd-efgh-ijkl-mnop` */
export const mintRecoveryCodes = (): string[] =>
  Array.from({ length: CODES }, () =>
    base32(randomBytes(BYTES))
      .toLowerCase()
      .replace(/.{4}(?=.)/g, '$&-'),
  )

/** A code as it is compared, however it was typed: without what stands between its signs, in one letter case. */
export const typedCode = (text: string): string => text.replace(/[\s-]/g, '').toLowerCase()

/** What is kept of a code. */
export const hashRecoveryCode = (code: string): string => hashSecret(typedCode(code))
