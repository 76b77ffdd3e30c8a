import { parse, type BrowserMessage, type ServerMessage } from './messages'

export const CLOSE_SIGNED_OUT = 4401
export const CLOSE_FOREIGN_ORIGIN = 4403
export const CLOSE_REPLACED = 4409
const ALIVE_EVERY = 10_000
/** The service speaks every 5 s. A line that says nothing for this long is dead, whatever the browser believes. */
const DEAD_AFTER = 15_000

export interface SocketOptions {
  url: string
  tab: string
  since: () => number | null
  onMessage: (message: ServerMessage, socket: DeskSocket) => void
  onLinked: (linked: boolean) => void
  onSignedOut: () => void
  onReplaced: () => void
  random?: () => number
}

export interface DeskSocket {
  send(message: BrowserMessage): void
  stop(): void
}

/** Milliseconds before the n-th new attempt: 0.5 s doubling to 15 s, half of it by chance so that desks do not come all at once. */
export function backOff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(15_000, 500 * 2 ** attempt)
  return ceiling / 2 + (ceiling / 2) * random()
}

/** Hold one websocket open until told to stop: hello with the last position, alive every 10 s, back off between attempts. */
export function openSocket(options: SocketOptions): DeskSocket {
  let current: WebSocket | null = null
  let attempt = 0
  let stopped = false
  let retry: number | undefined
  let watch: number | undefined
  let lastFrame = 0

  const socket: DeskSocket = {
    send(message) {
      if (current?.readyState === WebSocket.OPEN) current.send(JSON.stringify(message))
    },
    stop() {
      stopped = true
      window.clearTimeout(retry)
      window.clearInterval(watch)
      window.removeEventListener('online', connect)
      current?.close(1000)
      options.onLinked(false)
    },
  }

  function keepAlive(): void {
    if (Date.now() - lastFrame > DEAD_AFTER) current?.close(4000)
    else socket.send({ type: 'alive' })
  }

  function closed(ws: WebSocket, code: number): void {
    if (ws !== current) return
    current = null
    window.clearInterval(watch)
    options.onLinked(false)
    if (stopped) return
    if (code === CLOSE_SIGNED_OUT) {
      socket.stop()
      options.onSignedOut()
      return
    }
    if (code === CLOSE_REPLACED) {
      socket.stop() // the newer tab has the desk: coming again would take it back. Its message may not have got through.
      options.onReplaced()
      return
    }
    if (code === CLOSE_FOREIGN_ORIGIN) {
      socket.stop() // refused for good: this page or this role has no desk
      return
    }
    retry = window.setTimeout(connect, backOff(attempt++, options.random))
  }

  function connect(): void {
    if (stopped || current) return
    window.clearTimeout(retry)
    const ws = new WebSocket(options.url)
    current = ws
    ws.onopen = () => {
      lastFrame = Date.now()
      socket.send({ type: 'hello', since: options.since(), tab: options.tab })
      window.clearInterval(watch)
      watch = window.setInterval(keepAlive, ALIVE_EVERY)
    }
    ws.onmessage = (event) => {
      const message = parse(event.data)
      if (ws !== current || !message) return
      lastFrame = Date.now()
      attempt = 0
      options.onLinked(true)
      options.onMessage(message, socket)
    }
    ws.onclose = (event) => closed(ws, event.code)
  }

  window.addEventListener('online', connect)
  connect()
  return socket
}
