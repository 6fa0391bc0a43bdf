/** The form that was typed into last. A search is no form. */
let form: HTMLFormElement | null = null
addEventListener('input', ({ target }) => {
  if (target instanceof Element) form = target.closest('form') ?? form
})

/** Whether there is something in a form of the page that somebody has typed and not yet sent. */
export function isTyped(): boolean {
  if (!form?.isConnected) return false
  const fields = form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea')
  return [...fields].some(({ type, value }) => !['hidden', 'checkbox', 'radio'].includes(type) && value !== '')
}
