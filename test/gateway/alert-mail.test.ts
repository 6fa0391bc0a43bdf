import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../process/gatehouse.ts'
import { command } from '../support/command.ts'
import { databases } from '../support/databases.ts'
import { modelsFile } from '../support/models-file.ts'
import { question, startGate } from './gate.ts'
import { makeUser } from './people.ts'
import { startSmtp } from './smtp-server.ts'
import { json } from './upstream.ts'

for (const database of databases) {
  test(`${database}: a spend alert is mailed to its recipients once, by the mail server of the settings`, async () => {
    await using file = await modelsFile({ m1: { price_per_million: { input: 1_000_000, output: 1_000_000 } } })
    await using smtp = await startSmtp()
    const env = { GATEHOUSE_CONFIG: file.path, GATEHOUSE_SMTP_URL: `${smtp.url}?from=gate@example.com` }
    await using gate = await startGate({ database, env })
    await gate.app.admin().organization.projects.spendAlerts.create(gate.projectId, {
      threshold_amount: 100,
      currency: 'USD',
      interval: 'month',
      notification_channel: { type: 'email', recipients: ['finance@example.com'], subject_prefix: '[money]' },
    })
    const usage = { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 }
    gate.upstream.answer(json({ object: 'chat.completion', choices: [], usage }))
    const client = gate.app.client(gate.key)
    await client.chat.completions.create(question)
    await smtp.received(1)
    await client.chat.completions.create(question)
    const [mail] = smtp.mails
    assert.deepEqual([mail?.from, mail?.to], ['gate@example.com', ['finance@example.com']])
    assert.match(mail?.headers.get('subject') ?? '', /^Gatehouse spend alert: \[money\] Project /)
    assert.match(mail?.text ?? '', new RegExp(gate.projectId))
    assert.equal(await gate.app.metric('gatehouse_spend_alerts_total{level="project"}'), 1)
    assert.equal(smtp.mails.length, 1)
  })

  test(`${database}: whoever sets alerts over and over sends 30 mails in an hour, and one for the rest at a stop`, async () => {
    await using file = await modelsFile({ m1: { price_per_million: { input: 1_000_000, output: 1_000_000 } } })
    await using smtp = await startSmtp()
    const env = { GATEHOUSE_CONFIG: file.path, GATEHOUSE_SMTP_URL: `${smtp.url}?from=gate@example.com` }
    {
      await using gate = await startGate({ database, env })
      const usage = { prompt_tokens: 20, completion_tokens: 30, total_tokens: 50 }
      gate.upstream.answer(json({ object: 'chat.completion', choices: [], usage }))
      const client = gate.app.client(gate.key)
      const { spendAlerts } = gate.app.admin().organization.projects
      const project_id = gate.projectId
      const alert = (threshold_amount: number) => ({
        threshold_amount,
        currency: 'USD' as const,
        interval: 'month' as const,
        notification_channel: { type: 'email' as const, recipients: ['a@example.com', 'b@example.com'] },
      })
      const ids = []
      for (let i = 0; i < 20; i++) ids.push((await spendAlerts.create(project_id, alert(0))).id)
      await client.chat.completions.create(question)
      await smtp.received(20)
      for (const id of ids) await spendAlerts.update(id, { project_id, ...alert(1) })
      await client.chat.completions.create(question)
      while ((await gate.app.metric('gatehouse_spend_alerts_total{level="project"}')) < 40) await sleep(20)
    }
    assert.equal(smtp.mails.length, 31)
    const digest = smtp.mails.find(({ text }) => /has reached 10 spend alerts besides/.test(text))
    assert.deepEqual(digest?.to.toSorted(), ['a@example.com', 'b@example.com'])
    assert.match(
      digest?.headers.get('subject') ?? '',
      /^Gatehouse spend alert: Project ".*" has reached 10 more alerts$/,
    )
  })

  test(`${database}: mail to people who are not in the organization ends with the ownership of who set the alert`, async () => {
    await using file = await modelsFile({ m1: { price_per_million: { input: 1_000_000, output: 1_000_000 } } })
    await using smtp = await startSmtp()
    const env = { GATEHOUSE_CONFIG: file.path, GATEHOUSE_SMTP_URL: `${smtp.url}?from=gate@example.com` }
    await using gate = await startGate({ database, env })
    const { app } = gate
    const { users, projects } = app.admin().organization
    const [setter, stays, leaves] = [await makeUser(app, 'owner'), await makeUser(app), await makeUser(app)]
    const theirs = app.admin((await command<{ value: string }>(app, 'admin-key', 'create', '--user', setter)).value)
    const [staying = '', leaving = ''] = await Promise.all(
      [stays, leaves].map(async (id) => (await users.retrieve(id)).email ?? ''),
    )
    // As somebody writes it, with the domain as mail programs send it.
    const written = staying.replace(/^[^@]*/, (local) => local.toUpperCase())
    const alert = (...recipients: string[]) => ({
      threshold_amount: 100,
      currency: 'USD' as const,
      interval: 'month' as const,
      notification_channel: { type: 'email' as const, recipients },
    })
    const { spendAlerts } = theirs.organization.projects
    await spendAlerts.create(gate.projectId, alert('finance@example.com', written, leaving))
    await spendAlerts.create(gate.projectId, alert('auditor@example.com', leaving))
    await projects.spendAlerts.create(gate.projectId, alert('board@example.com'))
    await users.update(setter, { role: 'reader' })
    await users.delete(leaves)
    const usage = { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 }
    gate.upstream.answer(json({ object: 'chat.completion', choices: [], usage }))
    await app.client(gate.key).chat.completions.create(question)
    await smtp.received(2)
    const raised = async () => (await app.metric('gatehouse_spend_alerts_total{level="project"}')) === 3
    await until(raised, 'all three are raised')
    const to = smtp.mails.map((mail) => mail.to)
    assert.deepEqual(to.toSorted(), [[written], ['board@example.com']].toSorted())
  })
}
