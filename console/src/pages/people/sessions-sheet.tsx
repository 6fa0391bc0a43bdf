import { Drawer } from '@mantine/core'
import { SessionTable } from '../profile/session-table.tsx'

type SessionsSheetProps = { userId: string; name: string; onClose: () => void }

/** Where somebody else is signed in, for an owner who has to end that. */
export const SessionsSheet = ({ userId, name, onClose }: SessionsSheetProps) => (
  <Drawer opened onClose={onClose} title={<span className="typed">Sessions of {name}</span>}>
    <div className="stack">
      <p className="muted">
        Who is signed out can sign in again. A new password ends all sessions: make a link for one.
      </p>
      <SessionTable userId={userId} />
    </div>
  </Drawer>
)
