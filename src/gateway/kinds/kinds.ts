import { ApiError } from '../../contract/error.ts'
import type { Offer } from '../../core/offer.ts'
import { type OwnedKind, ownedKinds } from '../../core/owned.ts'
import { shown } from '../invalid.ts'

/** Something, as a request names it: by its id, in this place. */
type Named = { id: string; param: string; isInPath?: boolean }

/** What is true of one kind of things that a project owns behind the gate; its routes are declared in `src/gateway/routes/`. */
export type KindFacts = {
  /** The word with which an upstream says that it keeps them; null: whoever answers may keep them. */
  offered: Offer | null
  /** Whether a reply shows one before it is written whose it is: other nodes may hear of it then before they can know, and wait for it. */
  isLate: boolean
  /** Seconds for which it is its project's where it does not say itself when it expires; null: until it is deleted. */
  lifeSeconds: number | null
  /** Whether what it says of when it expires is when it is gone: a store that has expired is still there, and the time moves with its use. */
  isEndSaid: boolean
  /** Names of the fields of bodies that hold the id of one, or a list of ids, wherever they stand. */
  fields: readonly string[]
  /** What is told of one that is nobody's and of one that is another project's: the original's sentence. */
  notFound: (named: Named) => ApiError
}

const A_DAY = 86_400
/** Of what only tells how something went, and of containers, which end by themselves where nobody uses them for some minutes. */
const A_MONTH = 30 * A_DAY
/** How long these are their projects' the configuration says. */
const ofResponses = { offered: null, isLate: true, lifeSeconds: null, isEndSaid: false, fields: [] } as const

/** Every kind. What is not here has no owner, and no body may name it. */
export const kinds: Readonly<Record<OwnedKind, KindFacts>> = {
  response: { ...ofResponses, notFound: noResponse },
  item: { ...ofResponses, notFound: noItem },
  file: {
    ...{
      offered: 'files',
      isLate: false,
      lifeSeconds: null,
      isEndSaid: true,
      fields: ['file_id', 'file_ids'],
    },
    notFound: (named) => noSuch('File', named),
  },
  upload: {
    ...{ offered: 'uploads', isLate: false, lifeSeconds: A_DAY, isEndSaid: true, fields: [] },
    notFound: (named) => noSuch('Upload', named),
  },
  // What its upload is made of, which ends within an hour.
  part: {
    ...{ offered: 'uploads', isLate: false, lifeSeconds: A_DAY, isEndSaid: true, fields: ['part_ids'] },
    notFound: (named) => noSuch('Part', named),
  },
  vector_store: {
    ...{ offered: 'vector_stores', isLate: false, lifeSeconds: null, isEndSaid: false },
    fields: ['vector_store_id', 'vector_store_ids'],
    notFound: (named) => noneWithId('Vector store', named),
  },
  // Only within its store, which keeps the files when it is forgotten.
  vector_store_file_batch: {
    ...{ offered: 'vector_stores', isLate: false, lifeSeconds: A_MONTH, isEndSaid: false, fields: [] },
    notFound: (named) => noneWithId('File batch', named),
  },
  // Only a response's input names one, and that is read for it.
  conversation: {
    ...{ offered: 'conversations', isLate: false, lifeSeconds: null, isEndSaid: false, fields: [] },
    notFound: noConversation,
  },
  chat: {
    ...{ offered: 'chats', isLate: true, lifeSeconds: null, isEndSaid: false, fields: [] },
    notFound: noChat,
  },
  container: {
    ...{ offered: 'containers', isLate: true, lifeSeconds: A_MONTH, isEndSaid: false },
    fields: ['container_id', 'container_ids'],
    notFound: (named) => noneWithId('Container', named),
  },
  // A body names one by a citation, as `file_id` too.
  container_file: {
    ...{ offered: 'containers', isLate: true, lifeSeconds: A_MONTH, isEndSaid: false, fields: [] },
    notFound: (named) => noneWithId('Container file', named),
  },
}

const named = new Map(ownedKinds.flatMap((kind) => kinds[kind].fields.map((field) => [field, kind] as const)))

/** Every field that names something that is owned. */
export const naming: readonly string[] = [...named.keys()]

/** What a field names, as it is written exactly; null where that is nothing of these. */
export const kindNamed = (field: string): OwnedKind | null => named.get(field) ?? null

function noResponse({ id, param }: Named): ApiError {
  const message = `with id '${shown(id)}' not found.`
  if (param === 'previous_response_id')
    return new ApiError('previous_response_not_found', `Previous response ${message}`, { param })
  return new ApiError('not_found', `Response ${message}`, { param })
}

function noItem({ id, param }: Named): ApiError {
  const advice =
    'Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.'
  return new ApiError('item_not_found', `Item with id '${shown(id)}' not found. ${advice}`, { param })
}

function noConversation({ id, param }: Named): ApiError {
  return new ApiError('not_found', `Conversation with id '${shown(id)}' not found.`, { param })
}

function noChat({ id, param }: Named): ApiError {
  return new ApiError('not_found', `Chat completion with id '${shown(id)}' not found.`, { param })
}

/** In a path the original says `id`, whatever our declarations call it. */
function noSuch(what: string, { id, param, isInPath }: Named): ApiError {
  const message = `No such ${what} object: ${shown(id)}`
  return new ApiError('object_not_found', message, { param: isInPath ? 'id' : param })
}

/** The same of kinds for which the original has other words, and names no parameter of a path. */
function noneWithId(what: string, { id, param, isInPath }: Named): ApiError {
  const message = `${what} with id '${shown(id)}' not found.`
  return new ApiError('object_not_found', message, isInPath ? {} : { param })
}
