import { createHash } from 'node:crypto'

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 12vh auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit }
input, button { margin: .25rem 0 1rem; padding: .5rem .75rem; border: 1px solid #767676; border-radius: .375rem }
button { background: #1a1a1a; color: #fff; cursor: pointer }
button:disabled { opacity: .5 }
@media (prefers-color-scheme: dark) { body { background: #1a1a1a; color: #eee } input { background: #1a1a1a; color: #eee } button { background: #eee; color: #1a1a1a } }
`

/** The token stands behind the #, which no browser sends anywhere: it reaches no log, no proxy and no referrer. */
const script = `
const form = document.querySelector('form'), status = document.querySelector('[role=status]'), button = form.querySelector('button')
const say = (text) => { status.textContent = text }
if (location.hash.length < 2) { form.hidden = true; say('This link is not complete. Copy all of it, or ask for a new one.') }
form.addEventListener('submit', async (event) => {
  event.preventDefault()
  button.disabled = true
  say('')
  try {
    const body = JSON.stringify({ token: location.hash.slice(1), name: form.elements.name.value })
    const reply = await fetch('v1/organization/invites/accept', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const answer = await reply.json()
    if (!reply.ok) throw new Error(answer.error.message)
    form.hidden = true
    history.replaceState(null, '', location.pathname)
    say('Welcome, ' + answer.name + '. You are a member now, as ' + answer.email + '.')
  } catch (error) {
    button.disabled = false
    say(error.message)
  }
})
`

/** The page behind an invite's link. It needs nothing from elsewhere and is allowed nothing else. */
export const invitePage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Accept your invite</title>
<style>${style}</style>
<h1>Accept your invite</h1>
<form>
  <label for="name">Your name</label>
  <input id="name" name="name" autocomplete="name" required maxlength="255">
  <button>Accept</button>
</form>
<p role="status"></p>
<script>${script}</script>
</html>
`

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

export const invitePageHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
