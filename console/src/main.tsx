import '@mantine/core/styles.layer.css'
import '@mantine/notifications/styles.layer.css'
import '@mantine/spotlight/styles.layer.css'
import './theme/tokens.css'
import './patterns/patterns.css'
import './shell/shell.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { whenSignedOut } from './api/call.ts'
import { queryClient } from './api/query.ts'
import { router } from './router.ts'
import { sessionEnds } from './session/ends.ts'
import { Over } from './session/over.tsx'
import { hearTabs } from './session/tabs.ts'
import { loadsAnew } from './shell/outdated.ts'
import { theme } from './theme/theme.ts'

const { leave, ended, heard } = sessionEnds(router, queryClient)
whenSignedOut(ended)
hearTabs(heard)
router.subscribe('onBeforeLoad', ({ pathChanged }) => {
  // The router writes the address a moment later, and what is loaded anew is what that says.
  if (pathChanged) setTimeout(loadsAnew)
})
// A page that the browser has kept as it was, for the button back: whose it was may be signed out by now.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})

const place = document.getElementById('root')
if (place) {
  createRoot(place).render(
    <StrictMode>
      {/* The library's colors and classes are in files: it writes no styles into the page, which its policy would refuse. */}
      <MantineProvider
        theme={theme}
        defaultColorScheme="auto"
        withCssVariables={false}
        withGlobalClasses={false}
        deduplicateInlineStyles={false}
      >
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
          <Notifications position="bottom-right" />
          <Over leave={leave} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
