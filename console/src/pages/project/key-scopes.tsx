import { Checkbox, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import type { ModelPermission } from '../../../../src/core/permission.ts'
import type { Project } from './known.ts'

/** What the gate asks of a key, in words: a key of a project opens nothing else. */
const words: Record<ModelPermission, string> = {
  'api.model.read': 'List models',
  'api.model.request': 'Call models',
  'api.responses.read': 'Read responses and conversations that are stored',
  'api.responses.write': 'Make, cancel and delete responses and conversations',
  'api.files.read': 'Read files that are stored',
  'api.files.write': 'Upload and delete files',
  'api.webhooks.read': 'Read webhook endpoints',
  'api.webhooks.write': 'Make, change and delete webhook endpoints',
  'api.vector_stores.read': 'Read and search vector stores',
  'api.vector_stores.write': 'Make, fill and delete vector stores',
  'api.batch.read': 'Read batches',
  'api.batch.write': 'Make and cancel batches',
}
const all = Object.keys(words) as ModelPermission[]

const NOT_HELD = 'You may not do this in this project, so no key that you make can.'

type Reach = 'all' | 'read' | 'some'

type KeyScopes = {
  reach: Reach
  choose: (reach: Reach) => void
  ticked: readonly string[]
  tick: (ticked: string[]) => void
  /** Whether it was asked for with nothing ticked. */
  isWrong: boolean
  /** Whether it can be asked for: nothing ticked would be all. What is wrong is said from then on. */
  check: () => boolean
  /** As the contract has them: an empty list narrows nothing. */
  scopes: string[]
}

/** What a new key is to be narrowed to. */
export function useKeyScopes(): KeyScopes {
  const [reach, choose] = useState<Reach>('all')
  const [ticked, tick] = useState<readonly string[]>([])
  const [isAsked, ask] = useState(false)
  const isEmpty = reach === 'some' && ticked.length === 0
  const check = () => {
    ask(isEmpty)
    return !isEmpty
  }
  const scopes = { all: [], read: ['api.all.read'], some: [...ticked] }[reach]
  return { reach, choose, ticked, tick, isWrong: isAsked && isEmpty, check, scopes }
}

type KeyScopesFieldProps = {
  of: KeyScopes
  /** Who does all of it: `you`, the owner of the key, a service account. */
  whose: string
  project: Project
}

/** Asks what a new key may do of what its owner may. */
export function KeyScopesField({ of, whose, project }: KeyScopesFieldProps) {
  return (
    <>
      <NativeSelect
        label="The key may"
        value={of.reach}
        onChange={(event) => of.choose(event.currentTarget.value as Reach)}
        data={[
          { value: 'all', label: `Do all that ${whose} may` },
          { value: 'read', label: 'Read only, and call no models' },
          { value: 'some', label: 'Do only what is ticked' },
        ]}
      />
      {of.reach === 'some' && (
        <Checkbox.Group
          label="What is ticked"
          value={[...of.ticked]}
          onChange={of.tick}
          error={of.isWrong && 'Tick at least one: a key with nothing ticked could do all.'}
        >
          <div className="stack tight">
            {all.map((permission) => {
              const denied = project.may(permission) ? null : NOT_HELD
              return (
                <Checkbox
                  key={permission}
                  size="xs"
                  value={permission}
                  label={words[permission]}
                  {...(denied !== null && { disabled: true, description: denied })}
                />
              )
            })}
          </div>
        </Checkbox.Group>
      )}
    </>
  )
}
