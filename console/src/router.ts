import { createRouter } from '@tanstack/react-router'
import { inside, root } from './routes/base.ts'
import { organizationPages } from './routes/organization.ts'
import { outsidePages } from './routes/outside.ts'
import { projectPages } from './routes/project.ts'

export const router = createRouter({
  routeTree: root.addChildren([...outsidePages, inside.addChildren([...organizationPages, projectPages])]),
  defaultPreload: 'intent',
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
