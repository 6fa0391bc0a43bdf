import { useChange, useRead } from '../../api/query.ts'
import { Act } from '../../patterns/act.tsx'
import { Ask } from '../../patterns/confirm.tsx'
import { Failure } from '../../patterns/failure.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { Section } from '../../patterns/page.tsx'
import { told } from '../../patterns/told.ts'
import { useDenied } from '../../session/may.ts'

const BY_OPERATOR = 'Whoever runs this server requires it, so that it cannot be changed here.'

/** Whether everybody has to have a second factor. */
export function SignInPolicy() {
  const policy = useRead('GET /v1/organization/sign_in_policy', {})
  const { isOpen, open, close } = useOpened<'factor-policy'>()
  const { mutate, isPending, error } = useChange('POST /v1/organization/sign_in_policy', ({ second_factor }) => {
    told(second_factor === 'required' ? 'A second factor is asked of everybody now' : 'A password is enough now')
    close()
  })
  const denied = useDenied()
  if (policy.error && !policy.data) return <Failure error={policy.error} again={() => void policy.refetch()} />
  if (!policy.data) return null
  const { second_factor, by_operator } = policy.data
  const fixed = denied ?? (by_operator ? BY_OPERATOR : null)
  const isRequired = second_factor === 'required'
  return (
    <Section
      title="Second factor"
      lead={
        isRequired
          ? 'Everybody who signs in with a password shows a second factor besides. Who has none sets one up before anything else.'
          : 'Everybody may set one up, in their profile. You can ask it of all.'
      }
      actions={
        <Act variant="default" denied={fixed} onClick={() => open('factor-policy')}>
          {isRequired ? 'Stop requiring it…' : 'Require it of everybody…'}
        </Act>
      }
    >
      <Ask
        title={isRequired ? 'Is a password enough?' : 'Require a second factor?'}
        words={
          isRequired
            ? 'Who has a second factor goes on showing it. All others sign in with a password alone.'
            : 'Sessions that began with a password alone stop at once. Who has no second factor sets one up at their next sign-in. Keys go on working.'
        }
        action={isRequired ? 'Stop requiring it' : 'Require it'}
        opened={isOpen('factor-policy', fixed)}
        onClose={close}
        onConfirm={() => mutate({ body: { second_factor: isRequired ? 'optional' : 'required' } })}
        busy={isPending}
        error={error}
      />
    </Section>
  )
}
