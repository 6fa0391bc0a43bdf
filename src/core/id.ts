import { randomFillSync } from 'node:crypto'

const DIGITS = 36
const STAMP = 9

/** Makes ids of one kind: `proj_`, `user-`, `key_` and so on, then 24 lower-case characters. */
export type NewId = (prefix: Prefix) => string

/** The original's prefixes, separator included. */
const prefixes = {
  organization: 'org-',
  project: 'proj_',
  user: 'user-',
  serviceAccount: 'svc_acct_',
  key: 'key_',
  group: 'group_',
  role: 'role_',
  invite: 'invite-',
  session: 'sess_',
  passkey: 'passkey_',
  certificate: 'cert_',
  spendAlert: 'alert_',
  audit: 'audit_log-',
  request: 'req_',
  webhookEndpoint: 'whe_',
  webhookEvent: 'evt_',
  webhookDelivery: 'wh_',
} as const
export type Prefix = keyof typeof prefixes

/**
 * An id source. Ids are time-ordered (so `order by id` is creation order in both databases), never reused, and strictly
 * rising within one process even when the clock stands still or steps back.
 * @param now milliseconds since the epoch
 */
export function idSource(now: () => number): NewId {
  let last = 0
  let stamp = base36(last, STAMP)
  let sequence = 0
  return (prefix) => {
    const time = now()
    if (time > last || ++sequence >= pairs.length ** 2) {
      last = Math.max(time, last + 1)
      stamp = base36(last, STAMP)
      sequence = 0
    }
    // Two pairs of digits: the sequence has four.
    return prefixes[prefix] + stamp + pair(Math.floor(sequence / pairs.length)) + pair(sequence) + randomTail()
  }
}

/** What all ids of a kind begin with. */
export const beginningOf = (prefix: Prefix): string => prefixes[prefix]

/** Whether this text has the form of an id of that kind; it may still name nothing. */
export function isId(prefix: Prefix, text: string): boolean {
  const wanted = prefixes[prefix]
  return text.startsWith(wanted) && /^[0-9a-z]{24}$/.test(text.slice(wanted.length))
}

/** When an id was made, in milliseconds since the epoch. */
export function timeOf(prefix: Prefix, id: string): number {
  const start = prefixes[prefix].length
  return Number.parseInt(id.slice(start, start + STAMP), DIGITS)
}

const base36 = (n: number, width: number) => n.toString(DIGITS).padStart(width, '0')

/** All pairs of base-36 digits: every request gets an id, which is put together from these. */
const pairs = Array.from({ length: DIGITS ** 2 }, (_, n) => base36(n, 2))
const pair = (n: number) => pairs[n % pairs.length] ?? ''

/** Random numbers are drawn many at a time: one call into the system costs more than all the rest of an id. */
const pool = new Uint16Array(2048)
let drawn = pool.length

/** 11 base-36 characters. The modulo's bias costs less than a bit: these keep processes apart, they are no secret. */
function randomTail(): string {
  if (drawn + 6 > pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  const next = () => pair(pool[drawn++] ?? 0)
  return next() + next() + next() + next() + next() + next().slice(1)
}
