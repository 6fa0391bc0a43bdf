import type { OwnedKind } from '../../core/owned.ts'
import type { Asked, Outcome } from '../call.ts'
import type { Declaration } from '../routes/declaration.ts'
import type { Used } from '../use.ts'
import type { TokenCounter } from './token-counter.ts'

/** A response or a chat may be told once, an item, the conversation that it is in, containers and their files as often as they are shown. */
export type OnShown = (kind: OwnedKind, id: string) => void

/** Watches one reply on its way to the client, for what it says that the call has used. */
export interface Observer {
  /** Takes the next bytes of the reply. What the client gets of them now; null: nothing yet. */
  chunk(bytes: Buffer): Buffer | null
  /** The reply is complete. What the client still gets; null: nothing. */
  end(): Buffer | null
  /**
   * What the call has used, once the reply is over in whatever way; a promise where it is counted, for seconds perhaps. Never
   * fails. Null: the reply is a failure, and had nothing of an answer in it.
   */
  used(end: Outcome['end']): Used | Promise<Used> | null
  /** Told of what the reply shows as soon as its id is whole, before the last bytes of that are handed to the client. */
  onShown: OnShown | null
  /** Whether the client may get fewer bytes than come, so that their number is not announced. */
  readonly resizes: boolean
  /** Whether it has said more than twice what its call can be charged with. */
  readonly overran: boolean
}

export type Observed = {
  route: Pick<Declaration, 'reply' | 'charges'>
  asked: Asked
  /** Of the reply; empty where it names none. */
  contentType: string
  status: number
  tokens: TokenCounter
}
