import type { OwnedKind } from '../../core/owned.ts'

/** What content may name. */
export type Terms = {
  /** Kinds of things that may be named in it: they are the project's, as somebody else finds out. Others may not. */
  accepts?: ReadonlySet<OwnedKind>
  /** Names besides the usual ones under which the client's own JSON stands. */
  free?: ReadonlySet<string>
  /** Whether a tool in it may lead there; nowhere, if left out. */
  leads?: (to: string) => boolean
  /** Whether the bytes of images in results of tools may be put before the model as text. */
  writesResults?: boolean
}
