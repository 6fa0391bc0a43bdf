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

export const idKinds = {
  response_id: { read: (written) => (isOwnedId(written) ? written : null), takesRest: false, owned: 'response' },
  model: { read: modelId, takesRest: true, owned: null },
} as const satisfies Record<string, IdKind>

export type IdName = keyof typeof idKinds

/** Characters of the longest name of a model that a path is read for. */
const LONGEST_MODEL = 1024

/** The model that a path names, decoded; ids may hold `/`, plain or as `%2F`. Null for what no model is called. */
function modelId(written: string): string | null {
  if (
    written.length > LONGEST_MODEL ||
    !/^[A-Za-z0-9._:@~+-]+((\/|%2F)[A-Za-z0-9._:@~+-]+)*$/i.test(written.replaceAll(/%3A/gi, ':'))
  )
    return null
  const id = decodeURIComponent(written)
  return id.split('/').some((part) => /^\.+$/.test(part)) ? null : id
}
