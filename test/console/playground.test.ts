import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { startGate, type TestGate } from '../gateway/gate.ts'
import { type Call, EVENTS, event, json } from '../gateway/upstream.ts'
import { startTestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { until } from '../support/until.ts'
import { openBrowser, openPage, skip } from './browser.ts'
import { ask, makePlaygroundKey } from './playground-steps.ts'
import { openAsOwner } from './started.ts'
import { accept, invite } from './steps.ts'

const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script>'
const piece = (content: string) => event({ choices: [{ index: 0, delta: { content } }] })
const END = [
  event({ choices: [{ index: 0, delta: {}, finish_reason: 'length' }] }),
  event({
    choices: [],
    usage: { prompt_tokens: 1000, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 400 } },
  }),
  event('[DONE]'),
]

let file: Awaited<ReturnType<typeof modelsFile>>
let gate: TestGate
let browser: Browser

before(async () => {
  if (skip) return
  file = await modelsFile({ m1: { price_per_million: { input: 0.15, cached_input: 0.075, output: 0.6 } }, free: {} })
  const env = { GATEHOUSE_CONFIG: file.path }
  gate = await startGate({ only: 'admin,gateway,docs,console', env })
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await gate?.[Symbol.asyncDispose]()
  await file?.[Symbol.asyncDispose]()
})

/** The playground, for the project of the gate, seen by the first owner. */
async function openPlayground(model = 'm1') {
  const path = `/playground?project=${gate.projectId}&model=${encodeURIComponent(model)}`
  return await openAsOwner({ app: gate.app, browser }, path)
}

/** The keys that the playground has made and nobody has deleted. */
async function playgroundKeys() {
  const { body } = await gate.app.send('GET', '/v1/organization/api_keys?name=Playground')
  return body.data as { id: string; scopes: string[]; created_at: number; expires_at: number }[]
}

/** The body of the newest call that the model server has had. */
const lastBody = () => JSON.parse(gate.upstream.calls.at(-1)?.body.toString() ?? 'null')

/** Answers with a stream of these pieces, and then leaves it open. */
const streams =
  (...parts: string[]) =>
  async (call: Call) => {
    await call.whole
    call.response.writeHead(200, EVENTS)
    for (const part of parts) call.response.write(part)
  }
const whole = async (call: Call) => {
  await streams(piece('Good '), piece(MARKUP), ...END)(call)
  call.response.end()
}

test('a model is called with what was chosen, its answer is text whatever it says, and the call says what it used and cost', {
  skip,
}, async () => {
  await using opened = await openPlayground('')
  const { page, complaints } = opened
  gate.upstream.answer(whole)
  await page.getByRole('button', { name: /^Send.*Make a key first/ }).waitFor()
  await makePlaygroundKey(page)
  const [key] = await playgroundKeys()
  assert.deepEqual(key?.scopes, ['api.model.read', 'api.model.request'])
  assert.equal((key?.expires_at ?? 0) - (key?.created_at ?? 0), 900)
  await page.getByRole('combobox', { name: 'Model' }).click()
  await page.getByRole('option', { name: 'm1' }).click()
  await page.waitForURL((url) => url.searchParams.get('model') === 'm1')
  await page.getByLabel('System').fill('Be brief')
  await page.getByLabel('Temperature').fill('0,5')
  await page.getByLabel('Max tokens').fill('many')
  await page.getByRole('button', { name: /^Send.*One of the numbers is none/ }).waitFor()
  await page.getByLabel('Max tokens').fill('100')
  const first = await ask(page, "It's me")
  const system = { role: 'system', content: 'Be brief' }
  const asked = { role: 'user', content: "It's me" }
  const chosen = { model: 'm1', temperature: 0.5, max_tokens: 100 }
  const streamed = { stream: true, stream_options: { include_usage: true } }
  assert.deepEqual(lastBody(), { ...chosen, messages: [system, asked], ...streamed })
  await first.getByText(`Good ${MARKUP}`, { exact: true }).waitFor()
  assert.equal(await first.locator('img, script').count(), 0)
  for (const words of [
    '200',
    '1,000 tokens, 400 cached',
    '10 tokens',
    '$0.000126',
    'Cut: no more tokens were allowed',
  ]) {
    await first.getByText(words, { exact: true }).waitFor()
  }
  await first.getByText('First token').waitFor()
  await first.getByText('Headers, request ID and the call as curl').click()
  await first.getByText(/^req_/).first().waitFor()
  const curl = await first.getByRole('textbox', { name: 'The call as curl' }).innerText()
  assert.ok(curl.startsWith(`curl -N ${gate.app.url}/v1/chat/completions`))
  assert.ok(curl.includes(`"content": "It'\\''s me"`))

  await page.getByLabel('Stream the answer').uncheck()
  const message = { role: 'assistant', content: MARKUP }
  gate.upstream.answer(json({ choices: [{ index: 0, message, finish_reason: 'stop' }] }))
  const second = await ask(page, 'Again')
  const answered = { role: 'assistant', content: `Good ${MARKUP}` }
  assert.deepEqual(lastBody(), { ...chosen, messages: [system, asked, answered, { ...asked, content: 'Again' }] })
  await second.getByText(MARKUP, { exact: true }).waitFor()
  assert.equal(await page.locator('.turn img').count(), 0)
  assert.deepEqual(complaints, [])
})

