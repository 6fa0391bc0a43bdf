import { isDots, isModelName, LONGEST_NAME } from '../../core/model-name.ts'
import { isOwnedId, type OwnedKind } from '../../core/owned.ts'

/** The kinds of ids that can stand in a path: what one looks like as it is written there, and what it says. */
export type IdKind = {
  /** The id; null where the text is none, so that the path is no route's. */
  read: (written: string) => string | null
  /** Whether the rest of the path is one id, slashes and all. */
  takesRest: boolean
  /** What it names of a project's own; null for what belongs to no project. */
  owned: OwnedKind | null
}

const ofOwned = { read: (written: string) => (isOwnedId(written) ? written : null), takesRest: false } as const

export const idKinds = {
  response_id: { ...ofOwned, owned: 'response' },
  file_id: { ...ofOwned, owned: 'file' },
  upload_id: { ...ofOwned, owned: 'upload' },
  conversation_id: { ...ofOwned, owned: 'conversation' },
  completion_id: { ...ofOwned, owned: 'chat' },
  item_id: { ...ofOwned, owned: 'item' },
  webhook_endpoint_id: { ...ofOwned, owned: null },
  vector_store_id: { ...ofOwned, owned: 'vector_store' },
  container_id: { ...ofOwned, owned: 'container' },
  container_file_id: { ...ofOwned, owned: 'container_file' },
  file_batch_id: { ...ofOwned, owned: 'vector_store_file_batch' },
  batch_id: { ...ofOwned, owned: null },
  model: { read: modelId, takesRest: true, owned: null },
} as const satisfies Record<string, IdKind>

export type IdName = keyof typeof idKinds

/** Characters that the longest name of a model can be written with: three bytes for each of its own, as `%XX`. */
const LONGEST_MODEL = LONGEST_NAME * 9

/**
 * The model that a path names, decoded; ids may hold `/`, plain or as `%2F`. Null for what no model is called, and for what
 * makes the path another one: steps that are empty or dots, and what is to be encoded and is not (RFC 3986, 3.3).
 */
function modelId(written: string): string | null {
  if (written.length > LONGEST_MODEL || !/^[\w.~!$&'()*+,;=:@%/-]+$/.test(written)) return null
  try {
    const id = decodeURIComponent(written)
    const isOther = written.split('/').some((step) => step === '' || isDots(decodeURIComponent(step)))
    return isModelName(id) && !isOther ? id : null
  } catch {
    // No UTF-8, or a percent sign that stands for itself.
    return null
  }
}
