import { createRootRoute, createRoute } from '@tanstack/react-router'
import { Broken, NotThere } from '../shell/broken.tsx'
import { Shell } from '../shell/shell.tsx'

export const root = createRootRoute({ notFoundComponent: NotThere, errorComponent: Broken })

/** For who is signed in. */
export const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Shell })
