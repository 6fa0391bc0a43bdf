import type { BlockList } from 'node:net'
import type { Catalogue } from '../core/catalogue.ts'
import type { NewId } from '../core/id.ts'
import type { ReadLevels } from '../core/limit-level.ts'
import type { Log } from '../core/log.ts'
import type { WebhookRules } from '../core/webhook-asked.ts'
import type { Changed } from '../db/changed.ts'
import type { Db } from '../db/tables.ts'
import type { LastUsed } from '../ledger/last-used.ts'
import type { Refusals } from '../ledger/refusals.ts'
import type { SecretCookie } from '../sign-in/cookie.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { Authenticate } from './caller.ts'
import type { IsOwnOrigin } from './same-origin.ts'

/** What the Administration API needs of the program around it. */
export type AdminApp = {
  db: Db
  /** The same database for replies in parts, whose statements take long. */
  reportDb: Db
  /** Milliseconds since the epoch. */
  now: () => number
  newId: NewId
  log: Log
  lastUsed: LastUsed
  refusals: Refusals
  /** The models there are. */
  models: () => Promise<Catalogue>
  /** How much of limits is used now. */
  levels: ReadLevels
  /** Where webhooks may go. */
  webhooks: WebhookRules
  /** Told of a change after it is committed and before its reply is sent: what was cached of it must be gone then. */
  changed: Pick<Changed, 'publish'>
  /** The address that a connection and its `x-forwarded-for` stand for. */
  address: (remote: string | undefined, forwarded: string | undefined) => string | null
  /** Finds out who calls. */
  authenticate: Authenticate
  /** How one may sign in. */
  signIn: SignIn
  /** Of a session. */
  cookie: SecretCookie
  /** Whether a request comes from a page of this server's own, as far as its browser says. */
  isOwnOrigin: IsOwnOrigin
  /** Where the organization's certificates bind this API too: whose word about a client's is believed. Null: they do not bind it. */
  mtls: { trustedProxies: BlockList | null } | null
}
