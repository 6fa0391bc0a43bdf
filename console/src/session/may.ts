import { useMe } from './me.ts'

/** What is said to who may not change the organization. */
const OWNERS = 'Owners of the organization can do this. Ask one of them.'

/** Whether who is signed in may do something in the organization; while that is not known nobody may. */
export function useMay(permission: string): boolean {
  return useMe().data?.permissions.includes(permission) ?? false
}

/** The same of any permission. */
export function useMayAll(): (permission: string) => boolean {
  const held = useMe().data?.permissions
  return (permission) => held?.includes(permission) ?? false
}

/** Null for who may change the organization, or what else a permission lets change of it; otherwise why it cannot be done. */
export const useDenied = (permission = 'api.management.write'): string | null => (useMay(permission) ? null : OWNERS)
