import { useNavigate } from '@tanstack/react-router'

/** The form of a page for something new is open where the address says `new`: so it can be led to, and the way back closes it. */
export type Opened = { new?: boolean | undefined }
export const opened = ({ new: isNew }: Record<string, unknown>): Opened => ({ new: isNew === true ? true : undefined })

/** @param isOpen what the address says @returns whether it is open, and what opens and closes it */
export function useOpened(isOpen: boolean | undefined): [boolean, (open: boolean) => void] {
  const navigate = useNavigate()
  const open = (value: boolean) =>
    void navigate({
      to: '.',
      // The other words of the address stay.
      search: ((all: object) => ({ ...all, new: value || undefined })) as never,
      replace: true,
    })
  return [isOpen === true, open]
}
