import { Drawer } from '@mantine/core'
import { HeldRoles } from './held-roles.tsx'
import type { Holder } from './holder.ts'
import type { Where } from './where.ts'

type RolesSheetProps = { holder: Holder; where: Where; denied: string | null; onClose: () => void }

/** The roles of somebody or of a group, beside the list that they stand in. */
export const RolesSheet = ({ onClose, ...props }: RolesSheetProps) => (
  <Drawer opened onClose={onClose} title={<span className="typed">Roles of {props.holder.name}</span>}>
    <HeldRoles {...props} />
  </Drawer>
)
