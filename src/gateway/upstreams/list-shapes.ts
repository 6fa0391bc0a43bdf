import type { ListedModel } from '../../core/model-list.ts'
import { isModelName } from '../../core/model-name.ts'
import type { Secret } from './secret.ts'

/** Models of one list that are taken. */
const MOST_MODELS = 10_000

/** Where a model stands that has a name: the original's, and what other servers call it. */
const NAMES = ['id', 'model', 'name'] as const

/**
 * The models of a list, whatever its shape: the original's, an array by itself, one under `models`, of objects or of names.
 * What else is said of them stays here.
 * @param secret what no name may contain
 * @returns none where it is no list, or no entry of it has a name that can be called
 */
export function modelsIn(text: string, secret: Secret | null): ListedModel[] {
  for (const list of listsIn(parsed(text))) {
    const models: ListedModel[] = []
    for (const entry of list) {
      const model = modelOf(entry)
      if (model !== null && !(secret && model.id.includes(secret.text))) models.push(model)
      if (models.length === MOST_MODELS) break
    }
    if (models.length > 0) return models
  }
  return []
}

function listsIn(written: unknown): unknown[][] {
  if (Array.isArray(written)) return [written]
  if (written === null || typeof written !== 'object') return []
  const { data, models } = written as { data?: unknown; models?: unknown }
  return [data, models].filter((list) => Array.isArray(list))
}

/** What of an entry is for clients: a model server also says where its files lie, who owns it, and who may do what there. */
function modelOf(entry: unknown): ListedModel | null {
  if (typeof entry === 'string') return isModelName(entry) ? { id: entry } : null
  if (entry === null || typeof entry !== 'object') return null
  const fields = entry as Record<string, unknown>
  const id = NAMES.map((name) => fields[name]).find((one) => typeof one === 'string' && one !== '')
  if (typeof id !== 'string' || !isModelName(id)) return null
  const { created } = fields
  return typeof created === 'number' && Number.isSafeInteger(created) && created >= 0 ? { id, created } : { id }
}

/** A byte order mark before JSON is no part of it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    return null
  }
}
