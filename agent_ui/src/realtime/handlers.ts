import { useClock } from '@/stores/clock'
import { useConnection } from '@/stores/connection'
import { useDesk } from '@/stores/desk'
import { useTasks } from '@/stores/tasks'

import type { BrowserMessage, ServerMessage, ServerMessageType } from './messages'

export interface Reply {
  send(message: BrowserMessage): void
  /** Another tab took over: no further attempts from this one. */
  stop(): void
}

type Of<T extends ServerMessageType> = Extract<ServerMessage, { type: T }>
type Handlers = { [T in ServerMessageType]: (message: Of<T>, reply: Reply) => void }

/** One place that says what each message does. */
export const HANDLERS: Handlers = {
  snapshot: ({ desk }, reply) => {
    useDesk().adopt(desk)
    useTasks().replace(desk.tasks)
    if (desk.pop) reply.send({ type: 'pop_seen', pop_id: desk.pop.id })
  },
  current: ({ position }) => {
    useDesk().position = position
  },
  pop: ({ pop }, reply) => {
    reply.send({ type: 'pop_seen', pop_id: pop.id })
    useDesk().setPop(pop)
  },
  pop_withdrawn: ({ pop_id, cause }) => useDesk().withdrawPop(pop_id, cause),
  presence: ({ presence }) => useDesk().setPresence(presence),
  call: ({ call }) => useDesk().setCall(call),
  tasks: ({ tasks }) => useTasks().replace(tasks),
  figures: ({ figures, as_of }) => useDesk().setFigures(figures, as_of),
  order: ({ order, receipt }) => useDesk().setOrder(order, receipt),
  heartbeat: ({ as_of }) => useClock().follow(as_of),
  replaced: (_message, reply) => {
    useConnection().replaced = true
    reply.stop()
  },
  no_seat: (_message, reply) => reply.stop(),
  error: () => {
    // The service refused a frame of ours; nothing on the desk changes by it.
  },
}

/** Apply a message once and in order. A `pop` always counts: the service repeats it (at position 0) until it was seen. */
export function handle(message: ServerMessage, reply: Reply): void {
  const known = Object.hasOwn(HANDLERS, message.type)
  useConnection().heard()
  if (!known) return
  const desk = useDesk()
  if ('position' in message && message.type !== 'current') {
    const old = desk.position !== null && message.position < desk.position
    if (old && message.type !== 'pop') return
    if (!old) desk.position = message.position
  }
  const handler = HANDLERS[message.type] as (message: ServerMessage, reply: Reply) => void
  handler(message, reply)
}
