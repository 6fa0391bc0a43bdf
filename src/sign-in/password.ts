import { randomBytes, timingSafeEqual } from 'node:crypto'
import { argon2id } from './argon2.ts'

/** 46 MiB and one pass, which OWASP puts first. A hash names its own, so that these can be raised. */
const PRESET = { memory: 47_104, passes: 1, parallelism: 1 }
const SALT_BYTES = 16
const TAG_BYTES = 32

const FORM = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,128})$/

/** A password as it is kept: Argon2id in the usual form, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. @throws TooMany */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(SALT_BYTES)
  const tag = await argon2id({ message: bytesOf(password), nonce, ...PRESET, tagLength: TAG_BYTES })
  const { memory, passes, parallelism } = PRESET
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(nonce)}$${base64(tag)}`
}

/**
 * Whether a password is the one that was kept.
 * @param kept null: there is none, and no password is it. The work is the same, so that nobody can tell by the time.
 * @throws TooMany
 */
export async function isPassword(password: string, kept: string | null): Promise<boolean> {
  const [, memory, passes, parallelism, salt, hash] = FORM.exec(kept ?? '') ?? []
  if (salt === undefined || hash === undefined) {
    await hashPassword(password)
    return false
  }
  const wanted = Buffer.from(hash, 'base64')
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const nonce = Buffer.from(salt, 'base64')
  const tag = await argon2id({ message: bytesOf(password), nonce, ...cost, tagLength: wanted.length })
  return timingSafeEqual(tag, wanted)
}

/** The same letters are the same bytes, however a keyboard composes them. */
const bytesOf = (password: string) => Buffer.from(password.normalize('NFC'))
const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
