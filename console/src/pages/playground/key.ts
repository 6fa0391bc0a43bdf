import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { call } from '../../api/call.ts'
import { told } from '../../patterns/told.ts'
import { beforeSignOut } from '../../session/sign-out.ts'

/** Seconds that a key lives which is made for this page. */
const LIFETIME = 900

/** A key, in the memory of this page and nowhere else. */
export type Held = { secret: string /** When it was had, as `Date.now()` says it. */; since: number } & (
  | { by: 'pasted' }
  | { by: 'made'; id: string; projectId: string /** As `Date.now()` has it. */; until: number }
)

/** A key of one's own that lists models and calls them, and opens nothing else. */
async function make(projectId: string): Promise<Held> {
  const { id, value } = await call('POST /v1/organization/projects/:project_id/api_keys', {
    params: { project_id: projectId },
    body: {
      name: 'Playground',
      scopes: ['api.model.read', 'api.model.request'],
      expires_in_seconds: LIFETIME,
    },
  })
  const since = Date.now()
  return { secret: value, since, by: 'made', id, projectId, until: since + LIFETIME * 1000 }
}

/** Deletes a key that was made here. Where that fails it ends by itself, soon. */
const end = ({ id }: Held & { by: 'made' }): Promise<unknown> =>
  call('DELETE /v1/organization/me/api_keys/:api_key_id', { params: { api_key_id: id } }, undefined, true).catch(
    () => {},
  )

/** The key that the page calls with. One that was made for it goes with it: when the page is left, at sign-out, and at its time. */
export function useKey() {
  const [held, hold] = useState<Held | null>(null)
  const client = useQueryClient()
  const isHere = useRef(false)
  const { mutate, isPending, error, reset } = useMutation({
    // Nothing keeps what was answered, which holds the secret.
    mutationFn: async (projectId: string) => {
      const made = await make(projectId)
      if (isHere.current) hold(made)
      else if (made.by === 'made') await end(made)
    },
  })
  useEffect(() => {
    isHere.current = true
    return () => {
      isHere.current = false
    }
  }, [])
  useEffect(() => {
    if (held?.by !== 'made') return
    let ended: Promise<unknown> | null = null
    const endOnce = () => {
      ended ??= end(held)
      return ended
    }
    const leave = () => {
      void endOnce()
      hold(null)
    }
    const timer = setTimeout(() => {
      leave()
      told('The key of this page has ended. Make another one to go on.')
    }, held.until - Date.now())
    const stay = beforeSignOut(endOnce)
    addEventListener('pagehide', leave)
    return () => {
      clearTimeout(timer)
      stay()
      removeEventListener('pagehide', leave)
      // Lists of keys that are shown next do not have it any more. At a sign-out it is gone before.
      if (ended === null) void endOnce().then(() => client.invalidateQueries())
    }
  }, [held, client])
  return {
    held,
    make: (projectId: string) => mutate(projectId),
    paste: (secret: string) => hold({ secret, since: Date.now(), by: 'pasted' }),
    drop: () => {
      reset()
      hold(null)
    },
    busy: isPending,
    error,
  }
}
export type Key = ReturnType<typeof useKey>
