import { NOTHING_USED, type Used } from '../use.ts'
import { countedInput } from './counted.ts'
import type { Observed, Observer } from './observer.ts'
import { Showing } from './showing.ts'
import { Watch } from './watch.ts'

/** The observer of a reply whose head has come. */
export function observe(observed: Observed): Observer {
  const { reply } = observed.route
  if (reply.kind === 'plain' || observed.status >= 400) return new Passing()
  if (reply.kind === 'shows') return new Showing(reply, observed)
  return new Watch(observed.asked.stored && reply.kept !== null ? { ...reply, ...reply.kept } : reply, observed)
}

/**
 * What a call has used whose client left after the request was sent and before the reply began. Its input has been read, or a
 * client could have it read for nothing, again and again, and images may be made already; of an output nobody has seen a word.
 */
export async function usedUnseen({
  route: { reply },
  asked,
  tokens,
}: Pick<Observed, 'route' | 'asked' | 'tokens'>): Promise<Used> {
  if (reply.kind !== 'watched') return NOTHING_USED
  const images = reply.makesImages ? asked.worst.images : 0
  return { ...NOTHING_USED, images, inputTokens: reply.counts === 'nothing' ? 0 : await countedInput(asked, tokens) }
}

/** A reply that says nothing of use. */
class Passing implements Observer {
  onShown = null
  readonly resizes = false
  readonly overran = false
  readonly passes = true

  chunk(bytes: Buffer): Buffer {
    return bytes
  }

  end(): null {
    return null
  }

  used(): Used {
    return NOTHING_USED
  }
}