test('a call is stopped, and what was said until then stays; what goes wrong is told in words', { skip }, async () => {
  await using opened = await openPlayground()
  const { page, complaints } = opened
  await makePlaygroundKey(page)
  gate.upstream.answer(streams(piece('So far')))
  const calls = gate.upstream.calls.length
  await page.getByRole('textbox', { name: 'Message' }).fill('Go on')
  await page.keyboard.press('Control+Enter')
  await page.getByText('So far', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByText('Stopped', { exact: true }).waitFor()
  await until(() => gate.upstream.calls[calls]?.cancelled, 'the model server is told')
  await page.getByText('So far', { exact: true }).waitFor()

  gate.upstream.answer(json({ error: { message: `Broken ${MARKUP}`, type: 'server_error' } }, 500))
  const broken = await ask(page, 'One')
  await broken.getByText(`Broken ${MARKUP}`).waitFor()
  gate.upstream.answer(streams(piece('Half'), event({ error: { message: 'Out of memory' } })))
  const failed = await ask(page, 'Two')
  await failed.getByText('Out of memory').waitFor()
  await failed.getByText('Half', { exact: true }).waitFor()
  gate.upstream.answer(async (call) => {
    await streams(piece('Half'))(call)
    call.response.end()
  })
  await (await ask(page, 'Three')).getByText('The connection was cut before the answer was complete.').waitFor()
  const odd = { content: [{ type: 'text', text: 'a part' }] }
  gate.upstream.answer(json({ choices: [{ message: odd }], usage: { prompt_tokens: 'x' } }))
  await page.getByLabel('Stream the answer').uncheck()
  await (await ask(page, 'Four')).getByText('The answer has no text.').waitFor()
  assert.equal(await page.locator('.turn img, .turn script').count(), 0)
  assert.deepEqual(complaints, [])
})

test('the key goes with the page: when it is left, unloaded, and at sign-out', { skip }, async () => {
  await using opened = await openPlayground()
  const { page, complaints } = opened
  // A browser whose window is ended from outside may send nothing more: those keys end by themselves.
  const before = (await playgroundKeys()).map(({ id }) => id)
  const keys = async () => (await playgroundKeys()).filter(({ id }) => !before.includes(id))
  const gone = () => until(async () => (await keys()).length === 0, 'the key is deleted')
  const made = async () => {
    await makePlaygroundKey(page)
    assert.equal((await keys()).length, 1)
  }
  await made()
  await page.getByRole('button', { name: 'Delete key' }).click()
  await gone()
  await made()
  await page.getByRole('link', { name: 'Projects', exact: true }).click()
  await gone()
  await page.goBack()
  await made()
  await page.goto('/profile')
  await gone()
  await page.goBack()
  await made()
  await page.getByRole('button', { name: 'Owner' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await gone()
  assert.deepEqual(complaints, [])
})

test('a key that is pasted is kept by nothing but the page, and one that is wrong says so', { skip }, async () => {
  await using opened = await openPlayground()
  const { page, complaints } = opened
  gate.upstream.answer(whole)
  await page.getByText('One you have').click()
  const field = page.getByLabel('Key', { exact: true })
  assert.equal(await field.getAttribute('type'), 'password')
  await field.fill('sk-proj-not-one-of-these')
  await page.getByRole('button', { name: 'Use this key' }).click()
  await page.getByText(/Incorrect API key/).waitFor()
  await page.getByRole('button', { name: 'Forget key' }).click()
  await page.getByText('One you have').click()
  await field.fill(` ${gate.key} `)
  await field.press('Enter')
  await (await ask(page, 'Hello')).getByText('200', { exact: true }).waitFor()
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, history.state, document.cookie]),
  )
  assert.ok(!kept.includes(gate.key))
  assert.ok(!(await page.content()).includes(gate.key))
  await page.reload()
  await page.getByRole('button', { name: 'Make a key for 15 minutes' }).waitFor()
  assert.deepEqual(complaints, [])
})

test('who may make no key is told why and who could; without a gate at this address the page says so', {
  skip,
}, async () => {
  await using owners = await openAsOwner({ app: gate.app, browser })
  const link = await invite(owners.page, 'viewer@example.com')
  await using readers = await openPage(browser, gate.app.url)
  await accept(readers.page, link, 'Reader')
  const { organization } = gate.app.admin()
  const users = (await organization.users.list({ emails: ['viewer@example.com'] })).data
  const [project_id, user_id] = [gate.projectId, users[0]?.id ?? '']
  await organization.projects.users.create(project_id, { user_id, role: 'member' })
  await organization.projects.users.roles.create(user_id, { project_id, role_id: 'role-api-project-viewer' })
  await organization.projects.users.roles.delete('role-api-project-member', { project_id, user_id })
  await readers.page.goto(`/playground?project=${gate.projectId}`)
  await readers.page.getByRole('button', { name: /^Make a key.*Ask one of its owners/ }).waitFor()

  await using alone = await startTestApp({ only: 'admin,docs,console' })
  await using opened = await openAsOwner({ app: alone, browser }, '/playground')
  await opened.page.getByRole('heading', { name: 'No models are called here' }).waitFor()
  assert.deepEqual([...owners.complaints, ...readers.complaints, ...opened.complaints], [])
})
