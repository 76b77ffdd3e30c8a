import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { backOff, openSocket } from '@/realtime/socket'

class FakeSocket {
  static readonly OPEN = 1
  static made: FakeSocket[] = []
  readyState = 1
  sent: unknown[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null

  constructor(readonly url: string) {
    FakeSocket.made.push(this)
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(code: number): void {
    this.onclose?.({ code })
  }
}

describe('the socket', () => {
  const onMessage = vi.fn()
  const onLinked = vi.fn()
  const onSignedOut = vi.fn()
  const onReplaced = vi.fn()
  const open = () => openSocket({ url: 'ws://x/ws', tab: 'tab', since: () => 7, onMessage, onLinked, onSignedOut, onReplaced, random: () => 0 })

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('WebSocket', FakeSocket)
    FakeSocket.made = []
    vi.clearAllMocks()
  })

  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('says hello with the last position and then that it is alive', () => {
    const socket = open()
    const [first] = FakeSocket.made
    first!.onopen!()
    first!.onmessage!({ data: '{"type":"current","position":7}' })
    vi.advanceTimersByTime(10_000)
    expect(first!.sent).toEqual([{ type: 'hello', since: 7, tab: 'tab' }, { type: 'alive' }])
    expect(onLinked).toHaveBeenLastCalledWith(true)
    socket.stop()
  })

  it('comes back after a break, waiting longer each time', () => {
    const socket = open()
    FakeSocket.made[0]!.close(1006)
    expect(onLinked).toHaveBeenLastCalledWith(false)
    vi.advanceTimersByTime(249)
    expect(FakeSocket.made).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(FakeSocket.made).toHaveLength(2)
    FakeSocket.made[1]!.close(1006)
    vi.advanceTimersByTime(499)
    expect(FakeSocket.made).toHaveLength(2)
    vi.advanceTimersByTime(1)
    expect(FakeSocket.made).toHaveLength(3)
    socket.stop()
  })

  it('gives a silent line up', () => {
    const socket = open()
    FakeSocket.made[0]!.onopen!()
    vi.advanceTimersByTime(20_000)
    expect(onLinked).toHaveBeenLastCalledWith(false)
    vi.advanceTimersByTime(1_000)
    expect(FakeSocket.made).toHaveLength(2)
    socket.stop()
  })

  it('does not come back when signed out or stopped', () => {
    open()
    FakeSocket.made[0]!.close(4401)
    vi.advanceTimersByTime(60_000)
    expect(onSignedOut).toHaveBeenCalledOnce()
    expect(FakeSocket.made).toHaveLength(1)
  })

  it('leaves the desk to the tab that took it over, though the message of it was lost', () => {
    open()
    FakeSocket.made[0]!.close(4409)
    vi.advanceTimersByTime(60_000)
    expect(onReplaced).toHaveBeenCalledOnce()
    expect(FakeSocket.made).toHaveLength(1)
  })

  it('does not come back when the service refuses the page or the role', () => {
    open()
    FakeSocket.made[0]!.close(4403)
    vi.advanceTimersByTime(60_000)
    expect(FakeSocket.made).toHaveLength(1)
  })

  it('backs off within its bounds', () => {
    expect(backOff(0, () => 0)).toBe(250)
    expect(backOff(0, () => 1)).toBe(500)
    expect(backOff(20, () => 1)).toBe(15_000)
  })
})
