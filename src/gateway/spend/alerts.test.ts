import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Money, openMoney, reserve, rulesOf, type Spend, until } from '../../../test/gateway/money.ts'
import { serverOf, startSmtp } from '../../../test/gateway/smtp-server.ts'
import { databases } from '../../../test/support/databases.ts'
import { plainModel } from '../../core/catalogue.ts'
import { NO_CAPS } from '../caps.ts'
import { NO_WORST } from '../use.ts'
import { Mailer } from './mailer.ts'

const november = Date.UTC(2026, 10, 15)
const december = Date.UTC(2026, 11, 1)
const cents = (amount: number) => amount * 10_000_000

type Rules = ReturnType<typeof rulesOf>

/** A project of an organization, both known to the node. */
async function known(money: Money): Promise<Rules> {
  const organization = await money.organization()
  return rulesOf(organization, await money.project(organization), null, null)
}

/** Lets a node have spent something, as a call does. */
async function spendOn(money: Money, rules: Rules, amount: number, node: Spend = money.spend) {
  await node.load(rules)
  await money.write(rules, amount, money.now, node)
}

const marks = async (money: Money) =>
  (await money.db.selectFrom('spend_alert_sent').select(['alert_id', 'month', 'threshold_cents']).execute()).map(
    ({ alert_id, month, threshold_cents }) => `${alert_id} ${month} ${threshold_cents}`,
  )

for (const database of databases) {
  test(`${database}: every alert that is reached is raised, of the project and of the organization, each once a month`, async () => {
    await using money = await openMoney(database, november)
    const rules = await known(money)
    const { organizationId, projectId } = rules
    const alert = (whose: string | null, amount: number) => money.alert(organizationId, whose, amount)
    const first = await alert(projectId, 5)
    const reached = [first, await alert(projectId, 5), await alert(projectId, 0), await alert(projectId, 9)]
    const whole = await alert(null, 9)
    const [later, wholeLater] = [await alert(projectId, 11), await alert(null, 30)]
    const elsewhere = await money.alert(organizationId, await money.project(organizationId), 1)

    await money.spend.load(rules)
    assert.deepEqual(money.raised, [])
    await spendOn(money, rules, cents(10))
    await until(() => money.raised.length >= 5)
    assert.deepEqual(money.raised.toSorted(), ['organization', 'project', 'project', 'project', 'project'])
    for (let i = 0; i < 3; i++) await spendOn(money, rules, cents(0.1))
    assert.equal((await marks(money)).length, 5)

    await spendOn(money, rules, cents(20))
    await until(() => money.raised.length >= 7)
    const sent = (month: string, ids: string[]) =>
      money.db.selectFrom('spend_alert_sent').select('alert_id').where('month', '=', month).where('alert_id', 'in', ids)
    assert.equal((await sent('2026-11', [...reached, whole, later, wholeLater]).execute()).length, 7)
    assert.deepEqual(await sent('2026-11', [elsewhere]).execute(), [])

    // The next month counts anew, and nothing has to happen for that.
    money.now = december
    await spendOn(money, rules, cents(5))
    await until(() => money.raised.length >= 10)
    assert.equal((await sent('2026-12', reached).execute()).length, 3)
    assert.equal(money.raised.length, 10)
  })

  test(`${database}: of two nodes and after a restart one raises it, also where neither has spent that much alone`, async () => {
    await using money = await openMoney(database, november)
    const rules = await known(money)
    await money.alert(rules.organizationId, rules.projectId, 10)
    await money.alert(rules.organizationId, null, 10)
    const other = money.node()
    await Promise.all([money.spend.load(rules), other.load(rules)])
    // Nobody asks for anything any more after these two.
    await Promise.all([
      money.write(rules, cents(6), november, money.spend),
      money.write(rules, cents(6), november, other),
    ])
    await until(() => money.raised.length >= 2)
    const third = money.node()
    for (const node of [money.spend, other, third]) await spendOn(money, rules, cents(1), node)
    for (const node of [money.spend, other, third]) await node.close()
    assert.deepEqual(money.raised.toSorted(), ['organization', 'project'])
  })

  test(`${database}: an alert that was changed is raised again at its new threshold; one that was deleted is not`, async () => {
    await using money = await openMoney(database, november)
    const rules = await known(money)
    const [changed, deleted] = [
      await money.alert(rules.organizationId, rules.projectId, 5),
      await money.alert(rules.organizationId, rules.projectId, 8),
    ]
    await spendOn(money, rules, cents(6))
    await until(() => money.raised.length === 1)
    await money.db.updateTable('spend_alert').set({ threshold_cents: 7 }).where('id', '=', changed).execute()
    await money.db.deleteFrom('spend_alert').where('id', '=', deleted).execute()
    await spendOn(money, rules, cents(3))
    await until(() => money.raised.length === 2)
    // A deleted alert takes its marks along, so that nothing of it is left.
    await money.db.deleteFrom('spend_alert').where('id', '=', changed).execute()
    assert.deepEqual(await marks(money), [])
    await spendOn(money, rules, cents(3))
    await money.spend.close()
    assert.equal(money.raised.length, 2)
  })

  test(`${database}: many alerts at once are all raised, and one that is set when all is spent is raised at the next load`, async () => {
    await using money = await openMoney(database, november)
    const rules = await known(money)
    for (let i = 1; i <= 230; i++) await money.alert(rules.organizationId, rules.projectId, i)
    await spendOn(money, rules, cents(225))
    await until(() => money.raised.length === 225)
    await money.alert(rules.organizationId, rules.projectId, 100)
    await money.spend.load(rules)
    await until(() => money.raised.length === 226)
  })
}

