import { WHOLE_ORGANIZATION } from '../../db/spend.ts'
import type { Account } from './account.ts'
import type { Accounts } from './accounts.ts'
import type { Money, Short } from './money.ts'
import { notKnownYet } from './over-limit.ts'
import { Reservation } from './reservation.ts'

/** Sets money aside in this process, against the totals that were last read and what was settled since. */
export class MemoryMoney {
  readonly #accounts: Accounts

  constructor(accounts: Accounts) {
    this.#accounts = accounts
  }

  /**
   * What is to be held for a call where both limits have room for it; nothing is held yet, so that nothing has to be given
   * back where something else refuses the call.
   * @throws ApiError 503 where nobody has read what was spent
   */
  fitting(money: Money): Reservation | Short {
    const { at, limits } = money
    const project = this.#known(money, money.projectId)
    const organization = this.#known(money, WHOLE_ORGANIZATION)
    const nano = BigInt(money.nano)
    const ofProject = project.ledger(at)
    const ofOrganization = organization.ledger(at)
    const projectLimit = project.limit(limits.project)
    if (!ofProject.fits(nano, projectLimit)) return { of: 'project', isSpent: ofProject.isSpent(projectLimit) }
    const limit = organization.limit(limits.organization)
    if (!ofOrganization.fits(nano, limit)) return { of: 'organization', isSpent: ofOrganization.isSpent(limit) }
    return new Reservation(ofProject, ofOrganization, nano)
  }

  /** An account whose total was read, as it was when the rules were loaded that the call is judged by. */
  #known(money: Money, projectId: string): Account {
    const account = this.#accounts.get(money.organizationId, projectId)
    if (account?.loaded) return account
    throw notKnownYet(money, projectId === WHOLE_ORGANIZATION ? 'organization' : 'project')
  }
}
