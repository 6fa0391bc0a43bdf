import type { Body } from '../body/read-body.ts'
import type { Asked } from '../call.ts'

/**
 * A body as one model server gets it. Who asks for a stream without its usage is asked for it here, or nobody knew what it was;
 * of a server that is not to be asked the options are what the client said. `null` says nothing, and is left out with it.
 */
export function bodyFor(
  body: Pick<Body, 'set' | 'remove' | 'forwarded'>,
  { usageWanted, streamOptions }: Pick<Asked, 'usageWanted' | 'streamOptions'>,
  asksForUsage: boolean,
): ReturnType<Body['forwarded']> {
  if (!usageWanted) {
    if (asksForUsage) body.set('stream_options', { ...streamOptions, include_usage: true })
    else if (streamOptions !== null) body.set('stream_options', streamOptions)
    else body.remove('stream_options')
  }
  return body.forwarded()
}
