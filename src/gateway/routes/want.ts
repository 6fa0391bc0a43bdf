/** What of a JSON text is looked at: a tree of the places of interest. Everything outside it is skipped unread. */
export type Want = {
  /** Members of an object that are looked into. */
  members?: readonly { name: string; key: Buffer; want: Want }[]
  /** What is looked at in each element of a list. */
  each?: Want
  /** The name under which the steps of a list are told. */
  list?: string
  /** The name under which a value, of whatever type, is told whole. */
  keep?: string
  /** The channel on which a string is told, piece by piece. */
  text?: number
}

/** The channels of texts that a stream shows once more when they are whole: with their item, and with the response. */
export const IN_ITEM = 7
export const IN_RESPONSE = 8
/** The channel of what is output and is not counted as text: sound, images, and what is written down. */
export const SEEN = 9
/** The channel of thoughts that only their server can read: how long they are says how much was thought. */
export const SEALED = 10

/** What is wanted of an object, by its members. */
export const object = (members: Record<string, Want>): Want => ({
  members: Object.entries(members).map(([name, want]) => ({ name, key: Buffer.from(name), want })),
})
/** What is wanted of each element of a list. @param name under which its steps are told, where they are */
export const list = (each: Want, name?: string): Want => ({ each, ...(name !== undefined && { list: name }) })
export const keep = (name: string): Want => ({ keep: name })
