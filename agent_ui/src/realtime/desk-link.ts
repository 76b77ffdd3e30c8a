import { newKey } from '@/api/idempotency'
import { useConnection } from '@/stores/connection'
import { useDesk } from '@/stores/desk'
import { useSession } from '@/stores/session'

import { handle } from './handlers'
import { openSocket, type DeskSocket } from './socket'

let link: DeskSocket | null = null
const tab = newKey()

/** Join the desk's stream. Called once signed in; calling again takes the desk over from another tab. */
export function joinDesk(): void {
  link?.stop()
  const connection = useConnection()
  const desk = useDesk()
  connection.replaced = false
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  link = openSocket({
    url: `${scheme}://${location.host}/ws`,
    tab,
    since: () => (desk.loaded ? desk.position : null),
    onMessage: handle,
    onLinked: (linked) => {
      connection.linked = linked
    },
    onSignedOut: () => useSession().forget(),
    onReplaced: () => {
      connection.replaced = true
    },
  })
}

export function leaveDesk(): void {
  link?.stop()
  link = null
}
