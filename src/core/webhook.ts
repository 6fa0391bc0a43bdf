import { createHmac, randomBytes } from 'node:crypto'

/*
 * Webhooks, as the original has them: what a project can be told of, and how that is signed (Standard Webhooks), so that the official
 * client's `webhooks.unwrap` believes it.
 */

/** What a project can be told of. The original has more of them: of what this server does not have, it tells nothing. */
export const webhookEvents = [
  'batch.completed',
  'batch.failed',
  'batch.expired',
  'batch.cancelled',
  'response.completed',
  'response.failed',
  'response.cancelled',
  'response.incomplete',
] as const
export type WebhookEvent = (typeof webhookEvents)[number]

/** Endpoints that a project may have. */
export const MOST_WEBHOOK_ENDPOINTS = 20
/** Characters of a URL, and of a name. */
export const LONGEST_WEBHOOK_URL = 2048
export const LONGEST_WEBHOOK_NAME = 256

const SECRET = 'whsec_'
/** Bytes: as many as the hash has. */
const SECRET_BYTES = 32
/** Characters of a secret that are shown again: too few to guess the rest by. */
const HINT = 4

/** A new secret to sign with, as the original writes it. */
export const mintWebhookSecret = (): string => SECRET + randomBytes(SECRET_BYTES).toString('base64')

/** What is shown of a secret from then on. */
export const hintOf = (secret: string): string => `${SECRET}...${secret.slice(-HINT)}`

/** What says that a delivery is ours: one signature for each secret that counts. @param timestamp Unix seconds @param payload the body */
export function signaturesOf(secrets: readonly string[], id: string, timestamp: number, payload: string): string {
  const signed = `${id}.${timestamp}.${payload}`
  return secrets
    .map((secret) => createHmac('sha256', Buffer.from(secret.slice(SECRET.length), 'base64')).update(signed))
    .map((hmac) => `v1,${hmac.digest('base64')}`)
    .join(' ')
}

/** What is wrong with a URL that deliveries are to go to; null: nothing. Whose address it is, is looked at apart. */
export function flawOfWebhookUrl(text: string): string | null {
  if (text.length > LONGEST_WEBHOOK_URL) return `expected at most ${LONGEST_WEBHOOK_URL} characters.`
  // A parser takes away what is not to be seen: what is kept is what is called.
  if (!/^https:\/\/[\x21-\x7e]+$/i.test(text) || !URL.canParse(text)) return "expected an HTTPS URL, 'https://…'."
  const { username, password } = new URL(text)
  return username === '' && password === '' ? null : 'expected a URL without a user name and a password.'
}

/** The host of a URL as it is connected to: a name, or an address without brackets. */
export const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '')

/** The first pause after a failed attempt, and the longest, in seconds. Each is four times the one before. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [5, 28_800]
/** Seconds after an event in which it is tried to deliver it: three days, as the original says. */
export const WEBHOOK_LIFETIME = 3 * 86_400

/**
 * Seconds from a failed attempt to the next.
 * @param attempts how many there were
 * @param chance from 0 to 1: a fifth of the pause is left to it, so that what failed together does not come together again
 */
export const pauseAfter = (attempts: number, chance: number): number =>
  Math.min(FIRST_PAUSE * 4 ** Math.min(attempts - 1, 10), LONGEST_PAUSE) * (0.9 + chance / 5)
