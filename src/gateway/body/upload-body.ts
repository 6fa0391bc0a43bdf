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
 * @param named told of a file of the project's that it names in the place of one
 * @throws ApiError 413, 415, 503; 400 and 404 for what it names
 */
export async function uploadBody(
  gate: Gate,
  call: Call,
  shape: UploadShape,
  named: (param: string, id: string) => Promise<void>,
): Promise<Body> {
  const budget = gate.bodies.share(call.grant.rules.projectId)
  const form = new UploadForm(call.request, { shape, budget, named, refused: () => letInAgain(gate, call) })
  await form.begun().catch((error) => {
    form.release()
    throw error
  })
  return {
    judged: null,
    model: null,
    waited: shape.orNames !== null,
    headers: { ...call.request.headers, 'content-type': form.contentType },
    set() {},
    remove() {},
    forwarded: () => () => ({ stream: form.stream(), length: null, taken: giveBack }),
    replied() {},
    release: () => form.release(),
  }
}
