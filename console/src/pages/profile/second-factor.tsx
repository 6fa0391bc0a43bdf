import { useRead } from '../../api/query.ts'
import { Act } from '../../patterns/act.tsx'
import { Failure } from '../../patterns/failure.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { Section } from '../../patterns/page.tsx'
import { Time } from '../../patterns/time.tsx'
import type { Me } from '../../session/me.ts'
import { type FactorAct, FactorSheet } from './factor-sheet.tsx'

const KEPT = 'A second factor is asked of everybody here. Another one can be set up in its place.'

/** What one shows besides the password. */
export function SecondFactor({ me }: { me: Me }) {
  const factor = useRead('GET /v1/organization/second_factor', {})
  const { isOpen, open, close } = useOpened<FactorAct>()
  if (factor.error && !factor.data) return <Failure error={factor.error} again={() => void factor.refetch()} />
  if (!factor.data) return null
  const { set_at, recovery_codes, required } = factor.data
  const has = set_at !== null
  const kept = required ? KEPT : null
  const acts = has ? (['set-up', 'codes', 'remove'] as const) : (['set-up'] as const)
  const act = acts.find((one) => isOpen(one, one === 'remove' ? kept : null))
  return (
    <Section
      title="Second factor"
      lead="A code from an app on your phone, besides the password: who learns that alone does not get in."
      actions={
        <Act variant="default" denied={null} onClick={() => open('set-up')}>
          {has ? 'Use another app' : 'Set up'}
        </Act>
      }
    >
      {has && (
        <>
          <dl className="facts">
            <dt>Authenticator app</dt>
            <dd>
              Set up <Time at={set_at} as="minute" />
            </dd>
            <dt>Recovery codes</dt>
            <dd>{recovery_codes} left</dd>
          </dl>
          <div className="row-end below">
            <Act variant="default" denied={null} onClick={() => open('codes')}>
              New recovery codes
            </Act>
            <Act variant="outline" color="red" denied={kept} onClick={() => open('remove')}>
              Remove
            </Act>
          </div>
        </>
      )}
      {act && <FactorSheet act={act} me={me} has={has} onClose={close} />}
    </Section>
  )
}
