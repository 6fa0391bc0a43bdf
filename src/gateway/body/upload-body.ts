import type { Call } from '../call.ts'
import type { Gate } from '../gate.ts'
import { letInAgain } from '../let-in.ts'
import type { UploadShape } from '../routes/declaration.ts'
import { giveBack } from '../upstreams/give-back.ts'
import type { Body } from './read-body.ts'
import { UploadForm } from './upload-form.ts'

/**
 * The body of a route that takes a file, which is read while it is sent on. Who has lost the right to send it meanwhile is told so, and nothing
 * comes of what was sent.
 * @throws ApiError 413, 415, 503
 */
export function uploadBody(gate: Gate, call: Call, shape: UploadShape): Body {
  const budget = gate.bodies.share(call.grant.rules.projectId)
  const form = new UploadForm(call.request, { shape, budget, refused: () => letInAgain(gate, call) })
  return {
    judged: null,
    model: null,
    waited: false,
    headers: { ...call.request.headers, 'content-type': form.contentType },
    set() {},
    remove() {},
    forwarded: () => () => ({ stream: form.stream(), length: null, taken: giveBack }),
    replied() {},
    release: () => form.release(),
  }
}
