/** What a page could not load although its own version has it: a later version, which has other files, may be served by now. */
let gone: string | null = null
addEventListener('vite:preloadError', ({ payload }) => {
  gone = payload.message
  payload.message =
    'A file of this page could not be loaded. Load it again; if that does not help, the server is not whole.'
})

/**
 * Loads a page of the version before anew, which then has the names of today's files: when one goes to another page and not before, so
 * that nothing that was typed is lost to a pointer which passes over a link. Once for each file: one that is gone for good is a failure.
 * @returns whether it does
 */
export function loadsAnew(): boolean {
  if (gone === null) return false
  const key = `gone: ${gone}`
  gone = null
  if (sessionStorage.getItem(key) !== null) return false
  sessionStorage.setItem(key, '')
  location.reload()
  return true
}
