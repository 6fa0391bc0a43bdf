import type { IncomingHttpHeaders } from 'node:http'
import type { Call } from '../call.ts'
import type { FormShape, JsonShape, ObjectShape } from '../routes/declaration.ts'
import type { BodySource } from '../upstreams/forwarding.ts'
import type { Bodies } from './budget.ts'
import type { Editable } from './edits.ts'
import type { JudgedBody } from './fields.ts'
import { FORM, type FormBody, readForm } from './form-body.ts'
import { type JsonBody, readJson } from './json-body.ts'

const JSON_TYPE = 'application/json'

/** A request's body, whole: what is judged of it, and what is sent on, with what was decided written into it. */
export type Body = Editable & {
  judged: JudgedBody
  /** The model that it names; null where it names none. */
  model: string | null
  /** Whether reading it took more than what came with the head. */
  waited: boolean
  /** The client's headers, as they fit what is sent on. */
  headers: IncomingHttpHeaders
  forwarded: () => Buffer | BodySource | null
  /** The reply has begun: what nobody needs for it any more is given back, for it may take minutes. */
  replied: () => void
  /** Gives back what it holds, once it is sent or nobody wants it; as often as one likes. */
  release: () => void
}

/**
 * Reads the body that a route takes. Whatever stands behind the head of a route that takes none is read away when the answer
 * is sent. A promise only where there is more to read than came with the head.
 * @throws ApiError 400, 413, 415 or 503; ClientGone
 */
export function readBody(bodies: Bodies, { request, route, grant }: Call): Body | Promise<Body> {
  const { headers } = request
  const { body: shape } = route
  if (shape.kind === 'none') return nothing(headers)
  if (shape.kind === 'upload') throw new Error('it is sent on as it comes')
  const budget = bodies.share(grant.rules.projectId)
  if (shape.kind === 'form') {
    const types = shape.json === null ? [FORM] : [FORM, JSON_TYPE]
    return readForm(request, budget, undefined, types).then((form) =>
      form === null ? nothing(headers) : ofForm(form, shape, headers),
    )
  }
  const read = readJson(request, budget)
  if (read instanceof Promise) return read.then((body) => ofJson(body, shape, headers, true))
  return ofJson(read, shape, headers, false)
}

function nothing(headers: IncomingHttpHeaders): Body {
  return {
    judged: null,
    model: null,
    waited: false,
    headers,
    set() {},
    remove() {},
    forwarded: () => null,
    replied() {},
    release() {},
  }
}

function ofJson(
  body: JsonBody | null,
  shape: JsonShape | ObjectShape,
  headers: IncomingHttpHeaders,
  waited: boolean,
): Body {
  if (body === null) return nothing(headers)
  const model = shape.kind === 'json' ? body.fields[shape.model] : null
  return {
    judged: body,
    model: typeof model === 'string' ? model : null,
    waited,
    headers,
    set: (name, value) => body.set(name, value),
    remove: (name) => body.remove(name),
    forwarded: () => body.forwarded(),
    // All of it is on its way, and the text that tokens may be counted by is apart from it.
    replied: () => body.release(),
    release: () => body.release(),
  }
}

function ofForm(form: FormBody, shape: FormShape, headers: IncomingHttpHeaders): Body {
  return {
    judged: form,
    model: form.fields.get(shape.model) ?? null,
    waited: true,
    headers: { ...headers, 'content-type': form.contentType },
    set: (name, value) => form.set(name, String(value)),
    remove: (name) => form.remove(name),
    forwarded: () => () => ({ stream: form.stream(), length: form.length }),
    // An upstream may answer before it has read everything.
    replied() {},
    release: () => form.release(),
  }
}
