import { after, before, describe, test } from 'node:test'
import { endpoints } from '../../src/admin/index.ts'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { CONSOLE, signInNew } from '../support/signing-in.ts'
import { isDecided } from './deciding.ts'
import { decisionPeople, type People, type Principal, type Signer, signers } from './people.ts'
import { decisions } from './table.ts'

const isSigner = (principal: Principal): principal is Signer => (signers as readonly Principal[]).includes(principal)

for (const database of databases) {
  describe(`${database}: who may do what in a session`, () => {
    let app: TestApp
    let people: People
    const cookies = new Map<Principal, string>()
    const signIn = async () => {
      for (const principal of signers) {
        const { id } = principal === 'OO' ? people.away : people.home
        cookies.set(principal, (await signInNew(app, id, people.users[principal])).cookie)
      }
    }
    before(async () => {
      app = await startTestApp({ database })
      people = await decisionPeople(app)
      await signIn()
    })
    after(() => app[Symbol.asyncDispose]())

    for (const { endpoint: name, marks } of decisions) {
      const endpoint = endpoints.find((one) => one.name === name)
      if (!endpoint) continue
      test(name, async () => {
        const ofSigners = new Map([...marks].filter(([principal]) => isSigner(principal)))
        const shows = (principal: Principal) => ({
          key: null,
          headers: { ...CONSOLE, cookie: cookies.get(principal) ?? '' },
        })
        await isDecided(app, people, endpoint, ofSigners, shows)
        if (name === 'sessions.signOut') await signIn()
      })
    }
  })
}
