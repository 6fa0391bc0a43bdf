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
import { router } from './router.tsx'
import { signInAgain } from './session/back.ts'
import { theme } from './theme/theme.ts'

// A page of the version before asks for files that are gone: the new page has their names.
addEventListener('vite:preloadError', (event) => {
  event.preventDefault()
  location.reload()
})
whenSignedOut(() => signInAgain(router, queryClient))

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
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
