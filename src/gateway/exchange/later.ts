import type { Outcome } from '../call.ts'
import type { OnShown } from '../observe/observer.ts'
import type { Reply } from '../upstreams/forwarding.ts'

/** A call that is settled later than its reply is over. */
export interface Later {
  /** The client's side, which waits until the call is written down. */
  holding: (reply: Reply) => Reply
  /** Takes note of what the reply shows, besides who owns it. */
  noting: (upstream: string, claims: OnShown | null) => OnShown
  /** @returns whether it is settled later; if not, it is as any call */
  ended: (outcome: Outcome) => Promise<boolean>
  /** Nothing of it was made. Never throws. */
  failed: () => Promise<void>
}
