import { createRootRoute, createRoute } from '@tanstack/react-router'
import type { Opened } from '../patterns/opened.ts'
import { Broken, NotThere } from '../shell/broken.tsx'
import { Shell } from '../shell/shell.tsx'
import { type Words, word } from './words.ts'

export const root = createRootRoute({ notFoundComponent: NotThere, errorComponent: Broken })

/** For who is signed in. Of each page what is open on it stands in its address. */
export const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  validateSearch: ({ open, of, rows }: Words): Opened => ({ open: word(open), of: word(of), rows: word(rows) }),
})
