import { onActivated, onBeforeUnmount, onDeactivated, onMounted } from 'vue'

import { isControl, isField, match, type ActionId, type Binding } from './map'

/** Returns false when it has nothing to do now, so that an older listener gets the key. */
type Listener = (binding: Binding, event: KeyboardEvent) => boolean | void | undefined
type Listeners = Partial<Record<ActionId, Listener>>

const stack: Listeners[] = []

function dispatch(event: KeyboardEvent): void {
  const binding = match(event, isField(event.target))
  if (!binding) return
  if (binding.action === 'open' && isControl(event.target)) return
  for (const listeners of [...stack].reverse()) {
    const listener: Listener | undefined = listeners[binding.action]
    if (listener && listener(binding, event) !== false) {
      event.preventDefault()
      return
    }
  }
}

/** Listen while the component is shown; the one shown last is asked first. */
export function useKeys(listeners: Listeners): void {
  const on = (): void => {
    if (!stack.length) document.addEventListener('keydown', dispatch)
    if (!stack.includes(listeners)) stack.push(listeners)
  }
  const off = (): void => {
    const index = stack.indexOf(listeners)
    if (index >= 0) stack.splice(index, 1)
    if (!stack.length) document.removeEventListener('keydown', dispatch)
  }
  onMounted(on)
  onActivated(on)
  onDeactivated(off)
  onBeforeUnmount(off)
}