test('the mail says who has spent how much of what, in which month, and holds nothing else', async () => {
  await using smtp = await startSmtp()
  const outcomes: string[] = []
  const log = { warn: () => {}, error: () => {} }
  const mailer = new Mailer({
    server: serverOf(smtp),
    publicUrl: 'https://gate.example',
    log,
    done: (outcome) => outcomes.push(outcome),
  })
  await using money = await openMoney('sqlite', november, { mailer })
  const organization = await money.organization()
  const project = await money.project(organization, 'Käse & "Brot"')
  const rules = rulesOf(organization, project, null, null)
  const ids = [await money.alert(organization, project, 1000, '[money]'), await money.alert(organization, null, 1100)]
  await spendOn(money, rules, cents(1234.5))
  await smtp.received(2)
  const [one, other] = smtp.mails.toSorted((a, b) => (a.text < b.text ? 1 : -1))
  assert.deepEqual([one?.from, one?.to], ['gatehouse@gate.example', ['a@corp.example', 'b@corp.example']])
  assert.equal(
    one?.headers.get('subject'),
    'Gatehouse spend alert: [money] Project "Käse & "Brot"" has spent $10.00 in 2026-11',
  )
  assert.equal(
    one?.text.trimEnd(),
    [
      'Project "Käse & "Brot"" has reached a spend alert.',
      '',
      `Organization: Acme (${organization})`,
      `Project: Käse & "Brot" (${project})`,
      'Month: 2026-11 (UTC)',
      'Alert at: $10.00',
      'Spent so far: $12.345',
      '',
      'An alert stops no request; a spend limit would. This one is sent once a month: the next counts from 2026-12-01.',
    ].join('\n'),
  )
  assert.equal(other?.headers.get('subject'), 'Gatehouse spend alert: Organization "Acme" has spent $11.00 in 2026-11')
  assert.ok(!other?.text.includes('Project'))
  await money.spend.close()
  assert.deepEqual(outcomes, ['sent', 'sent'])
  const told = money.lines.filter((line) => line.includes('a spend alert is reached')).map((line) => JSON.parse(line))
  assert.deepEqual(told.map(({ alert_id }) => alert_id).toSorted(), ids.toSorted())
  assert.doesNotMatch(money.lines.join('\n'), /corp\.example/)
})

test('the log says how many an alert is not mailed to, since who ordered it is no owner any more', async () => {
  await using money = await openMoney('sqlite', november)
  const rules = await known(money)
  const { organizationId: organization_id, projectId } = rules
  const [id, all] = [await money.alert(organization_id, projectId, 1), await money.alert(organization_id, projectId, 2)]
  await money.db
    .updateTable('spend_alert')
    .set({ created_by: 'user-gone' })
    .where('organization_id', '=', organization_id)
    .where('id', '=', id)
    .execute()
  await money.spend.load(rules)
  await money.write(rules, cents(3), november)
  await until(() => money.raised.length === 2)
  const told = money.lines.filter((line) => line.includes('a spend alert is reached')).map((line) => JSON.parse(line))
  const leftOut = new Map(told.map(({ alert_id, recipients_left_out }) => [alert_id, recipients_left_out]))
  assert.deepEqual([leftOut.get(id), leftOut.get(all)], [2, undefined])
})

test('alerts that the database could not mark are raised when it can', async () => {
  await using money = await openMoney('sqlite', november)
  const rules = await known(money)
  await money.alert(rules.organizationId, rules.projectId, 1)
  await money.spend.load(rules)
  await money.db.schema.alterTable('spend_alert_sent').renameTo('elsewhere').execute()
  await money.write(rules, cents(2), november)
  await until(() => money.lines.some((line) => line.includes('could not be raised')))
  assert.deepEqual(money.raised, [])
  await money.db.schema.alterTable('elsewhere').renameTo('spend_alert_sent').execute()
  await until(() => money.raised.length === 1)
})

test('what the last calls of a month cost still raises the alerts of that month', async () => {
  await using money = await openMoney('sqlite', december - 1000)
  const rules = await known(money)
  await money.alert(rules.organizationId, rules.projectId, 5)
  await money.spend.load(rules)
  const model = { ...plainModel('m1'), price: { input: 1_000_000, cachedInput: 1_000_000, output: 1_000_000 } }
  const worst = { ...NO_WORST, boundTokens: cents(6) }
  const late = reserve(money.spend, rules, { model, worst, caps: NO_CAPS }, december - 1)
  money.now = december + 1000
  await money.spend.load(rules)
  late.settle(cents(6))
  await money.spend.load(rules)
  await money.write(rules, cents(6), december - 1)
  await until(() => money.raised.length === 1)
  assert.match((await marks(money)).join(), / 2026-11 5$/)
})
