import type { ApiError } from '../../contract/error.ts'
import type { CatalogueModel } from '../../core/catalogue.ts'
import type { JudgedBody } from '../judge/body.ts'
import { shown, wrongValue } from '../judge/refusals.ts'
import type { Models } from '../models/models.ts'

type Finder = Pick<Models, 'find' | 'lookUp'>

/**
 * Fields that the judge writes anew from what it has read: the same, since no name occurs twice in what is read, but for
 * models with another name upstream, which are found as they are looked up. Usage is asked for to be counted, and nobody
 * counts here.
 */
const harmless: ReadonlySet<string> = new Set([
  'model',
  'tools',
  'tool_choice',
  'input',
  'messages',
  'moderation',
  'svg',
  'stream_options',
])

/** A form's field for a model that is named within another. */
const nested = /[[.]model\b/i

const PASSED_ON = 'and the proxy passes requests on unchanged'

/**
 * Stands between the judge and a body that others carry: what the project wants otherwise than it was sent cannot be put
 * right. What the gate itself would refuse is refused first, in its words.
 */
export class Unchanged {
  /** Why a request that may be made cannot be passed on as it is, and what to send instead; null where it can. */
  refusal: ApiError | null = null

  /** The body, whose edits are noted and not made. */
  body(body: JudgedBody): JudgedBody {
    if (body === null) return null
    const set = (name: string, value: unknown) => {
      if (!harmless.has(name) && !nested.test(name)) this.refusal ??= mustSend(name, value)
    }
    if ('files' in body) return { fields: body.fields, files: body.files, set }
    return { fields: body.fields, whole: () => body.whole(), set, remove: (name) => set(name, undefined) }
  }

  /** The catalogue, with an eye on what is looked up. */
  models(models: Finder): Finder {
    return {
      find: (id) => this.#seen(models.find(id)),
      lookUp: (id) => {
        const found = models.lookUp(id)
        return found instanceof Promise ? found.then((model) => this.#seen(model)) : this.#seen(found)
      },
    }
  }

  #seen(model: CatalogueModel | null): CatalogueModel | null {
    if (model !== null && model.upstreamName !== model.id) this.refusal ??= renamed(model)
    return model
  }
}

function renamed({ id }: CatalogueModel): ApiError {
  const reason = `its model server calls '${shown(id)}' by another name, ${PASSED_ON}. Make this one to the gate itself.`
  return wrongValue('model', reason)
}

function mustSend(name: string, value: unknown): ApiError {
  if (value === undefined) return wrongValue(name, `it would have to be left out, ${PASSED_ON}. Leave it out.`)
  const written = shown(JSON.stringify(value))
  return wrongValue(name, `the project's settings ask for another value, ${PASSED_ON}. Send "${name}": ${written}.`)
}
