import type { Asked, Outcome } from '../call.ts'
import type { Declaration } from '../routes/declaration.ts'
import type { Used } from '../use.ts'
import type { TokenCounter } from './token-counter.ts'

/** Watches one reply on its way to the client, for what it says that the call has used. */
export interface Observer {
  /** Takes the next bytes of the reply. What the client gets of them now; null: nothing yet. */
  chunk(bytes: Buffer): Buffer | null
  /** The reply is complete. What the client still gets; null: nothing. */
  end(): Buffer | null
  /** What the call has used, once the reply is over in whatever way; a promise where it is counted, for seconds perhaps. Never fails. */
  used(end: Outcome['end']): Used | Promise<Used>
  /** Told as soon as that id is whole, before its last bytes are handed to the client. */
  onResponseId: ((id: string) => void) | null
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
