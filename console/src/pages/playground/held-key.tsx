import { Button } from '@mantine/core'
import { seen } from '../../patterns/names.ts'
import { Time } from '../../patterns/time.tsx'
import { useProject } from '../project/known.ts'
import type { Held } from './key.ts'

/** The key that the page calls with, and its end. It is not shown: what is on a screen others read as well. */
export function HeldKey({ held, onDrop }: { held: Held; onDrop: () => void }) {
  return (
    <div className="play-key">
      <p>
        {held.by === 'made' ? <Made held={held} /> : 'A key of your own, which is forgotten when you leave this page.'}
      </p>
      <Button variant="default" size="compact-xs" onClick={onDrop}>
        {held.by === 'made' ? 'Delete key' : 'Forget key'}
      </Button>
    </div>
  )
}

function Made({ held }: { held: Held & { by: 'made' } }) {
  const { project } = useProject(held.projectId)
  return (
    <>
      A key for <bdi className="strong typed">{project ? seen(project.name) : 'the project'}</bdi>, until{' '}
      <Time at={held.until / 1000} as="minute" />
    </>
  )
}
