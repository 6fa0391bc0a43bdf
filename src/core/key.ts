import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Who may hold a key of this kind: a user in a project, a service account in a project, an administrator. */
export type KeyKind = 'user' | 'service_account' | 'admin'

const prefixes: Record<KeyKind, string> = { user: 'sk-proj-', service_account: 'sk-svcacct-', admin: 'sk-admin-' }

/** A fresh secret: what is shown once, and what is kept. */
export type MintedKey = { value: string; hash: string; redacted: string }

const BODY = 43 // 256 random bits in base64url
const CHECK = 6 // 32 bits of CRC in base64url

/** Makes a key: prefix, 256 random bits, checksum. */
export function mintKey(kind: KeyKind): MintedKey {
  const start = prefixes[kind] + randomBytes(32).toString('base64url')
  return describeKey(start + checksum(start))
}

/** What is kept of a key that already exists (the operator's own first admin key). */
export function describeKey(value: string): MintedKey {
  return { value, hash: hashSecret(value), redacted: redact(value) }
}

/** SHA-256 in hex. Keys carry 256 random bits, so a slow hash would add cost and no safety. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret)
}

/** First 8 and last 4 characters, stars between, length kept: the original's rule for `redacted_value`. */
export function redact(value: string): string {
  if (value.length <= 12) return '*'.repeat(value.length)
  return value.slice(0, 8) + '*'.repeat(value.length - 12) + value.slice(-4)
}

/** What a refusal repeats of a text that was shown as a key. */
export const showKey = (text: string) => (text.length > 300 ? `${text.slice(0, 8)}***` : redact(text))

/** The text behind `Bearer` in an Authorization header; null where there is none: the caller showed no key at all. */
export function bearer(header: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null
}

/**
 * Which kind of key this text can be; `null` when it cannot be one of ours, which is known without a look-up: a mistyped
 * or made-up project or service-account key fails its checksum. Admin keys carry none when the operator chose the first.
 */
export function keyKind(text: string): KeyKind | null {
  if (isAdminKey(text)) return 'admin'
  for (const kind of ['user', 'service_account'] as const) {
    const prefix = prefixes[kind]
    if (!text.startsWith(prefix)) continue
    const start = text.slice(0, prefix.length + BODY)
    return text.length === start.length + CHECK && text.endsWith(checksum(start)) ? kind : null
  }
  return null
}

/** `sk-admin-` and at least 32 characters of `[A-Za-z0-9_-]`; 512 at most, so that nobody hashes megabytes for us. */
export function isAdminKey(text: string): boolean {
  return /^sk-admin-[A-Za-z0-9_-]{32,512}$/.test(text)
}

/** A secret for a link: 256 random bits in hex, which no command line takes for an option. */
export function mintToken(): { value: string; hash: string } {
  const value = randomBytes(32).toString('hex')
  return { value, hash: hashSecret(value) }
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** CRC-32 in base64url, most significant bits first. */
function checksum(text: string): string {
  const sum = crc32(text)
  let written = ''
  for (let shift = 26; shift >= 2; shift -= 6) written += BASE64URL[(sum >>> shift) & 63]
  return written + BASE64URL[(sum & 3) << 4]
}
