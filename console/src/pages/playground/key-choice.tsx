import { SegmentedControl, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Act } from '../../patterns/act.tsx'
import { Said } from '../../patterns/failure.tsx'
import { useProject } from '../project/known.ts'
import { deniedKey } from '../project/project.tsx'
import type { Key } from './key.ts'
import { ProjectPick } from './project-pick.tsx'

type KeyChoiceProps = { apiKey: Key; projectId: string | undefined; onProject: (id: string | undefined) => void }

/** With which key the page calls: one that is made for it, or one that somebody has. */
export function KeyChoice({ apiKey, projectId, onProject }: KeyChoiceProps) {
  const [way, choose] = useState<'make' | 'paste'>('make')
  return (
    <>
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label="Which key"
        value={way}
        onChange={(value) => choose(value as typeof way)}
        data={[
          { value: 'make', label: 'A new key' },
          { value: 'paste', label: 'One you have' },
        ]}
      />
      {way === 'paste' ? (
        <PasteKey onPaste={apiKey.paste} />
      ) : (
        <>
          <ProjectPick value={projectId} onChange={onProject} />
          {projectId === undefined ? (
            <Act denied="Choose a project first." onClick={() => {}}>
              Make a key for 15 minutes
            </Act>
          ) : (
            <MakeKey apiKey={apiKey} projectId={projectId} />
          )}
          <p className="play-hint">
            It is yours, lists and calls models, and nothing else. This page alone knows it, and deletes it when you
            leave.
          </p>
        </>
      )}
      {apiKey.error && <Said error={apiKey.error} />}
    </>
  )
}

function MakeKey({ apiKey, projectId }: { apiKey: Key; projectId: string }) {
  const { project, error } = useProject(projectId)
  if (error) return <Said error={error} />
  const denied =
    project === null
      ? 'The project is being looked up.'
      : project.status === 'archived'
        ? 'This project is archived: it cannot be used any more.'
        : deniedKey(project)
  return (
    <>
      <Act denied={denied} onClick={() => !apiKey.busy && apiKey.make(projectId)}>
        Make a key for 15 minutes
      </Act>
      {project !== null && denied !== null && <p className="notice warn">{denied}</p>}
    </>
  )
}

/** Not a form: a browser offers to keep what is sent with one. */
function PasteKey({ onPaste }: { onPaste: (secret: string) => void }) {
  const [typed, type] = useState('')
  const secret = typed.trim()
  // Anything else is in no key, and no header can carry it.
  const isKey = /^[\x21-\x7e]+$/.test(secret)
  return (
    <>
      <TextInput
        size="xs"
        type="password"
        label="Key"
        placeholder="sk-proj-…"
        value={typed}
        onChange={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && isKey) onPaste(secret)
        }}
        error={secret !== '' && !isKey && 'A key has no blanks, and no letters but those of English.'}
        autoComplete="off"
        spellCheck={false}
      />
      <Act denied={isKey ? null : 'Paste a key first.'} onClick={() => onPaste(secret)}>
        Use this key
      </Act>
      <p className="play-hint">It stays in the memory of this page until you leave it, and is stored nowhere.</p>
    </>
  )
}
